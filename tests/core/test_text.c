// SPDX-License-Identifier: MIT
// text.c: clean UTF-8, NFC, folding, numbers and hexadecimal.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "text.h"

static void text_is_clean_only_without_what_misleads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool plain, with_breaks;
    } rows[] = {
        {"", true, true},
        {"Bộ phận Một cửa phường Bá Xuyên – số 1", true, true},
        {"a b~", true, true},
        {"😀 \U0010FFFD", true, true},
        {"a\nb", false, true},
        {"a\tb", false, true},
        {"a\rb", false, false},
        {"\x1b[31m", false, false},
        {"\x01", false, false},
        {"\x7f", false, false},
        {"\xC2\x80", false, false}, // C1
        {"\xC2\x9F", false, false}, // last C1
        {"\xC2\xA0", true, true},   // no-break space
        {"\u200E", false, false},   // left-to-right mark
        {"\u200F", false, false},
        {"\u200D", true, true},   // joiner: emoji need it
        {"\u061C", false, false}, // Arabic letter mark
        {"\u2029", true, true},
        {"\u202A", false, false},
        {"\u202E", false, false},
        {"\u202F", true, true},
        {"\u2065", true, true},
        {"\u2066", false, false},
        {"\u2069", false, false},
        {"\u206A", true, true},
        {"\uFDCF", true, true},
        {"\uFDD0", false, false}, // noncharacters
        {"\uFDEF", false, false},
        {"\uFDF0", true, true},
        {"\uFFFD", true, true},
        {"\uFFFE", false, false},
        {"\uFFFF", false, false},
        {"\U0001FFFE", false, false},
        {"\U0010FFFF", false, false},
        {"\xC0\x80", false, false},     // overlong NUL
        {"\xED\xA0\x80", false, false}, // surrogate
        {"\xF4\x90\x80\x80", false, false},
        {"\x80", false, false},
        {"\xE1\xBB", false, false}, // cut in the middle
        {"a\xFF", false, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t size = strlen(rows[i].text);
        assert_int_equal(text_is_clean(rows[i].text, size, false), rows[i].plain);
        assert_int_equal(text_is_clean(rows[i].text, size, true), rows[i].with_breaks);
    }
    assert_false(text_is_clean("a\0b", 3, true));
}

static void every_cut_of_a_letter_is_unclean(void **state)
{
    (void)state;
    static const char text[] = "ế😀";
    for (size_t size = 0; size < sizeof text; size++)
        assert_int_equal(text_is_clean(text, size, false), size == 0 || size == 3 || size == 7);
}

static void composed_and_decomposed_letters_become_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"", ""},
        {"abc", "abc"},
        {"Tie\u0302\u0301ng Vie\u0323\u0302t", "Tiếng Việt"},
        {"Tiếng Việt", "Tiếng Việt"},
        {"\u0110u\u031b\u01a1\u0300ng", "Đ\u01b0\u1eddng"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 100);
        buf_add_char(&out, '>');
        assert_int_equal(text_nfc(rows[i].from, strlen(rows[i].from), &out, NULL), STATUS_OK);
        assert_string_equal(buf_text(&out) + 1, rows[i].to);
    }
}

static void search_form_has_no_case_and_no_marks(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"", ""},
        {"Phường Bá Xuyên", "phuong ba xuyen"},
        {"ĐẮK LẮK", "dak lak"},
        {"đ", "d"},
        {"xã Đông Đa", "xa dong da"},
        {"Tha\u0301i Nguye\u0302n", "thai nguyen"},
        {"TP. Hồ Chí Minh 1", "tp. ho chi minh 1"},
        {"ưỡng ợ Ỵ", "uong o y"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 100);
        assert_int_equal(text_fold(rows[i].from, strlen(rows[i].from), &out, NULL), STATUS_OK);
        assert_string_equal(buf_text(&out), rows[i].to);
    }
}

static void folding_appends_and_leaves_what_was_there(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100);
    buf_add_text(&out, "Đã ");
    assert_int_equal(text_fold("Đi", 3, &out, NULL), STATUS_OK);
    assert_string_equal(buf_text(&out), "Đã di");
}

