// SPDX-License-Identifier: MIT
// Reporting windows: every one of them, both sides of each border, their words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "clock.h"
#include "period.h"

static int32_t day_of(const char *text)
{
    int32_t day = 0;
    assert_int_equal(clock_parse_day(text, &day, NULL), STATUS_OK);
    return day;
}

static struct period period_of(const char *text)
{
    struct period period;
    struct err err;
    assert_int_equal(period_parse(text, &period, &err), STATUS_OK);
    return period;
}

static void every_window_has_its_first_and_last_day(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *last;
        int year;
        bool halves, free;
    } cases[] = {
        {"2026-Q1", "2025-12-15", "2026-03-14", 2026, true, false},
        {"2026-Q2", "2026-03-15", "2026-06-14", 2026, true, false},
        {"2026-Q3", "2026-06-15", "2026-09-14", 2026, true, false},
        {"2026-Q4", "2026-09-15", "2026-12-14", 2026, true, false},
        {"2026-H1", "2025-12-15", "2026-06-14", 2026, true, false},
        {"2026-H2", "2026-06-15", "2026-12-14", 2026, true, false},
        {"2026", "2025-12-15", "2026-12-14", 2026, true, false},
        {"2026-01", "2025-12-15", "2026-01-14", 2026, true, false},
        {"2026-03", "2026-02-15", "2026-03-14", 2026, true, false},
        {"2026-11", "2026-10-15", "2026-11-14", 2026, true, false},
        {"2026-12", "2026-11-15", "2026-12-14", 2026, true, false},
        {"cal:2026-11", "2026-11-01", "2026-11-30", 2026, true, false},
        {"cal:2026-12", "2026-12-01", "2026-12-31", 2026, true, false},
        {"cal:2028-02", "2028-02-01", "2028-02-29", 2028, true, false},
        {"cal:2026-Q1", "2026-01-01", "2026-03-31", 2026, true, false},
        {"cal:2026-Q4", "2026-10-01", "2026-12-31", 2026, true, false},
        {"cal:2026", "2026-01-01", "2026-12-31", 2026, true, false},
        {"1971", "1970-12-15", "1971-12-14", 1971, true, false},
        {"9998-Q4", "9998-09-15", "9998-12-14", 9998, true, false},
        {"2026-09-15..2026-12-14", "2026-09-15", "2026-12-14", 2026, true, true},
        {"2026-09-16..2026-12-14", "2026-09-16", "2026-12-14", 2026, false, true},
        {"2026-09-15..2026-12-15", "2026-09-15", "2026-12-15", 2027, false, true},
        {"2026-11-03..2026-11-03", "2026-11-03", "2026-11-03", 2026, false, true},
        {"2026-01-01..2026-12-31", "2026-01-01", "2026-12-31", 2027, true, true},
        {"2016-12-15..2026-12-14", "2016-12-15", "2026-12-14", 2026, true, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct period period = period_of(cases[i].name);
        assert_string_equal(period.name, cases[i].name);
        assert_int_equal(period.from_day, day_of(cases[i].first));
        assert_int_equal(period.to_day, day_of(cases[i].last) + 1);
        assert_int_equal(period.year, cases[i].year);
        assert_int_equal(period.halves, cases[i].halves);
        assert_int_equal(period.free, cases[i].free);
        if (!period.halves)
            continue;
        assert_int_equal(period_half_first_day(period.from_half), period.from_day);
        assert_int_equal(period_half_first_day(period.to_half), period.to_day);
    }
}

static void what_is_no_period_is_refused_with_the_forms(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "2026-",
                                        "2026-Q0",
                                        "2026-Q5",
                                        "2026-q4",
                                        "2026-H3",
                                        "cal:2026-H1",
                                        "2026-00",
                                        "2026-13",
                                        "2026-1",
                                        "26-Q4",
                                        "02026",
                                        "1970",
                                        "9999",
                                        " 2026",
                                        "2026 ",
                                        "cal:",
                                        "cal:cal:2026",
                                        "Cal:2026",
                                        "2026-12-14..2026-12-13",
                                        "2016-12-14..2026-12-14",
                                        "2026-02-29..2026-03-01",
                                        "2026-09-15…2026-12-14",
                                        "cal:2026-09-15..2026-12-14",
                                        "2026-09-15..2026-12-14x",
                                        "1970-01-01..1971-01-01",
                                        "quý 4",
                                        "2026-Q4;2026-Q3"};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct period period = {.year = 1};
        struct err err = {.text = ""};
        assert_int_equal(period_parse(cases[i], &period, &err), STATUS_BAD_INPUT);
        assert_non_null(strstr(err.text, "2026-Q4"));
        assert_non_null(strstr(err.text, "cal:2026-11"));
        assert_int_equal(period.year, 1);
    }
}

