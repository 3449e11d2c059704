// SPDX-License-Identifier: MIT
// Files embedded at build (tools/embed.py, .incbin): pages, words, fonts, scripts, data; those
// that are sent as they are also stand here compressed (gzip, brotli) and with an ETag.
#ifndef HAILONG_ASSET_H
#define HAILONG_ASSET_H

#include "err.h"

struct asset {
    const char *name; // "kiosk/pages/face.html"
    const char *content_type;
    const char *etag; // with its quotes
    const unsigned char *bytes, *gzip,
        *brotli; // `bytes` is followed by a NUL; the others may be NULL
    size_t size_bytes, gzip_size_bytes, brotli_size_bytes;
};

// A program's table, sorted by name, ended by a NULL name. Generated.
struct asset_table {
    const struct asset *assets;
    size_t count;
};

// NULL when there is no such file.
const struct asset *asset_find(const struct asset_table *table, const char *name);
// Calls `each` with every file whose name begins with `folder` ("schema/forms/"), in order of
// name; stops at the first status that is not STATUS_OK and returns it.
typedef enum status (*asset_each_fn)(const struct asset *asset, struct err *err);
enum status asset_each(const struct asset_table *table, const char *folder, asset_each_fn each,
                       struct err *err) MUST_USE;

#endif
