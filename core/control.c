// SPDX-License-Identifier: MIT
// The control socket: one thread answers one connection after the other.
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

enum {
    // A request is sent by a program in one go; a stalled one must not keep the others waiting.
    CONTROL_REQUEST_MS = 10 * 1000,
    // The answer may be a report over years or the import of a whole setup. A server that dies
    // closes the connection, so the wait ends then.
    CONTROL_REPLY_MS = 300 * 1000,
    CONTROL_BACKLOG = 8,
};

static const char control_name[] = "control.sock";

struct control {
    int folder_fd, listen_fd, stop_fd;
    control_fn answer;
    void *context;
    bool started;
    pthread_t thread;
};

static void control_shut(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void control_closep_fd(int *fd)
{
    control_shut(*fd);
}

// A socket's path has room for 107 bytes and data directories may lie deeper: the folder is
// opened and named through /proc.
static struct sockaddr_un control_address(int folder_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder_fd,
             control_name);
    return address;
}

// ---- messages ----------------------------------------------------------------------------------

static enum status control_send(int fd, const json_t *message, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, CONTROL_MESSAGE_LIMIT_BYTES);
    TRY(json_write(message, &text, err));
    buf_add_char(&text, '\n');
    TRY(buf_check(&text, err));
    size_t sent = 0;
    while (sent < text.size_bytes) {
        ssize_t size = send(fd, text.data + sent, text.size_bytes - sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return err_errno(err, "control socket: sending failed");
        sent += (size_t)size;
    }
    return STATUS_OK;
}

// Waits until `fd` can be read. `stop_fd` may be -1.
static enum status control_wait(int fd, int stop_fd, int64_t deadline_ms, struct err *err)
{
    struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
    int64_t left_ms = deadline_ms - clock_mono_ms();
    int ready = left_ms <= 0 ? 0 : poll(polled, ARRAY_SIZE(polled), (int)left_ms);
    if (ready < 0 && errno != EINTR)
        return err_errno(err, "control socket: waiting failed");
    if (ready == 0)
        return err_set(err, STATUS_BUSY, "control socket: the other side is silent");
    if (ready > 0 && polled[1].revents != 0)
        return err_set(err, STATUS_BUSY, "control socket: the program is stopping");
    return STATUS_OK;
}

// Reads up to the line feed, which ends the message.
static enum status control_receive_text(int fd, int stop_fd, int timeout_ms, struct buf *text,
                                        struct err *err)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    for (;;) {
        char piece[16 * 1024];
        TRY(control_wait(fd, stop_fd, deadline_ms, err));
        ssize_t size = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
        if (size < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (size < 0)
            return err_errno(err, "control socket: receiving failed");
        if (size == 0)
            return err_set(err, STATUS_BAD_INPUT, "control socket: closed before a whole message");
        buf_add(text, piece, (size_t)size);
        TRY(buf_check(text, err));
        if (memchr(piece, '\n', (size_t)size) != NULL)
            return STATUS_OK;
    }
}

static enum status control_receive(int fd, int stop_fd, int timeout_ms, json_t **ret_message,
                                   struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, CONTROL_MESSAGE_LIMIT_BYTES);
    TRY(control_receive_text(fd, stop_fd, timeout_ms, &text, err));
    // Bytes behind the line feed make it no JSON object and so are refused.
    return json_parse(text.data, text.size_bytes, CONTROL_MESSAGE_LIMIT_BYTES, "control message",
                      ret_message, err);
}

// ---- the serving side --------------------------------------------------------------------------

static json_t *control_refusal(enum status status, const struct err *err)
{
    return json_pack("{s:s, s:s}", "status", status_name(status), "error", err->text);
}

// {"status":"ok"} and the members of `reply`, which may be NULL.
static json_t *control_success(json_t *reply)
{
    AUTO(json_decrefp) json_t *message = json_pack("{s:s}", "status", "ok");
    if (message == NULL || (reply != NULL && json_object_update(message, reply) != 0))
        return NULL;
    return json_incref(message);
}

static json_t *control_answer(const struct control *control, int fd, struct err *err)
{
    AUTO(json_decrefp) json_t *request = NULL;
    enum status status = control_receive(fd, control->stop_fd, CONTROL_REQUEST_MS, &request, err);
    AUTO(json_decrefp) json_t *reply = NULL;
    if (status == STATUS_OK)
        status = control->answer(control->context, request, &reply, err);
    return status == STATUS_OK ? control_success(reply) : control_refusal(status, err);
}

