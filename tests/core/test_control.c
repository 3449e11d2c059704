// SPDX-License-Identifier: MIT
// control.c: requests, refusals, stopping, stale sockets, deep folders and stray clients.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "file.h"
#include "support/scratch.h"

static enum status answer(void *context, const json_t *request, json_t **ret_reply, struct err *err)
{
    int *calls = context;
    ++*calls;
    const char *command = NULL;
    TRY(json_text(request, "command", "request", &command, err));
    if (strcmp(command, "silent") == 0)
        return STATUS_OK;
    if (strcmp(command, "missing") == 0)
        return err_set(err, STATUS_NOT_FOUND, "there is no such slip");
    if (strcmp(command, "echo") != 0)
        return err_set(err, STATUS_CONFLICT, "quầy %s is closed", command);
    *ret_reply = json_pack("{s:O}", "echo", json_object_get(request, "value"));
    return STATUS_OK;
}

static enum status call(const char *folder, const char *text, json_t **ret_reply, struct err *err)
{
    AUTO(json_decrefp) json_t *request = NULL;
    TRY(json_parse(text, strlen(text), 1000, "test", &request, err));
    bool served = false;
    return control_call(folder, request, &served, ret_reply, err);
}

static void an_answer_that_there_is_no_such_thing_is_no_silence(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    AUTO(json_decrefp) json_t *request = json_pack("{s:s}", "command", "missing");
    AUTO(control_closep) struct control *control = NULL;
    json_t *none = NULL;
    int calls = 0;
    bool served = true;
    struct err err = {0};
    assert_int_equal(control_call(scratch.folder, request, &served, &none, &err), STATUS_NOT_FOUND);
    assert_false(served);
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    assert_int_equal(control_call(scratch.folder, request, &served, &none, &err), STATUS_NOT_FOUND);
    assert_true(served);
    assert_string_equal(err.text, "there is no such slip");
    assert_null(none);
}

static void a_request_is_answered(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        AUTO(json_decrefp) json_t *reply = NULL;
        struct err err = {0};
        assert_int_equal(
            call(scratch.folder, "{\"command\":\"echo\",\"value\":\"Bá\\nXuyên\"}", &reply, &err),
            STATUS_OK);
        assert_string_equal(json_text_or(reply, "status", ""), "ok");
        assert_string_equal(json_text_or(reply, "echo", ""), "Bá\nXuyên");
    }
    AUTO(json_decrefp) json_t *reply = NULL;
    assert_int_equal(call(scratch.folder, "{\"command\":\"silent\"}", &reply, NULL), STATUS_OK);
    assert_int_equal(json_object_size(reply), 1);
    assert_int_equal(calls, 4);
}

static void a_refusal_arrives_with_its_status_and_text(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    json_t *reply = NULL;
    struct err err = {0};
    assert_int_equal(call(scratch.folder, "{\"command\":\"x\"}", &reply, &err), STATUS_CONFLICT);
    assert_string_equal(err.text, "quầy x is closed");
    assert_int_equal(call(scratch.folder, "{}", &reply, &err), STATUS_BAD_INPUT);
    assert_null(reply);
}

static void the_socket_is_private_and_gone_after_closing(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "control.sock", path);
    int calls = 0;
    struct control *control = NULL;
    mode_t before = umask(0);
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    umask(before);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_true(S_ISSOCK(info.st_mode));
    control_close(control);
    control_close(NULL);
    assert_false(file_exists(path));
    json_t *reply = NULL;
    assert_int_equal(call(scratch.folder, "{}", &reply, NULL), STATUS_NOT_FOUND);
}

static int raw_connect(const struct scratch *scratch, bool listen_there)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", scratch->folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (listen_there)
        assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    else
        assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void a_socket_left_by_a_crash_is_nobody_and_is_replaced(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    close(raw_connect(&scratch, true));
    json_t *reply = NULL;
    struct err err = {0};
    assert_int_equal(call(scratch.folder, "{}", &reply, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "nobody serves"));
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, &err), STATUS_OK);
    AUTO(json_decrefp) json_t *found = NULL;
    assert_int_equal(call(scratch.folder, "{\"command\":\"silent\"}", &found, NULL), STATUS_OK);
}

