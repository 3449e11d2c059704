// SPDX-License-Identifier: MIT
// Messages down to kiosks: signed, numbered per lane without gaps, delivered with the answer to a
// push until the lane says that it has them.
#ifndef HAILONG_OUTGOING_H
#define HAILONG_OUTGOING_H

#include "hub.h"

enum {
    OUTGOING_AT_ONCE = 16, // messages in one answer
    // And so much text of theirs, at most: two setups would not fit an answer that a kiosk reads
    // over a slow line. A single longer one goes alone.
    OUTGOING_TEXT_BYTES = 256 * 1024,
};

// After a restore nobody knows which numbers the lanes have seen. All numbers are then raised by
// this, nothing is sent, and what is queued goes on from the number that the lane next reports.
#define OUTGOING_UNSURE (INT64_C(1) << 40)

// Inside a transaction of the caller: queues one. `type` is setup, answer, erase or codes.
enum status outgoing_add(const struct hub *hub, struct db *db, const char *lane, const char *type,
                         const char *text, struct err *err) MUST_USE;
// What the lane has not confirmed, oldest first, as {"n","type","text","sig"} appended to the
// array.
enum status outgoing_list(struct db *db, const char *lane, json_t *messages,
                          struct err *err) MUST_USE;
// Makes the numbers of all kiosks' lanes unsure.
enum status outgoing_unsure(struct db *db, struct err *err) MUST_USE;
enum status outgoing_is_unsure(struct db *db, const char *lane, bool *ret_unsure,
                               struct err *err) MUST_USE;
// Before outgoing_received: where the numbers are unsure, what the lane has not got is numbered and
// signed anew from n + 1 on; else nothing.
enum status outgoing_resume(const struct hub *hub, struct db *db, const char *lane, int64_t n,
                            struct err *err) MUST_USE;
// The lane has applied all up to n.
enum status outgoing_received(struct db *db, const char *lane, int64_t n, struct err *err) MUST_USE;
// The lane asks no more, and what it waits for is handed on: nothing waits for it any more.
enum status outgoing_drop(struct db *db, const char *lane, struct err *err) MUST_USE;

#endif
