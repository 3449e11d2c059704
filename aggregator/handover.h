// SPDX-License-Identifier: MIT
// One lane follows another: all that this changes at the hub, in one place.
#ifndef HAILONG_HANDOVER_H
#define HAILONG_HANDOVER_H

#include "hub.h"

struct handover {
    const char *from, *to; // lanes
    const char *unit;
    // `from` is retired for `to`, which takes its slips and its waiting messages; else `to` is a
    // successor, `from` may live on in another box, and both get what it waits for.
    bool replaces;
};
// Inside a transaction: sets the row, orders all erasures again, hands on waiting answers, and
// codes (only of a replaced lane: a code must not be in two boxes), and leaves an `audit` entry. A
// setup that still waits is not handed on: it was made for the state of that lane.
enum status handover_do(const struct hub *hub, struct db *db, const struct handover *handover,
                        struct err *err) MUST_USE;
// STATUS_CONFLICT, naming it, when a lane that is in use has replaced this one already: a second
// one would take the same slips again. `to` (NULL: nobody yet) does not count.
enum status handover_check(struct db *db, const char *from, const char *to,
                           struct err *err) MUST_USE;
// Inside a transaction: `to` holds the slips of `from` from now on. STATUS_CONFLICT, naming it,
// when another lane does that is not retired, unless `again`.
enum status handover_kit(struct db *db, const char *from, const char *to, bool again,
                         struct err *err) MUST_USE;

#endif
