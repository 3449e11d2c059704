// SPDX-License-Identifier: MIT
// What entries about other entries do to figures: `flag`, `void`, `clock` and `redaction`, from a
// kiosk's lane or the hub's own. Everything here can be rebuilt from the ledger.
#ifndef HAILONG_CORRECTION_H
#define HAILONG_CORRECTION_H

#include "projection.h"
#include "setup.h"

// Inside the transaction that takes the entry. `lane` is where it stands: a kiosk's entries speak
// of its own lane only. STATUS_BAD_INPUT: it names what is not there.
enum status correction_apply(struct db *db, const struct unit_tree *units, const char *lane,
                             const struct entry *entry, struct err *err) MUST_USE;
// The same when a ledger is read again and its figures are made in another database.
enum status correction_reapply(struct db *ledger, struct db *db, const struct unit_tree *units,
                               const char *lane, const struct entry *entry,
                               struct err *err) MUST_USE;
// Whether these functions are for this kind.
bool correction_is(enum entry_kind kind);

// IND-14 in a trial: what the kiosks' own rules flag stays in the headline, for who tries the
// service taps fast and at any hour, and wants to see it counted. Takes such flags off a response
// that is to be projected; and whether an entry says nothing but that.
void correction_of_trial(const struct setup *setup, struct response *response);
bool correction_is_idle(const struct setup *setup, const struct entry *entry);

// The pieces of it that the tail of a left lane needs, too (accepted.h).
// A kiosk's rules say that the response looks odd. STATUS_BAD_INPUT when there is none.
enum status correction_flag(struct db *db, const struct unit_tree *units,
                            const uint8_t id[ENTRY_ID_BYTES], struct err *err) MUST_USE;
// A `clock` entry at work: the hours that its entries happened within.
struct correction_clock {
    uint8_t id[ENTRY_ID_BYTES];
    uint32_t first, last; // both within
    char unit[RESPONSE_UNIT_CHARS + 1];
    int64_t count; // responses so far
};
enum status correction_clock_begin(const struct entry *entry, struct correction_clock *ret_clock,
                                   struct err *err) MUST_USE;
// One response of the range, with the hour that its entry has: it counts at that hour, or at the
// nearest end of the range.
enum status correction_clock_move(struct db *db, const struct unit_tree *units,
                                  struct correction_clock *clock, const uint8_t id[ENTRY_ID_BYTES],
                                  uint32_t hour, struct err *err) MUST_USE;
// Keeps what a report lists, when the range reaches over the border of a half-month.
enum status correction_clock_end(struct db *db, const struct correction_clock *clock,
                                 struct err *err) MUST_USE;

#endif
