// SPDX-License-Identifier: MIT
// Signed requests to the hub, several in a row over one connection (docs/api.md).
#ifndef HAILONG_HUBCALL_H
#define HAILONG_HUBCALL_H

#include "fetch.h"
#include "kiosk.h"

// A conversation. Zero it, set url and secret, release with hubcall_done.
struct hubcall {
    const char *url;       // borrowed: the hub's address, no slash at its end
    const char *lane;      // borrowed
    const uint8_t *secret; // borrowed: the lane's Ed25519 key
    int64_t offset_s;      // the hub's clock minus ours, learnt when it refuses our time
    struct fetch *fetch;   // owned; opened with the first request
};
void hubcall_done(struct hubcall *call);

struct hubcall_answer {
    unsigned http_status;
    json_t *json; // owned; NULL when the answer holds none
};
void hubcall_answer_done(struct hubcall_answer *answer);

// POST URL/api/v1/lanes/LANE/`what`, signed. STATUS_OK: the hub has answered, whatever it says.
// STATUS_BUSY: no whole answer came; whether the hub has taken the body is not known. When the hub
// says that our time is off, its time is adopted and the request sent once more.
enum status hubcall_post(struct hubcall *call, const char *what, const void *body,
                         size_t size_bytes, struct hubcall_answer *ret_answer,
                         struct err *err) MUST_USE;
// The failure that an answer other than 200 stands for, with the hub's own reason for staff:
// STATUS_DENIED (401, 403), STATUS_BUSY (5xx), else STATUS_CONFLICT.
enum status hubcall_refused(const struct hubcall_answer *answer, struct err *err);

#endif
