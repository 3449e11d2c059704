// SPDX-License-Identifier: MIT
// A growing byte buffer with a mandatory limit and a sticky failure: append freely, check once.
#ifndef HAILONG_BUF_H
#define HAILONG_BUF_H

#include <stdarg.h>

#include "err.h"

struct buf {
    char *data; // owned; NULL while empty; always followed by a NUL byte that is not counted
    size_t size_bytes;
    size_t capacity_bytes;
    size_t limit_bytes;
    enum status failed; // STATUS_OK, STATUS_TOO_LARGE or STATUS_NO_MEMORY; sticky
};

// An empty buffer that never holds more than `limit_bytes` (without the closing NUL).
void buf_init(struct buf *buf, size_t limit_bytes);
// Frees the content; the buffer may be initialised again. For AUTO(buf_done).
void buf_done(struct buf *buf);
// Empties the buffer and forgets a failure; keeps the memory.
void buf_clear(struct buf *buf);
// Makes room for `extra_bytes` more, so that following appends up to it cannot fail.
void buf_reserve(struct buf *buf, size_t extra_bytes);
void buf_add(struct buf *buf, const void *bytes, size_t size_bytes);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_add_int(struct buf *buf, int64_t value);
// Lower-case hexadecimal of the bytes.
void buf_add_hex(struct buf *buf, const void *bytes, size_t size_bytes);
// printf for our own formats only; markup, JSON, CSV and SQL have writers of their own.
void buf_addf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_addv(struct buf *buf, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
// Shortens to `size_bytes` (no-op when it is not longer).
void buf_cut(struct buf *buf, size_t size_bytes);
// The one check after many appends.
enum status buf_check(const struct buf *buf, struct err *err) MUST_USE;
// The content as a C string, "" when empty. Borrowed until the next change.
const char *buf_text(const struct buf *buf);
// Gives the malloc'ed NUL-terminated content to the caller; the buffer is empty afterwards. NULL
// when the buffer has failed.
char *buf_take(struct buf *buf);

#endif
