// SPDX-License-Identifier: MIT
// err.c: the text of a failure, errno, and bugs.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err.h"
#include "text.h"

static void a_failure_carries_its_status_and_text(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, STATUS_GONE, "slip %d of %s", 7, "Bá Xuyên"), STATUS_GONE);
    assert_int_equal(err.status, STATUS_GONE);
    assert_string_equal(err.text, "slip 7 of Bá Xuyên");
}

static void nobody_needs_to_ask_for_the_text(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, STATUS_BUSY, "x"), STATUS_BUSY);
    errno = ENOENT;
    assert_int_equal(err_errno(NULL, "x"), STATUS_NOT_FOUND);
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    // Characters of 1 to 4 bytes, moved so that the cut falls on each of their bytes.
    static const char *const letters[] = {"a", "đ", "ế", "𠮷"};
    for (size_t l = 0; l < ARRAY_SIZE(letters); l++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[1024] = "";
            memset(text, '.', shift);
            while (strlen(text) < 900)
                strcat(text, letters[l]);
            struct err err = {0};
            err_set(&err, STATUS_IO, "%s", text);
            size_t size = strlen(err.text);
            assert_in_range(size, sizeof err.text - 4, sizeof err.text - 1);
            assert_true(text_is_clean(err.text, size, false));
            assert_memory_equal(err.text, text, size);
        }
    }
}

static void a_text_of_broken_bytes_is_cut_all_the_same(void **state)
{
    (void)state;
    char text[600];
    memset(text, 0x80, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct err err = {0};
    err_set(&err, STATUS_IO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void errno_decides_the_status(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum status status;
    } rows[] = {
        {ENOSPC, STATUS_FULL},      {EDQUOT, STATUS_FULL}, {ENOENT, STATUS_NOT_FOUND},
        {ENOMEM, STATUS_NO_MEMORY}, {EIO, STATUS_IO},      {EACCES, STATUS_IO},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err = {0};
        errno = rows[i].number;
        assert_int_equal(err_errno(&err, "file %d", 3), rows[i].status);
        assert_int_equal(err.status, rows[i].status);
        assert_memory_equal(err.text, "file 3: ", 8);
        assert_non_null(strstr(err.text, strerrordesc_np(rows[i].number)));
    }
}

static void an_unknown_errno_is_said_to_be_so(void **state)
{
    (void)state;
    struct err err = {0};
    errno = 99999;
    assert_int_equal(err_errno(&err, "x"), STATUS_IO);
    assert_string_equal(err.text, "x: unknown error");
}

// The status of a child that runs into a bug with its stderr closed.
static int child_with_bug(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); // cmocka's handler would report the child as a failed test
        struct err err = {0};
        enum status status = BUG(&err, "seven is %d", 8);
        bool right = status == STATUS_INTERNAL && err.status == STATUS_INTERNAL &&
                     strcmp(err.text, "seven is 8") == 0 && BUG(NULL, "x") == STATUS_INTERNAL;
        _exit(right ? 0 : 1);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

static void a_bug_is_survived_in_production(void **state)
{
    (void)state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    int result = child_with_bug();
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    struct err err = {0};
    assert_int_equal(BUG(&err, "made by a test"), STATUS_INTERNAL);
    assert_string_equal(err.text, "made by a test");
}

static void a_bug_aborts_when_the_tests_ask_for_it(void **state)
{
    (void)state;
    setenv("HAILONG_ABORT_ON_BUG", "1", 1);
    int result = child_with_bug();
    unsetenv("HAILONG_ABORT_ON_BUG");
    assert_true(WIFSIGNALED(result));
    assert_int_equal(WTERMSIG(result), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_carries_its_status_and_text),
        cmocka_unit_test(nobody_needs_to_ask_for_the_text),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(a_text_of_broken_bytes_is_cut_all_the_same),
        cmocka_unit_test(errno_decides_the_status),
        cmocka_unit_test(an_unknown_errno_is_said_to_be_so),
        cmocka_unit_test(a_bug_is_survived_in_production),
        cmocka_unit_test(a_bug_aborts_when_the_tests_ask_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
