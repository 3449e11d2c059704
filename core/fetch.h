// SPDX-License-Identifier: MIT
// An HTTP client for the hub (libcurl; the .c is its only including file): time-outs, no
// redirects, no proxies, http and https only. A body is never sent twice by itself: when a
// connection breaks, the caller is told and decides.
#ifndef HAILONG_FETCH_H
#define HAILONG_FETCH_H

#include "buf.h"

struct fetch_answer {
    unsigned http_status;
    struct buf body; // caller initialises with its limit
};

// POSTs `body` with `authorization` ("Bearer …", or NULL). STATUS_OK means that an HTTP answer
// came, of whatever status; STATUS_BUSY that none came (name, connection, time-out), with the
// reason and no secret in the text.
enum status fetch_post(const char *url, const char *authorization, const char *content_type,
                       const void *body, size_t size_bytes, struct fetch_answer *answer,
                       struct err *err) MUST_USE;

// Several requests in a row over one connection, as long as the other side keeps it.
struct fetch;
enum status fetch_open(struct fetch **ret_fetch, struct err *err) MUST_USE;
void fetch_close(struct fetch *fetch);
AUTO_POINTER(struct fetch, fetch_close)
// As fetch_post. One thread at a time.
enum status fetch_send(struct fetch *fetch, const char *url, const char *authorization,
                       const char *content_type, const void *body, size_t size_bytes,
                       struct fetch_answer *answer, struct err *err) MUST_USE;

#endif
