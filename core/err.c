// SPDX-License-Identifier: MIT
// Fills the text of a failure.
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

// vsnprintf cuts at a byte; a file name may then end in half a UTF-8 character.
static void err_trim(char *text)
{
    size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && size - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t follow = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (size - start < follow)
        text[start - 1] = '\0';
}

static void err_setv(struct err *err, enum status status, const char *format, va_list arguments)
    PRINTF_LIKE(3, 0);
static void err_setv(struct err *err, enum status status, const char *format, va_list arguments)
{
    if (err == NULL)
        return;
    err->status = status;
    int size = vsnprintf(err->text, sizeof err->text, format, arguments);
    if (size < 0)
        err->text[0] = '\0';
    if (size >= (int)sizeof err->text)
        err_trim(err->text);
}

enum status err_set(struct err *err, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    err_setv(err, status, format, arguments);
    va_end(arguments);
    return status;
}

static enum status err_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return STATUS_FULL;
    case ENOENT:
        return STATUS_NOT_FOUND;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    default:
        return STATUS_IO;
    }
}

enum status err_errno(struct err *err, const char *format, ...)
{
    int number = errno;
    enum status status = err_of_errno(number);
    if (err == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    err_setv(err, status, format, arguments);
    va_end(arguments);
    size_t size = strlen(err->text);
    const char *reason = strerrordesc_np(number); // a constant string: safe on any thread
    snprintf(err->text + size, sizeof err->text - size, ": %s",
             reason != NULL ? reason : "unknown error");
    return status;
}

enum status err_bug(struct err *err, const char *file, int line, const char *format, ...)
{
    struct err own;
    va_list arguments;
    va_start(arguments, format);
    err_setv(&own, STATUS_INTERNAL, format, arguments);
    va_end(arguments);
    char place[128];
    snprintf(place, sizeof place, "%s:%d", file, line);
    log_event(LOG_LEVEL_ERROR, "bug", "at", place, "text", own.text, (char *)NULL);
    if (getenv("HAILONG_ABORT_ON_BUG") != NULL)
        abort();
    if (err != NULL)
        *err = own;
    return STATUS_INTERNAL;
}
