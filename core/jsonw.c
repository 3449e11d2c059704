// SPDX-License-Identifier: MIT
// The streaming JSON writer; its escapes are those of jansson's compact form.
#include "jsonw.h"

#include <string.h>

void jsonw_init(struct jsonw *w, struct buf *out)
{
    *w = (struct jsonw){.out = out};
}

static void jsonw_escape(struct buf *out, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *short_form = c == 0 ? NULL : strchr(from, c);
    if (short_form != NULL) {
        char pair[] = {'\\', to[short_form - from]};
        buf_add(out, pair, sizeof pair);
        return;
    }
    char unit[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    buf_add(out, unit, sizeof unit);
}

static void jsonw_quote(struct buf *out, const char *text, size_t size_bytes)
{
    buf_add_char(out, '"');
    size_t run = 0; // bytes since `text` + start that need no escape, added at once
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            run++;
            continue;
        }
        buf_add(out, text + i - run, run);
        run = 0;
        jsonw_escape(out, c);
    }
    buf_add(out, text + size_bytes - run, run);
    buf_add_char(out, '"');
}

// What stands before each value: the comma and the key.
static void jsonw_begin(struct jsonw *w, const char *key)
{
    if (w->comma)
        buf_add_char(w->out, ',');
    w->comma = true;
    if (key == NULL)
        return;
    jsonw_quote(w->out, key, strlen(key));
    buf_add_char(w->out, ':');
}

static void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
    jsonw_begin(w, key);
    buf_add_char(w->out, bracket);
    w->comma = false;
}

static void jsonw_close(struct jsonw *w, char bracket)
{
    buf_add_char(w->out, bracket);
    w->comma = true;
}

void jsonw_object(struct jsonw *w, const char *key)
{
    jsonw_open(w, key, '{');
}

void jsonw_object_end(struct jsonw *w)
{
    jsonw_close(w, '}');
}

void jsonw_array(struct jsonw *w, const char *key)
{
    jsonw_open(w, key, '[');
}

void jsonw_array_end(struct jsonw *w)
{
    jsonw_close(w, ']');
}

void jsonw_text(struct jsonw *w, const char *key, const char *text)
{
    if (text == NULL)
        jsonw_null(w, key);
    else
        jsonw_text_n(w, key, text, strlen(text));
}

void jsonw_text_n(struct jsonw *w, const char *key, const char *text, size_t size_bytes)
{
    jsonw_begin(w, key);
    jsonw_quote(w->out, text, size_bytes);
}

void jsonw_int(struct jsonw *w, const char *key, int64_t value)
{
    jsonw_begin(w, key);
    buf_add_int(w->out, value);
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
    jsonw_begin(w, key);
    buf_add_text(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w, const char *key)
{
    jsonw_begin(w, key);
    buf_add_text(w->out, "null");
}

void jsonw_hex(struct jsonw *w, const char *key, const void *bytes, size_t size_bytes)
{
    jsonw_begin(w, key);
    buf_add_char(w->out, '"');
    buf_add_hex(w->out, bytes, size_bytes);
    buf_add_char(w->out, '"');
}