static void folders_deeper_than_a_socket_path_work(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char deep[SCRATCH_PATH_SIZE];
    scratch_path(&scratch,
                 "mot-thu-muc-co-ten-that-dai/mot-thu-muc-co-ten-that-dai/"
                 "mot-thu-muc-co-ten-that-dai/mot-thu-muc-co-ten-that-dai/dữ liệu",
                 deep);
    assert_true(strlen(deep) > sizeof((struct sockaddr_un *)0)->sun_path);
    assert_int_equal(file_make_folder(deep, 0700, NULL), STATUS_OK);
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(deep, answer, &calls, &control, NULL), STATUS_OK);
    AUTO(json_decrefp) json_t *reply = NULL;
    assert_int_equal(call(deep, "{\"command\":\"silent\"}", &reply, NULL), STATUS_OK);
}

static void where_there_is_no_folder_there_is_no_socket(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "missing", path);
    int calls = 0;
    struct control *control = NULL;
    json_t *reply = NULL;
    struct err err = {0};
    assert_int_equal(control_open(path, answer, &calls, &control, &err), STATUS_NOT_FOUND);
    assert_int_equal(call(path, "{}", &reply, &err), STATUS_NOT_FOUND);
    scratch_path(&scratch, "control.sock", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, &err), STATUS_IO);
    assert_null(control);
}

// Sends bytes as they are and returns what came back.
static size_t raw_exchange(const struct scratch *scratch, const char *bytes, size_t size,
                           char *ret_text, size_t text_size)
{
    int fd = raw_connect(scratch, false);
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
    shutdown(fd, SHUT_WR);
    size_t got = 0;
    for (ssize_t more; got < text_size - 1; got += (size_t)more) {
        more = recv(fd, ret_text + got, text_size - 1 - got, 0);
        if (more <= 0)
            break;
    }
    ret_text[got] = '\0';
    close(fd);
    return got;
}

static void stray_bytes_get_a_refusal_and_harm_nobody(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    static const char *const stray[] = {"\n", "x\n", "[]\n", "{}", "{}\n{}", "{\"command\":\n"};
    for (size_t i = 0; i < ARRAY_SIZE(stray); i++) {
        char text[1000];
        raw_exchange(&scratch, stray[i], strlen(stray[i]), text, sizeof text);
        assert_non_null(strstr(text, "{\"status\":\"bad_input\",\"error\":\""));
        assert_int_equal(text[strlen(text) - 1], '\n');
    }
    for (int i = 0; i < 3; i++) // says nothing and goes away
        close(raw_connect(&scratch, false));
    assert_int_equal(calls, 0);
    AUTO(json_decrefp) json_t *reply = NULL;
    assert_int_equal(call(scratch.folder, "{\"command\":\"silent\"}", &reply, NULL), STATUS_OK);
}

static void a_request_in_single_bytes_is_put_together(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    int fd = raw_connect(&scratch, false);
    for (const char *c = "{\"command\":\"silent\"}\n"; *c != '\0'; c++)
        assert_int_equal(send(fd, c, 1, 0), 1);
    char text[100] = "";
    assert_int_equal(recv(fd, text, sizeof text - 1, 0), 16);
    assert_string_equal(text, "{\"status\":\"ok\"}\n");
    close(fd);
}

static void large_messages_pass_up_to_the_limit(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    AUTO(buf_done) struct buf large;
    buf_init(&large, CONTROL_MESSAGE_LIMIT_BYTES + 1000);
    while (large.size_bytes < CONTROL_MESSAGE_LIMIT_BYTES - 1000)
        buf_add_text(&large, "một hai ba bốn năm sáu bảy tám chín mười ");
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:s}", "command", "echo", "value", buf_text(&large));
    AUTO(json_decrefp) json_t *reply = NULL;
    struct err err = {0};
    bool served = false;
    assert_int_equal(control_call(scratch.folder, request, &served, &reply, &err), STATUS_OK);
    assert_string_equal(json_text_or(reply, "echo", ""), buf_text(&large));
    for (int i = 0; i < 1000; i++)
        buf_add_char(&large, 'x');
    json_object_set_new(request, "value", json_string(buf_text(&large)));
    json_t *none = NULL;
    assert_int_equal(control_call(scratch.folder, request, &served, &none, &err), STATUS_TOO_LARGE);
    assert_null(none);
}

