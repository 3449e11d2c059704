// SPDX-License-Identifier: MIT
// The database of a lane that follows another one: its first entry names where the former one
// ended, then comes the setup; slips, devices, free text and
// what waits for the seal are taken over.
#ifndef HAILONG_NEWLANE_H
#define HAILONG_NEWLANE_H

#include "kiosk.h"

// The clock was wrong and confirmed: entries name hours that have not come. It is right now.
#define NEWLANE_CLOCK "clock"

struct newlane {
    const char *path;                // of the new database; must not be there yet
    const char *lane;                // the new one
    const char *former;              // the lane that it follows,
    uint64_t size;                   // to here,
    uint8_t root[CRYPTO_HASH_BYTES]; // with this root
    const char *why;                 // restore, fork, clone, clock
    // The former lane's entries tail_from … tail_end - 1 go to the hub as quarantined.
    uint64_t tail_from, tail_end;
    bool known;         // the hub learns of the new lane by a phrase, not by the former one's key
    bool slips_waiting; // slips must not be used until a kit has come
};

// Makes it, whole or not at all as far as its journal is concerned. `old` is the former lane's
// database. Nobody else uses either.
enum status newlane_make(struct db *old, const struct newlane *order, struct err *err) MUST_USE;
// Takes all free text out of the former lane's database, once the new one holds it durably: text
// that is erased must stand in one place. Its entries stay. Nobody else uses it.
enum status newlane_strip(struct db *old, struct err *err) MUST_USE;
// A fresh key of a lane, and the lane's name.
enum status newlane_key(const char *path, char ret_lane[ENTRY_LANE_CHARS + 1],
                        struct err *err) MUST_USE;

#endif
