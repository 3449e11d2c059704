// SPDX-License-Identifier: MIT
// Signed heads of this kiosk's lane: made hourly, at each sync and with each seal; kept in the
// table `checkpoint` with the hub's cosignature when it has come.
#ifndef HAILONG_CHECKPOINT_H
#define HAILONG_CHECKPOINT_H

#include "kiosk.h"
#include "note.h"

// Signs a head of this lane (any size that it has had) with the present hour and appends the note.
// Nothing is stored. Any thread.
enum status checkpoint_sign(const struct kiosk *kiosk, uint64_t size,
                            const uint8_t root[CRYPTO_HASH_BYTES], struct buf *note,
                            struct err *err) MUST_USE;
// The same for who has no open kiosk (an export beside one that serves).
struct checkpoint_signer {
    const char *lane;
    const uint8_t *secret; // CRYPTO_SIGN_SECRET_BYTES
    uint32_t hour;
    bool clock_unset;
};
enum status checkpoint_sign_as(const struct checkpoint_signer *signer, uint64_t size,
                               const uint8_t root[CRYPTO_HASH_BYTES], struct buf *note,
                               struct err *err) MUST_USE;
// Inside a job, after its last entry: signs the head that the open transaction makes and stores it
// with it.
enum status checkpoint_add(const struct kiosk *kiosk, struct db *db, struct err *err) MUST_USE;
// Signs the present head and stores it: the last one before a shutdown, an hour's, a seal's.
// *ret_size may be NULL. Not from the writer's thread.
enum status checkpoint_make(struct kiosk *kiosk, uint64_t *ret_size, struct err *err) MUST_USE;
// Inside a job of the writer: stores a note that the hub has cosigned (the whole note with both
// signatures, already checked) beside the head of that size.
enum status checkpoint_store_ack(struct db *db, const struct note_checkpoint *checkpoint,
                                 const struct buf *note, struct err *err) MUST_USE;
// The newest stored note of a size ≤ `size`, the cosigned form when there is one; *ret_found false
// when there is none. With `acked_only` the newest cosigned one.
enum status checkpoint_last(struct db *db, uint64_t size, bool acked_only, struct buf *note,
                            bool *ret_found, struct err *err) MUST_USE;

#endif
