// SPDX-License-Identifier: MIT
// Where the hub's copy of this lane and the lane itself part, and whether that is shown or only
// said: a kiosk leaves its lane for a head that the lane's own key has signed, never for the hub's
// bare word.
#ifndef HAILONG_PARTING_H
#define HAILONG_PARTING_H

#include "json.h"
#include "kiosk.h"
#include "note.h"

struct parting {
    uint64_t size; // of the last head that both have
    uint8_t root[CRYPTO_HASH_BYTES];
    bool proven;      // the hub has a head, signed by this lane's key, that this lane has not
    bool behind;      // … of more entries than the lane has
    bool against_ack; // the hub's heads contradict one that it has cosigned
};

// Holds the answer to `head` ({"size","root","checkpoints":[[size,"root hex","note"],…]}, newest
// first) against the lane. `cosigner` is the key of the hub's cosignatures; NULL: none is known.
// Not from the writer's thread.
enum status parting_find(const struct kiosk *kiosk, const json_t *answer,
                         const struct note_key *cosigner, struct parting *ret_parting,
                         struct err *err) MUST_USE;

#endif
