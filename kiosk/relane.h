// SPDX-License-Identifier: MIT
// When the hub has other entries of this lane than this box has (a copy was put back, or two boxes
// run with one lane), the box leaves the lane and goes on in a new one that names the last common
// head. The old database stays, read-only, as old/LANE.db; what it holds beyond that head goes to
// the hub as quarantined (tail.h).
#ifndef HAILONG_RELANE_H
#define HAILONG_RELANE_H

#include "json.h"
#include "kiosk.h"
#include "note.h"

// Finds the last head that the hub and this lane have in common by the hub's answer to `head`, and
// asks for a new lane, which the next start makes: *ret_restart. STATUS_CONFLICT when the hub shows
// no head that this lane's key has signed, or contradicts one that it has cosigned (by `cosigner`,
// NULL when that is not known): then the lane is kept. Not from the writer's thread.
enum status relane_fork(struct kiosk *kiosk, const json_t *hub_head,
                        const struct note_key *cosigner, bool *ret_restart,
                        struct err *err) MUST_USE;

// The same after a clock that was wrong and confirmed: when the last entry's hour has not come yet
// by the clock as it stands now, asks for a new lane that follows what the hub has of this one.
// STATUS_CONFLICT when the clock does not stand before the last entry, or before the build. Not
// from the writer's thread.
enum status relane_back(struct kiosk *kiosk, struct err *err) MUST_USE;

enum { RELANE_ALL_STEPS = 1000 };
// Makes the new lane when one was asked for, or finishes what a crash has cut short; nobody has the
// folder open, and the caller holds its lock. `steps` is for tests: after so many it fails with
// STATUS_BUSY, as if the box had lost power there.
enum status relane_finish(const char *folder, int steps, struct err *err) MUST_USE;
// Destroys all day keys: pages that hang on them get a fresh page.
enum status relane_forget_days(const char *folder, struct err *err) MUST_USE;

#endif
