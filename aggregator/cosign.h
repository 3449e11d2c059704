// SPDX-License-Identifier: MIT
// Checkpoints that lanes sign: held against the ledger, cosigned with the hub's lane key, and kept.
#ifndef HAILONG_COSIGN_H
#define HAILONG_COSIGN_H

#include "hub.h"
#include "ledger.h"

enum {
    // Checkpoints kept of a lane beside those that a witness cosigned: a kiosk that was restored
    // or copied finds the last one that both have among them.
    COSIGN_KEPT = 64,
};

// STATUS_BAD_INPUT: the checkpoint is older than the kept ones, and to look at it would take the
// writer a walk over the whole lane.
enum status cosign_check_age(struct db *db, const struct ledger_head *head, uint64_t size,
                             struct err *err) MUST_USE;
// Whether the root is that of the lane's first `size` entries (0 < size ≤ head->tree.size).
enum status cosign_root_fits(struct db *db, const struct ledger_head *head, uint64_t size,
                             const uint8_t root[CRYPTO_HASH_BYTES], bool *ret_fits,
                             struct err *err) MUST_USE;
// Inside a transaction, of a checkpoint whose signature and root were found good: appends the note
// and this hub's cosignature to `ack`, and keeps both.
enum status cosign_checkpoint(const struct hub *hub, struct db *db, const char *lane,
                              const struct note_checkpoint *checkpoint, const struct buf *note,
                              struct buf *ack, struct err *err) MUST_USE;
// Appends [size, "root", "note"] of the kept ones, newest first, to the array. The note, as the
// lane signed it, is what makes a kiosk believe that its lane has forked.
enum status cosign_list(struct db *db, const char *lane, json_t *checkpoints,
                        struct err *err) MUST_USE;

#endif
