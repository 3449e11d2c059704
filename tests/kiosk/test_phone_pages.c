// SPDX-License-Identifier: MIT
// phone_pages.c: what a code leads to, by QR or typed.
#include "kiosk/pages_case.h"

enum {
    // What fits the first ten TCP segments that a server may send at once (RFC 6928).
    FIRST_FLIGHT_BYTES = 14600,
    HEADER_BYTES = 700,
};

static const char *slip_target(const char *code, const char *rest)
{
    static char target[128];
    (void)snprintf(target, sizeof(target), "/S/%s%s", code, rest);
    return target;
}

static void an_open_slip_is_a_form_that_needs_nothing(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    const struct answer *answer =
        web_ask(&web, PHONE, slip_target(make_slip(&web, "HT"), ""), NULL);
    assert_int_equal(answer->http_status, 200);
    for (int level = 1; level <= 5; level++) {
        char button[64];
        (void)snprintf(button, sizeof(button), "<button name=\"overall\" value=\"%d\"", level);
        assert_has(answer, button);
    }
    assert_has(answer, "method=\"post\" action=\"/api/v1/responses\"");
    assert_has(answer, "name=\"part\" value=\"0\"");
    assert_has(answer, "Hộ tịch");
    assert_lacks(answer, "<script");
    assert_lacks(answer, "http-equiv");
    assert_lacks(answer, "/assets/");
    assert_lacks(answer, " style=");
    assert_true(strlen(answer->body) + HEADER_BYTES < FIRST_FLIGHT_BYTES);
    web_close(&web);
}

static void the_database_decides_and_not_the_suffix(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char code[SLIPCODE_CHARS + 1];
    (void)strcpy(code, make_slip(&web, "DD"));
    static const char *const rests[] = {"", "/HT", "/HT/3", "/HT/3/X", "/ZZ/0/Q"};
    for (size_t i = 0; i < ARRAY_SIZE(rests); i++) {
        const struct answer *answer = web_ask(&web, PHONE, slip_target(code, rests[i]), NULL);
        assert_has(answer, "Đất đai");
        struct token token;
        uint8_t id[ENTRY_ID_BYTES];
        struct err err = {0};
        assert_int_equal(token_read(web.kiosk->daykeys, token_of(answer), &token, id, &err),
                         STATUS_OK);
        assert_string_equal(token.area, "DD");
        assert_string_equal(token.counter, "1");
        assert_string_equal(token.code, code);
        assert_int_equal(token.step, RESPONSE_STEP_RESULT);
        assert_true(token.linked);
    }
    assert_int_equal(web_ask(&web, PHONE, slip_target(code, "/HT/3/X/Y"), NULL)->http_status, 404);
    web_close(&web);
}

static void a_code_may_be_spelled_as_people_do(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char code[SLIPCODE_CHARS + 1];
    (void)strcpy(code, make_slip(&web, "HT"));
    char target[64];
    (void)snprintf(target, sizeof(target), "/s/%.5s-%s", code, code + 5);
    for (char *at = target; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    }
    assert_int_equal(web_ask(&web, PHONE, target, NULL)->http_status, 200);
    web_close(&web);
}

static void the_states_of_a_slip_are_told_apart(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char finished[SLIPCODE_CHARS + 1];
    char expired[SLIPCODE_CHARS + 1];
    (void)strcpy(finished, make_slip(&web, "HT"));
    (void)strcpy(expired, make_slip(&web, "HT"));
    const char *token = token_of(web_ask(&web, PHONE, slip_target(finished, ""), NULL));
    const char *body = form_of(token, "part=0&page=overall&overall=2&lang=vi");
    assert_int_equal(web_ask(&web, PHONE, "/api/v1/responses", body)->http_status, 200);
    const struct answer *answer = web_ask(&web, PHONE, slip_target(finished, ""), NULL);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "Phiếu này đã được dùng");
    // The last day is a day on which it works.
    clock_fix(PAGES_NOW_S + 30 * 86400);
    assert_int_equal(web_ask(&web, PHONE, slip_target(expired, ""), NULL)->http_status, 200);
    clock_fix(PAGES_NOW_S + 31 * 86400);
    answer = web_ask(&web, PHONE, slip_target(expired, ""), NULL);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "đã hết hạn");
    assert_has(answer, "03/12/2026");
    answer = web_ask(&web, PHONE, "/S/0000000000", NULL);
    assert_int_equal(answer->http_status, 404);
    assert_has(answer, "Không tìm thấy mã này");
    web_close(&web);
}

static void a_withdrawn_slip_says_so(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    struct slip_job jobs[2];
    struct err err = {0};
    for (int i = 0; i < 2; i++) {
        const struct slip_order order = {.area = "HT",
                                         .counter = "",
                                         .step = RESPONSE_STEP_INTAKE,
                                         .dossier = "H19.01",
                                         .replace = i == 1};
        assert_int_equal(slip_prepare(web.kiosk, &order, &jobs[i], &err), STATUS_OK);
        assert_int_equal(writer_run(web.kiosk->writer, &jobs[i].job, &err), STATUS_OK);
    }
    const struct answer *answer = web_ask(&web, PHONE, slip_target(jobs[0].code, ""), NULL);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "đã được thay");
    assert_int_equal(web_ask(&web, PHONE, slip_target(jobs[1].code, ""), NULL)->http_status, 200);
    web_close(&web);
}

