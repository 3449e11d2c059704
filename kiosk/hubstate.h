// SPDX-License-Identifier: MIT
// What the kiosk knows of its hub's copy of the journal: the row of the table `sync`.
#ifndef HAILONG_HUBSTATE_H
#define HAILONG_HUBSTATE_H

#include "kiosk.h"
#include "note.h"

enum { HUBSTATE_REFUSAL_BYTES = 400 };

struct hubstate {
    struct merkle tree; // of what the hub has; its size is how far it has come
    bool ack_owed;      // entries went that no `ack` names yet
    int64_t contact_s;  // of the hub's last answer, 0: never
};

// `ret_refusal` is why the last round failed, "" when it did not.
enum status hubstate_read(struct db *db, struct hubstate *ret_state,
                          char ret_refusal[HUBSTATE_REFUSAL_BYTES], struct err *err) MUST_USE;
// Inside a job of the writer; no refusal is left.
enum status hubstate_write(struct db *db, const struct hubstate *state, struct err *err) MUST_USE;
// Stores the state and, when it is not NULL, the acknowledgement that came with it, in one
// transaction. Not from the writer's thread; the same for hubstate_refuse.
enum status hubstate_store(struct kiosk *kiosk, const struct hubstate *state,
                           const struct note_checkpoint *checkpoint, const struct buf *note,
                           struct err *err) MUST_USE;
enum status hubstate_refuse(struct kiosk *kiosk, int64_t contact_s, const char *refusal,
                            struct err *err) MUST_USE;

#endif
