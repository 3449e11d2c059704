// SPDX-License-Identifier: MIT
// How many of a day's responses carry a flag of judge.h, by counter: for staff to look at.
#ifndef HAILONG_FLAGCOUNT_H
#define HAILONG_FLAGCOUNT_H

#include "db.h"
#include "setup.h"

struct flagcount {
    int64_t counters[SETUP_COUNTER_MAX]; // in the setup's order
    int64_t others;                      // of no counter, or of one that is no longer in the setup
};

// Reads the day's entries: for a command, not for a page. A response that was flagged afterwards,
// too, counts once.
enum status flagcount_day(struct db *db, const struct setup *setup, int32_t day,
                          struct flagcount *ret_count, struct err *err) MUST_USE;

#endif
