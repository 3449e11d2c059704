// SPDX-License-Identifier: MIT
// status.c: names, HTTP statuses and exit codes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "status.h"

static void each_status_has_its_name_http_status_and_exit_code(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        const char *name;
        unsigned http;
        int code;
    } rows[] = {
        {STATUS_OK, "ok", 200, 0},
        {STATUS_CHECK_FAILED, "check_failed", 409, 1},
        {STATUS_USAGE, "usage", 400, 2},
        {STATUS_BAD_INPUT, "bad_input", 400, 65},
        {STATUS_DENIED, "denied", 403, 1},
        {STATUS_UNAUTHORIZED, "unauthorized", 401, 1},
        {STATUS_NOT_FOUND, "not_found", 404, 74},
        {STATUS_CONFLICT, "conflict", 409, 1},
        {STATUS_GONE, "gone", 410, 1},
        {STATUS_TOO_LARGE, "too_large", 413, 65},
        {STATUS_BUSY, "busy", 503, 75},
        {STATUS_FULL, "full", 503, 74},
        {STATUS_IO, "io", 500, 74},
        {STATUS_NO_MEMORY, "no_memory", 503, 75},
        {STATUS_INTERNAL, "internal", 500, 74},
    };
    assert_int_equal(ARRAY_SIZE(rows), STATUS_COUNT);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_string_equal(status_name(rows[i].status), rows[i].name);
        assert_int_equal(status_http(rows[i].status), rows[i].http);
        assert_int_equal(status_exit(rows[i].status), rows[i].code);
        assert_int_equal(status_of_name(rows[i].name), rows[i].status);
    }
}

static void names_are_all_different_and_lower_case(void **state)
{
    (void)state;
    for (int a = 0; a < STATUS_COUNT; a++) {
        for (const char *c = status_name((enum status)a); *c != '\0'; c++)
            assert_true(*c == '_' || islower((unsigned char)*c));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(status_name((enum status)a), status_name((enum status)b));
    }
}

static void a_name_that_is_none_is_internal(void **state)
{
    (void)state;
    static const char *const names[] = {"", "OK", "ok ", "not-found", "count", "không"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(status_of_name(names[i]), STATUS_INTERNAL);
}

static void a_number_outside_the_list_counts_as_internal(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_COUNT), "internal");
    assert_string_equal(status_name((enum status) - 1), "internal");
    assert_int_equal(status_http(STATUS_COUNT), 500);
    assert_int_equal(status_exit((enum status)99), 74);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_name_http_status_and_exit_code),
        cmocka_unit_test(names_are_all_different_and_lower_case),
        cmocka_unit_test(a_name_that_is_none_is_internal),
        cmocka_unit_test(a_number_outside_the_list_counts_as_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
