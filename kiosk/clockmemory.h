// SPDX-License-Identifier: MIT
// What a data directory remembers of the clock, for timekeeper.c.
#ifndef HAILONG_CLOCKMEMORY_H
#define HAILONG_CLOCKMEMORY_H

#include "db.h"

struct clockmemory {
    // The last trusted moment by both clocks, this machine's start then (clock.h), and who had
    // proved it: timekeeper_source + 1, 0: nobody ever.
    int64_t wall_s, boot_ms, boot, source;
    // Since when entries wait for a `clock` entry: the first one's seq + 1 (0: none waits), and the
    // boot clock at that time or earlier.
    int64_t wait_seq, wait_ms, wait_boot;
};

enum status clockmemory_read(struct db *db, struct clockmemory *ret_memory,
                             struct err *err) MUST_USE;
// Inside a transaction: stores the first four.
enum status clockmemory_prove(struct db *db, const struct clockmemory *memory,
                              struct err *err) MUST_USE;
// Inside a transaction: stores the others.
enum status clockmemory_wait(struct db *db, const struct clockmemory *memory,
                             struct err *err) MUST_USE;
// The hour in which this program's build began.
enum status clockmemory_build(uint32_t *ret_hour, struct err *err) MUST_USE;
// The earliest hour that can be now: of the build, and of the journal's last entries.
enum status clockmemory_floor(struct db *db, uint32_t *ret_hour, struct err *err) MUST_USE;

#endif
