// SPDX-License-Identifier: MIT
// screen_pages.c, staff_pages.c and prepared.c: who sees a counter's screen and what it shows.
#include "kiosk/pages_case.h"

static void one_area(json_t *setup)
{
    json_t *counter = json_array_get(json_object_get(setup, "counters"), 0);
    json_object_set_new(counter, "areas", json_pack("[s]", "HT"));
}

static void real_office(json_t *setup)
{
    json_object_set_new(setup, "trial", json_false());
}

static void sample_office(json_t *setup)
{
    json_object_set_new(setup, "trial", json_false());
    json_object_set_new(setup, "sample", json_true());
}

static void an_unpaired_device_sees_no_screen_and_is_told_what_to_do(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const char *const targets[] = {"/c/1", "/c/1/HT", "/c/1/areas"};
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        const struct answer *answer = web_ask(&web, SCREEN, targets[i], NULL);
        assert_int_equal(answer->http_status, 403);
        assert_has(answer, "Màn hình này chưa được ghép");
        assert_has(answer, "--counter 1");
        assert_lacks(answer, "name=\"token\"");
    }
    assert_int_equal(web_ask(&web, SCREEN, "/c/1/state", NULL)->http_status, 403);
    web_close(&web);
}

static void a_paired_screen_sees_its_own_counter_only(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "1");
    const struct answer *answer = web_ask(&web, SCREEN, "/c/1", NULL);
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "Quầy 1 – Hộ tịch, chứng thực");
    assert_has(answer, "href=\"/c/1/areas\"");
    assert_int_equal(web_ask(&web, SCREEN, "/c/2", NULL)->http_status, 403);
    assert_int_equal(web_ask(&web, SCREEN, "/c/9", NULL)->http_status, 404);
    assert_int_equal(web_ask(&web, SCREEN, "/desk", NULL)->http_status, 403);
    web_close(&web);
}

static void the_desk_cannot_rate_as_a_counters_screen(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    static const char *const targets[] = {"/c/1", "/c/1/HT", "/c/1/areas", "/c/5"};
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        const struct answer *answer = web_ask(&web, SCREEN, targets[i], NULL);
        assert_int_equal(answer->http_status, 403);
        assert_has(answer, "Đây là màn hình riêng của quầy");
        assert_has(answer, "hailong-kiosk pair --data");
        assert_lacks(answer, "name=\"token\"");
    }
    assert_has(web_ask(&web, SCREEN, "/c/1?lang=en", NULL), "the counter&#39;s own screen");
    assert_int_equal(web_ask(&web, SCREEN, "/c/1/state", NULL)->http_status, 403);
    assert_int_equal(web_ask(&web, SCREEN, "/desk", NULL)->http_status, 200);
    web_close(&web);
}

static void a_pairing_address_works_once(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    char phrase[DEVICE_PHRASE_CHARS + 1];
    char target[64];
    struct err err = {0};
    assert_int_equal(device_invite(web.kiosk->devices, web.kiosk->writer, "3", phrase, &err),
                     STATUS_OK);
    (void)snprintf(target, sizeof(target), "/pair/%s", phrase);
    const struct answer *answer = web_ask(&web, SCREEN, target, NULL);
    assert_int_equal(answer->http_status, 303);
    assert_string_equal(answer->location, "/c/3");
    assert_non_null(strstr(answer->cookie, "HttpOnly"));
    answer = web_ask(&web, SCREEN, target, NULL);
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "không dùng được nữa");
    assert_string_equal(answer->cookie, "");
    assert_int_equal(web_ask(&web, SCREEN, "/pair/abc", NULL)->http_status, 410);
    assert_int_equal(web_ask(&web, PHONE, target, NULL)->http_status, 404);
    web_close(&web);
}

static void a_counter_with_one_area_shows_its_faces_at_once(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, one_area);
    web_pair(&web, "1");
    const struct answer *answer = web_ask(&web, SCREEN, "/c/1", NULL);
    assert_has(answer, "name=\"overall\" value=\"1\"");
    assert_has(answer, "data-quiet=\"1\"");
    assert_lacks(answer, "/c/1/areas");
    web_close(&web);
}

