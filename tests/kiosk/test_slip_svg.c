// SPDX-License-Identifier: MIT
// slip_svg.c: what stands on the printed slip, where it stands, and that nothing of it is markup.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "slip_svg.h"
#include "text.h"

#define URL "HTTP://10.0.0.5:8081/S/0123456789/HT/1/R"

// The reply of "slip" for an ordinary office, with another value for one key.
static const char *draw(const char *key, json_t *value)
{
    static struct buf out;
    struct err err = {0};
    json_t *reply = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "url", URL, "code",
                              "0123456789", "office", "Bộ phận Một cửa phường Bá Xuyên",
                              "area_name", "Hộ tịch", "counter_name", "Quầy 1", "expires",
                              "2026-12-03", "private", false, "trial", false, "sample", false);
    assert_non_null(reply);
    if (key != NULL)
        assert_int_equal(json_object_set_new(reply, key, value), 0);
    buf_done(&out);
    buf_init(&out, 1024 * 1024);
    if (slip_svg(reply, &out, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    json_decref(reply);
    return buf_text(&out);
}

static void assert_says(const char *svg, const char *words, bool said)
{
    if ((strstr(svg, words) != NULL) != said)
        fail_msg("\"%s\" is %sin:\n%s", words, said ? "not " : "", svg);
}

static void it_says_where_until_when_and_by_which_code(void **state)
{
    (void)state;
    const char *svg = draw(NULL, NULL);
    static const char *const words[] = {">Bộ phận Một cửa phường Bá Xuyên<",
                                        ">Mời Ông/Bà quét mã để đánh giá<", ">Hộ tịch · Quầy 1<",
                                        ">Dùng một lần, đến hết ngày 03/12/2026<", ">01234-56789<"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        assert_says(svg, words[i], true);
    static const char *const others[] = {"CHẠY THỬ", "DỮ LIỆU MẪU", "mạng của cơ quan"};
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_says(svg, others[i], false);
}

static void each_mark_stands_on_it_when_it_is_so(void **state)
{
    (void)state;
    static const struct {
        const char *key, *words;
    } rows[] = {{"trial", ">CHẠY THỬ<"},
                {"sample", ">DỮ LIỆU MẪU<"},
                {"private", ">Chỉ dùng được trong mạng của cơ quan.<"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *svg = draw(rows[i].key, json_true());
        for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
            assert_says(svg, rows[k].words, i == k);
    }
}

static void a_poster_has_no_last_day(void **state)
{
    (void)state;
    assert_says(draw("expires", json_string("")), "đến hết ngày", false);
}

// The number behind `key="`, from `at` on.
static double number(const char *at, const char *key)
{
    at = strstr(at, key);
    assert_non_null(at);
    return atof(at + strlen(key));
}

static void the_code_is_at_least_25_millimetres_wide(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const urls[] = {URL, "HTTP://A/S/0", longest};
    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        const char *svg = draw("url", json_string(urls[i]));
        // The paper is 80 mm and 800 units wide, so the inner picture's units are tenths.
        assert_says(svg, "width=\"80mm\"", true);
        assert_says(svg, "viewBox=\"0 0 800 ", true);
        const char *code = strstr(svg + 1, "<svg");
        assert_non_null(code);
        const double side = number(code, " width=\"");
        assert_true(side >= 250 && side <= 720);
        const double x = number(svg, "translate("), y = number(strstr(svg, "translate("), " ");
        assert_true(x >= 40 && x + side <= 760);
        assert_true(y + side < number(strstr(svg, "viewBox"), "0 0 800 "));
    }
}

static void long_names_are_broken_between_words(void **state)
{
    (void)state;
    const char *svg =
        draw("office", json_string("Trung tâm Phục vụ hành chính công phường Tích Lương, thành phố "
                                   "Sông Công cũ, tỉnh Thái Nguyên"));
    size_t lines = 0;
    for (const char *at = svg; (at = strstr(at, "font-weight=\"600\">")) != NULL; lines++) {
        at += strlen("font-weight=\"600\">");
        const size_t chars = text_count(at, strcspn(at, "<"));
        assert_true(chars > 0 && chars <= 38);
        assert_int_not_equal(*at, ' ');
    }
    assert_int_equal(lines, 3 + 1); // and the code in letters
}

static void one_word_without_an_end_is_cut_between_letters(void **state)
{
    (void)state;
    struct buf word;
    buf_init(&word, 4096);
    for (int i = 0; i < 100; i++)
        buf_add_text(&word, "ệ");
    const char *svg = draw("office", json_string(buf_text(&word)));
    assert_true(text_is_clean(svg, strlen(svg), true));
    assert_says(svg, buf_text(&word), false);
    buf_done(&word);
}

static void nothing_in_it_is_taken_for_markup(void **state)
{
    (void)state;
    static const char *const keys[] = {"office", "area_name", "counter_name"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *svg = draw(keys[i], json_string("<b>\"&'</b>"));
        assert_says(svg, "<b>", false);
        assert_says(svg, "&lt;b&gt;", true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_where_until_when_and_by_which_code),
        cmocka_unit_test(each_mark_stands_on_it_when_it_is_so),
        cmocka_unit_test(a_poster_has_no_last_day),
        cmocka_unit_test(the_code_is_at_least_25_millimetres_wide),
        cmocka_unit_test(long_names_are_broken_between_words),
        cmocka_unit_test(one_word_without_an_end_is_cut_between_letters),
        cmocka_unit_test(nothing_in_it_is_taken_for_markup),
    };
    return cmocka_run_group_tests_name("slip_svg", tests, NULL, NULL);
}
