// SPDX-License-Identifier: MIT
// Turns a reply into what goes over the wire: the bytes, the encoding of an embedded file, and
// every header with our security defaults.
#ifndef HAILONG_DELIVERY_H
#define HAILONG_DELIVERY_H

#include "http.h"

enum { DELIVERY_HEADER_MAX = HTTP_HEADER_MAX + 16, DELIVERY_ETAG_SIZE = 32 };

// True when a reply brings a body and no header but its type, a short one: what the answers of one
// server then differ in is the status, the type and the body. So a response may serve again.
enum { DELIVERY_TYPE_SIZE = 48 };
bool delivery_is_plain(const struct reply *reply);

struct delivery {
    unsigned http_status;
    const void *bytes; // borrowed from the reply or the embedded file
    size_t size_bytes;
    bool embedded; // `bytes` live as long as the program
    struct http_header headers[DELIVERY_HEADER_MAX];
    size_t header_count;
    char etag[DELIVERY_ETAG_SIZE];
};

// Everything that a page may load unless its program says otherwise: our own files only.
#define DELIVERY_POLICY                                                                            \
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "            \
    "script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "                 \
    "media-src 'self'; connect-src 'self'; manifest-src 'self'"

// `policy` is the Content-Security-Policy (NULL: DELIVERY_POLICY). A header that the reply sets
// itself takes the place of the default. The result borrows from `reply`.
void delivery_prepare(const struct request *request, const struct reply *reply, const char *policy,
                      struct delivery *ret_delivery);

#endif
