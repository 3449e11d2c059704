// SPDX-License-Identifier: MIT
// buf.c: appending, limits and the sticky failure.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

// The address sanitizer ends the program at an impossible size unless told to answer NULL.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void pieces_join_and_end_in_nul(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 1000);
    assert_string_equal(buf_text(&buf), "");
    buf_add_text(&buf, "Hài");
    buf_add_char(&buf, ' ');
    buf_add(&buf, "lòng!!", 6);
    buf_addf(&buf, "%s=%d;", "n", 5);
    buf_add_int(&buf, -42);
    buf_add_hex(&buf, "\x00\xab\xff", 3);
    buf_add(&buf, NULL, 0);
    assert_int_equal(buf_check(&buf, NULL), STATUS_OK);
    assert_string_equal(buf_text(&buf), "Hài lòng!n=5;-4200abff");
    assert_int_equal(buf.size_bytes, strlen(buf_text(&buf)));
}

static void integers_of_every_size_are_written_out(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {-1, "-1"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf buf;
        buf_init(&buf, 100);
        buf_add_int(&buf, rows[i].value);
        assert_string_equal(buf_text(&buf), rows[i].text);
    }
}

static void it_holds_exactly_its_limit(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 300; limit += 37) {
        AUTO(buf_done) struct buf buf;
        buf_init(&buf, limit);
        for (size_t i = 0; i < limit; i++)
            buf_add_char(&buf, 'x');
        assert_int_equal(buf_check(&buf, NULL), STATUS_OK);
        assert_int_equal(buf.size_bytes, limit);
        buf_add_char(&buf, 'y');
        struct err err = {0};
        assert_int_equal(buf_check(&buf, &err), STATUS_TOO_LARGE);
        assert_non_null(strstr(err.text, "limit"));
        assert_int_equal(buf.size_bytes, limit);
    }
}

static void a_failure_sticks_until_the_buffer_is_cleared(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 4);
    buf_add_text(&buf, "abc");
    buf_add_text(&buf, "de");
    buf_add_char(&buf, 'd'); // would fit, but what stands before it is missing
    buf_addf(&buf, "%d", 1);
    buf_add_hex(&buf, "x", 1);
    assert_string_equal(buf_text(&buf), "abc");
    assert_int_equal(buf_check(&buf, NULL), STATUS_TOO_LARGE);
    assert_null(buf_take(&buf));
    buf_clear(&buf);
    assert_int_equal(buf_check(&buf, NULL), STATUS_OK);
    assert_string_equal(buf_text(&buf), "");
    buf_add_text(&buf, "abcd");
    assert_string_equal(buf_text(&buf), "abcd");
}

static void a_size_that_would_overflow_fails_as_too_large(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, SIZE_MAX);
    buf_add_char(&buf, 'a');
    buf_reserve(&buf, SIZE_MAX - 1);
    assert_int_equal(buf_check(&buf, NULL), STATUS_TOO_LARGE);
    buf_clear(&buf);
    buf_add_hex(&buf, "", SIZE_MAX / 2);
    assert_int_equal(buf_check(&buf, NULL), STATUS_TOO_LARGE);
}

static void room_made_beforehand_is_used_without_moving(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 10000);
    buf_reserve(&buf, 5000);
    const char *before = buf.data;
    for (int i = 0; i < 5000; i++)
        buf_add_char(&buf, 'z');
    assert_ptr_equal(before, buf.data);
    assert_int_equal(buf.size_bytes, 5000);
}

static void cutting_shortens_and_never_lengthens(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 100);
    buf_cut(&buf, 0);
    buf_clear(&buf);
    buf_add_text(&buf, "abcdef");
    buf_cut(&buf, 6);
    buf_cut(&buf, 7);
    assert_string_equal(buf_text(&buf), "abcdef");
    buf_cut(&buf, 2);
    assert_string_equal(buf_text(&buf), "ab");
    buf_add_char(&buf, 'Z');
    assert_string_equal(buf_text(&buf), "abZ");
}

static void taking_gives_the_content_away(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 100);
    char *empty = buf_take(&buf);
    assert_string_equal(empty, "");
    free(empty);
    buf_add_text(&buf, "một");
    char *word = buf_take(&buf);
    assert_string_equal(word, "một");
    free(word);
    assert_string_equal(buf_text(&buf), "");
    buf_add_text(&buf, "hai");
    assert_string_equal(buf_text(&buf), "hai");
}

static void memory_that_is_not_there_is_a_status(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, SIZE_MAX);
    buf_add_char(&buf, 'a');
    buf_reserve(&buf, (size_t)1 << 60); // more than any address space; allocators refuse it
    struct err err = {0};
    assert_int_equal(buf_check(&buf, &err), STATUS_NO_MEMORY);
    assert_non_null(strstr(err.text, "memory"));
    assert_string_equal(buf_text(&buf), "a");
}

static void a_format_that_cannot_be_printed_fails(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 100);
    static const wchar_t impossible[] = {0x110000, 0};
    buf_addf(&buf, "%ls", impossible);
    assert_int_equal(buf_check(&buf, NULL), STATUS_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join_and_end_in_nul),
        cmocka_unit_test(integers_of_every_size_are_written_out),
        cmocka_unit_test(it_holds_exactly_its_limit),
        cmocka_unit_test(a_failure_sticks_until_the_buffer_is_cleared),
        cmocka_unit_test(a_size_that_would_overflow_fails_as_too_large),
        cmocka_unit_test(room_made_beforehand_is_used_without_moving),
        cmocka_unit_test(cutting_shortens_and_never_lengthens),
        cmocka_unit_test(taking_gives_the_content_away),
        cmocka_unit_test(memory_that_is_not_there_is_a_status),
        cmocka_unit_test(a_format_that_cannot_be_printed_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
