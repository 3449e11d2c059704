// SPDX-License-Identifier: MIT
// The same way by hand, where no network joins the two organisations: a file of requests goes up,
// a file of cosigned heads comes back (docs/operating.md).
//
// Both begin with a line of their kind. In a request file each part is an add-checkpoint request
// ("old SIZE", proof, empty line, checkpoint); in an answer file a checkpoint with the cosignature
// behind its signatures. Parts end with an empty line.
#ifndef HAILONG_WITNESSFILE_H
#define HAILONG_WITNESSFILE_H

#include "hub.h"

#define WITNESSFILE_REQUESTS "hailong-witness-requests/v1"
#define WITNESSFILE_ANSWERS "hailong-witness-answers/v1"
enum { WITNESSFILE_LIMIT_BYTES = 32 * 1024 * 1024 }; // some 3,000 lanes

struct witnessfile_figures {
    int64_t good, bad; // lanes that were written, cosigned or taken; and refused
    struct buf faults; // a line for each refused one: its number in the file and why
};

// Appends requests for the newest checkpoint of every lane, with proofs from what `vkey`'s owner
// has cosigned (NULL: the first witness that counts here).
enum status witnessfile_write(const struct hub *hub, struct db *db, const char *vkey,
                              struct buf *out, struct witnessfile_figures *figures,
                              struct err *err) MUST_USE;
// As a witness: cosigns what follows from what was cosigned before; appends the answers. In
// a job of the writer.
enum status witnessfile_sign(const struct hub *hub, const char *text, size_t size_bytes,
                             struct buf *out, struct witnessfile_figures *figures,
                             struct err *err) MUST_USE;
// Takes answers: each must be a head of a lane here, with the root of this ledger, signed by the
// lane, and cosigned by a witness that counts here. In a job of the writer.
enum status witnessfile_take(const struct hub *hub, const char *text, size_t size_bytes,
                             struct witnessfile_figures *figures, struct err *err) MUST_USE;

#endif
