// SPDX-License-Identifier: MIT
// rating_api.c: what comes after each step, and what becomes of forms that do not fit.
#include "kiosk/pages_case.h"

static void with_factors(json_t *setup)
{
    json_object_set_new(json_object_get(setup, "screen"), "factors", json_true());
}

static void without_agency(json_t *setup)
{
    json_object_set_new(json_object_get(setup, "screen"), "agency", json_false());
}

// A fresh page of counter 1 for civil status.
static const char *screen_token(struct web *web)
{
    if (web->cookie == NULL)
        web_pair(web, "1");
    return token_of(web_ask(web, SCREEN, "/c/1/HT", NULL));
}

static const char *slip_token(struct web *web, const char *area)
{
    char target[64];
    (void)snprintf(target, sizeof(target), "/S/%s", make_slip(web, area));
    return token_of(web_ask(web, PHONE, target, NULL));
}

static const struct answer *post(struct web *web, unsigned listener, const char *token,
                                 const char *rest)
{
    return web_ask(web, listener, "/api/v1/responses", form_of(token, rest));
}

static void every_level_leads_to_the_same_topics(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static char first[sizeof(((struct answer *)0)->body)];
    for (int level = 1; level <= 5; level++) {
        char rest[64];
        char token[TOKEN_TEXT_CHARS + 1];
        (void)strcpy(token, screen_token(&web));
        (void)snprintf(rest, sizeof(rest), "part=0&page=overall&overall=%d&lang=vi", level);
        const struct answer *answer = post(&web, SCREEN, token, rest);
        assert_int_equal(answer->http_status, 200);
        assert_has(answer, "topic_attitude");
        assert_has(answer, "name=\"part\" value=\"1\"");
        assert_has(answer, token);
        // Nothing in the page, but for its token, says which level it was.
        static char body[sizeof(first)];
        (void)strcpy(body, answer->body);
        memset(strstr(body, token), '-', TOKEN_TEXT_CHARS);
        if (level == 1)
            (void)strcpy(first, body);
        assert_string_equal(body, first);
    }
    web_close(&web);
}

static void a_screen_asks_topics_then_the_office_then_thanks(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=4");
    const struct answer *answer =
        post(&web, SCREEN, token, "part=1&page=topics&topic_time=1&lang=en&large=1");
    assert_has(answer, "name=\"agency\" value=\"5\"");
    assert_has(answer, "name=\"part\" value=\"2\"");
    assert_has(answer, "class=\"large\"");
    answer = post(&web, SCREEN, token, "part=2&page=agency&agency=3");
    assert_has(answer, "Trân trọng cảm ơn");
    assert_has(answer, "http-equiv=\"refresh\" content=\"8;url=/c/1\"");
    assert_int_equal(entries(&web), 3 + 1);
    web_close(&web);
}

static void the_setup_chooses_the_pages_behind(void **state)
{
    (void)state;
    struct web web;
    char token[TOKEN_TEXT_CHARS + 1];
    web_open(&web, with_factors);
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=4");
    (void)post(&web, SCREEN, token, "part=1&page=topics&end=skip");
    const struct answer *answer = post(&web, SCREEN, token, "part=2&page=agency&end=skip");
    assert_has(answer, "name=\"F5\" value=\"1\"");
    answer = post(&web, SCREEN, token, "part=3&page=factors&F1=2&F5=5");
    assert_has(answer, "Trân trọng cảm ơn");
    web_close(&web);
    web_open(&web, without_agency);
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=4");
    assert_has(post(&web, SCREEN, token, "part=1&page=topics&end=skip"), "Trân trọng cảm ơn");
    web_close(&web);
}

static void a_phone_has_one_more_page_and_then_thanks(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, slip_token(&web, "HT"));
    const struct answer *answer = post(&web, PHONE, token, "part=0&page=overall&overall=5");
    assert_has(answer, "topic_place");
    assert_has(answer, "name=\"agency\"");
    assert_has(answer, "name=\"F3\"");
    assert_has(answer, "<details>");
    assert_lacks(answer, "<script");
    answer = post(&web, PHONE, token, "part=1&page=topics&topic_cost=1&agency=4&F2=3");
    assert_has(answer, "Trân trọng cảm ơn");
    assert_has(answer, "action=\"/api/v1/texts\"");
    assert_lacks(answer, "name=\"part\""); // nothing more is rated
    web_close(&web);
}

