// SPDX-License-Identifier: MIT
// rating.c: one tap counts, once, as it was meant.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "chores.h"
#include "form.h"
#include "office.h"
#include "support/disk.h"

static void a_tap_becomes_a_response_entry(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1], line[ENTRY_LIMIT_BYTES];
    enum rating_outcome outcome = RATING_REPEATED;
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    clock_fix(OFFICE_NOW_S + 3600); // the page lay open for an hour
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", &outcome),
                     STATUS_OK);
    assert_int_equal(outcome, RATING_RECORDED);
    office_last_line(office, line, sizeof line);
    struct entry entry;
    struct response response;
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    assert_int_equal(response_read(&entry, &response, &office->err), STATUS_OK);
    assert_string_equal(response.unit, "05533");
    assert_string_equal(response.counter, "1");
    assert_string_equal(response.area, "HT");
    assert_string_equal(response.form, "tthc@1");
    assert_int_equal(response.channel, RESPONSE_SCREEN);
    assert_int_equal(response.hour, clock_hour(OFFICE_NOW_S) + 1); // of the answer
    const uint32_t page_hour = (uint32_t)entry.id[0] << 24 | (uint32_t)entry.id[1] << 16 |
                               (uint32_t)entry.id[2] << 8 | entry.id[3];
    assert_int_equal(page_hour, clock_hour(OFFICE_NOW_S)); // of the page
    assert_false(response.linked);
    assert_int_equal(response.answer_count, 1);
    assert_int_equal(response.answers[0].level, 5);
    assert_null(strstr(line, ":30")); // the hour, never the moment
    entry_done(&entry);
}

static void the_same_request_again_is_the_same_answer_and_no_entry(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    enum rating_outcome outcome = RATING_RECORDED;
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    const uint64_t entries = office_entries(office);
    // spelled differently, but saying the same
    static const char *const SAME[] = {"part=0&page=overall&overall=5",
                                       "overall=5&page=overall&part=0",
                                       "part=0&page=overall&overall=5&end=tap&lang=en&large=1"};
    for (size_t i = 0; i < ARRAY_SIZE(SAME); i++) {
        outcome = RATING_RECORDED;
        assert_int_equal(office_rate(office, token, SAME[i], &outcome), STATUS_OK);
        assert_int_equal(outcome, RATING_REPEATED);
    }
    office_reopen(office);
    assert_int_equal(office_rate(office, token, SAME[0], &outcome), STATUS_OK);
    assert_int_equal(outcome, RATING_REPEATED);
    assert_int_equal(office_entries(office), entries);
}

static void another_answer_from_the_same_page_is_a_conflict(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    const uint64_t entries = office_entries(office);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL),
                     STATUS_CONFLICT);
    assert_int_equal(office_entries(office), entries);
}

static void two_pages_are_two_answers(void **state)
{
    struct office *office = *state;
    const uint64_t entries = office_entries(office);
    for (int i = 0; i < 2; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL),
                         STATUS_OK);
    }
    assert_int_equal(office_entries(office), entries + 2);
}