static void bytes_without_end_are_cut_off_at_the_limit(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    AUTO(control_closep) struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    int fd = raw_connect(&scratch, false);
    static const char nothing[64 * 1024];
    size_t sent = 0;
    for (ssize_t size = 1; size > 0 && sent < 2 * (size_t)CONTROL_MESSAGE_LIMIT_BYTES;) {
        size = send(fd, nothing, sizeof nothing, MSG_NOSIGNAL);
        sent += size > 0 ? (size_t)size : 0;
    }
    close(fd);
    // What the socket itself holds comes on top of what was read.
    assert_in_range(sent, CONTROL_MESSAGE_LIMIT_BYTES, CONTROL_MESSAGE_LIMIT_BYTES * 3 / 2);
    AUTO(json_decrefp) json_t *reply = NULL;
    assert_int_equal(call(scratch.folder, "{\"command\":\"silent\"}", &reply, NULL), STATUS_OK);
    assert_int_equal(calls, 1);
}

static void closing_does_not_wait_for_a_silent_client(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int calls = 0;
    struct control *control = NULL;
    assert_int_equal(control_open(scratch.folder, answer, &calls, &control, NULL), STATUS_OK);
    int fd = raw_connect(&scratch, false);
    assert_int_equal(send(fd, "{", 1, 0), 1);
    for (int unread = 1; unread != 0;) // until the thread has taken it and waits for more
        assert_int_equal(ioctl(fd, SIOCOUTQ, &unread), 0);
    int64_t before = clock_mono_ms();
    control_close(control);
    assert_true(clock_mono_ms() - before < 5000); // half of what a silent client is given
    close(fd);
}

struct other_side {
    int fd;
    const char *says;
};

// Stands in for a program that serves: reads a request and says what it was told to.
static void *serve_once(void *argument)
{
    const struct other_side *side = argument;
    char request[100];
    int fd = accept(side->fd, NULL, NULL);
    if (recv(fd, request, sizeof request, 0) > 0)
        send(fd, side->says, strlen(side->says), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void a_reply_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        enum status status;
    } rows[] = {
        {"", STATUS_BAD_INPUT}, // it died
        {"{\"status\":\"ok\"}", STATUS_BAD_INPUT},
        {"nonsense\n", STATUS_BAD_INPUT},
        {"{}\n", STATUS_INTERNAL},
        {"{\"status\":\"strange\"}\n", STATUS_INTERNAL},
        {"{\"status\":\"gone\"}\n", STATUS_GONE},
        {"{\"status\":\"ok\"}\n", STATUS_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(scratch_remove) struct scratch scratch = scratch_make();
        struct other_side side = {.fd = raw_connect(&scratch, true), .says = rows[i].says};
        assert_int_equal(listen(side.fd, 1), 0);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, serve_once, &side), 0);
        AUTO(json_decrefp) json_t *reply = NULL;
        struct err err = {0};
        enum status status = call(scratch.folder, "{}", &reply, &err);
        pthread_join(thread, NULL);
        close(side.fd);
        assert_int_equal(status, rows[i].status);
        assert_true((reply != NULL) == (status == STATUS_OK));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered),
        cmocka_unit_test(a_refusal_arrives_with_its_status_and_text),
        cmocka_unit_test(the_socket_is_private_and_gone_after_closing),
        cmocka_unit_test(an_answer_that_there_is_no_such_thing_is_no_silence),
        cmocka_unit_test(a_socket_left_by_a_crash_is_nobody_and_is_replaced),
        cmocka_unit_test(folders_deeper_than_a_socket_path_work),
        cmocka_unit_test(where_there_is_no_folder_there_is_no_socket),
        cmocka_unit_test(stray_bytes_get_a_refusal_and_harm_nobody),
        cmocka_unit_test(a_request_in_single_bytes_is_put_together),
        cmocka_unit_test(large_messages_pass_up_to_the_limit),
        cmocka_unit_test(bytes_without_end_are_cut_off_at_the_limit),
        cmocka_unit_test(closing_does_not_wait_for_a_silent_client),
        cmocka_unit_test(a_reply_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