static void the_one_question_form_asks_no_more_than_it_has(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, slip_token(&web, "SV-YT"));
    const struct answer *answer = post(&web, PHONE, token, "part=0&page=overall&overall=5");
    assert_lacks(answer, "name=\"agency\"");
    assert_lacks(answer, "<details");
    assert_int_equal(post(&web, PHONE, token, "part=1&page=topics&agency=4")->http_status, 400);
    web_close(&web);
}

static void an_equal_repeat_gives_the_same_answer(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, slip_token(&web, "HT"));
    static char body[sizeof(((struct answer *)0)->body)];
    (void)strcpy(body, post(&web, PHONE, token, "part=0&page=overall&overall=5")->body);
    uint64_t size = entries(&web);
    const struct answer *answer = post(&web, PHONE, token, "part=0&page=overall&overall=5");
    assert_int_equal(answer->http_status, 200);
    assert_string_equal(answer->body, body);
    assert_int_equal(entries(&web), size);
    web_close(&web);
}

static void another_answer_under_the_same_part_is_a_conflict(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=5");
    uint64_t size = entries(&web);
    const struct answer *answer = post(&web, SCREEN, token, "part=0&page=overall&overall=1");
    assert_int_equal(answer->http_status, 409);
    assert_has(answer, "đã được ghi nhận trước đó");
    assert_lacks(answer, "cảm ơn");
    assert_int_equal(entries(&web), size);
    web_close(&web);
}

static void two_pages_of_one_slip_are_one_answer(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char target[64];
    char tokens[2][TOKEN_TEXT_CHARS + 1];
    (void)snprintf(target, sizeof(target), "/S/%s", make_slip(&web, "HT"));
    for (int i = 0; i < 2; i++)
        (void)strcpy(tokens[i], token_of(web_ask(&web, PHONE, target, NULL)));
    (void)post(&web, PHONE, tokens[0], "part=0&page=overall&overall=5");
    uint64_t size = entries(&web);
    const struct answer *answer = post(&web, PHONE, tokens[1], "part=0&page=overall&overall=4");
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "Phiếu này đã được dùng");
    assert_int_equal(entries(&web), size);
    web_close(&web);
}

static void choosing_again_keeps_the_page_and_counts_on(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=1");
    const struct answer *answer =
        web_ask(&web, SCREEN, "/step", form_of(token, "part=1&page=topics&again=1"));
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "name=\"overall\" value=\"5\"");
    assert_has(answer, "name=\"part\" value=\"2\"");
    assert_has(answer, token);
    uint64_t size = entries(&web);
    answer = post(&web, SCREEN, token, "part=2&page=overall&overall=5");
    assert_has(answer, "topic_attitude");
    assert_has(answer, "name=\"part\" value=\"3\"");
    assert_int_equal(entries(&web), size + 1);
    web_close(&web);
}

static void a_switch_keeps_the_step_and_what_was_ticked(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=1");
    uint64_t size = entries(&web);
    const struct answer *answer =
        web_ask(&web, SCREEN, "/step",
                form_of(token, "part=1&page=topics&topic_guidance=1&lang=vi&large=1&to=en"));
    assert_has(answer, "<html lang=\"en\" class=\"large\">");
    assert_has(answer, "name=\"topic_guidance\" value=\"1\" checked");
    assert_lacks(answer, "name=\"topic_time\" value=\"1\" checked");
    assert_has(answer, "name=\"part\" value=\"1\"");
    answer = web_ask(&web, SCREEN, "/step",
                     form_of(token, "part=1&page=topics&lang=en&large=1&size=normal"));
    assert_lacks(answer, "class=\"large\"");
    assert_int_equal(entries(&web), size);
    web_close(&web);
}

