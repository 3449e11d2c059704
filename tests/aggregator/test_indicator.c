// SPDX-License-Identifier: MIT
// indicator.c: IND-02, IND-04, IND-05, IND-06, IND-07, IND-08.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "indicator.h"

static struct indicator_share share(int64_t satisfied, int64_t answered)
{
    return (struct indicator_share){.satisfied = satisfied, .answered = answered};
}

static void satisfied_are_levels_four_and_five_of_all(void **state)
{
    (void)state;
    struct tally_counts counts = {.n = {1, 2, 4, 8, 16}};
    struct indicator_share found = indicator_share_of(&counts);
    assert_int_equal(found.satisfied, 24);
    assert_int_equal(found.answered, 31);
    struct tally_counts none = {.n = {0}};
    assert_int_equal(indicator_share_of(&none).answered, 0);
}

static void percentages_are_rounded_half_up_by_integers(void **state)
{
    (void)state;
    static const struct {
        int64_t satisfied, answered;
        const char *text;
    } cases[] = {
        {0, 1, "0.00"},
        {1, 1, "100.00"},
        {1, 3, "33.33"},
        {2, 3, "66.67"},
        {1, 8, "12.50"},
        {1, 16, "6.25"},
        {1, 800, "0.13"}, // 0.125 goes up
        {3, 800, "0.38"}, // 0.375 goes up
        {124, 100000, "0.12"},
        {1249, 1000000, "0.12"},
        {125, 100000, "0.13"},
        {99994, 100000, "99.99"},
        {99995, 100000, "100.00"},
        {101, 124, "81.45"},
        {999999999999, 1000000000000, "100.00"},
    };
    char text[INDICATOR_PERCENT_BYTES];
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(indicator_percent(share(cases[i].satisfied, cases[i].answered), -1, text));
        assert_string_equal(text, cases[i].text);
    }
}

static void without_answers_there_is_no_percentage(void **state)
{
    (void)state;
    char text[INDICATOR_PERCENT_BYTES] = "x";
    assert_false(indicator_percent(share(0, 0), 9000, text));
    assert_string_equal(text, "");
}

static void a_missed_target_is_never_shown_as_reached(void **state)
{
    (void)state;
    static const struct {
        int64_t satisfied, answered, target;
        const char *text;
    } cases[] = {
        {89996, 100000, 9000, "89.996"}, // 90.00 would look like the target
        {8999, 10000, 9000, "89.99"},    // two decimals are enough
        {89995, 100000, 9000, "89.995"}, // 90.00 half up
        {899999, 1000000, 9000, "89.9999"}, {90000, 100000, 9000, "90.00"}, // reached exactly
        {90004, 100000, 9000, "90.00"},                                     // over it
        {99999, 100000, 10000, "99.999"},   {899999999999, 1000000000000, 9000, "89.9999999999"},
        {87499, 100000, 8750, "87.499"},
    };
    char text[INDICATOR_PERCENT_BYTES];
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(
            indicator_percent(share(cases[i].satisfied, cases[i].answered), cases[i].target, text));
        assert_string_equal(text, cases[i].text);
    }
}

static void targets_are_tested_on_the_exact_fraction(void **state)
{
    (void)state;
    static const struct {
        int64_t satisfied, answered, target;
        bool reached;
    } cases[] = {
        {9, 10, 9000, true},
        {89, 99, 9000, false},
        {899, 1000, 9000, false},
        {900, 1000, 9000, true},
        {17, 20, 8500, true},
        {8499, 10000, 8500, false},
        {0, 1, 0, true},
        {1, 1, 10000, true},
        {899999999999, 1000000000000, 9000, false},
        {900000000000, 1000000000000, 9000, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(
            indicator_reaches(share(cases[i].satisfied, cases[i].answered), cases[i].target),
            cases[i].reached);
}

static void verdicts_know_both_sides_of_each_limit(void **state)
{
    (void)state;
    static const struct {
        int64_t satisfied, answered, target;
        const char *name;
    } cases[] = {
        {0, 0, 9000, "no_data"},        {0, 0, -1, "no_data"},         {1, 1, 9000, "insufficient"},
        {29, 29, 9000, "insufficient"}, {0, 29, 9000, "insufficient"}, {27, 30, 9000, "met"},
        {26, 30, 9000, "not_met"},      {30, 30, 9000, "met"},         {0, 30, 9000, "not_met"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(indicator_verdict_name(indicator_verdict(
                                share(cases[i].satisfied, cases[i].answered), cases[i].target, 30)),
                            cases[i].name);
    assert_null(indicator_verdict_name(indicator_verdict(share(1, 1), -1, 30)));
}

// Published values: Newcombe, "Two-sided confidence intervals for the single proportion",
// Statistics in Medicine 17 (1998), table I, method 3 (score, without continuity correction).
static void the_interval_is_wilsons(void **state)
{
    (void)state;
    static const struct {
        int64_t satisfied, answered;
        double low, high;
    } cases[] = {
        {81, 263, 0.2553, 0.3662},
        {15, 148, 0.0624, 0.1605},
        {0, 20, 0.0000, 0.1611},
        {1, 29, 0.0061, 0.1718},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct indicator_interval found =
            indicator_wilson(share(cases[i].satisfied, cases[i].answered));
        assert_true(fabs(found.low - cases[i].low) < 0.00005);
        assert_true(fabs(found.high - cases[i].high) < 0.00005);
    }
}

static void the_interval_stays_between_nothing_and_all(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 200; n++)
        for (int64_t k = 0; k <= n; k++) {
            struct indicator_interval found = indicator_wilson(share(k, n));
            double p = (double)k / (double)n;
            assert_true(found.low >= 0 && found.high <= 1);
            assert_true(found.low <= p + 1e-12 && found.high >= p - 1e-12);
        }
}

static void what_is_needed_makes_it_firm_and_one_less_does_not(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 35; n++) {
        int64_t needed = 0, none = 0;
        assert_false(indicator_firm(share(n, n), 9000, &needed));
        assert_true(indicator_firm(share(n + needed, n + needed), 9000, &none));
        assert_false(indicator_firm(share(n + needed - 1, n + needed - 1), 9000, &none));
    }
    int64_t needed = 0;
    assert_true(indicator_firm(share(35, 35), 9000, &needed));  // low end 90.11 %
    assert_false(indicator_firm(share(34, 34), 9000, &needed)); // low end 89.85 %
    assert_int_equal(needed, 1);
}

static void exactly_on_the_target_nothing_settles_it(void **state)
{
    (void)state;
    int64_t needed = 7;
    assert_false(indicator_firm(share(90, 100), 9000, &needed));
    assert_int_equal(needed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(satisfied_are_levels_four_and_five_of_all),
        cmocka_unit_test(percentages_are_rounded_half_up_by_integers),
        cmocka_unit_test(without_answers_there_is_no_percentage),
        cmocka_unit_test(a_missed_target_is_never_shown_as_reached),
        cmocka_unit_test(targets_are_tested_on_the_exact_fraction),
        cmocka_unit_test(verdicts_know_both_sides_of_each_limit),
        cmocka_unit_test(the_interval_is_wilsons),
        cmocka_unit_test(the_interval_stays_between_nothing_and_all),
        cmocka_unit_test(what_is_needed_makes_it_firm_and_one_less_does_not),
        cmocka_unit_test(exactly_on_the_target_nothing_settles_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