static void later_steps_are_details_of_their_response(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1], line[ENTRY_LIMIT_BYTES];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    static const struct {
        const char *fields, *line;
    } STEPS[] = {
        {"part=1&page=topics&topic_cost=1&topic_time=1",
         "\"part\":1,\"page\":\"topics\",\"end\":\"tap\",\"topics\":[\"time\",\"cost\"]}"},
        {"part=2&page=agency&agency=4",
         "\"part\":2,\"page\":\"agency\",\"end\":\"tap\",\"answers\":{\"agency\":4}}"},
        {"part=3&page=factors&F2=1&F1=3&F5=5&end=timeout",
         "\"end\":\"timeout\",\"answers\":{\"F1\":3,\"F2\":1,\"F5\":5}}"},
        {"part=4&page=topics&end=skip", "\"page\":\"topics\",\"end\":\"skip\"}"},
        {"part=5&page=overall&overall=2", "\"page\":\"overall\",\"end\":\"tap\",\"answers\":{"
                                          "\"overall\":2}}"},
        {"part=6&page=overall&end=timeout", "\"page\":\"overall\",\"end\":\"timeout\"}"},
        {"part=7&page=topics&topic_place=1&agency=5&F3=2", "\"answers\":{\"agency\":5,\"F3\":2},"
                                                           "\"topics\":[\"place\"]}"},
    };
    assert_int_equal(office_rate(office, token, STEPS[0].fields, NULL), STATUS_NOT_FOUND);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(STEPS); i++) {
        enum rating_outcome outcome = RATING_REPEATED;
        assert_int_equal(office_rate(office, token, STEPS[i].fields, &outcome), STATUS_OK);
        assert_int_equal(outcome, RATING_RECORDED);
        office_last_line(office, line, sizeof line);
        if (strstr(line, STEPS[i].line) == NULL)
            fail_msg("%s gave %s", STEPS[i].fields, line);
        assert_int_equal(office_rate(office, token, STEPS[i].fields, &outcome), STATUS_OK);
        assert_int_equal(outcome, RATING_REPEATED);
    }
    assert_int_equal(office_rate(office, token, "part=1&page=topics&topic_cost=1", NULL),
                     STATUS_CONFLICT);
}

static void who_skips_says_nothing(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1], line[ENTRY_LIMIT_BYTES];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    assert_int_equal(office_rate(office, token, "part=1&page=topics&topic_time=1&end=skip", NULL),
                     STATUS_OK);
    office_last_line(office, line, sizeof line);
    assert_null(strstr(line, "topics\":["));
}

static void what_does_not_fit_the_page_or_the_form_is_refused_and_named(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *area, *fields, *named;
    } CASES[] = {
        {"HT", "page=overall&overall=5", "part"},
        {"HT", "part=0&overall=5", "page"},
        {"HT", "part=0&page=overall", "overall"},
        {"HT", "part=0&page=overall&overall=", "overall"},
        {"HT", "part=0&page=overall&overall=0", "overall"},
        {"HT", "part=0&page=overall&overall=6", "overall"},
        {"HT", "part=0&page=overall&overall=05", "overall"},
        {"HT", "part=0&page=overall&overall=%2B5", "overall"},
        {"HT", "part=0&page=overall&overall=5&agency=4", "agency"},
        {"HT", "part=0&page=overall&overall=5&topic_time=1", "topic_time"},
        {"HT", "part=0&page=topics&overall=5", "page"},
        {"HT", "part=0&page=overall&overall=5&end=timeout", "page"},
        {"HT", "part=0&page=nowhere&overall=5", "page"},
        {"HT", "part=-1&page=overall&overall=5", "part"},
        {"HT", "part=41&page=overall&overall=5", "part"},
        {"HT", "part=1x&page=overall&overall=5", "part"},
        {"HT", "part=1&page=topics&overall=5", "overall"},
        {"HT", "part=1&page=topics&topic_time=0", "topic_time"},
        {"HT", "part=1&page=topics&end=later", "end"},
        {"HT", "part=0&page=overall&overall=5&lang=xx", "lang"},
        {"HT", "part=0&page=overall&overall=5&lang=vi-VN-nam", "lang"},
        {"HT", "part=0&page=overall&overall=5&large=yes", "large"},
        {"SV-YT", "part=1&page=agency&agency=4", "form mot-cau@1"}, // it does not ask that
    };
    const uint64_t entries = office_entries(office);
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        struct rating *rating = NULL;
        office_token(office, RESPONSE_SCREEN, CASES[i].area, "", 0, token);
        if (office_rating(office, token, CASES[i].fields, &rating) != STATUS_BAD_INPUT)
            fail_msg("%s was not refused", CASES[i].fields);
        assert_null(rating);
        if (strstr(office->err.text, CASES[i].named) == NULL)
            fail_msg("%s: %s", CASES[i].fields, office->err.text);
    }
    assert_int_equal(office_entries(office), entries);
}

static void the_limits_themselves_are_taken(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=1", NULL), STATUS_OK);
    assert_int_equal(office_rate(office, token, "part=40&page=overall&overall=5", NULL), STATUS_OK);
    assert_int_equal(office_rate(office, token, "part=2&page=topics", NULL), STATUS_OK);
}

