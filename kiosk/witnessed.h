// SPDX-License-Identifier: MIT
// Whether another organisation has cosigned a head of this lane, by the hub's last answer. It is
// kept, because slips and pages say so also before the next sync. The hub's word alone is told as
// that: only a cosignature by a key in keys/witness.vkeys, which staff put there, counts here.
#ifndef HAILONG_WITNESSED_H
#define HAILONG_WITNESSED_H

#include "json.h"
#include "kiosk.h"
#include "note.h"

enum witnessed {
    WITNESSED_NO,
    WITNESSED_SAID,    // says the hub; it could not be checked here
    WITNESSED_CHECKED, // a cosignature of a head of this lane was verified
};
enum {
    WITNESSED_KEYS_MAX = 16, // as many as a note may have signatures
};

enum status witnessed_find(struct db *db, enum witnessed *ret_witnessed, struct err *err) MUST_USE;
// Into kiosk->witnessed.
enum status witnessed_load(struct kiosk *kiosk, struct err *err) MUST_USE;
// Takes an answer to `entries` ({"witnessed","witness": note with the witness's line}); `hub` is
// the key of the hub's cosignatures, which do not count. The note's head must be one of this lane
// that is kept here. A job of the writer only when it is another word than before. Not from the
// writer's thread.
enum status witnessed_tell(struct kiosk *kiosk, const struct note_key *hub, const json_t *answer,
                           struct err *err) MUST_USE;
// Adds a witness's key to keys/witness.vkeys; one that is there already is no change.
// STATUS_BAD_INPUT when it is none, is this kiosk's own or its hub's, or there are too many.
enum status witnessed_add_key(const struct kiosk *kiosk, const char *vkey,
                              struct err *err) MUST_USE;
// The word of the catalogue that says it: "witnessed", "witness_said" or "no_witness".
const char *witnessed_word(enum witnessed witnessed);

#endif
