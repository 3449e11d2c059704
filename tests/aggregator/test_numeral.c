// SPDX-License-Identifier: MIT
// Numbers in the reader's language.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "numeral.h"

enum { LIMIT_BYTES = 128 };

static void counts_are_grouped_by_thousands(void **state)
{
    (void)state;
    static const struct {
        int64_t count;
        const char *vi, *en;
    } cases[] = {
        {0, "0", "0"},
        {999, "999", "999"},
        {1000, "1.000", "1,000"},
        {12345, "12.345", "12,345"},
        {123456, "123.456", "123,456"},
        {1234567, "1.234.567", "1,234,567"},
        {-999, "-999", "-999"},
        {-1000, "-1.000", "-1,000"},
        {INT64_MIN, "-9.223.372.036.854.775.808", "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf vi;
        buf_init(&vi, LIMIT_BYTES);
        AUTO(buf_done) struct buf en;
        buf_init(&en, LIMIT_BYTES);
        numeral_count("vi", cases[i].count, &vi);
        numeral_count("en", cases[i].count, &en);
        assert_string_equal(buf_text(&vi), cases[i].vi);
        assert_string_equal(buf_text(&en), cases[i].en);
    }
}

static void percentages_keep_every_digit_of_the_model(void **state)
{
    (void)state;
    static const struct {
        const char *percent, *vi, *en;
    } cases[] = {
        {"94.03", "94,03\u00a0%", "94.03%"},
        {"89.9996", "89,9996\u00a0%", "89.9996%"},
        {"100.00", "100,00\u00a0%", "100.00%"},
        {"0.00", "0,00\u00a0%", "0.00%"},
        {NULL, "–", "–"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf vi;
        buf_init(&vi, LIMIT_BYTES);
        AUTO(buf_done) struct buf en;
        buf_init(&en, LIMIT_BYTES);
        numeral_percent("vi", cases[i].percent, &vi);
        numeral_percent("en", cases[i].percent, &en);
        assert_string_equal(buf_text(&vi), cases[i].vi);
        assert_string_equal(buf_text(&en), cases[i].en);
    }
}

static void targets_show_no_needless_digit(void **state)
{
    (void)state;
    static const struct {
        double target;
        int64_t hundredths;
        const char *vi, *en;
    } cases[] = {
        {90, 9000, "90\u00a0%", "90%"},
        {87.5, 8750, "87,5\u00a0%", "87.5%"},
        {87.55, 8755, "87,55\u00a0%", "87.55%"},
        {87.05, 8705, "87,05\u00a0%", "87.05%"},
        {0, 0, "0\u00a0%", "0%"},
        {100, 10000, "100\u00a0%", "100%"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp) json_t *target = json_real(cases[i].target);
        AUTO(buf_done) struct buf vi;
        buf_init(&vi, LIMIT_BYTES);
        AUTO(buf_done) struct buf en;
        buf_init(&en, LIMIT_BYTES);
        assert_int_equal(numeral_hundredths(target), cases[i].hundredths);
        numeral_target("vi", cases[i].hundredths, &vi);
        numeral_target("en", cases[i].hundredths, &en);
        assert_string_equal(buf_text(&vi), cases[i].vi);
        assert_string_equal(buf_text(&en), cases[i].en);
    }
}

static void a_missing_target_is_told_apart_from_zero(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *whole = json_integer(85);
    assert_int_equal(numeral_hundredths(whole), 8500);
    assert_int_equal(numeral_hundredths(json_null()), -1);
    assert_int_equal(numeral_hundredths(NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_grouped_by_thousands),
        cmocka_unit_test(percentages_keep_every_digit_of_the_model),
        cmocka_unit_test(targets_show_no_needless_digit),
        cmocka_unit_test(a_missing_target_is_told_apart_from_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
