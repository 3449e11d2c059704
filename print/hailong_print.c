// SPDX-License-Identifier: MIT
// hailong-print: reads one JSON model on stdin and writes what it describes on stdout. No network,
// no database, no options: the daemons start it with fixed arguments.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codepng.h"
#include "log.h"

enum {
    MODEL_LIMIT_BYTES = 1024 * 1024,       // a year's report of a province is a tenth of that
    OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024, // no larger than the picture in memory (draw.h)
};

static const char help[] =
    "usage: hailong-print < MODEL.json > FILE\n"
    "\n"
    "Reads one JSON model (at most 1 MiB) on standard input and writes what it describes on\n"
    "standard output.\n"
    "\n"
    "models:\n"
    "  {\"kind\":\"code\",\"text\":\"…\",\"module_px\":8}   a QR code as PNG; module_px is 1 to "
    "40\n"
    "\n"
    "options:\n"
    "  --help      print this\n"
    "  --version   print the version\n"
    "\n"
    "exit codes: 0 done, 2 usage, 65 the model is not right, 74 reading or writing failed,\n"
    "75 no memory.\n";

static const struct kind {
    const char *name;
    enum status (*write)(const json_t *model, struct buf *out, struct err *err);
} kinds[] = {
    {"code", codepng_of_model},
};

static enum status read_model(struct buf *model, struct err *err)
{
    char chunk[16 * 1024];
    for (;;) {
        ssize_t size = read(STDIN_FILENO, chunk, sizeof(chunk));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return err_errno(err, "standard input cannot be read");
        if (size == 0)
            return buf_check(model, err);
        buf_add(model, chunk, (size_t)size);
        TRY(buf_check(model, err));
    }
}

static enum status write_output(const struct buf *out, struct err *err)
{
    size_t done = 0;
    while (done < out->size_bytes) {
        ssize_t size = write(STDOUT_FILENO, out->data + done, out->size_bytes - done);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return err_errno(err, "standard output cannot be written");
        done += (size_t)size;
    }
    return STATUS_OK;
}

static enum status render(const json_t *model, struct buf *out, struct err *err)
{
    const char *kind = NULL;
    TRY(json_text(model, "kind", "model", &kind, err));
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].name, kind) == 0)
            return kinds[i].write(model, out, err);
    }
    return err_set(err, STATUS_BAD_INPUT, "model: \"kind\" must be one of those that --help lists");
}

static enum status run(struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, MODEL_LIMIT_BYTES);
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUTPUT_LIMIT_BYTES);
    TRY(read_model(&text, err));
    AUTO(json_decrefp) json_t *model = NULL;
    TRY(json_parse(buf_text(&text), text.size_bytes, MODEL_LIMIT_BYTES, "model", &model, err));
    TRY(render(model, &out, err));
    return write_output(&out, err);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout) < 0 ? status_exit(STATUS_IO) : 0;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("hailong-print " HAILONG_VERSION) < 0 ? status_exit(STATUS_IO) : 0;
    struct err err = {0};
    enum status status = STATUS_OK;
    if (argc > 1)
        status = err_set(&err, STATUS_USAGE,
                         "hailong-print takes no arguments; give it a JSON model on standard "
                         "input, or --help");
    else
        status = run(&err);
    if (status != STATUS_OK)
        log_err("failed", &err);
    return status_exit(status);
}
