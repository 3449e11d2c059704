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
        web_pair(web, NULL);
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
    assert_lacks(answer, "name=\"token\"");
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

static void a_page_of_two_days_ago_is_refused_with_a_way_on(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char token[TOKEN_TEXT_CHARS + 1];
    struct err err = {0};
    (void)strcpy(token, slip_token(&web, "HT"));
    clock_fix(PAGES_NOW_S + 3 * 86400);
    int32_t oldest = 0;
    assert_int_equal(daykey_expire(web.kiosk->daykeys, clock_day(clock_now_s()), &oldest, &err),
                     STATUS_OK);
    uint64_t size = entries(&web);
    const struct answer *answer = post(&web, PHONE, token, "part=0&page=overall&overall=5");
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "Trang này đã cũ");
    assert_has(answer, "href=\"/\"");
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
        cmocka_unit_test(a_page_of_two_days_ago_is_refused_with_a_way_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