static void faulty_switches_are_refused(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    static const char *const rests[] = {"part=1&page=topics&to=xx", "part=1&page=topics&size=huge",
                                        "part=1&page=nowhere",      "part=x&page=topics",
                                        "part=41&page=topics",      "page=topics",
                                        "part=1&page=topics&evil=1"};
    for (size_t i = 0; i < ARRAY_SIZE(rests); i++)
        assert_int_equal(web_ask(&web, SCREEN, "/step", form_of(token, rests[i]))->http_status,
                         400);
    assert_int_equal(web_ask(&web, SCREEN, "/step", "part=1&page=topics")->http_status, 400);
    assert_int_equal(
        web_ask(&web, PHONE, "/step", form_of(token, "part=1&page=topics"))->http_status, 403);
    web_close(&web);
}

static void a_screen_that_was_left_goes_back_to_its_start(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    (void)post(&web, SCREEN, token, "part=0&page=overall&overall=3");
    uint64_t size = entries(&web);
    const struct answer *answer =
        post(&web, SCREEN, token, "part=1&page=topics&topic_cost=1&end=timeout");
    assert_int_equal(answer->http_status, 303);
    assert_string_equal(answer->location, "/c/1");
    assert_int_equal(entries(&web), size + 1);
    web_close(&web);
}

static void a_screens_page_is_not_taken_from_phones(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    uint64_t size = entries(&web);
    assert_int_equal(post(&web, PHONE, token, "part=0&page=overall&overall=5")->http_status, 403);
    assert_int_equal(entries(&web), size);
    assert_int_equal(post(&web, SCREEN, token, "part=0&page=overall&overall=5")->http_status, 200);
    web_close(&web);
}

static void a_program_gets_json_without_the_id(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, slip_token(&web, "HT"));
    web.accept = "application/json";
    static const struct {
        const char *rest, *body;
        unsigned http_status;
    } rows[] = {
        {"part=0&page=overall&overall=5", "{\"status\":\"recorded\"}", 200},
        {"part=0&page=overall&overall=5", "{\"status\":\"repeated\"}", 200},
        {"part=0&page=overall&overall=4", "{\"status\":\"conflict\"}", 409},
        {"part=0&page=overall&overall=6", "{\"status\":\"bad_input\"}", 400},
        {"part=1&page=topics", "{\"status\":\"recorded\"}", 200},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct answer *answer = post(&web, PHONE, token, rows[i].rest);
        assert_int_equal(answer->http_status, rows[i].http_status);
        assert_string_equal(answer->body, rows[i].body);
        assert_string_equal(answer->type, "application/json");
    }
    web_close(&web);
}

static void forms_that_do_not_fit_are_refused_and_write_nothing(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    uint64_t size = entries(&web);
    static const char *const rests[] = {
        "part=0&page=overall",
        "part=0&page=overall&overall=0",
        "part=0&page=overall&overall=6",
        "part=0&page=overall&overall=05",
        "part=0&page=overall&overall=+5",
        "part=0&page=overall&overall=5&overall=4",
        "part=0&page=overall&overall=5&evil=1",
        "part=0&page=overall&overall=5&topic_time=1",
        "part=0&page=overall&overall=5&agency=1",
        "part=0&page=overall&overall=5&lang=xx",
        "part=0&page=overall&overall=5%00",
        "part=0&page=overall&overall=%ff",
        "part=-1&page=overall&overall=5",
        "part=0&page=topics&overall=5",
        "part=0&overall=5",
        "part=0&page=overall&overall",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rests); i++) {
        const struct answer *answer = post(&web, SCREEN, token, rests[i]);
        assert_int_equal(answer->http_status, 400);
        assert_has(answer, "Yêu cầu chưa hợp lệ");
    }
    assert_int_equal(entries(&web), size);
    assert_int_equal(post(&web, SCREEN, token, "part=0&page=overall&overall=5")->http_status, 200);
    web_close(&web);
}

