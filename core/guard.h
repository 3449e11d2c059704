// SPDX-License-Identifier: MIT
// The request guard: what libmicrohttpd lets through and we do not (tests/core/raw_http.py has the
// cases). Pure functions over what was received; the server runs them before any handler.
#ifndef HAILONG_GUARD_H
#define HAILONG_GUARD_H

#include "http.h"

enum {
    GUARD_TARGET_LIMIT_BYTES = 512, // longest address of ours is far below
    GUARD_HEADER_LIMIT = 64,        // browsers send about 15
};

struct guard_request {
    const char *method, *target, *version; // as received; target not decoded
    size_t target_size_bytes;
    const struct guard_header {
        const char *name, *value;
        size_t name_size_bytes, value_size_bytes;
    } * headers;
    size_t header_count;
    const char *const *hosts; // allowed Host values (lower case, with port), NULL-ended; NULL: any
};

struct guard_verdict {
    unsigned http_status; // 0: go on; else 400, 405, 411, 413, 414, 415, 417, 421, 431 …
    const char *reason;   // a few words for the log, never the input
    int64_t body_bytes;   // announced Content-Length, 0 when none
    bool target_good;     // the target and all headers before the framing were found good
};

struct guard_verdict guard_check(const struct guard_request *request);
// The rules of the target alone: begins with '/', 0x21–0x7E only, no '#', '\\', '//', '..'; each
// '%' followed by two hex digits that do not decode to a control byte, '%', '/', '\\' or '.'.
// Behind '?' text that people typed may stand: there only the bytes and the form of the escapes
// are checked.
bool guard_target_ok(const char *target, size_t size_bytes);

#endif
