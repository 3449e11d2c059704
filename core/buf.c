// SPDX-License-Identifier: MIT
// The growing buffer with a limit.
#include "buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// First allocation: holds most words and numbers, one malloc size class.
enum { BUF_FIRST_BYTES = 64 };

void buf_init(struct buf *buf, size_t limit_bytes)
{
    *buf = (struct buf){0};
    // A quarter of the address space keeps doubling and the closing NUL free of overflow.
    buf->limit_bytes = limit_bytes < SIZE_MAX / 4 ? limit_bytes : SIZE_MAX / 4;
}

void buf_done(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->limit_bytes);
}

void buf_clear(struct buf *buf)
{
    buf->size_bytes = 0;
    buf->failed = STATUS_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

static size_t buf_next_capacity(const struct buf *buf, size_t need)
{
    size_t capacity = buf->capacity_bytes == 0 ? BUF_FIRST_BYTES : buf->capacity_bytes * 2;
    if (capacity < need)
        capacity = need;
    return capacity <= buf->limit_bytes + 1 ? capacity : buf->limit_bytes + 1;
}

static bool buf_room(struct buf *buf, size_t extra_bytes)
{
    if (buf->failed != STATUS_OK)
        return false;
    if (extra_bytes > buf->limit_bytes - buf->size_bytes) {
        buf->failed = STATUS_TOO_LARGE;
        return false;
    }
    size_t need = buf->size_bytes + extra_bytes + 1;
    if (need <= buf->capacity_bytes)
        return true;
    size_t capacity = buf_next_capacity(buf, need);
    char *data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->failed = STATUS_NO_MEMORY;
        return false;
    }
    data[buf->size_bytes] = '\0';
    buf->data = data;
    buf->capacity_bytes = capacity;
    return true;
}

void buf_reserve(struct buf *buf, size_t extra_bytes)
{
    (void)buf_room(buf, extra_bytes);
}

void buf_add(struct buf *buf, const void *bytes, size_t size_bytes)
{
    if (!buf_room(buf, size_bytes) || size_bytes == 0)
        return;
    memcpy(buf->data + buf->size_bytes, bytes, size_bytes);
    buf->size_bytes += size_bytes;
    buf->data[buf->size_bytes] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_add_int(struct buf *buf, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    buf_add(buf, digits + at, sizeof digits - at);
}

void buf_add_hex(struct buf *buf, const void *bytes, size_t size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    // More than half the limit cannot fit; the test keeps the product below from overflowing.
    if (!buf_room(buf, size_bytes <= buf->limit_bytes ? 2 * size_bytes : size_bytes))
        return;
    const uint8_t *source = bytes;
    char *at = buf->data + buf->size_bytes;
    for (size_t i = 0; i < size_bytes; i++) {
        *at++ = digits[source[i] >> 4];
        *at++ = digits[source[i] & 15];
    }
    *at = '\0';
    buf->size_bytes += 2 * size_bytes;
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_addv(buf, format, arguments);
    va_end(arguments);
}

void buf_addv(struct buf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0) { // glibc: an unencodable wide character or no memory
        buf->failed = STATUS_NO_MEMORY;
        return;
    }
    if (!buf_room(buf, (size_t)size))
        return;
    vsnprintf(buf->data + buf->size_bytes, (size_t)size + 1, format, arguments);
    buf->size_bytes += (size_t)size;
}

void buf_cut(struct buf *buf, size_t size_bytes)
{
    if (size_bytes >= buf->size_bytes)
        return;
    buf->size_bytes = size_bytes;
    buf->data[size_bytes] = '\0';
}

enum status buf_check(const struct buf *buf, struct err *err)
{
    if (buf->failed == STATUS_OK)
        return STATUS_OK;
    if (buf->failed == STATUS_NO_MEMORY)
        return err_set(err, STATUS_NO_MEMORY, "no memory for %zu bytes and more", buf->size_bytes);
    return err_set(err, buf->failed, "longer than the limit of %zu bytes", buf->limit_bytes);
}

const char *buf_text(const struct buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    if (!buf_room(buf, 0))
        return NULL;
    char *data = buf->data;
    buf_init(buf, buf->limit_bytes);
    return data;
}