static void pass_days(struct web *web, int days)
{
    struct err err = {0};
    int32_t oldest = 0;
    clock_fix(PAGES_NOW_S + days * 86400);
    assert_int_equal(daykey_expire(web->kiosk->daykeys, clock_day(clock_now_s()), &oldest, &err),
                     STATUS_OK);
}

#define FIRST_ANSWER "part=0&page=overall&overall=5"

static void an_old_page_of_an_open_slip_is_not_counted_but_replaced(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, slip_token(&web, "HT"));
    pass_days(&web, 3);
    uint64_t size = entries(&web);
    const struct answer *answer = post(&web, PHONE, token, FIRST_ANSWER);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "đánh giá vừa gửi chưa được ghi");
    assert_has(answer, "Hộ tịch");
    assert_lacks(answer, token);
    assert_lacks(answer, "href=\"?");
    assert_int_equal(entries(&web), size);
    // The fresh page counts, and is that slip's.
    answer = post(&web, PHONE, token_of(answer), FIRST_ANSWER);
    assert_int_equal(answer->http_status, 200);
    assert_int_equal(entries(&web), size + 1);
    answer = post(&web, PHONE, token, FIRST_ANSWER);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "Phiếu này đã được dùng");
    // … and the page that slips and posters share does not say it to others.
    char other[64];
    (void)snprintf(other, sizeof(other), "/S/%s", make_slip(&web, "HT"));
    assert_lacks(web_ask(&web, PHONE, other, NULL), "chưa được ghi");
    web_close(&web);
}

static void an_old_page_answers_its_slips_state(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, slip_token(&web, "HT"));
    (void)post(&web, PHONE, token, FIRST_ANSWER);
    pass_days(&web, 2);
    assert_has(post(&web, PHONE, token, FIRST_ANSWER), "Phiếu này đã được dùng");
    assert_has(post(&web, PHONE, token, FIRST_ANSWER "&lang=en"), "This slip has");
    const struct answer *answer =
        web_ask(&web, PHONE, "/step", form_of(token, "part=1&page=topics&to=en"));
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "This slip has");
    web.accept = "application/json";
    answer = post(&web, PHONE, token, FIRST_ANSWER);
    assert_int_equal(answer->http_status, 410);
    assert_string_equal(answer->body, "{\"status\":\"gone\"}");
    web.accept = NULL;
    clock_fix(PAGES_NOW_S + 3 * 86400);
    (void)strcpy(token, slip_token(&web, "HT"));
    pass_days(&web, 60);
    assert_has(post(&web, PHONE, token, FIRST_ANSWER), "Phiếu này đã hết hạn");
    web_close(&web);
}

static void an_old_page_of_a_poster_is_replaced(void **state)
{
    (void)state;
    static const char *const counters[] = {"", "1"};
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        struct web web;
        web_open(&web, NULL);
        char code[SLIPCODE_CHARS + 1], target[64], token[TOKEN_TEXT_CHARS + 1];
        slip_poster_code(web.kiosk, counters[i], code);
        (void)snprintf(target, sizeof(target), "/P/%s/HT", code);
        (void)strcpy(token, token_of(web_ask(&web, PHONE, target, NULL)));
        pass_days(&web, 2);
        uint64_t size = entries(&web);
        static const char *const asked[] = {"/api/v1/responses", "/step"};
        for (size_t k = 0; k < ARRAY_SIZE(asked); k++) {
            const struct answer *answer =
                web_ask(&web, PHONE, asked[k], form_of(token, FIRST_ANSWER));
            assert_int_equal(answer->http_status, 410);
            assert_has(answer, "chưa được ghi");
            assert_int_equal(entries(&web), size + k);
            answer = post(&web, PHONE, token_of(answer), FIRST_ANSWER);
            assert_int_equal(answer->http_status, 200);
        }
        web_close(&web);
    }
}

