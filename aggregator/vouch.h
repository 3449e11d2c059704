// SPDX-License-Identifier: MIT
// This hub as somebody else's witness: it cosigns heads of logs that it knows, each only when it
// follows from the one it cosigned before (C2SP tlog-witness).
#ifndef HAILONG_VOUCH_H
#define HAILONG_VOUCH_H

#include "http.h"
#include "hub.h"
#include "witnessing.h"

enum { VOUCH_BODY_LIMIT_BYTES = WITNESSING_LIMIT_BYTES };

struct vouch {
    unsigned http_status; // 200, 400, 403, 404, 409, 422
    uint64_t size;        // with 409: that of the head which was cosigned last, 0 for none
    struct err why;       // when it is not 200
};

// Inside a transaction: holds the request against what was cosigned before, keeps the new head, and
// appends the cosignature line to `line`. What is refused leaves nothing behind and is told in
// `ret_vouch`; a failure is an accident. The line may go out only after the commit.
enum status vouch_request(const struct hub *hub, struct db *db, const char *text, size_t size_bytes,
                          struct buf *line, struct vouch *ret_vouch, struct err *err) MUST_USE;
// POST /add-checkpoint.
enum status vouch_post(const struct request *request, struct reply *reply, struct err *err);

#endif
