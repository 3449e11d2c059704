// SPDX-License-Identifier: MIT
// clock.c: civil days and hours at UTC+7 and their texts.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

static void every_day_to_the_year_9999_agrees_with_the_c_library(void **state)
{
    (void)state;
    int32_t last = clock_day_of_date(9999, 12, 31);
    assert_int_equal(last, 2932896);
    for (int32_t day = 0; day <= last; day++) {
        time_t noon = (time_t)day * 86400 + 43200;
        struct tm expected;
        gmtime_r(&noon, &expected);
        struct civil date = clock_date_of_day(day);
        if (date.year != expected.tm_year + 1900 || date.month != expected.tm_mon + 1 ||
            date.day != expected.tm_mday ||
            date.weekday != (expected.tm_wday == 0 ? 7 : expected.tm_wday) ||
            clock_day_of_date(date.year, date.month, date.day) != day)
            fail_msg("day %d differs", (int)day);
    }
}

static void the_day_changes_at_seventeen_hours_utc(void **state)
{
    (void)state;
    int64_t midnight = (int64_t)clock_day_of_date(2026, 7, 15) * 86400 - CLOCK_OFFSET_S;
    struct civil before = clock_civil(midnight - 1), after = clock_civil(midnight);
    assert_int_equal(before.day, 14);
    assert_int_equal(before.hour, 23);
    assert_int_equal(before.minute, 59);
    assert_int_equal(before.second, 59);
    assert_int_equal(after.day, 15);
    assert_int_equal(after.hour, 0);
    assert_int_equal(after.weekday, 3);
    assert_int_equal(clock_day(midnight) - clock_day(midnight - 1), 1);
    assert_int_equal(clock_hour(midnight) - clock_hour(midnight - 1), 1);
    assert_int_equal(clock_day_of_hour(clock_hour(midnight)), clock_day(midnight));
    assert_int_equal(clock_day_of_hour(clock_hour(midnight - 1)), clock_day(midnight - 1));
}

static void time_before_1970_rounds_down(void **state)
{
    (void)state;
    assert_int_equal(clock_day(-CLOCK_OFFSET_S), 0);
    assert_int_equal(clock_day(-CLOCK_OFFSET_S - 1), -1);
    assert_int_equal(clock_civil(-CLOCK_OFFSET_S - 1).year, 1969);
}

static void the_process_time_zone_changes_nothing(void **state)
{
    (void)state;
    struct civil before = clock_civil(1793678400);
    setenv("TZ", "America/New_York", 1);
    tzset();
    struct civil after = clock_civil(1793678400);
    unsetenv("TZ");
    tzset();
    assert_memory_equal(&before, &after, sizeof before);
}

static void days_and_hours_are_written_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int year, month, day, hour;
        const char *day_text, *hour_text;
    } rows[] = {
        {1970, 1, 1, 7, "1970-01-01", "1970-01-01T07+07"},
        {2024, 2, 29, 0, "2024-02-29", "2024-02-29T00+07"},
        {2026, 11, 3, 9, "2026-11-03", "2026-11-03T09+07"},
        {9999, 12, 31, 23, "9999-12-31", "9999-12-31T23+07"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int32_t day = clock_day_of_date(rows[i].year, rows[i].month, rows[i].day), read_day = 0;
        uint32_t hour = (uint32_t)(day * 24 + rows[i].hour - 7), read_hour = 99;
        char day_text[CLOCK_DAY_TEXT_SIZE], hour_text[CLOCK_HOUR_TEXT_SIZE];
        clock_day_text(day, day_text);
        clock_hour_text(hour, hour_text);
        assert_string_equal(day_text, rows[i].day_text);
        assert_string_equal(hour_text, rows[i].hour_text);
        assert_int_equal(clock_parse_day(day_text, &read_day, NULL), STATUS_OK);
        assert_int_equal(clock_parse_hour(hour_text, &read_hour, NULL), STATUS_OK);
        assert_int_equal(read_day, day);
        assert_int_equal(read_hour, hour);
    }
}

static void impossible_days_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2026-11-3",  "2026-11-031", "26-11-03",   "2026/11/03", "2026-13-01",
        "2026-00-01", "2026-01-00", "2026-01-32",  "2026-02-29", "2100-02-29", "1969-12-31",
        "2026-1a-01", " 2026-1-01", "-026-01-01",  "2026-11-3 ", "03-11-2026", "2026-04-31",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        int32_t day = 5;
        struct err err = {0};
        assert_int_equal(clock_parse_day(bad[i], &day, &err), STATUS_BAD_INPUT);
        assert_non_null(strstr(err.text, "YYYY-MM-DD"));
        assert_int_equal(day, 5);
    }
}

