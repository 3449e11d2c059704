// SPDX-License-Identifier: MIT
// Composes a log line on the stack and writes it at once.
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

// PIPE_BUF on Linux: a write up to it is never torn between threads or processes.
enum { LOG_LINE_BYTES = 4096, LOG_TAIL_BYTES = 16 };

struct log_line {
    char text[LOG_LINE_BYTES];
    size_t size;
    bool full;
};

static _Atomic int log_level_now = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&log_level_now, (int)level, memory_order_relaxed);
}

static void log_add(struct log_line *line, const char *bytes, size_t size)
{
    // The tail stays free for " cut=true" and the line feed.
    if (line->full || size > sizeof line->text - LOG_TAIL_BYTES - line->size) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
}

static bool log_is_bare(const char *value)
{
    size_t bare = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_-.,:/+@%[]");
    return bare > 0 && value[bare] == '\0';
}

static void log_add_escaped(struct log_line *line, unsigned char c)
{
    char hex[3];
    text_hex(&c, 1, hex);
    log_add(line, "\\x", 2);
    log_add(line, hex, 2);
}

static void log_add_quoted(struct log_line *line, const char *value)
{
    // Bytes past ASCII stand as they are only when the whole is clean UTF-8: a terminal acts on
    // C1 controls too.
    bool clean = text_is_clean(value, strlen(value), true);
    log_add(line, "\"", 1);
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        if (c == '"' || c == '\\')
            log_add(line, "\\", 1);
        if (c == '\n')
            log_add(line, "\\n", 2);
        else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !clean))
            log_add_escaped(line, c);
        else
            log_add(line, value, 1);
    }
    log_add(line, "\"", 1);
}

// A pair that does not fit is left out whole, so that the line stays readable by machine.
static void log_add_pair(struct log_line *line, const char *key, const char *value)
{
    size_t before = line->size;
    if (before > 0 && line->text[before - 1] != '>')
        log_add(line, " ", 1);
    log_add(line, key, strlen(key));
    log_add(line, "=", 1);
    if (log_is_bare(value))
        log_add(line, value, strlen(value));
    else
        log_add_quoted(line, value);
    if (line->full)
        line->size = before;
}

static void log_write(struct log_line *line)
{
    if (line->full) {
        memcpy(line->text + line->size, " cut=true", 9);
        line->size += 9;
    }
    line->text[line->size++] = '\n';
    ssize_t written;
    do
        written = write(STDERR_FILENO, line->text, line->size);
    while (written < 0 && errno == EINTR);
    // Nobody is left to tell when the log itself cannot be written.
}

enum status log_choose_level(const char *name, struct err *err)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {{"error", LOG_LEVEL_ERROR},
                  {"warning", LOG_LEVEL_WARNING},
                  {"info", LOG_LEVEL_INFO},
                  {"debug", LOG_LEVEL_DEBUG}};
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        if (strcmp(levels[i].name, name) != 0)
            continue;
        log_set_level(levels[i].level);
        return STATUS_OK;
    }
    return err_set(err, STATUS_USAGE, "--log-level must be error, warning, info or debug");
}

void log_event(enum log_level level, const char *event, ...)
{
    if ((int)level > atomic_load_explicit(&log_level_now, memory_order_relaxed))
        return;
    struct log_line line = {.size = 0};
    if (isatty(STDERR_FILENO) == 0) {
        char prefix[] = {'<', (char)('0' + (int)level), '>'};
        log_add(&line, prefix, sizeof prefix);
    }
    log_add_pair(&line, "event", event);
    va_list pairs;
    va_start(pairs, event);
    for (const char *key = va_arg(pairs, const char *); key != NULL && !line.full;
         key = va_arg(pairs, const char *)) {
        const char *value = va_arg(pairs, const char *);
        log_add_pair(&line, key, value != NULL ? value : "");
    }
    va_end(pairs);
    log_write(&line);
}

void log_err(const char *event, const struct err *err)
{
    log_event(LOG_LEVEL_ERROR, event, "status", status_name(err->status), "text", err->text,
              (char *)NULL);
}
