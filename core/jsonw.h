// SPDX-License-Identifier: MIT
// Writes JSON straight into a buffer, keys in call order, no allocation per value. Entries are
// hashed as the bytes that stand here, so the order and form must be ours (jansson builds a tree
// first, which the hot path does not need).
#ifndef HAILONG_JSONW_H
#define HAILONG_JSONW_H

#include "buf.h"

struct jsonw {
    struct buf *out; // borrowed
    bool comma;      // a value has been written at this level
};

void jsonw_init(struct jsonw *w, struct buf *out);
// Values inside an object take a key; inside an array the key is NULL.
void jsonw_object(struct jsonw *w, const char *key);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w, const char *key);
void jsonw_array_end(struct jsonw *w);
void jsonw_text(struct jsonw *w, const char *key, const char *text); // NULL writes null
void jsonw_text_n(struct jsonw *w, const char *key, const char *text, size_t size_bytes);
void jsonw_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
// The bytes as lower-case hexadecimal text.
void jsonw_hex(struct jsonw *w, const char *key, const void *bytes, size_t size_bytes);

#endif
