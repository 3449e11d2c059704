// SPDX-License-Identifier: MIT
// UTF-8 by libutf8proc, strict numbers and hexadecimal.
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

// Decodes one code point; 0 bytes when the text is not well-formed there.
static size_t text_next(const char *text, size_t size_bytes, int32_t *ret_point)
{
    if ((unsigned char)text[0] < 0x80) {
        *ret_point = (unsigned char)text[0];
        return 1;
    }
    // At most 4 bytes are looked at, so the cast to a signed size cannot overflow.
    utf8proc_ssize_t look = size_bytes < 4 ? (utf8proc_ssize_t)size_bytes : 4;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, look, ret_point);
    return used > 0 ? (size_t)used : 0;
}

// Marks that reorder what is shown: a stored text must read as its bytes say.
static bool text_is_direction(int32_t point)
{
    return point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x061C;
}

static bool text_point_is_clean(int32_t point, bool allow_breaks)
{
    if (point < 0x20)
        return allow_breaks && (point == '\n' || point == '\t');
    if (point >= 0x7F && point < 0xA0)
        return false;
    if ((point & 0xFFFE) == 0xFFFE || (point >= 0xFDD0 && point <= 0xFDEF))
        return false;
    return !text_is_direction(point);
}

bool text_is_clean(const char *text, size_t size_bytes, bool allow_breaks)
{
    for (size_t at = 0; at < size_bytes;) {
        int32_t point = 0;
        size_t used = text_next(text + at, size_bytes - at, &point);
        if (used == 0 || !text_point_is_clean(point, allow_breaks))
            return false;
        at += used;
    }
    return true;
}

static bool text_is_ascii(const char *text, size_t size_bytes)
{
    unsigned char all = 0;
    for (size_t i = 0; i < size_bytes; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

static void text_freep(utf8proc_uint8_t **pointer)
{
    free(*pointer);
}

static enum status text_map(const char *text, size_t size_bytes, utf8proc_option_t options,
                            struct buf *out, struct err *err)
{
    AUTO(text_freep) utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text,
                                         (utf8proc_ssize_t)size_bytes, &mapped, options);
    if (size == UTF8PROC_ERROR_INVALIDUTF8)
        return err_set(err, STATUS_BAD_INPUT, "the text is not well-formed UTF-8");
    if (size < 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory to normalise a text");
    buf_add(out, mapped, (size_t)size);
    return buf_check(out, err);
}

enum status text_nfc(const char *text, size_t size_bytes, struct buf *out, struct err *err)
{
    if (text_is_ascii(text, size_bytes)) { // is its own NFC
        buf_add(out, text, size_bytes);
        return buf_check(out, err);
    }
    return text_map(text, size_bytes, UTF8PROC_STABLE | UTF8PROC_COMPOSE, out, err);
}

enum status text_fold(const char *text, size_t size_bytes, struct buf *out, struct err *err)
{
    size_t start = out->size_bytes;
    TRY(text_map(text, size_bytes,
                 UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD, out,
                 err));
    // đ (C4 91) has no decomposition: its bar is no mark. It shrinks to 'd' in place.
    if (out->size_bytes == start)
        return STATUS_OK;
    size_t to = start;
    for (size_t from = start; from < out->size_bytes; from++, to++) {
        bool bar = from + 1 < out->size_bytes && memcmp(out->data + from, "\xC4\x91", 2) == 0;
        out->data[to] = bar ? 'd' : out->data[from];
        from += bar ? 1 : 0;
    }
    buf_cut(out, to);
    return STATUS_OK;
}

static bool text_digits(const char *digits, bool negative, int64_t *ret_value)
{
    if (digits[0] == '\0' || (digits[0] == '0' && (digits[1] != '\0' || negative)))
        return false;
    int64_t value = 0;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        int64_t digit = negative ? '0' - *digits : *digits - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

enum status text_int(const char *text, int64_t minimum, int64_t maximum, const char *what,
                     int64_t *ret_value, struct err *err)
{
    bool negative = text[0] == '-';
    int64_t value = 0;
    if (!text_digits(text + (negative ? 1 : 0), negative, &value) || value < minimum ||
        value > maximum)
        return err_set(err, STATUS_BAD_INPUT, "%s must be a whole number from %lld to %lld", what,
                       (long long)minimum, (long long)maximum);
    *ret_value = value;
    return STATUS_OK;
}

bool text_is_code(const char *text, size_t max_chars)
{
    size_t size = strlen(text);
    if (size == 0 || size > max_chars || text[0] == '-' || text[size - 1] == '-')
        return false;
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == size;
}

void text_hex(const void *bytes, size_t size_bytes, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *source = bytes;
    for (size_t i = 0; i < size_bytes; i++) {
        ret_hex[2 * i] = digits[source[i] >> 4];
        ret_hex[2 * i + 1] = digits[source[i] & 15];
    }
    ret_hex[2 * size_bytes] = '\0';
}

static int text_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_unhex(const char *hex, size_t hex_chars, void *ret_bytes, size_t size_bytes)
{
    if (hex_chars % 2 != 0 || hex_chars / 2 != size_bytes)
        return false;
    for (size_t i = 0; i < hex_chars; i++) {
        if (text_nibble(hex[i]) < 0)
            return false;
    }
    uint8_t *target = ret_bytes;
    for (size_t i = 0; i < size_bytes; i++)
        target[i] = (uint8_t)(text_nibble(hex[2 * i]) * 16 + text_nibble(hex[2 * i + 1]));
    return true;
}

size_t text_count(const char *text, size_t size_bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < size_bytes; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80 ? 1 : 0;
    return count;
}