static void control_serve_one(const struct control *control, int listen_fd)
{
    AUTO(control_closep_fd) int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return; // the other side has gone already
    struct timeval send_limit = {.tv_sec = CONTROL_REQUEST_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit);
    struct err err = {0};
    AUTO(json_decrefp) json_t *message = control_answer(control, fd, &err);
    if (message == NULL) {
        log_event(LOG_LEVEL_ERROR, "control_no_reply", (char *)NULL);
        return;
    }
    if (control_send(fd, message, &err) != STATUS_OK)
        log_event(LOG_LEVEL_INFO, "control_unsent", "text", err.text, (char *)NULL);
}

static void *control_run(void *argument)
{
    const struct control *control = argument;
    for (;;) {
        struct pollfd polled[] = {{.fd = control->listen_fd, .events = POLLIN},
                                  {.fd = control->stop_fd, .events = POLLIN}};
        if (poll(polled, ARRAY_SIZE(polled), -1) < 0)
            continue; // a signal
        if (polled[1].revents != 0)
            return NULL;
        if (polled[0].revents != 0)
            control_serve_one(control, control->listen_fd);
    }
}

static enum status control_listen(struct control *control, const char *folder, struct err *err)
{
    control->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (control->folder_fd < 0)
        return err_errno(err, "%s: the folder cannot be opened", folder);
    control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    control->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->listen_fd < 0 || control->stop_fd < 0)
        return err_errno(err, "%s/%s: no socket", folder, control_name);
    if (unlinkat(control->folder_fd, control_name, 0) != 0 && errno != ENOENT)
        return err_errno(err, "%s/%s: the old socket cannot be removed", folder, control_name);
    struct sockaddr_un address = control_address(control->folder_fd);
    // The mode set before bind is the file's from its first moment; umask would be the process's.
    if (fchmod(control->listen_fd, 0600) != 0 ||
        bind(control->listen_fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(control->listen_fd, CONTROL_BACKLOG) != 0)
        return err_errno(err, "%s/%s: cannot be made", folder, control_name);
    return STATUS_OK;
}

static enum status control_start(struct control *control, const char *folder, struct err *err)
{
    TRY(control_listen(control, folder, err));
    if (pthread_create(&control->thread, NULL, control_run, control) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no thread for the control socket");
    control->started = true;
    return STATUS_OK;
}

enum status control_open(const char *folder, control_fn answer, void *context,
                         struct control **ret_control, struct err *err)
{
    struct control *control = malloc(sizeof *control);
    if (control == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the control socket");
    *control = (struct control){
        .folder_fd = -1, .listen_fd = -1, .stop_fd = -1, .answer = answer, .context = context};
    enum status status = control_start(control, folder, err);
    if (status == STATUS_OK)
        *ret_control = control;
    else
        control_close(control);
    return status;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    if (control->started) {
        eventfd_write(control->stop_fd, 1);
        pthread_join(control->thread, NULL);
        unlinkat(control->folder_fd, control_name, 0);
    }
    control_shut(control->stop_fd);
    control_shut(control->listen_fd);
    control_shut(control->folder_fd);
    free(control);
}

// ---- the calling side --------------------------------------------------------------------------

static enum status control_connect(const char *folder, int fd, struct err *err)
{
    AUTO(control_closep_fd) int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return err_errno(err, "%s: the folder cannot be opened", folder);
    struct sockaddr_un address = control_address(folder_fd);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return STATUS_OK;
    if (errno == ENOENT || errno == ECONNREFUSED) // no file, or one left by a crash
        return err_set(err, STATUS_NOT_FOUND, "%s: nobody serves this data directory", folder);
    return err_errno(err, "%s/%s: cannot be reached", folder, control_name);
}

enum status control_call(const char *folder, const json_t *request, bool *ret_served,
                         json_t **ret_reply, struct err *err)
{
    *ret_served = true;
    AUTO(control_closep_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(err, "%s/%s: no socket", folder, control_name);
    const enum status reached = control_connect(folder, fd, err);
    *ret_served = reached != STATUS_NOT_FOUND;
    TRY(reached);
    TRY(control_send(fd, request, err));
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(control_receive(fd, -1, CONTROL_REPLY_MS, &reply, err));
    enum status status = status_of_name(json_text_or(reply, "status", ""));
    if (status != STATUS_OK)
        return err_set(err, status, "%s", json_text_or(reply, "error", "the reply has no text"));
    *ret_reply = json_incref(reply);
    return STATUS_OK;
}