static void display_wishes_are_read_and_default_to_vietnamese(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    struct rating *rating = NULL;
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rating(office, token, "part=0&page=overall&overall=5", &rating),
                     STATUS_OK);
    assert_string_equal(rating->language, "vi");
    assert_false(rating->large_text);
    rating_job_free(&rating->job);
    assert_int_equal(
        office_rating(office, token, "part=0&page=overall&overall=5&lang=en&large=1", &rating),
        STATUS_OK);
    assert_string_equal(rating->language, "en");
    assert_true(rating->large_text);
    rating_job_free(&rating->job);
}

static void a_token_is_needed_and_must_be_ours(void **state)
{
    struct office *office = *state;
    struct rating *rating = NULL;
    assert_int_equal(office_rating(office, "", "part=0&page=overall&overall=5", &rating),
                     STATUS_BAD_INPUT);
    struct urlform form = {0};
    static const char text[] = "part=0&page=overall&overall=5";
    assert_int_equal(urlform_read(text, strlen(text), rating_fields, &form, &office->err),
                     STATUS_OK);
    assert_int_equal(rating_new(office->kiosk, &form, &rating, &office->err), STATUS_BAD_INPUT);
    assert_non_null(strstr(office->err.text, "token"));
    assert_null(rating);
}

static void a_slip_is_spent_once_with_its_answer(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1], first[TOKEN_TEXT_CHARS + 1], second[TOKEN_TEXT_CHARS + 1];
    char line[ENTRY_LIMIT_BYTES];
    enum rating_outcome outcome = RATING_RECORDED;
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    office_token(office, RESPONSE_SLIP, "HT", code, 0, first);
    office_token(office, RESPONSE_SLIP, "HT", code, 0, second); // the page in another window
    assert_int_equal(office_rate(office, first, "part=0&page=overall&overall=3", NULL), STATUS_OK);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"channel\":\"slip\",\"part\":0,\"step\":\"result\","
                                 "\"linked\":true"));
    assert_int_equal(office_slip_state(office, code).state, SLIP_FINISHED);
    const uint64_t entries = office_entries(office);
    // its own page may repeat and go on, no other page may
    assert_int_equal(office_rate(office, first, "part=0&page=overall&overall=3", &outcome),
                     STATUS_OK);
    assert_int_equal(outcome, RATING_REPEATED);
    assert_int_equal(office_rate(office, second, "part=0&page=overall&overall=3", NULL),
                     STATUS_GONE);
    assert_int_equal(office_entries(office), entries);
    assert_int_equal(office_rate(office, first, "part=1&page=topics&topic_time=1", NULL),
                     STATUS_OK);
    assert_int_equal(office_entries(office), entries + 1);
}

static void an_expired_or_withdrawn_slip_is_not_counted(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1], next[SLIPCODE_CHARS + 1], token[TOKEN_TEXT_CHARS + 1];
    assert_int_equal(office_slip(office, "HT", "H19.1", false, code), STATUS_OK);
    office_token(office, RESPONSE_SLIP, "HT", code, 0, token);
    assert_int_equal(office_slip(office, "HT", "H19.1", true, next), STATUS_OK);
    const uint64_t entries = office_entries(office);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=3", NULL),
                     STATUS_GONE);
    clock_fix(OFFICE_NOW_S + 31 * OFFICE_DAY_S);
    office_token(office, RESPONSE_SLIP, "HT", next, 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=3", NULL),
                     STATUS_GONE);
    assert_int_equal(office_entries(office), entries);
}

static void an_armed_screen_links_its_answer_once(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1], line[ENTRY_LIMIT_BYTES];
    enum rating_outcome outcome = RATING_RECORDED;
    const uint32_t number = arming_set(office->kiosk->armings, "1", "HT", RESPONSE_STEP_RESULT);
    office_token(office, RESPONSE_SCREEN, "HT", "", number, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=3", NULL), STATUS_OK);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"linked\":true"));
    assert_int_equal(arming_now(office->kiosk->armings, "1").number, 0);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=3", &outcome),
                     STATUS_OK);
    assert_int_equal(outcome, RATING_REPEATED);
    assert_int_equal(arming_now(office->kiosk->armings, "1").number, 0);
    // another page of the same arming comes too late to be linked, but counts
    office_token(office, RESPONSE_SCREEN, "HT", "", number, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL), STATUS_OK);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"linked\":false"));
}