static void the_areas_are_those_of_the_counter(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "2");
    const struct answer *answer = web_ask(&web, SCREEN, "/c/2/areas?lang=en&large=1", NULL);
    assert_has(answer, "href=\"/c/2/DD?lang=en&amp;large=1\"");
    assert_has(answer, "Construction");
    assert_has(answer, "class=\"large\"");
    assert_has(answer, "/assets/icons.svg#land");
    assert_lacks(answer, "/c/2/HT");
    assert_int_equal(web_ask(&web, SCREEN, "/c/2/HT", NULL)->http_status, 404);
    web_close(&web);
}

static void the_five_faces_stand_from_worst_to_best(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "1");
    static const char *const words[] = {"Rất không hài lòng, mức 1 trên 5",
                                        "Không hài lòng, mức 2 trên 5", "Bình thường, mức 3 trên 5",
                                        "Hài lòng, mức 4 trên 5", "Rất hài lòng, mức 5 trên 5"};
    const struct answer *answer = web_ask(&web, SCREEN, "/c/1/HT", NULL);
    const char *at = answer->body;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        at = strstr(at, words[i]);
        assert_non_null(at);
    }
    assert_has(answer, "Hộ tịch");
    web_close(&web);
}

static void every_page_has_a_token_of_its_own(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "1");
    char first[TOKEN_TEXT_CHARS + 1];
    // The first is rendered, the second copied.
    (void)strcpy(first, token_of(web_ask(&web, SCREEN, "/c/1/HT", NULL)));
    static char body[sizeof(((struct answer *)0)->body)];
    (void)strcpy(body, web_ask(&web, SCREEN, "/c/1/HT", NULL)->body);
    const struct answer *answer = web_ask(&web, SCREEN, "/c/1/HT", NULL);
    assert_string_not_equal(token_of(answer), first);
    assert_int_equal(strlen(answer->body), strlen(body));
    assert_null(strchr(answer->body, '\x01'));
    assert_null(strchr(answer->body, '\x02'));
    struct token token;
    uint8_t id[ENTRY_ID_BYTES];
    struct err err = {0};
    assert_int_equal(token_read(web.kiosk->daykeys, token_of(answer), &token, id, &err), STATUS_OK);
    assert_string_equal(token.counter, "1");
    assert_string_equal(token.area, "HT");
    assert_int_equal(token.channel, RESPONSE_SCREEN);
    web_close(&web);
}

static void prepared_pages_do_not_mix(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    // Twice: rendered first, copied then; each answer is its own page.
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < web.kiosk->setup.counter_count; i++) {
            const struct setup_counter *counter = &web.kiosk->setup.counters[i];
            web_pair(&web, counter->id);
            for (size_t k = 0; k < counter->area_count * 4; k++) {
                const struct setup_area *area = counter->areas[k / 4];
                char target[64];
                (void)snprintf(target, sizeof(target), "/c/%s/%s?lang=%s&large=%d", counter->id,
                               area->code, k % 4 < 2 ? "vi" : "en", (int)(k % 2));
                const struct answer *answer = web_ask(&web, SCREEN, target, NULL);
                assert_int_equal(answer->http_status, 200);
                assert_has(answer, k % 4 < 2 ? area->name_vi : area->name_en);
                assert_has(answer, k % 4 < 2 ? counter->name_vi : counter->name_en);
                assert_int_equal(strstr(answer->body, "class=\"large\"") != NULL, k % 2);
            }
        }
    }
    web_close(&web);
}