static void impossible_hours_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-11-03",
        "2026-11-03T24+07",
        "2026-11-03T9+07",
        "2026-11-03 09+07",
        "2026-11-03T09+00",
        "2026-11-03T09Z07",
        "2026-11-03T09+07 ",
        "2026-02-30T09+07",
        "2026-11-03T-1+07",
        "1970-01-01T06+07", // before hour 0
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint32_t hour = 5;
        assert_int_equal(clock_parse_hour(bad[i], &hour, NULL), STATUS_BAD_INPUT);
        assert_int_equal(hour, 5);
    }
}

static void the_clock_can_be_fixed_and_released(void **state)
{
    (void)state;
    clock_fix(1000);
    assert_int_equal(clock_now_s(), 1000);
    clock_fix(0);
    time_t now = time(NULL);
    assert_in_range(clock_now_s(), (uintmax_t)now - 1, (uintmax_t)now + 5);
}

static void the_monotonic_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms();
    clock_fix(1);
    int64_t after = clock_mono_ms();
    clock_fix(0);
    assert_true(before > 0);
    assert_true(after >= before && after < before + 60000);
}

static void a_fixed_clock_takes_the_boot_clock_along(void **state)
{
    (void)state;
    const int64_t wall_s = clock_wall_s(), boot_ms = clock_boot_ms();
    assert_true(boot_ms > 0);
    clock_fix(wall_s + 5000);
    const int64_t later_ms = clock_boot_ms() - boot_ms;
    assert_true(later_ms > 4990 * 1000 && later_ms < 5060 * 1000);
    clock_fix_boot(77, 5);
    assert_int_equal(clock_boot_ms(), 77);
    assert_int_equal(clock_start(), 5);
    clock_fix_boot(0, 0);
    clock_fix(0);
    assert_in_range(clock_boot_ms() - boot_ms, 0, 60000);
    assert_true(clock_start() > 0 && clock_start() != 5);
    assert_int_equal(clock_start(), clock_start());
}

static void a_steered_clock_follows_the_wall_clock_within_its_tolerance(void **state)
{
    (void)state;
    static const struct {
        int64_t passed_s, wall_s, now_s; // since the beginning
    } CASES[] = {{0, 0, 0},       {100, 100, 100},     {100, 220, 220},
                 {100, 221, 100}, {100, -20, -20},     {100, -21, 100},
                 {7200, 0, 7200}, {50, 400000000, 50}, {50, -999999, 50}};
    enum { BEGIN_S = 1000000 };
    clock_steer(BEGIN_S, 500);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        clock_fix(BEGIN_S + CASES[i].wall_s);
        clock_fix_boot(500 + CASES[i].passed_s * 1000, 1);
        assert_int_equal(clock_now_s(), BEGIN_S + CASES[i].now_s);
        assert_int_equal(clock_wall_s(), BEGIN_S + CASES[i].wall_s);
    }
    clock_steer(0, 0);
    assert_int_equal(clock_now_s(), clock_wall_s());
    clock_fix_boot(0, 0);
    clock_fix(0);
}

static void a_fixed_clock_is_kept_by_nobody_unless_a_test_says_so(void **state)
{
    (void)state;
    clock_fix(1000);
    assert_false(clock_is_synced());
    clock_fix_synced(true);
    assert_true(clock_is_synced());
    clock_fix_synced(false);
    clock_fix(0);
    (void)clock_is_synced(); // whatever this machine says
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_to_the_year_9999_agrees_with_the_c_library),
        cmocka_unit_test(the_day_changes_at_seventeen_hours_utc),
        cmocka_unit_test(time_before_1970_rounds_down),
        cmocka_unit_test(the_process_time_zone_changes_nothing),
        cmocka_unit_test(days_and_hours_are_written_and_read_back),
        cmocka_unit_test(impossible_days_are_refused),
        cmocka_unit_test(impossible_hours_are_refused),
        cmocka_unit_test(the_clock_can_be_fixed_and_released),
        cmocka_unit_test(the_monotonic_clock_never_goes_back),
        cmocka_unit_test(a_fixed_clock_takes_the_boot_clock_along),
        cmocka_unit_test(a_steered_clock_follows_the_wall_clock_within_its_tolerance),
        cmocka_unit_test(a_fixed_clock_is_kept_by_nobody_unless_a_test_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