static void broken_or_overlong_text_is_not_normalised(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 4);
    struct err err = {0};
    assert_int_equal(text_nfc("a\xFF", 2, &out, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "UTF-8"));
    assert_int_equal(text_fold("\xED\xA0\x80", 3, &out, &err), STATUS_BAD_INPUT);
    assert_string_equal(buf_text(&out), "");
    assert_int_equal(text_nfc("abcde", 5, &out, &err), STATUS_TOO_LARGE);
    buf_clear(&out);
    assert_int_equal(text_nfc("ếế", 6, &out, &err), STATUS_TOO_LARGE);
    buf_clear(&out);
    assert_int_equal(text_fold("abcde", 5, &out, &err), STATUS_TOO_LARGE);
}

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t minimum, maximum, value;
        bool good;
    } rows[] = {
        {"0", 0, 9, 0, true},
        {"9", 0, 9, 9, true},
        {"10", 0, 9, 0, false},
        {"-1", 0, 9, 0, false},
        {"-1", -1, 9, -1, true},
        {"-2", -1, 9, 0, false},
        {"9223372036854775807", 0, INT64_MAX, INT64_MAX, true},
        {"9223372036854775808", 0, INT64_MAX, 0, false},
        {"-9223372036854775808", INT64_MIN, 0, INT64_MIN, true},
        {"-9223372036854775809", INT64_MIN, 0, 0, false},
        {"99999999999999999999999", 0, INT64_MAX, 0, false},
        {"", 0, 9, 0, false},
        {"-", -9, 9, 0, false},
        {"-0", -9, 9, 0, false},
        {"+1", 0, 9, 0, false},
        {"01", 0, 9, 0, false},
        {"00", 0, 9, 0, false},
        {" 1", 0, 9, 0, false},
        {"1 ", 0, 9, 0, false},
        {"1.0", 0, 9, 0, false},
        {"0x1", 0, 9, 0, false},
        {"١", 0, 9, 0, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int64_t value = 77;
        struct err err = {0};
        enum status status =
            text_int(rows[i].text, rows[i].minimum, rows[i].maximum, "page", &value, &err);
        assert_int_equal(status, rows[i].good ? STATUS_OK : STATUS_BAD_INPUT);
        assert_int_equal(value, rows[i].good ? rows[i].value : 77);
        if (!rows[i].good)
            assert_memory_equal(err.text, "page must be", 12);
    }
}

static void codes_follow_their_alphabet(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool code;
    } rows[] = {
        {"", false},          {"HT", true},        {"SV-YT", true},      {"-HT", false},
        {"HT-", false},       {"-", false},        {"A2", true},         {"2", true},
        {"ht", false},        {"f1_2", false},     {"1f", false},        {"_f", false},
        {"overall", false},   {"a-b", false},      {"ĐĐ", false},        {"12345678", true},
        {"123456789", false}, {"abcdefgh", false}, {"abcdefghi", false}, {"A B", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(text_is_code(rows[i].text, 8), rows[i].code);
}

static void hexadecimal_goes_both_ways(void **state)
{
    (void)state;
    uint8_t all[256], back[256];
    char hex[513];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    text_hex(all, sizeof all, hex);
    assert_int_equal(strlen(hex), 512);
    assert_memory_equal(hex, "000102", 6);
    assert_true(text_unhex(hex, 512, back, sizeof back));
    assert_memory_equal(all, back, sizeof all);
    text_hex(all, 0, hex);
    assert_string_equal(hex, "");
    assert_true(text_unhex("", 0, back, 0));
}

static void what_is_not_exact_hexadecimal_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "a",    "ab",   "abc",  "abcde", "abcdef",
                                      "ABCD", "ab g", "abc/", "abc:", "abc`"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint8_t bytes[2] = {7, 7};
        assert_false(text_unhex(bad[i], strlen(bad[i]), bytes, sizeof bytes));
        assert_int_equal(bytes[0], 7);
    }
}

static void code_points_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(text_count("", 0), 0);
    assert_int_equal(text_count("abc", 3), 3);
    assert_int_equal(text_count("Tiếng Việt", strlen("Tiếng Việt")), 10);
    assert_int_equal(text_count("😀đ", 6), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clean_only_without_what_misleads),
        cmocka_unit_test(every_cut_of_a_letter_is_unclean),
        cmocka_unit_test(composed_and_decomposed_letters_become_the_same),
        cmocka_unit_test(search_form_has_no_case_and_no_marks),
        cmocka_unit_test(folding_appends_and_leaves_what_was_there),
        cmocka_unit_test(broken_or_overlong_text_is_not_normalised),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(codes_follow_their_alphabet),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(what_is_not_exact_hexadecimal_is_refused),
        cmocka_unit_test(code_points_are_counted_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
