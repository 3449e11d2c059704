// SPDX-License-Identifier: MIT
// The day's seal: the outbox is emptied, counts are written, the `seal` entry says how many
// responses came since the seal before, and the head of the lane is signed, all in one
// transaction; then the WAL is truncated.
#ifndef HAILONG_SEAL_H
#define HAILONG_SEAL_H

#include "kiosk.h"

enum {
    // Levels of fewer answers could be told apart by who knows some of them: they wait for the
    // next seal (docs/JOURNAL.md).
    SEAL_LEVELS_MIN = 10,
    SEAL_SHORT_CHARS = 8, // of the root in base 32, to read out and compare
};

struct seal {
    int32_t day;
    int64_t count; // responses since the seal before
    uint64_t size; // of the lane, its entry being the last
    uint8_t root[CRYPTO_HASH_BYTES];
    bool made; // false: it was there already
};

// Seals today by hand. When today has a seal already and nothing came since, that one is given and
// nothing is written. STATUS_CONFLICT while the clock is not trusted: a seal names its day. Not
// from the writer's thread.
enum status seal_make(struct kiosk *kiosk, struct seal *ret_seal, struct err *err) MUST_USE;
// Whether the office closed at least 15 minutes ago today (23:30 when its hours are not known or
// it does not open today).
bool seal_is_due(const struct opening *opening, int64_t now_s);
// Seals by itself, once for each day: today when that is due; with `starting` (nobody is served
// yet, or a day has ended while nobody looked) also the last day whose responses came and that was
// not sealed. *ret_made when it has. On a day without opening hours only what waits is sealed;
// while the clock is not trusted nothing is. Not from the writer's thread.
enum status seal_at_close(struct kiosk *kiosk, bool starting, bool *ret_made,
                          struct err *err) MUST_USE;
// The last day that was sealed at least 24 hours ago: keys of it and of earlier days must go.
// *ret_found false when there is none.
enum status seal_day_over(struct db *db, int64_t now_s, bool *ret_found, int32_t *ret_day,
                          struct err *err) MUST_USE;
// The first characters of a root in Crockford's base 32.
void seal_short(const uint8_t root[CRYPTO_HASH_BYTES], char ret_text[SEAL_SHORT_CHARS + 1]);

#endif
