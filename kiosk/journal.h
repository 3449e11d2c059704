// SPDX-License-Identifier: MIT
// This kiosk's lane: appends entries inside the writer's transaction, with the tree's frontier
// kept in the same transaction.
#ifndef HAILONG_JOURNAL_H
#define HAILONG_JOURNAL_H

#include "laneverify.h"
#include "merkle.h"
#include "writer.h"

enum { JOURNAL_MAC_BYTES = 16 }; // of a request, as the key's table holds it

struct journal;
// Reads the head from the database and checks it against the last 1,000 entries' sequence.
enum status journal_open(struct db *db, const char *lane, struct journal **ret_journal,
                         struct err *err) MUST_USE;
void journal_close(struct journal *journal);
AUTO_POINTER(struct journal, journal_close)
const char *journal_lane(const struct journal *journal);
// The hooks that make the journal follow the writer's transactions.
struct writer_hooks journal_hooks(struct journal *journal);
// Appends one entry (writer thread, inside a job). With an id and part that are there already
// nothing is appended, no seq is consumed and *ret_added is false. `mac` (JOURNAL_MAC_BYTES, NULL:
// none) is kept beside the key until chores.h clears it.
enum status journal_append(struct db *db, struct journal *journal, const uint8_t *id, int64_t part,
                           const uint8_t *mac, const struct buf *tail, bool *ret_added,
                           struct err *err) MUST_USE;
// Size and root as of the last commit. Any thread.
void journal_head(struct journal *journal, uint64_t *ret_size, uint8_t ret_root[CRYPTO_HASH_BYTES]);
// Inside a job: size and root with what the open transaction has appended so far. They become true
// with its commit.
void journal_pending(const struct journal *journal, uint64_t *ret_size,
                     uint8_t ret_root[CRYPTO_HASH_BYTES]);
// Reads one snapshot of the whole lane through `verify` (which may know heads held elsewhere), and
// what stands beside it: the head, stored checkpoints, filed ids, free texts. STATUS_CHECK_FAILED
// names the first bad entry and what is wrong with it. `db` is a reading connection.
enum status journal_verify_all(struct db *db, struct laneverify *verify,
                               struct laneverify_figures *ret_figures, struct err *err) MUST_USE;
// The same without keys and heads from outside.
enum status journal_verify(struct db *db, const char *lane, uint64_t *ret_size,
                           uint8_t ret_root[CRYPTO_HASH_BYTES], struct err *err) MUST_USE;

#endif
