// SPDX-License-Identifier: MIT
// The bar of five levels as SVG.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "levelbar.h"

enum { SVG_LIMIT_BYTES = 8192 };

static void draw(const int64_t levels[LEVELBAR_LEVELS], int64_t target, const char *title,
                 struct buf *out)
{
    buf_init(out, SVG_LIMIT_BYTES);
    levelbar_svg(levels, target, title, out);
    assert_int_equal(buf_check(out, NULL), STATUS_OK);
}

static void the_levels_stand_worst_to_best_from_left_to_right(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    draw((const int64_t[]){1, 1, 2, 4, 8}, LEVELBAR_NO_TARGET, "x", &out);
    static const char *const parts[] = {
        "class=\"l1\" y=\"5\" height=\"22\" x=\"0.00%\" width=\"6.25%\"",
        "class=\"l2\" y=\"5\" height=\"22\" x=\"6.25%\" width=\"6.25%\"",
        "class=\"l3\" y=\"5\" height=\"22\" x=\"12.50%\" width=\"12.50%\"",
        "class=\"l4\" y=\"5\" height=\"22\" x=\"25.00%\" width=\"25.00%\"",
        "class=\"l5\" y=\"5\" height=\"22\" x=\"50.00%\" width=\"50.00%\"",
    };
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        assert_non_null(strstr(buf_text(&out), parts[i]));
}

static void the_segments_fill_the_bar_whatever_the_rounding(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    draw((const int64_t[]){1, 1, 1, 0, 0}, LEVELBAR_NO_TARGET, "x", &out);
    assert_non_null(strstr(buf_text(&out), "x=\"33.33%\" width=\"33.33%\""));
    assert_non_null(strstr(buf_text(&out), "x=\"66.66%\" width=\"33.34%\""));
    assert_null(strstr(buf_text(&out), "class=\"l4\""));
}

static void no_answer_is_an_empty_outline(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    draw((const int64_t[]){0, 0, 0, 0, 0}, 9000, "x", &out);
    assert_non_null(strstr(buf_text(&out), "class=\"none\""));
    assert_non_null(strstr(buf_text(&out), "class=\"aim\""));
    assert_null(strstr(buf_text(&out), "class=\"l1\""));
}

static void the_target_is_measured_from_the_best_end(void **state)
{
    (void)state;
    static const struct {
        int64_t target;
        const char *at;
    } cases[] = {
        {9000, " x=\"10.00%\">"},
        {8750, " x=\"12.50%\">"},
        {0, " x=\"100.00%\">"},
        {10000, " x=\"0.00%\">"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf out;
        draw((const int64_t[]){0, 0, 0, 0, 1}, cases[i].target, "x", &out);
        assert_non_null(strstr(buf_text(&out), cases[i].at));
    }
    AUTO(buf_done) struct buf without;
    draw((const int64_t[]){0, 0, 0, 0, 1}, LEVELBAR_NO_TARGET, "x", &without);
    assert_null(strstr(buf_text(&without), "aim"));
}

static void the_title_is_escaped(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    draw((const int64_t[]){0, 0, 0, 0, 1}, 9000, "\"><script>Đất đai & nhà", &out);
    assert_null(strstr(buf_text(&out), "<script"));
    assert_non_null(strstr(buf_text(&out), "Đất đai &amp; nhà"));
}

static void counts_of_a_country_do_not_overflow(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    const int64_t many = INT64_MAX / 8;
    draw((const int64_t[]){many, 0, 0, 0, many}, 9000, "x", &out);
    assert_non_null(strstr(buf_text(&out), "x=\"50.00%\" width=\"50.00%\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_levels_stand_worst_to_best_from_left_to_right),
        cmocka_unit_test(the_segments_fill_the_bar_whatever_the_rounding),
        cmocka_unit_test(no_answer_is_an_empty_outline),
        cmocka_unit_test(the_target_is_measured_from_the_best_end),
        cmocka_unit_test(the_title_is_escaped),
        cmocka_unit_test(counts_of_a_country_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