static void the_border_is_midnight_in_viet_nam(void **state)
{
    (void)state;
    // 2026-12-14T23:59:59+07 and the second after it.
    int64_t last_s = (int64_t)day_of("2026-12-15") * 86400 - CLOCK_OFFSET_S - 1;
    struct period old = period_of("2026-Q4"), new = period_of("2027-Q1");
    assert_true(clock_day(last_s) < old.to_day && clock_day(last_s) < new.from_day);
    assert_true(clock_day(last_s + 1) >= old.to_day && clock_day(last_s + 1) >= new.from_day);
    char name[PERIOD_NAME_CHARS + 1];
    period_quarter_of(clock_day(last_s), name);
    assert_string_equal(name, "2026-Q4");
    period_quarter_of(clock_day(last_s + 1), name);
    assert_string_equal(name, "2027-Q1");
}

static void every_day_lies_in_the_quarter_that_is_named(void **state)
{
    (void)state;
    for (int32_t day = day_of("2023-01-01"); day <= day_of("2029-01-01"); day++) {
        char name[PERIOD_NAME_CHARS + 1];
        period_quarter_of(day, name);
        struct period period = period_of(name);
        assert_true(period.from_day <= day && day < period.to_day);
    }
}

static void half_months_follow_each_other_without_gaps(void **state)
{
    (void)state;
    int32_t half = period_half(day_of("1970-01-01"));
    assert_int_equal(half, 1970 * 24);
    for (int32_t day = day_of("1970-01-01"); day < day_of("2035-01-01"); day++) {
        int32_t next = period_half(day);
        assert_true(next == half || next == half + 1);
        assert_int_equal(next != half, day == period_half_first_day(next) && day > 0);
        half = next;
    }
    assert_int_equal(period_half(day_of("2026-11-14")) + 1, period_half(day_of("2026-11-15")));
}

static void a_year_is_the_sum_of_its_quarters_and_months(void **state)
{
    (void)state;
    static const char *const sums[][13] = {
        {"2026", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"},
        {"2026", "2026-H1", "2026-H2"},
        {"2026-H2", "2026-Q3", "2026-Q4"},
        {"2026-Q1", "2026-01", "2026-02", "2026-03"},
        {"cal:2026", "cal:2026-Q1", "cal:2026-Q2", "cal:2026-Q3", "cal:2026-Q4"},
        {"cal:2026-Q4", "cal:2026-10", "cal:2026-11", "cal:2026-12"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        struct period whole = period_of(sums[i][0]);
        int32_t half = whole.from_half;
        for (size_t k = 1; k < 13 && sums[i][k] != NULL; k++) {
            struct period part = period_of(sums[i][k]);
            assert_int_equal(part.from_half, half);
            half = part.to_half;
        }
        assert_int_equal(half, whole.to_half);
    }
}

static void periods_have_words_in_both_languages(void **state)
{
    (void)state;
    static const struct {
        const char *name, *vi, *en;
    } cases[] = {
        {"2026-Q4", "Quý IV năm 2026 (15/09/2026–14/12/2026)",
         "Quarter 4 of 2026 (15 Sep 2026 – 14 Dec 2026)"},
        {"2026-H1", "6 tháng đầu năm 2026 (15/12/2025–14/06/2026)",
         "First half of 2026 (15 Dec 2025 – 14 Jun 2026)"},
        {"2026-H2", "6 tháng cuối năm 2026 (15/06/2026–14/12/2026)",
         "Second half of 2026 (15 Jun 2026 – 14 Dec 2026)"},
        {"2026", "Năm 2026 (15/12/2025–14/12/2026)", "Year 2026 (15 Dec 2025 – 14 Dec 2026)"},
        {"2026-11", "Tháng 11 năm 2026 (15/10/2026–14/11/2026)",
         "November 2026 (15 Oct 2026 – 14 Nov 2026)"},
        {"cal:2026-11", "Tháng 11 năm 2026 theo lịch (01/11/2026–30/11/2026)",
         "Calendar November 2026 (1 Nov 2026 – 30 Nov 2026)"},
        {"cal:2026-Q1", "Quý I năm 2026 theo lịch (01/01/2026–31/03/2026)",
         "Calendar quarter 1 of 2026 (1 Jan 2026 – 31 Mar 2026)"},
        {"cal:2026", "Năm 2026 theo lịch (01/01/2026–31/12/2026)",
         "Calendar year 2026 (1 Jan 2026 – 31 Dec 2026)"},
        {"2026-09-15..2026-12-14", "Từ 15/09/2026 đến 14/12/2026",
         "15 September 2026 to 14 December 2026"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct period period = period_of(cases[i].name);
        char words[PERIOD_WORDS_BYTES];
        period_words_vi(&period, words);
        assert_string_equal(words, cases[i].vi);
        period_words_en(&period, words);
        assert_string_equal(words, cases[i].en);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_has_its_first_and_last_day),
        cmocka_unit_test(what_is_no_period_is_refused_with_the_forms),
        cmocka_unit_test(the_border_is_midnight_in_viet_nam),
        cmocka_unit_test(every_day_lies_in_the_quarter_that_is_named),
        cmocka_unit_test(half_months_follow_each_other_without_gaps),
        cmocka_unit_test(a_year_is_the_sum_of_its_quarters_and_months),
        cmocka_unit_test(periods_have_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
