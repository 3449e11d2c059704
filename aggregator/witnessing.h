// SPDX-License-Identifier: MIT
// What a log sends its witness (C2SP tlog-witness, add-checkpoint): "old SIZE", the lines of a
// consistency proof, an empty line, a signed checkpoint.
#ifndef HAILONG_WITNESSING_H
#define HAILONG_WITNESSING_H

#include "db.h"
#include "merkle.h"
#include "note.h"

enum {
    WITNESSING_PROOF_MAX = 63, // lines, by the standard
    // "old" with its size, the proof, and a note.
    WITNESSING_LIMIT_BYTES = 64 + WITNESSING_PROOF_MAX * 45 + NOTE_LIMIT_BYTES,
};

struct witnessing {
    uint64_t old_size;
    struct merkle_proof proof;
    const char *note; // borrowed from the text
    size_t note_bytes;
    struct note_checkpoint checkpoint;
};

// Reads a request; signatures and proof are not checked. STATUS_BAD_INPUT.
enum status witnessing_read(const char *text, size_t size_bytes, struct witnessing *ret_request,
                            struct err *err) MUST_USE;
// Appends a request: the note, and the proof that the lane's first `old_size` entries are the
// beginning of those that the note signs (size ≥ old_size). Walks the lane's entries; 0 and the
// size itself need no proof.
enum status witnessing_write(struct db *db, const char *lane, uint64_t old_size, const char *note,
                             size_t note_bytes, struct buf *out, struct err *err) MUST_USE;

#endif
