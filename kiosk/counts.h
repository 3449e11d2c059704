// SPDX-License-Identifier: MIT
// How many slips were issued and how many visits were offered a rating (by a slip or an armed
// screen), for each hour, area and step: counted in the table offer_count under the hour (and
// whether the clock was trusted) of that moment, written as `slips` and `offered` entries when the
// hour is over, at the seal and at shutdown. An hour may have several
// entries: they add up. `visits`, the denominator, is entered by hand.
#ifndef HAILONG_COUNTS_H
#define HAILONG_COUNTS_H

#include "kiosk.h"

enum { COUNTS_VISITS_MAX = 100000 }; // of one area and step in an hour

// Inside the job that issues a slip: one slip, one offer.
enum status counts_add_slip(struct kiosk *kiosk, struct db *db, const char *area,
                            enum response_step step, struct err *err) MUST_USE;
// A screen was armed: one offer. Waits for nothing; what cannot be counted is logged.
void counts_offer(struct kiosk *kiosk, const char *area, enum response_step step);
// Inside a job: writes entries for the hours before `end_hour`.
enum status counts_flush(struct kiosk *kiosk, struct db *db, uint32_t end_hour,
                         struct err *err) MUST_USE;
// Inside the job that writes a `clock` entry, before it: what was counted while the clock was not
// trusted.
enum status counts_flush_unset(struct kiosk *kiosk, struct db *db, struct err *err) MUST_USE;
// Flushes as a job of its own. Not from the writer's thread.
enum status counts_write(struct kiosk *kiosk, uint32_t end_hour, struct err *err) MUST_USE;
// Writes a `visits` entry. STATUS_BAD_INPUT: no such area, a count or hour that cannot be.
struct counts_visits {
    const char *area;
    enum response_step step;
    int64_t count;
    uint32_t hour;
};
enum status counts_add_visits(struct kiosk *kiosk, const struct counts_visits *visits,
                              struct err *err) MUST_USE;

#endif
