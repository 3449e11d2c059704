// SPDX-License-Identifier: MIT
// json.c: strict reading, members, writing.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "support/scratch.h"

static json_t *parse(const char *text)
{
    json_t *json = NULL;
    struct err err = {0};
    assert_int_equal(json_parse(text, strlen(text), 10000, "test", &json, &err), STATUS_OK);
    return json;
}

static void an_object_is_read_and_written_in_its_order(void **state)
{
    (void)state;
    static const char text[] =
        "{\"z\":1,\"a\":\"Bá Xuyên\",\"m\":[true,null,-2],\"b\":{},\"q\":\"/\\\"\\n\"}";
    AUTO(json_decrefp) json_t *json = parse(text);
    AUTO(buf_done) struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(json_write(json, &out, NULL), STATUS_OK);
    assert_string_equal(buf_text(&out), text);
}

static void spaces_around_the_object_are_fine(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *json = parse(" \r\n\t{ } \n");
    assert_int_equal(json_object_size(json), 0);
}

static void what_is_not_one_strict_object_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "ends too early"},
        {"{", "ends too early"},
        {"{\"a\":\"", "ends too early"},
        {"[1]", "must be a JSON object"},
        {"1", "not JSON"},
        {"null", "not JSON"},
        {"{} {}", "follows behind"},
        {"{}x", "follows behind"},
        {"{\"a\":1,\"a\":2}", "stands twice"},
        {"{\"a\":{\"b\":1,\"b\":1}}", "stands twice"},
        {"{\"a\":1,}", "not JSON"},
        {"{'a':1}", "not JSON"},
        {"{\"a\":01}", "not JSON"},
        {"{\"a\":99999999999999999999}", "too large"},
        {"{\"a\":1e999}", "too large"},
        {"{\"a\":\"\xC0\x80\"}", "UTF-8"},
        {"{\"a\":\"\\u0000\"}", "NUL"},
        {"{\"\\u0000\":1}", "NUL"},
        {"{\"a\":\"\x01\"}", "not JSON"},
        {"\xEF\xBB\xBF{}", "not JSON"},
        {"{\"a\":NaN}", "not JSON"},
        {"{/**/}", "not JSON"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        json_t *json = NULL;
        struct err err = {0};
        assert_int_equal(
            json_parse(rows[i].text, strlen(rows[i].text), 1000, "setup.json", &json, &err),
            STATUS_BAD_INPUT);
        assert_null(json);
        assert_memory_equal(err.text, "setup.json: ", 12);
        if (strstr(err.text, rows[i].reason) == NULL)
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

static void a_raw_nul_byte_is_refused(void **state)
{
    (void)state;
    json_t *json = NULL;
    assert_int_equal(json_parse("{}\0", 3, 10, "x", &json, NULL), STATUS_BAD_INPUT);
    assert_int_equal(json_parse("{\"a\":\"\0\"}", 9, 10, "x", &json, NULL), STATUS_BAD_INPUT);
}

static void the_error_names_line_and_column_but_no_content(void **state)
{
    (void)state;
    static const char text[] = "{\n  \"phone\": 0912345678\n}";
    json_t *json = NULL;
    struct err err = {0};
    assert_int_equal(json_parse(text, strlen(text), 1000, "request", &json, &err),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "line 2"));
    assert_null(strstr(err.text, "0912"));
    assert_null(strstr(err.text, "phone"));
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH + 6);
    assert_non_null(text);
    memcpy(text, "{\"a\":", 5);
    memset(text + 5, '[', DEPTH);
    json_t *json = NULL;
    struct err err = {0};
    enum status status = json_parse(text, DEPTH + 5, DEPTH + 5, "x", &json, &err);
    free(text);
    assert_int_equal(status, STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "nested too deeply"));
}

static void the_limit_counts_bytes(void **state)
{
    (void)state;
    json_t *json = NULL;
    assert_int_equal(json_parse("{ }", 3, 2, "x", &json, NULL), STATUS_TOO_LARGE);
    assert_int_equal(json_parse("{ }", 3, 3, "x", &json, NULL), STATUS_OK);
    json_decref(json);
}

static void a_file_is_read_up_to_its_limit(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "a.json", path);
    json_t *json = NULL;
    struct err err = {0};
    assert_int_equal(json_read(path, 100, &json, &err), STATUS_NOT_FOUND);
    assert_int_equal(file_write(path, "{\"a\":1}", 7, 0600, NULL), STATUS_OK);
    assert_int_equal(json_read(path, 6, &json, &err), STATUS_TOO_LARGE);
    assert_int_equal(json_read(path, 7, &json, &err), STATUS_OK);
    assert_int_equal(json_int_or(json, "a", 0), 1);
    json_decref(json);
    assert_int_equal(file_write(path, "", 0, 0600, NULL), STATUS_OK);
    assert_int_equal(json_read(path, 100, &json, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, path));
}

