// SPDX-License-Identifier: MIT
// Which ids and parts a lane holds, for one walk over it: 13 bytes for each, so that a million stay
// far below 64 MiB.
#ifndef HAILONG_IDSET_H
#define HAILONG_IDSET_H

#include "entry.h"

// What an entry is to others that name it.
enum idset_class { IDSET_OTHER, IDSET_RESPONSE, IDSET_TEXT, IDSET_CLASS_COUNT };

struct idset_place {
    int64_t seq;
    enum idset_class class;
    uint8_t level; // of `overall`, 0: none
};

struct idset;
enum status idset_open(struct idset **ret_set, struct err *err) MUST_USE;
void idset_close(struct idset *set);
AUTO_POINTER(struct idset, idset_close)
// *ret_added is false when the id and part are there already, and *ret_place is then theirs. Keys
// are kept as 64-bit fingerprints under random multipliers (multilinear hashing; Lemire and Kaser,
// Comput. J. 57, 2014: two given keys meet with a probability of 2^-64), so that even chosen ids
// make no false alarm.
enum status idset_add(struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part,
                      const struct idset_place *place, bool *ret_added,
                      struct idset_place *ret_place, struct err *err) MUST_USE;
bool idset_find(const struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part,
                struct idset_place *ret_place);
// Changes the level of one that is there.
void idset_set_level(struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part,
                     uint8_t level);

#endif
