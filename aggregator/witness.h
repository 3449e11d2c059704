// SPDX-License-Identifier: MIT
// Witnesses: which other organisations' cosignatures count here, whose logs this hub cosigns in
// turn, and whether a lane is covered. An office that is measured owns its box and its hub, so only
// a head that somebody else holds proves anything.
#ifndef HAILONG_WITNESS_H
#define HAILONG_WITNESS_H

#include "hub.h"
#include "note.h"

enum {
    // Organisations whose cosignatures count: the level above, an inspectorate, a university.
    WITNESS_KEYS_MAX = 16,
    // Cosigned heads kept of a lane: with one an hour in office hours half a year, and the newest
    // holds everything before it.
    WITNESS_KEPT = 1000,
    // Heads go up each hour, and a witness may be away for one: what stands longer without a
    // cosignature is not covered.
    WITNESS_GRACE_S = 2 * 3600,
    // Cosignature lines of one head, each below 200 bytes; a note holds 16 signatures.
    WITNESS_LINES_LIMIT_BYTES = 3000,
    WITNESS_NOTE_LIMIT_BYTES = NOTE_LIMIT_BYTES + WITNESS_LINES_LIMIT_BYTES,
};
enum witness_role {
    WITNESS_ORIGIN, // a log whose heads this hub cosigns
    WITNESS_COUNTS, // whose cosignatures count for the lanes here
};

// Reads a key for that role. A lane's key, as `key` and `checkpoint` print it, does for both: it is
// taken for signatures of an origin, and for cosignatures of a witness. STATUS_BAD_INPUT.
enum status witness_key_read(const char *text, enum witness_role role, struct note_key *ret_key,
                             struct err *err) MUST_USE;
// Inside a transaction: adds or removes a key, with an `audit` entry. A key that is there already
// is no change. STATUS_BAD_INPUT when it is the hub's own or that of one of its lanes: those are no
// outside witnesses, and the hub cosigns them anyway; STATUS_NOT_FOUND when there is none to
// remove.
enum status witness_add(const struct hub *hub, struct db *db, const char *vkey,
                        enum witness_role role, struct err *err) MUST_USE;
enum status witness_remove(const struct hub *hub, struct db *db, const char *vkey,
                           enum witness_role role, struct err *err) MUST_USE;
// Appends {"role":"origin"|"witness","name","vkey","size" (last one cosigned here, or null)}.
enum status witness_list(struct db *db, json_t *rows, struct err *err) MUST_USE;

// Keys of one role that the hub knows; of a witness also the setup's. The hub's own is left out.
struct witness_keys {
    size_t count;
    struct note_key key[WITNESS_KEYS_MAX];
};
enum status witness_keys(const struct hub *hub, struct db *db, struct witness_keys *ret_keys,
                         struct err *err) MUST_USE;
// Whether the note is of a log known here, and signed by it. STATUS_NOT_FOUND: the origin is
// unknown; STATUS_DENIED: no known key has signed it.
enum status witness_check_origin(struct db *db, const char *note, size_t size_bytes,
                                 const char *origin, struct err *err) MUST_USE;

// How far a lane is covered by cosignatures of other organisations.
struct witness_cover {
    bool covered;   // no witness refuses it, and all of WITNESS_GRACE_S ago is cosigned
    bool cosigned;  // at least up to `size`
    int64_t size;   // of the largest head with a good cosignature
    int64_t time_s; // when it was made, by the witness's clock
    char name[64];  // of the witness
    char
        refuser[64]; // the witness that last refused a head of it and has not cosigned since, or ""
    char refusal[200]; // what it said
};
enum status witness_of(struct db *db, const struct witness_keys *keys, const char *lane,
                       struct witness_cover *ret_cover, struct err *err) MUST_USE;
// Appends the lane's kept head of that size with the cosignature lines of witnesses, by which
// somebody else can see for himself; nothing when there is none.
enum status witness_note(struct db *db, const char *lane, int64_t size, struct buf *note,
                         struct err *err) MUST_USE;
// Several lanes together: they are covered when each that has entries is.
struct witness_sum {
    bool open;       // one is not covered, or there was none
    int64_t lanes;   // that have entries
    int64_t refused; // that a witness refuses to go on with
    int64_t time_s;  // the oldest of their newest cosignatures
};
void witness_sum_add(struct witness_sum *sum, const struct witness_cover *cover, int64_t entries);
// {"covered","name","size","time": "2026-11-21 09:12","time_s","refuser","refusal" (or null)}, or
// null when there is neither a cosignature nor a refusal. NULL: no memory.
json_t *witness_json(const struct witness_cover *cover);
// The other way round, from such an object or null.
void witness_from_json(const json_t *json, struct witness_cover *ret_cover);
// Inside a transaction: the witness has refused the lane's head of that size.
enum status witness_refuse(struct db *db, const char *lane, int64_t size, const char *name,
                           const char *reason, struct err *err) MUST_USE;
// Inside a transaction: puts the key's cosignature lines among `lines`, which were found good,
// beside the lane's kept checkpoint of that size, in place of earlier ones by that name.
enum status witness_keep(struct db *db, const char *lane, int64_t size, const struct note_key *key,
                         const char *lines, size_t lines_bytes, struct err *err) MUST_USE;

#endif
