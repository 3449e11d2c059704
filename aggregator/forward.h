// SPDX-License-Identifier: MIT
// The way up: heads of the hub's own lane and of its kiosks' lanes go to another organisation's
// witness (C2SP tlog-witness), and what comes back is kept beside them.
#ifndef HAILONG_FORWARD_H
#define HAILONG_FORWARD_H

#include "hub.h"
#include "note.h"

struct forward;
// `url` is the prefix of /add-checkpoint; `key` the witness's (NOTE_COSIGNATURE, copied).
enum status forward_open(const struct hub *hub, const char *url, const struct note_key *key,
                         struct forward **ret_forward, struct err *err) MUST_USE;
void forward_close(struct forward *forward);
AUTO_POINTER(struct forward, forward_close)

struct forward_figures {
    int64_t sent;    // heads that came back cosigned
    int64_t refused; // lanes whose head the witness refused; logged and kept with the reason
    int64_t failed;  // lanes that a fault of theirs, here or there, held up; logged
};
// Sends the newest checkpoint of each lane that the witness has not cosigned yet. STATUS_BUSY when
// it does not answer, or a lane failed: try again later. One lane does not hold the others up;
// *ret_figures is set when only single lanes failed, too.
enum status forward_round(struct forward *forward, struct forward_figures *ret_figures,
                          struct err *err) MUST_USE;
// Inside a transaction: takes cosignature lines for a checkpoint of the lane by that key. The lines
// are held against `note` (text and the lane's own signatures). STATUS_CHECK_FAILED or
// STATUS_NOT_FOUND when there is no good one among them.
enum status forward_take(struct db *db, const struct note_key *key, const char *lane,
                         const struct buf *note, const char *lines, size_t lines_bytes,
                         struct err *err) MUST_USE;

// Lanes with a kept checkpoint, in a list of their names.
enum status forward_lanes(struct db *db, json_t *lanes, struct err *err) MUST_USE;
// The newest kept checkpoint of a lane; `note` as the lane signed it. *ret_found is false without.
enum status forward_newest(struct db *db, const char *lane, uint64_t *ret_size, struct buf *note,
                           bool *ret_found, struct err *err) MUST_USE;

#endif
