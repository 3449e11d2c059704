// SPDX-License-Identifier: MIT
// Which lane follows which: one box that went on in a new lane, by a phrase that replaces the
// former one (lane.replaced_by) or by its key (successor). What a lane says of itself in its first
// entry does not count here.
#ifndef HAILONG_FOLLOWING_H
#define HAILONG_FOLLOWING_H

#include "db.h"
#include "entry.h"

enum { FOLLOWING_MAX = 64 }; // lanes of one box, copies of it included

struct following {
    char lanes[FOLLOWING_MAX][ENTRY_LANE_CHARS + 1];
    size_t count;
};

// The lanes that come after this one, directly or not; it is not among them. Beyond FOLLOWING_MAX
// they are left out.
enum status following_after(struct db *db, const char *lane, struct following *ret_following,
                            struct err *err) MUST_USE;
// Whether `lane` comes after `of` and goes on with its box's data: its first entry, which stands in
// the ledger, says that it follows a lane.
enum status following_is(struct db *db, const char *lane, const char *of, bool *ret_is,
                         struct err *err) MUST_USE;

#endif
