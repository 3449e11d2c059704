// SPDX-License-Identifier: MIT
// urlform.c: what a browser sends, and everything else.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "urlform.h"

static struct urlform form;

static enum status read_text(const char *text)
{
    struct err err = {0};
    enum status status = urlform_read(text, strlen(text), NULL, &form, &err);
    assert_int_equal(status == STATUS_OK, err.text[0] == '\0');
    return status;
}

static void a_form_is_read_as_it_was_typed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *value;
        size_t count;
    } rows[] = {
        {"a=1", "a", "1", 1},
        {"a=", "a", "", 1},
        {"a=1&b=2", "b", "2", 2},
        {"comment=T%E1%BB%91t+l%E1%BA%AFm", "comment", "Tốt lắm", 1},
        {"a=%2B%26%3D%25", "a", "+&=%", 1},
        {"a=b=c", "a", "b=c", 1},
        {"a=x%0D%0Ay", "a", "x\ny", 1},
        {"a=x%0Ay", "a", "x\ny", 1},
        {"a=x%0Dy", "a", "x\ny", 1},
        {"a=x%0D%0D%0Ay", "a", "x\n\ny", 1},
        {"a=x%09y", "a", "x\ty", 1},
        {"a=t\xe1\xbb\x91t", "a", "tốt", 1},
        {"a=%3Cscript%3E", "a", "<script>", 1},
        {"a%20b=1", "a b", "1", 1},
        {"a=%F0%9F%98%80", "a", "😀", 1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(read_text(rows[i].text), STATUS_OK);
        assert_int_equal(form.count, rows[i].count);
        assert_string_equal(urlform_value(&form, rows[i].name), rows[i].value);
    }
    assert_int_equal(read_text("a=xyz"), STATUS_OK);
    assert_int_equal(form.fields[0].value_size_bytes, 3);
}

static void a_field_that_is_absent_has_the_fallback(void **state)
{
    (void)state;
    assert_int_equal(read_text("a=1&b="), STATUS_OK);
    assert_string_equal(urlform_value_or(&form, "a", "x"), "1");
    assert_string_equal(urlform_value_or(&form, "b", "x"), "");
    assert_string_equal(urlform_value_or(&form, "c", "x"), "x");
    assert_null(urlform_value_or(&form, "c", NULL));
}

static void an_empty_text_is_a_form_without_fields(void **state)
{
    (void)state;
    assert_int_equal(read_text(""), STATUS_OK);
    assert_int_equal(form.count, 0);
    assert_null(urlform_value(&form, "a"));
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a",           "&",     "a=1&",   "&a=1",    "a=1&&b=2", "=1",          "=",
        "a=1&a=2",     "a=%",   "a=%4",   "a=%zz",   "a=%00",    "a=1&b",       "a=\x01",
        "a= ",         "a=\n",  "a=\x7f", "a=%1b",   "a=%7F",    "a=%FF",       "a=%C0%AF",
        "a=%ED%A0%80", "a=%C3", "%0A=1",  "a%00b=1", "%FF=1",    "a=%E2%80%AE", "%=1",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (read_text(texts[i]) != STATUS_BAD_INPUT)
            fail_msg("%s", texts[i]);
    }
    struct err err = {0};
    assert_int_equal(urlform_read("a=\0b", 4, NULL, &form, &err), STATUS_BAD_INPUT);
}

static void beside_a_value_that_is_no_text_the_other_fields_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_text("a=1&b=%E2%80%AEx&c=%07&lang=en"), STATUS_BAD_INPUT);
    assert_string_equal(form.unclean, "b");
    assert_string_equal(urlform_value(&form, "b"), "");
    assert_string_equal(urlform_value(&form, "c"), "");
    assert_string_equal(urlform_value(&form, "lang"), "en");
    assert_int_equal(read_text("b=%07&b=1"), STATUS_BAD_INPUT);
    assert_null(form.unclean); // something else is wrong, too
    assert_int_equal(read_text("b=1"), STATUS_OK);
    assert_null(form.unclean);
}

static void only_the_named_fields_may_occur(void **state)
{
    (void)state;
    static const char *const names[] = {"level", "comment", NULL};
    struct err err = {0};
    assert_int_equal(urlform_read("level=5&comment=", 16, names, &form, &err), STATUS_OK);
    assert_int_equal(urlform_read("level=5&extra=1", 15, names, &form, &err), STATUS_BAD_INPUT);
    assert_null(strstr(err.text, "extra"));
    assert_int_equal(urlform_read("Level=5", 7, names, &form, &err), STATUS_BAD_INPUT);
}

static void so_many_fields_and_no_more(void **state)
{
    (void)state;
    for (int count = URLFORM_FIELD_MAX - 1; count <= URLFORM_FIELD_MAX + 1; count++) {
        char text[1024];
        int size = 0;
        for (int i = 0; i < count; i++)
            size +=
                snprintf(text + size, sizeof(text) - (size_t)size, "%sf%d=", i > 0 ? "&" : "", i);
        assert_int_equal(read_text(text), count > URLFORM_FIELD_MAX ? STATUS_TOO_LARGE : STATUS_OK);
    }
}

static void so_many_bytes_and_no_more(void **state)
{
    (void)state;
    static char text[URLFORM_LIMIT_BYTES + 2];
    for (size_t size = URLFORM_LIMIT_BYTES - 1; size <= URLFORM_LIMIT_BYTES + 1; size++) {
        memset(text, 'x', size);
        text[1] = '=';
        text[size] = '\0';
        assert_int_equal(read_text(text),
                         size > URLFORM_LIMIT_BYTES ? STATUS_TOO_LARGE : STATUS_OK);
    }
}

static void the_store_holds_the_worst_form(void **state)
{
    (void)state;
    // 48 fields that fill the limit: as many closing NULs as there can be.
    static char text[URLFORM_LIMIT_BYTES + 1];
    size_t size = 0;
    for (int i = 0; i < URLFORM_FIELD_MAX; i++)
        size += (size_t)sprintf(text + size, "%sf%02d=", i > 0 ? "&" : "", i);
    memset(text + size, 'x', URLFORM_LIMIT_BYTES - size);
    assert_int_equal(read_text(text), STATUS_OK);
    assert_int_equal(form.count, URLFORM_FIELD_MAX);
    assert_int_equal(form.fields[47].value_size_bytes, URLFORM_LIMIT_BYTES - size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_read_as_it_was_typed),
        cmocka_unit_test(a_field_that_is_absent_has_the_fallback),
        cmocka_unit_test(an_empty_text_is_a_form_without_fields),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(beside_a_value_that_is_no_text_the_other_fields_are_read),
        cmocka_unit_test(only_the_named_fields_may_occur),
        cmocka_unit_test(so_many_fields_and_no_more),
        cmocka_unit_test(so_many_bytes_and_no_more),
        cmocka_unit_test(the_store_holds_the_worst_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