static void an_armed_screen_shows_the_faces_of_its_area_until_answered(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "2");
    char before[64];
    (void)snprintf(before, sizeof(before), "%.60s",
                   web_ask(&web, SCREEN, "/c/2/state", NULL)->body);
    (void)arming_set(web.kiosk->armings, "2", "XD", RESPONSE_STEP_REFUSAL);
    assert_string_not_equal(web_ask(&web, SCREEN, "/c/2/state", NULL)->body, before);
    const struct answer *answer = web_ask(&web, SCREEN, "/c/2", NULL);
    assert_has(answer, "Xây dựng");
    struct token token;
    uint8_t id[ENTRY_ID_BYTES];
    struct err err = {0};
    assert_int_equal(token_read(web.kiosk->daykeys, token_of(answer), &token, id, &err), STATUS_OK);
    assert_int_not_equal(token.arming, 0);
    assert_int_equal(token.step, RESPONSE_STEP_REFUSAL);
    // The version in the page is the one that the screen polls.
    char state_body[64];
    char version[64];
    (void)snprintf(version, sizeof(version), "data-version=\"%010u\"",
                   (unsigned)arming_version(web.kiosk->armings, "2"));
    assert_has(answer, version);
    (void)snprintf(state_body, sizeof(state_body), "{\"version\":%u}",
                   (unsigned)arming_version(web.kiosk->armings, "2"));
    assert_string_equal(web_ask(&web, SCREEN, "/c/2/state", NULL)->body, state_body);
    answer = web_ask(&web, SCREEN, "/c/2", NULL);
    const char *body = form_of(token_of(answer), "part=0&page=overall&overall=4&lang=vi");
    assert_int_equal(web_ask(&web, SCREEN, "/api/v1/responses", body)->http_status, 200);
    assert_lacks(web_ask(&web, SCREEN, "/c/2", NULL), "name=\"token\"");
    web_close(&web);
}

static void the_marks_follow_the_setup(void **state)
{
    (void)state;
    static const struct {
        void (*change)(json_t *);
        bool trial, sample;
    } rows[] = {{NULL, true, false}, {real_office, false, false}, {sample_office, false, true}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct web web;
        web_open(&web, rows[i].change);
        static const struct {
            unsigned listener;
            const char *target;
        } pages[] = {{SCREEN, "/"}, {SCREEN, "/c/1"}, {PHONE, "/"}, {PHONE, "/S/X"}};
        for (size_t k = 0; k < ARRAY_SIZE(pages); k++) {
            const struct answer *answer = web_ask(&web, pages[k].listener, pages[k].target, NULL);
            assert_int_equal(strstr(answer->body, "CHẠY THỬ") != NULL, rows[i].trial);
            assert_int_equal(strstr(answer->body, "DỮ LIỆU MẪU") != NULL, rows[i].sample);
        }
        web_close(&web);
    }
}

static void a_strange_query_is_refused(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "1");
    static const char *const queries[] = {
        "/c/1?x=1",       "/c/1?lang=xx",    "/c/1?large=2", "/c/1?lang", "/c/1?lang=en&lang=vi",
        "/c/1/state?x=1", "/c/1/HT?lang=%00"};
    for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
        assert_int_equal(web_ask(&web, SCREEN, queries[i], NULL)->http_status, 400);
    assert_int_equal(web_ask(&web, SCREEN, "/c/1?large=0", NULL)->http_status, 200);
    web_close(&web);
}

static void large_text_gives_more_time(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "1");
    assert_has(web_ask(&web, SCREEN, "/c/1/HT", NULL), "data-idle-s=\"25\"");
    assert_has(web_ask(&web, SCREEN, "/c/1/HT?large=1", NULL), "data-idle-s=\"60\"");
    web_close(&web);
}

static void the_index_names_every_screen_and_how_to_pair(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    const struct answer *answer = web_ask(&web, SCREEN, "/", NULL);
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "href=\"/c/5\"");
    assert_has(answer, "href=\"/desk\"");
    assert_has(answer, "hailong-kiosk pair --data");
    web_close(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unpaired_device_sees_no_screen_and_is_told_what_to_do),
        cmocka_unit_test(a_paired_screen_sees_its_own_counter_only),
        cmocka_unit_test(the_desk_cannot_rate_as_a_counters_screen),
        cmocka_unit_test(a_pairing_address_works_once),
        cmocka_unit_test(a_counter_with_one_area_shows_its_faces_at_once),
        cmocka_unit_test(the_areas_are_those_of_the_counter),
        cmocka_unit_test(the_five_faces_stand_from_worst_to_best),
        cmocka_unit_test(every_page_has_a_token_of_its_own),
        cmocka_unit_test(prepared_pages_do_not_mix),
        cmocka_unit_test(an_armed_screen_shows_the_faces_of_its_area_until_answered),
        cmocka_unit_test(the_marks_follow_the_setup),
        cmocka_unit_test(a_strange_query_is_refused),
        cmocka_unit_test(large_text_gives_more_time),
        cmocka_unit_test(the_index_names_every_screen_and_how_to_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
