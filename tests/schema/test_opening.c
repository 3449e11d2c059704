// SPDX-License-Identifier: MIT
// Opening hours: both sides of each minute, holidays, what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "clock.h"
#include "opening.h"

static enum status opening_of(const char *text, struct opening *ret_opening, struct err *err)
{
    AUTO(json_decrefp) json_t *json = NULL;
    assert_int_equal(json_parse(text, strlen(text), 10000, "test", &json, err), STATUS_OK);
    return opening_parse(json_object_get(json, "hours"), json_object_get(json, "holidays"),
                         ret_opening, err);
}

static int64_t moment(int year, int month, int day, int hour, int minute, int second)
{
    return (int64_t)clock_day_of_date(year, month, day) * 86400 - CLOCK_OFFSET_S + hour * 3600 +
           minute * 60 + second;
}

static void the_office_is_open_from_the_first_minute_to_the_last(void **state)
{
    (void)state;
    struct opening opening;
    struct err err;
    assert_int_equal(opening_of("{\"hours\":{\"tue\":[\"07:30-11:30\",\"13:30-17:00\"],\"sat\":["
                                "\"00:00-24:00\"]},\"holidays\":[\"2026-11-10\"]}",
                                &opening, &err),
                     STATUS_OK);
    // 3 November 2026 is a Tuesday.
    static const struct {
        int day, hour, minute, second;
        bool open;
    } cases[] = {
        {3, 7, 29, 59, false},  {3, 7, 30, 0, true},  {3, 11, 29, 59, true}, {3, 11, 30, 0, false},
        {3, 13, 29, 59, false}, {3, 13, 30, 0, true}, {3, 16, 59, 59, true}, {3, 17, 0, 0, false},
        {4, 8, 0, 0, false},    {7, 0, 0, 0, true},   {7, 23, 59, 59, true}, {8, 0, 0, 0, false},
        {10, 8, 0, 0, false},   {17, 8, 0, 0, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(opening_is_open(&opening, moment(2026, 11, cases[i].day, cases[i].hour,
                                                          cases[i].minute, cases[i].second)),
                         cases[i].open);
    assert_int_equal(opening_minutes(&opening, clock_day_of_date(2026, 11, 3)), 450);
    assert_int_equal(opening_minutes(&opening, clock_day_of_date(2026, 11, 4)), 0);
    assert_int_equal(opening_minutes(&opening, clock_day_of_date(2026, 11, 7)), 1440);
    assert_int_equal(opening_minutes(&opening, clock_day_of_date(2026, 11, 10)), 0);
}

static void without_hours_an_office_counts_as_open(void **state)
{
    (void)state;
    struct opening opening;
    struct err err;
    assert_int_equal(opening_of("{}", &opening, &err), STATUS_OK);
    assert_false(opening.known);
    assert_true(opening_is_open(&opening, moment(2026, 11, 3, 3, 0, 0)));
    assert_int_equal(opening_minutes(&opening, clock_day_of_date(2026, 11, 3)), 1440);
    assert_int_equal(opening_of("{\"hours\":{}}", &opening, &err), STATUS_OK);
    assert_false(opening_is_open(&opening, moment(2026, 11, 3, 9, 0, 0)));
}

static void hours_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{\"hours\":[]}", "hours"},
        {"{\"hours\":null}", "hours"},
        {"{\"hours\":{\"thứ hai\":[]}}", "unknown key"},
        {"{\"hours\":{\"mon\":\"07:30-11:30\"}}", "mon"},
        {"{\"hours\":{\"mon\":[730]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"7:30-11:30\"]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"07:30–11:30\"]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"07:60-11:30\"]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"07:30-24:01\"]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"11:30-11:30\"]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"13:30-17:00\",\"07:30-11:30\"]}}", "mon"},
        {"{\"hours\":{\"mon\":[\"07:30-11:30\",\"11:29-12:00\"]}}", "mon"},
        {"{\"hours\":{\"sun\":[\"01:00-02:00\",\"02:00-03:00\",\"03:00-04:00\",\"04:00-05:00\","
         "\"05:00-06:00\"]}}",
         "sun"},
        {"{\"holidays\":\"2026-09-02\"}", "holidays"},
        {"{\"holidays\":[\"2026-09-31\"]}", "holidays[0]"},
        {"{\"holidays\":[\"2026-09-02\",7]}", "holidays[1]"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct opening opening = {.holiday_count = 77};
        struct err err = {.text = ""};
        assert_int_equal(opening_of(cases[i].text, &opening, &err), STATUS_BAD_INPUT);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(opening.holiday_count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_office_is_open_from_the_first_minute_to_the_last),
        cmocka_unit_test(without_hours_an_office_counts_as_open),
        cmocka_unit_test(hours_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