static void a_full_disk_records_nothing_and_gives_the_arming_back(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    const uint32_t number = arming_set(office->kiosk->armings, "1", "HT", RESPONSE_STEP_RESULT);
    office_token(office, RESPONSE_SCREEN, "HT", "", number, token);
    const uint64_t entries = office_entries(office);
    disk_fail("-wal", ENOSPC, 0);
    const enum status status = office_rate(office, token, "part=0&page=overall&overall=3", NULL);
    disk_fail(NULL, 0, 0);
    assert_int_equal(status, STATUS_FULL);
    assert_int_equal(office_entries(office), entries);
    assert_int_equal(arming_now(office->kiosk->armings, "1").number, number);
    enum rating_outcome outcome = RATING_REPEATED;
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=3", &outcome),
                     STATUS_OK);
    assert_int_equal(outcome, RATING_RECORDED);
    assert_int_equal(office_entries(office), entries + 1);
}

static void after_its_days_a_page_is_gone_and_its_request_macs_with_it(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL),
                     STATUS_GONE);
}

static void an_area_or_counter_that_left_the_setup_needs_a_fresh_page(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    struct rating *rating = NULL;
    office_token(office, RESPONSE_SCREEN, "NOPE", "", 0, token);
    assert_int_equal(office_rating(office, token, "part=0&page=overall&overall=5", &rating),
                     STATUS_GONE);
}

static bool is_listed(const char *prefix, const char *name)
{
    char field[64];
    snprintf(field, sizeof field, "%s%s", prefix, name);
    for (const char *const *at = rating_fields; *at != NULL; at++)
        if (strcmp(*at, field) == 0)
            return true;
    return false;
}

static void every_item_and_topic_of_every_form_has_its_field(void **state)
{
    (void)state;
    static const char *const FORMS[] = {"tthc@1", "mot-cau@1"};
    for (size_t i = 0; i < ARRAY_SIZE(FORMS); i++) {
        const struct form *form = form_find(FORMS[i]);
        assert_non_null(form);
        for (size_t j = 0; j < form->item_count; j++)
            assert_true(is_listed("", form->items[j].id));
        for (size_t j = 0; j < form->topic_count; j++)
            assert_true(is_listed("topic_", form->topics[j].id));
    }
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_tap_becomes_a_response_entry),
        OFFICE_TEST(the_same_request_again_is_the_same_answer_and_no_entry),
        OFFICE_TEST(another_answer_from_the_same_page_is_a_conflict),
        OFFICE_TEST(two_pages_are_two_answers),
        OFFICE_TEST(later_steps_are_details_of_their_response),
        OFFICE_TEST(who_skips_says_nothing),
        OFFICE_TEST(what_does_not_fit_the_page_or_the_form_is_refused_and_named),
        OFFICE_TEST(the_limits_themselves_are_taken),
        OFFICE_TEST(display_wishes_are_read_and_default_to_vietnamese),
        OFFICE_TEST(a_token_is_needed_and_must_be_ours),
        OFFICE_TEST(a_slip_is_spent_once_with_its_answer),
        OFFICE_TEST(an_expired_or_withdrawn_slip_is_not_counted),
        OFFICE_TEST(an_armed_screen_links_its_answer_once),
        OFFICE_TEST(a_full_disk_records_nothing_and_gives_the_arming_back),
        OFFICE_TEST(after_its_days_a_page_is_gone_and_its_request_macs_with_it),
        OFFICE_TEST(an_area_or_counter_that_left_the_setup_needs_a_fresh_page),
        OFFICE_TEST(every_item_and_topic_of_every_form_has_its_field),
    };
    return cmocka_run_group_tests_name("rating", tests, NULL, NULL);
}
