// SPDX-License-Identifier: MIT
// jsonw.c: the form of what is written, compared with what a JSON reader makes of it.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "json.h"
#include "jsonw.h"

static void nested_values_are_written_in_call_order(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 1000);
    struct jsonw w;
    jsonw_init(&w, &out);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "z", -5);
    jsonw_array(&w, "a");
    jsonw_array_end(&w);
    jsonw_array(&w, "b");
    jsonw_int(&w, NULL, 1);
    jsonw_object(&w, NULL);
    jsonw_object_end(&w);
    jsonw_object(&w, NULL);
    jsonw_bool(&w, "t", true);
    jsonw_bool(&w, "f", false);
    jsonw_object_end(&w);
    jsonw_null(&w, NULL);
    jsonw_array_end(&w);
    jsonw_text(&w, "n", NULL);
    jsonw_text(&w, "s", "Hài lòng");
    jsonw_text_n(&w, "part", "abcdef", 3);
    jsonw_hex(&w, "h", "\x01\xfe", 2);
    jsonw_hex(&w, "none", "", 0);
    jsonw_object_end(&w);
    assert_int_equal(buf_check(&out, NULL), STATUS_OK);
    assert_string_equal(buf_text(&out),
                        "{\"z\":-5,\"a\":[],\"b\":[1,{},{\"t\":true,\"f\":false},null],\"n\":null,"
                        "\"s\":\"Hài lòng\",\"part\":\"abc\",\"h\":\"01fe\",\"none\":\"\"}");
}

static void every_ascii_character_comes_back_and_is_written_as_jansson_does(void **state)
{
    (void)state;
    for (int c = 1; c < 128; c++) {
        char text[] = {'a', (char)c, (char)c, 'b', '\0'};
        AUTO(buf_done) struct buf out, same;
        buf_init(&out, 100);
        buf_init(&same, 100);
        struct jsonw w;
        jsonw_init(&w, &out);
        jsonw_object(&w, NULL);
        jsonw_text(&w, text, text);
        jsonw_object_end(&w);
        json_t *json = NULL;
        assert_int_equal(json_parse(out.data, out.size_bytes, 100, "x", &json, NULL), STATUS_OK);
        assert_string_equal(json_text_or(json, text, ""), text);
        assert_int_equal(json_write(json, &same, NULL), STATUS_OK);
        assert_string_equal(buf_text(&out), buf_text(&same));
        json_decref(json);
    }
}

static void a_nul_byte_is_written_as_an_escape(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100);
    struct jsonw w;
    jsonw_init(&w, &out);
    jsonw_text_n(&w, NULL, "a\0b\x1f", 4);
    assert_string_equal(buf_text(&out), "\"a\\u0000b\\u001F\"");
}

static void runs_between_escapes_are_kept_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } rows[] = {
        {"", "\"\""},
        {"\"", "\"\\\"\""},
        {"ab\"cd\\ef\n", "\"ab\\\"cd\\\\ef\\n\""},
        {"\t\tđ\r\b\f", "\"\\t\\tđ\\r\\b\\f\""},
        {"</script>", "\"</script>\""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 100);
        struct jsonw w;
        jsonw_init(&w, &out);
        jsonw_text(&w, NULL, rows[i].text);
        assert_string_equal(buf_text(&out), rows[i].written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_values_are_written_in_call_order),
        cmocka_unit_test(every_ascii_character_comes_back_and_is_written_as_jansson_does),
        cmocka_unit_test(a_nul_byte_is_written_as_an_escape),
        cmocka_unit_test(runs_between_escapes_are_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