static void a_poster_asks_for_the_area_first(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char code[SLIPCODE_CHARS + 1];
    char target[64];
    slip_poster_code(web.kiosk, "2", code);
    (void)snprintf(target, sizeof(target), "/P/%s", code);
    const struct answer *answer = web_ask(&web, PHONE, target, NULL);
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "Đất đai");
    assert_lacks(answer, "Hộ tịch");
    assert_lacks(answer, "name=\"token\"");
    (void)snprintf(target, sizeof(target), "/p/%s/XD?lang=en", code);
    answer = web_ask(&web, PHONE, target, NULL);
    assert_has(answer, "Construction");
    struct token token;
    uint8_t id[ENTRY_ID_BYTES];
    struct err err = {0};
    assert_int_equal(token_read(web.kiosk->daykeys, token_of(answer), &token, id, &err), STATUS_OK);
    assert_int_equal(token.channel, RESPONSE_POSTER);
    assert_false(token.linked);
    assert_string_equal(token.counter, "2");
    (void)snprintf(target, sizeof(target), "/P/%s/HT", code);
    assert_int_equal(web_ask(&web, PHONE, target, NULL)->http_status, 404);
    assert_int_equal(web_ask(&web, PHONE, "/P/0000000000", NULL)->http_status, 404);
    web_close(&web);
}

static void the_offices_poster_offers_every_area(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char code[SLIPCODE_CHARS + 1];
    char target[64];
    slip_poster_code(web.kiosk, "", code);
    (void)snprintf(target, sizeof(target), "/P/%s", code);
    const struct answer *answer = web_ask(&web, PHONE, target, NULL);
    assert_has(answer, "Hộ tịch");
    assert_has(answer, "Dịch vụ y tế công lập");
    (void)snprintf(target, sizeof(target), "/P/%s/SV-YT", code);
    assert_int_equal(web_ask(&web, PHONE, target, NULL)->http_status, 200);
    web_close(&web);
}

static void a_typed_code_leads_to_its_page(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char code[SLIPCODE_CHARS + 1];
    char body[64];
    char expected[64];
    (void)strcpy(code, make_slip(&web, "HT"));
    (void)snprintf(body, sizeof(body), "code=+%.5s-%s+&lang=vi", code, code + 5);
    (void)snprintf(expected, sizeof(expected), "/S/%s", code);
    const struct answer *answer = web_ask(&web, PHONE, "/code", body);
    assert_int_equal(answer->http_status, 303);
    assert_string_equal(answer->location, expected);
    slip_poster_code(web.kiosk, "1", code);
    (void)snprintf(body, sizeof(body), "code=%s&lang=en", code);
    (void)snprintf(expected, sizeof(expected), "/P/%s?lang=en", code);
    assert_string_equal(web_ask(&web, PHONE, "/code", body)->location, expected);
    web_close(&web);
}

static void a_mistyped_code_is_asked_for_again(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const char *const codes[] = {"code=", "code=K7QM2-F9D4", "code=%3Cb%3E\"'",
                                        "code=m%C3%A3+s%E1%BB%91"};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        const struct answer *answer = web_ask(&web, PHONE, "/code", codes[i]);
        assert_int_equal(answer->http_status, 400);
        assert_has(answer, "Mã này chưa đúng");
        assert_lacks(answer, "<b>");
    }
    assert_int_equal(web_ask(&web, PHONE, "/code", "lang=vi")->http_status, 400);
    assert_int_equal(web_ask(&web, PHONE, "/code", "code=a&x=1")->http_status, 400);
    assert_has(web_ask(&web, PHONE, "/?lang=en", NULL), "Enter the code on your slip");
    web_close(&web);
}

static void screens_pages_are_not_served_to_phones(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    static const char *const targets[] = {"/c/1", "/desk", "/c/1/HT", "/c/1/state"};
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        assert_int_equal(web_ask(&web, PHONE, targets[i], NULL)->http_status, 404);
    assert_int_equal(web_ask(&web, PHONE, "/healthz", NULL)->http_status, 200);
    web_close(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_slip_is_a_form_that_needs_nothing),
        cmocka_unit_test(the_database_decides_and_not_the_suffix),
        cmocka_unit_test(a_code_may_be_spelled_as_people_do),
        cmocka_unit_test(the_states_of_a_slip_are_told_apart),
        cmocka_unit_test(a_withdrawn_slip_says_so),
        cmocka_unit_test(a_poster_asks_for_the_area_first),
        cmocka_unit_test(the_offices_poster_offers_every_area),
        cmocka_unit_test(a_typed_code_leads_to_its_page),
        cmocka_unit_test(a_mistyped_code_is_asked_for_again),
        cmocka_unit_test(screens_pages_are_not_served_to_phones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
