// SPDX-License-Identifier: MIT
// The hub's copy of lanes: entries as they were hashed, with each lane's tree beside them.
#ifndef HAILONG_LEDGER_H
#define HAILONG_LEDGER_H

#include "db.h"
#include "entry.h"
#include "merkle.h"
#include "setup.h"

// What the database knows of a lane; the tree's size is the next seq.
struct ledger_head {
    char lane[ENTRY_LANE_CHARS + 1];
    char unit[9]; // "" until the lane's setup is complete
    bool own;     // the hub's own lane
    bool by_hand; // never enrolled by a phrase
    struct merkle tree;
};

// Makes an empty lane.
struct ledger_new_lane {
    const char *lane;
    const char *unit;          // "" until its setup is complete
    const char *how;           // "join", "by hand" or "own"
    const char *enrolled_unit; // that of the phrase, "" without one
    const uint8_t *public_key; // CRYPTO_SIGN_PUBLIC_BYTES
};
enum status ledger_lane_add(struct db *db, const struct ledger_new_lane *lane,
                            struct err *err) MUST_USE;
// *ret_found is false when there is no such lane.
enum status ledger_head_find(struct db *db, const char *lane, struct ledger_head *ret_head,
                             bool *ret_found, struct err *err) MUST_USE;
// Appends a line at seq = head->tree.size, inside the caller's transaction; the head is stored
// by ledger_head_store, once per batch. STATUS_CONFLICT when id and part are there already, in
// whatever lane: the text names where.
enum status ledger_append(struct db *db, struct ledger_head *head, const uint8_t *id, int64_t part,
                          const char *line, size_t size_bytes, struct err *err) MUST_USE;
// Puts a lane's unit, trial and sample beside it, as its newest complete setup has them, with the
// id of that setup's entries.
enum status ledger_setup_store(struct db *db, const char *lane, const struct setup *setup,
                               const uint8_t id[ENTRY_ID_BYTES], struct err *err) MUST_USE;
// The document of the lane's newest complete setup, or of the one before; *ret_found is false when
// there is none. `whole` is the caller's, empty, with its limit.
enum ledger_setup { LEDGER_SETUP_NEWEST, LEDGER_SETUP_BEFORE };
enum status ledger_setup_find(struct db *db, const char *lane, enum ledger_setup which,
                              struct buf *whole, bool *ret_found, struct err *err) MUST_USE;
enum status ledger_head_store(struct db *db, const struct ledger_head *head,
                              struct err *err) MUST_USE;
// Whether the line at `seq` (below the lane's size) has exactly these bytes.
enum status ledger_same(struct db *db, const char *lane, int64_t seq, const char *line,
                        size_t size_bytes, bool *ret_same, struct err *err) MUST_USE;
// Collects the document that the entries with this id of that lane make up; *ret_complete is
// false while pieces are missing. `whole` is the caller's, empty, with its limit.
enum status ledger_document(struct db *db, const char *lane, const uint8_t id[ENTRY_ID_BYTES],
                            struct buf *whole, bool *ret_complete, struct err *err) MUST_USE;

#endif
