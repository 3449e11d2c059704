// SPDX-License-Identifier: MIT
// Day keys: one 32-byte secret per civil day, in keys/day/YYYY-MM-DD.key, durable before first
// use, destroyed when its day is over. Response ids, page tokens and request MACs hang on it, so
// that afterwards nobody can be made to prove a vote.
#ifndef HAILONG_DAYKEY_H
#define HAILONG_DAYKEY_H

#include "crypto.h"

// A key lives through its day and at most the next one, at most 24 hours past its day's seal
// (chores.h): a page made before midnight can still be answered and a retry still recognised.
enum { DAYKEY_LIFE_DAYS = 2 };

// What a key is used for. The day key itself makes response ids (docs/JOURNAL.md: HMAC-SHA-256(day
// key, token)); the others are derived from it.
enum daykey_purpose { DAYKEY_ID, DAYKEY_TOKEN, DAYKEY_REQUEST, DAYKEY_PURPOSES };

struct daykeys;
enum status daykey_open(const char *keys_folder, struct daykeys **ret_keys,
                        struct err *err) MUST_USE;
void daykey_close(struct daykeys *keys);
AUTO_POINTER(struct daykeys, daykey_close)
// The key of a day for one purpose. Today's is made when missing; another day's that is not there
// is STATUS_GONE. Any thread.
enum status daykey_get(struct daykeys *keys, int32_t day, enum daykey_purpose purpose,
                       struct crypto_mac_key *ret_key, struct err *err) MUST_USE;
// Destroys the keys of days before `day` - DAYKEY_LIFE_DAYS + 1. *ret_oldest_day is the oldest day
// that still has one; request MACs of earlier days must be deleted with them.
enum status daykey_expire(struct daykeys *keys, int32_t day, int32_t *ret_oldest_day,
                          struct err *err) MUST_USE;

#endif
