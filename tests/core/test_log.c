// SPDX-License-Identifier: MIT
// log.c: the form of a line, escapes, levels and cuts.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

struct capture {
    int saved, file;
};

// Sends stderr into an unnamed file.
static struct capture capture_begin(void)
{
    char name[] = "/tmp/hailong-log-XXXXXX";
    struct capture capture = {.saved = dup(STDERR_FILENO), .file = mkstemp(name)};
    assert_true(capture.saved >= 0 && capture.file >= 0);
    unlink(name);
    assert_true(fcntl(capture.file, F_SETFL, O_APPEND) == 0);
    dup2(capture.file, STDERR_FILENO);
    return capture;
}

static void capture_end(struct capture *capture, char *ret_text, size_t size)
{
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    ssize_t got = pread(capture->file, ret_text, size - 1, 0);
    close(capture->file);
    assert_true(got >= 0);
    ret_text[got] = '\0';
}

static void assert_value(const char *value, const char *expected)
{
    char text[8192], line[8192];
    struct capture capture = capture_begin();
    log_event(LOG_LEVEL_INFO, "test", "key", value, (char *)NULL);
    capture_end(&capture, text, sizeof text);
    snprintf(line, sizeof line, "<6>event=test key=%s\n", expected);
    assert_string_equal(text, line);
}

static void a_line_is_pairs_with_a_priority(void **state)
{
    (void)state;
    char text[1000];
    struct capture capture = capture_begin();
    log_event(LOG_LEVEL_WARNING, "disk_low", "free_mb", "12", "folder", "/var/lib/x", (char *)NULL);
    log_event(LOG_LEVEL_ERROR, "alone", (char *)NULL);
    capture_end(&capture, text, sizeof text);
    assert_string_equal(text, "<4>event=disk_low free_mb=12 folder=/var/lib/x\n<3>event=alone\n");
}

static void values_are_quoted_and_escaped_where_needed(void **state)
{
    (void)state;
    assert_value("plain-1.0:/+@%[],_", "plain-1.0:/+@%[],_");
    assert_value("", "\"\"");
    assert_value(NULL, "\"\"");
    assert_value("two words", "\"two words\"");
    assert_value("a=b", "\"a=b\"");
    assert_value("say \"no\" \\", "\"say \\\"no\\\" \\\\\"");
    assert_value("a\nb\tc", "\"a\\nb\\x09c\"");
    assert_value("\x1b[31m\x7f", "\"\\x1b[31m\\x7f\"");
    assert_value("Bá Xuyên", "\"Bá Xuyên\"");
    assert_value("\xC2\x9B", "\"\\xc2\\x9b\""); // a C1 control that terminals obey
    assert_value("é\xFF", "\"\\xc3\\xa9\\xff\"");
}

static void lines_above_the_level_are_dropped(void **state)
{
    (void)state;
    char text[1000];
    struct capture capture = capture_begin();
    log_event(LOG_LEVEL_DEBUG, "hidden", (char *)NULL);
    log_set_level(LOG_LEVEL_DEBUG);
    log_event(LOG_LEVEL_DEBUG, "shown", (char *)NULL);
    log_set_level(LOG_LEVEL_ERROR);
    log_event(LOG_LEVEL_WARNING, "hidden", (char *)NULL);
    log_set_level(LOG_LEVEL_INFO);
    capture_end(&capture, text, sizeof text);
    assert_string_equal(text, "<7>event=shown\n");
}

static void levels_are_chosen_by_name(void **state)
{
    (void)state;
    struct err err;
    static const char *const names[] = {"error", "warning", "debug", "info"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(log_choose_level(names[i], &err), STATUS_OK);
    assert_int_equal(log_choose_level("loud", &err), STATUS_USAGE);
    assert_int_equal(log_choose_level("", &err), STATUS_USAGE);
}

static void a_failure_is_logged_with_status_and_text(void **state)
{
    (void)state;
    char text[1000];
    struct err err = {0};
    err_set(&err, STATUS_FULL, "no space");
    struct capture capture = capture_begin();
    log_err("commit", &err);
    capture_end(&capture, text, sizeof text);
    assert_string_equal(text, "<3>event=commit status=full text=\"no space\"\n");
}

static void a_pair_that_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    // Every size around the end of the line: fits, fits just so, does not fit.
    for (size_t size = 4000; size < 4110; size++) {
        char value[4200], text[8192];
        memset(value, 'v', size);
        value[size] = '\0';
        struct capture capture = capture_begin();
        log_event(LOG_LEVEL_INFO, "e", "k", value, "z", "1", (char *)NULL);
        capture_end(&capture, text, sizeof text);
        size_t length = strlen(text);
        assert_true(length <= 4096);
        assert_true(text[length - 1] == '\n');
        bool whole = strstr(text, " z=1\n") != NULL;
        assert_true(whole != (strstr(text, " cut=true\n") != NULL));
        // 13 bytes stand before the value and 4 behind; 16 of 4096 are kept for the end.
        assert_true(whole == (13 + size + 4 <= 4096 - 16));
    }
}

static void *shout(void *argument)
{
    for (int i = 0; i < 200; i++)
        log_event(LOG_LEVEL_INFO, "thread", "who", argument, "text", "mấy dòng cùng lúc",
                  (char *)NULL);
    return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    static char text[100000];
    pthread_t threads[THREADS];
    struct capture capture = capture_begin();
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, shout, names[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    capture_end(&capture, text, sizeof text);
    size_t lines = 0;
    char *rest = text;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        assert_memory_equal(line, "<6>event=thread who=", 20);
        assert_string_equal(line + 21, " text=\"mấy dòng cùng lúc\"");
        lines++;
    }
    assert_int_equal(lines, 4 * 200);
}

static void a_terminal_gets_no_priority_prefix(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    int saved = dup(STDERR_FILENO);
    dup2(other, STDERR_FILENO);
    log_event(LOG_LEVEL_INFO, "seen", (char *)NULL);
    dup2(saved, STDERR_FILENO);
    char text[100] = "";
    ssize_t got = read(terminal, text, sizeof text - 1);
    close(saved);
    close(other);
    close(terminal);
    assert_true(got > 0);
    assert_string_equal(text, "event=seen\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_pairs_with_a_priority),
        cmocka_unit_test(values_are_quoted_and_escaped_where_needed),
        cmocka_unit_test(lines_above_the_level_are_dropped),
        cmocka_unit_test(levels_are_chosen_by_name),
        cmocka_unit_test(a_failure_is_logged_with_status_and_text),
        cmocka_unit_test(a_pair_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(lines_of_several_threads_stay_whole),
        cmocka_unit_test(a_terminal_gets_no_priority_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