static void an_old_page_of_a_screen_leads_to_its_start(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    (void)strcpy(token, screen_token(&web));
    pass_days(&web, 2);
    uint64_t size = entries(&web);
    const struct answer *answer = post(&web, SCREEN, token, FIRST_ANSWER);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "Trang này đã cũ");
    assert_has(answer, "href=\"/c/1\"");
    answer = web_ask(&web, SCREEN, "/step", form_of(token, "part=1&page=topics&to=en&large=1"));
    assert_has(answer, "This page is too old");
    assert_has(answer, "href=\"/c/1\"");
    assert_int_equal(post(&web, PHONE, token, FIRST_ANSWER)->http_status, 403);
    assert_int_equal(entries(&web), size);
    web_close(&web);
}

// Nothing proves what an old token says, so nothing of it is shown that the setup does not have.
static void a_made_up_old_token_opens_nothing(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const struct {
        enum response_channel channel;
        const char *counter, *area, *code, *words;
        unsigned listener;
        unsigned http_status;
    } rows[] = {
        {RESPONSE_SCREEN, "x\r\nX: y", "HT", "", "Trang này đã cũ", SCREEN, 410},
        {RESPONSE_SCREEN, "99", "HT", "", "Trang này đã cũ", SCREEN, 410},
        {RESPONSE_POSTER, "99", "HT", "", "Trang này đã cũ", PHONE, 410},
        {RESPONSE_POSTER, "1", "<b>", "", "Trang này đã cũ", PHONE, 410},
        {RESPONSE_SLIP, "1", "HT", "0000000000", "Không tìm thấy mã này", PHONE, 404},
        {RESPONSE_SLIP, "1", "HT", "<i>", "Không tìm thấy mã này", PHONE, 404},
    };
    uint64_t size = entries(&web);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err = {0};
        struct token token = {.channel = rows[i].channel, .step = RESPONSE_STEP_RESULT};
        char text[TOKEN_TEXT_CHARS + 1];
        (void)strcpy(token.counter, rows[i].counter);
        (void)strcpy(token.area, rows[i].area);
        (void)strcpy(token.code, rows[i].code);
        clock_fix(PAGES_NOW_S);
        assert_int_equal(token_make(web.kiosk->daykeys, &token, text, &err), STATUS_OK);
        pass_days(&web, 3);
        const struct answer *answer = post(&web, rows[i].listener, text, FIRST_ANSWER);
        assert_int_equal(answer->http_status, rows[i].http_status);
        assert_has(answer, rows[i].words);
        assert_lacks(answer, "name=\"token\"");
        assert_string_equal(answer->location, "");
    }
    assert_int_equal(entries(&web), size);
    web_close(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_leads_to_the_same_topics),
        cmocka_unit_test(a_screen_asks_topics_then_the_office_then_thanks),
        cmocka_unit_test(the_setup_chooses_the_pages_behind),
        cmocka_unit_test(a_phone_has_one_more_page_and_then_thanks),
        cmocka_unit_test(the_one_question_form_asks_no_more_than_it_has),
        cmocka_unit_test(an_equal_repeat_gives_the_same_answer),
        cmocka_unit_test(another_answer_under_the_same_part_is_a_conflict),
        cmocka_unit_test(two_pages_of_one_slip_are_one_answer),
        cmocka_unit_test(choosing_again_keeps_the_page_and_counts_on),
        cmocka_unit_test(a_switch_keeps_the_step_and_what_was_ticked),
        cmocka_unit_test(faulty_switches_are_refused),
        cmocka_unit_test(a_screen_that_was_left_goes_back_to_its_start),
        cmocka_unit_test(a_screens_page_is_not_taken_from_phones),
        cmocka_unit_test(a_program_gets_json_without_the_id),
        cmocka_unit_test(forms_that_do_not_fit_are_refused_and_write_nothing),
        cmocka_unit_test(an_old_page_of_an_open_slip_is_not_counted_but_replaced),
        cmocka_unit_test(an_old_page_answers_its_slips_state),
        cmocka_unit_test(an_old_page_of_a_poster_is_replaced),
        cmocka_unit_test(an_old_page_of_a_screen_leads_to_its_start),
        cmocka_unit_test(a_made_up_old_token_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