static void a_text_member_must_be_there_and_be_a_text(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *json = parse("{\"t\":\"\",\"n\":1,\"z\":null}");
    const char *text = "before";
    struct err err = {0};
    assert_int_equal(json_text(json, "n", "here", &text, &err), STATUS_BAD_INPUT);
    assert_int_equal(json_text(json, "z", "here", &text, &err), STATUS_BAD_INPUT);
    assert_int_equal(json_text(json, "missing", "here", &text, &err), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "here: \"missing\" must be there and be a text");
    assert_string_equal(text, "before");
    assert_int_equal(json_text(json, "t", "here", &text, &err), STATUS_OK);
    assert_string_equal(text, "");
}

static void a_number_member_must_be_whole_and_in_range(void **state)
{
    (void)state;
    AUTO(json_decrefp)
    json_t *json = parse("{\"a\":5,\"r\":5.0,\"t\":\"5\",\"zero\":0,\"low\":-9}");
    static const struct {
        const char *key;
        int64_t minimum, maximum, value;
        bool good;
    } rows[] = {
        {"a", 5, 5, 5, true},    {"a", 6, 9, 0, false},    {"a", 0, 4, 0, false},
        {"r", 0, 9, 0, false},   {"t", 0, 9, 0, false},    {"missing", 0, 9, 0, false},
        {"zero", 0, 0, 0, true}, {"low", -9, 0, -9, true}, {"low", -8, 0, 0, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int64_t value = 77;
        struct err err = {0};
        enum status status =
            json_int(json, rows[i].key, "here", rows[i].minimum, rows[i].maximum, &value, &err);
        assert_int_equal(status, rows[i].good ? STATUS_OK : STATUS_BAD_INPUT);
        assert_int_equal(value, rows[i].good ? rows[i].value : 77);
        if (!rows[i].good)
            assert_non_null(strstr(err.text, rows[i].key));
    }
}

static void optional_members_have_a_fallback(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *json = parse("{\"t\":\"x\",\"n\":3,\"b\":false,\"z\":null}");
    assert_string_equal(json_text_or(json, "t", "f"), "x");
    assert_string_equal(json_text_or(json, "n", "f"), "f");
    assert_string_equal(json_text_or(json, "z", "f"), "f");
    assert_null(json_text_or(json, "missing", NULL));
    assert_int_equal(json_int_or(json, "n", 9), 3);
    assert_int_equal(json_int_or(json, "t", 9), 9);
    assert_int_equal(json_int_or(json, "missing", 9), 9);
    assert_false(json_bool_or(json, "b", true));
    assert_true(json_bool_or(json, "n", true));
    assert_true(json_bool_or(json, "missing", true));
}

static void a_key_that_is_not_listed_is_named(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b", NULL};
    static const char *const none[] = {NULL};
    AUTO(json_decrefp) json_t *json = parse("{\"b\":1,\"c\":2}");
    AUTO(json_decrefp) json_t *fine = parse("{\"b\":1,\"a\":2}");
    AUTO(json_decrefp) json_t *empty = parse("{}");
    struct err err = {0};
    assert_int_equal(json_only(json, "setup", keys, &err), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "setup: unknown key \"c\"");
    assert_int_equal(json_only(fine, "setup", keys, &err), STATUS_OK);
    assert_int_equal(json_only(empty, "setup", none, &err), STATUS_OK);
    AUTO(json_decrefp) json_t *wide = json_object();
    char key[66];
    memset(key, 'k', 65);
    key[65] = '\0';
    json_object_set_new(wide, key, json_null());
    assert_int_equal(json_only(wide, "setup", keys, &err), STATUS_BAD_INPUT);
    assert_null(strstr(err.text, "kkk"));
}

static void writing_stops_at_the_limit_of_the_buffer(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *json = parse("{\"a\":[1,2,3]}");
    for (size_t limit = 0; limit <= 14; limit++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, limit);
        assert_int_equal(json_write(json, &out, NULL), limit >= 13 ? STATUS_OK : STATUS_TOO_LARGE);
    }
}

static void a_value_that_json_cannot_hold_is_not_written(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *json = json_object();
    json_object_set_new(json, "self", json_array());
    json_t *array = json_object_get(json, "self");
    json_array_append_new(array, json_object());
    json_t *inner = json_array_get(array, 0);
    json_object_set(inner, "loop", array); // a ring
    AUTO(buf_done) struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(json_write(json, &out, NULL), STATUS_NO_MEMORY);
    json_object_clear(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_read_and_written_in_its_order),
        cmocka_unit_test(spaces_around_the_object_are_fine),
        cmocka_unit_test(what_is_not_one_strict_object_is_refused_with_its_place),
        cmocka_unit_test(a_raw_nul_byte_is_refused),
        cmocka_unit_test(the_error_names_line_and_column_but_no_content),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(the_limit_counts_bytes),
        cmocka_unit_test(a_file_is_read_up_to_its_limit),
        cmocka_unit_test(a_text_member_must_be_there_and_be_a_text),
        cmocka_unit_test(a_number_member_must_be_whole_and_in_range),
        cmocka_unit_test(optional_members_have_a_fallback),
        cmocka_unit_test(a_key_that_is_not_listed_is_named),
        cmocka_unit_test(writing_stops_at_the_limit_of_the_buffer),
        cmocka_unit_test(a_value_that_json_cannot_hold_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
