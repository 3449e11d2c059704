// SPDX-License-Identifier: MIT
// Slips and posters on standard output.
#include "kiosk_show.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "qr.h"
#include "slip_svg.h"
#include "slipcode.h"

enum {
    TEXT_LIMIT_BYTES = 64 * 1024,
    SVG_LIMIT_BYTES = 512 * 1024,
    PNG_LIMIT_BYTES = 4 * 1024 * 1024,
};

extern char **environ;

enum status kiosk_show_buf(const struct buf *out, struct err *err)
{
    TRY(buf_check(out, err));
    if (fwrite(buf_text(out), 1, out->size_bytes, stdout) != out->size_bytes || fflush(stdout) != 0)
        return err_errno(err, "standard output");
    return STATUS_OK;
}

// ---- text ---------------------------------------------------------------------------------------

static void day_vi(const char *day, struct buf *out)
{
    int32_t number = 0;
    if (clock_parse_day(day, &number, NULL) != STATUS_OK)
        return;
    const struct civil date = clock_date_of_day(number);
    buf_addf(out, "Dùng được đến hết ngày %02d/%02d/%d\n", date.day, date.month, date.year);
}

static void words(const json_t *reply, struct buf *out)
{
    char shown[SLIPCODE_SHOWN_CHARS + 1];
    const char *code = json_text_or(reply, "code", "");
    buf_addf(out, "%s\n", json_text_or(reply, "url", ""));
    if (strlen(code) == SLIPCODE_CHARS) {
        slipcode_shown(code, shown);
        buf_addf(out, "Mã: %s\n", shown);
    }
    const char *area = json_text_or(reply, "area_name", "");
    if (area[0] != '\0')
        buf_addf(out, "Lĩnh vực: %s\n", area);
    day_vi(json_text_or(reply, "expires", ""), out);
    if (json_bool_or(reply, "private", false))
        buf_add_text(out, "Chỉ dùng được trong mạng của cơ quan\n");
}

static enum status show_text(const json_t *reply, struct err *err)
{
    AUTO(qr_done) struct qr qr = {0};
    TRY(qr_encode(json_text_or(reply, "url", ""), &qr, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, TEXT_LIMIT_BYTES);
    words(reply, &out);
    buf_add_char(&out, '\n');
    qr_terminal(&qr, &out);
    return kiosk_show_buf(&out, err);
}

static enum status show_url(const json_t *reply, struct err *err)
{
    AUTO(buf_done) struct buf out;
    buf_init(&out, TEXT_LIMIT_BYTES);
    buf_addf(&out, "%s\n", json_text_or(reply, "url", ""));
    return kiosk_show_buf(&out, err);
}

static enum status show_svg(const json_t *reply, struct err *err)
{
    AUTO(buf_done) struct buf out;
    buf_init(&out, SVG_LIMIT_BYTES);
    TRY(slip_svg(reply, &out, err));
    return kiosk_show_buf(&out, err);
}

// ---- PNG ----------------------------------------------------------------------------------------

struct pipes {
    int in[2], out[2]; // of the child
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void pipes_done(struct pipes *pipes)
{
    for (int i = 0; i < 2; i++) {
        close_end(&pipes->in[i]);
        close_end(&pipes->out[i]);
    }
}

// The one beside our own program; PATH when there is none.
static void find_printer(char *ret_path, size_t size_bytes)
{
    static const char name[] = "hailong-print";
    const ssize_t chars = readlink("/proc/self/exe", ret_path, size_bytes - 1);
    char *slash = NULL;
    if (chars > 0) {
        ret_path[chars] = '\0';
        slash = strrchr(ret_path, '/');
    }
    if (slash != NULL && (size_t)(slash + 1 - ret_path) + sizeof name <= size_bytes) {
        memcpy(slash + 1, name, sizeof name);
        if (access(ret_path, X_OK) == 0)
            return;
    }
    memcpy(ret_path, name, sizeof name);
}

static enum status start(struct pipes *pipes, pid_t *ret_child, struct err *err)
{
    char path[4096];
    find_printer(path, sizeof path);
    if (pipe2(pipes->in, O_CLOEXEC) != 0 || pipe2(pipes->out, O_CLOEXEC) != 0)
        return err_errno(err, "no pipe to hailong-print");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes->in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipes->out[1], STDOUT_FILENO);
    char name[] = "hailong-print";
    char *const arguments[] = {name, NULL};
    errno = posix_spawnp(ret_child, path, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close_end(&pipes->in[0]);
    close_end(&pipes->out[1]);
    if (errno != 0)
        return err_errno(err, "hailong-print cannot be started; it belongs beside hailong-kiosk");
    return STATUS_OK;
}

// The model is far smaller than a pipe holds, so writing it whole before reading cannot block.
static enum status exchange(struct pipes *pipes, const struct buf *model, struct buf *png,
                            struct err *err)
{
    if (write(pipes->in[1], model->data, model->size_bytes) != (ssize_t)model->size_bytes)
        return err_errno(err, "hailong-print does not read its model");
    close_end(&pipes->in[1]);
    for (;;) {
        char piece[16 * 1024];
        const ssize_t bytes = read(pipes->out[0], piece, sizeof piece);
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0)
            return err_errno(err, "hailong-print's picture cannot be read");
        if (bytes == 0)
            return buf_check(png, err);
        buf_add(png, piece, (size_t)bytes);
    }
}

static enum status print(const struct buf *model, struct buf *png, struct err *err)
{
    AUTO(pipes_done) struct pipes pipes = {{-1, -1}, {-1, -1}};
    pid_t child = 0;
    TRY(start(&pipes, &child, err));
    const enum status status = exchange(&pipes, model, png, err);
    pipes_done(&pipes);
    int ended = 0;
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
        continue;
    TRY(status);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
        return err_set(err, STATUS_IO, "hailong-print has failed; its message is above");
    return STATUS_OK;
}

static enum status show_png(const json_t *reply, struct err *err)
{
    AUTO(json_decrefp)
    json_t *json = json_pack("{s:s, s:s}", "kind", "code", "text", json_text_or(reply, "url", ""));
    if (json == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a picture");
    AUTO(buf_done) struct buf model;
    AUTO(buf_done) struct buf png;
    buf_init(&model, TEXT_LIMIT_BYTES);
    buf_init(&png, PNG_LIMIT_BYTES);
    TRY(json_write(json, &model, err));
    TRY(print(&model, &png, err));
    return kiosk_show_buf(&png, err);
}

enum status kiosk_show(const json_t *reply, const char *format, struct err *err)
{
    static const struct {
        const char *format;
        enum status (*show)(const json_t *reply, struct err *err);
    } formats[] = {{"text", show_text}, {"url", show_url}, {"svg", show_svg}, {"png", show_png}};
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
        if (strcmp(formats[i].format, format) == 0)
            return formats[i].show(reply, err);
    return err_set(err, STATUS_USAGE, "--format must be url, text, svg or png");
}
