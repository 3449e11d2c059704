// SPDX-License-Identifier: MIT
// Recomputes everything from the ledger: each lane's tree, then responses and tallies.
#ifndef HAILONG_HUB_VERIFY_H
#define HAILONG_HUB_VERIFY_H

#include "witness.h"

struct hub_verify_figures {
    int64_t lanes, entries;
    int64_t cosigned; // good cosignatures of other organisations under heads that fit
    struct witness_sum witness;
};

// Reads one snapshot of the database; rebuilds what follows from the ledger in a scratch database
// under $TMPDIR (or /tmp), which is removed. STATUS_CHECK_FAILED names the first bad lane and
// entry, or the table that differs.
enum status hub_verify(const struct hub *hub, struct db *db, struct hub_verify_figures *ret_figures,
                       struct err *err) MUST_USE;

#endif
