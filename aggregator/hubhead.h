// SPDX-License-Identifier: MIT
// The hub's own lane as others see it: signed heads, the day's seal, and the lane as a transfer, so
// that the level above or an auditor checks it with the verifier for kiosks' lanes.
#ifndef HAILONG_HUBHEAD_H
#define HAILONG_HUBHEAD_H

#include "hub.h"

// As one job of the writer: seals the day when that is due (at 23:30, when hardly anybody is at
// work; a day that was missed at the next call), then signs the head unless it is signed already.
// After a clock that ran ahead once the seals go on by the lane's own last day.
enum status hubhead_round(const struct hub *hub, struct err *err) MUST_USE;
// The day that should be sealed by then.
int32_t hubhead_day_due(int64_t now_s);
// Whether this computer's clock is known to be wrong: it stands before the newest entry or seal of
// the hub's own lane, or before the day on which this program was built.
enum status hubhead_clock(const struct hub *hub, struct db *db, bool *ret_behind,
                          struct err *err) MUST_USE;

// The lane's newest head, signed, and its root; the kept note when there is one, else a fresh one.
struct hubhead {
    uint64_t size;
    uint8_t root[CRYPTO_HASH_BYTES];
    bool kept;
};
// Appends the note, with what other organisations have cosigned of it.
enum status hubhead_note(const struct hub *hub, struct db *db, struct hubhead *ret_head,
                         struct buf *note, struct err *err) MUST_USE;
// Writes the whole lane as a transfer (docs/JOURNAL.md), piece by piece, from one snapshot.
typedef enum status (*hubhead_write_fn)(void *context, const void *bytes, size_t size_bytes,
                                        struct err *err);
enum status hubhead_export(const struct hub *hub, struct db *db, hubhead_write_fn write,
                           void *context, struct err *err) MUST_USE;

#endif
