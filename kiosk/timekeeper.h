// SPDX-License-Identifier: MIT
// What hour it is, and whether to trust it: by NTP, by the hub, by staff, or because wall and
// boot clock still agree with an earlier proof. Until then entries say "clock":"unset", and a
// later `clock` entry gives them a range of hours. While a keeper is open it steers clock_now_s
// (core/clock.h), so that nothing in this program follows a clock that jumps; one is open at a
// time.
#ifndef HAILONG_TIMEKEEPER_H
#define HAILONG_TIMEKEEPER_H

#include "kiosk.h"

enum timekeeper_source { TIMEKEEPER_NTP, TIMEKEEPER_HUB, TIMEKEEPER_STAFF };

// Inside the transaction that makes a lane: staff do that by hand, and so vouch for the clock.
enum status timekeeper_begin(struct db *db, struct err *err) MUST_USE;
// Inside the transaction that makes a lane after another one: what the box knew of the clock goes
// on. Gives the hour of the new lane's first entry and whether that must carry "clock":"unset".
// No keeper may be open.
enum status timekeeper_follow(struct db *old, struct db *db, const struct setup *setup,
                              uint32_t *ret_hour, bool *ret_unset, struct err *err) MUST_USE;
// Reads what is remembered (last trusted moment, boot id, last entry's hour).
enum status timekeeper_open(struct db *db, const struct setup *setup,
                            struct timekeeper **ret_keeper, struct err *err) MUST_USE;
void timekeeper_close(struct timekeeper *keeper);
AUTO_POINTER(struct timekeeper, timekeeper_close)
// The hour for a new entry and whether it must carry "clock":"unset" (then it is the best guess:
// never before the last entry). Any thread; cheap: called for each tap.
void timekeeper_hour(struct timekeeper *keeper, uint32_t *ret_hour, bool *ret_unset);
// The best guess of the present moment in UTC seconds, by the same rule.
int64_t timekeeper_now_s(struct timekeeper *keeper);
bool timekeeper_is_trusted(struct timekeeper *keeper);
// Inside a job, before an entry that carries "clock":"unset" is appended: it waits for a `clock`
// entry from here on.
enum status timekeeper_wait(struct kiosk *kiosk, struct db *db, struct err *err) MUST_USE;
// Each tick of the chores, and at the start: looks at NTP and for jumps; remembers; writes the
// `clock` entry when trust has come and entries are waiting for it. Not from the writer's thread.
enum status timekeeper_tick(struct kiosk *kiosk, struct err *err) MUST_USE;
// Staff vouch at the desk: as timekeeper_confirm does, but what has to be written is left to the
// next tick. Any thread.
enum status timekeeper_vouch(struct timekeeper *keeper, struct err *err) MUST_USE;
// Somebody vouches: the hub (its time, from an answer that was checked: the clock of the box is
// only compared, within 15 minutes) or staff (the box's clock is right as it stands; `time_s` is
// not looked at). STATUS_CONFLICT: the clock differs from the hub's, or stands before the last
// entry or the build. STATUS_DENIED, for staff: it stands more than the setup's clock_gap_days
// after what was known last, or 15 minutes from the hub's time where that is known: with one press
// a wrong year would hold until then, so it takes timekeeper_confirm_day. Nothing has changed then.
// Not from the writer's thread.
enum status timekeeper_confirm(struct kiosk *kiosk, enum timekeeper_source source, int64_t time_s,
                               struct err *err) MUST_USE;
// Staff vouch and have written down which day it is. STATUS_CONFLICT: the box's clock says another
// one, or stands before the last entry or the build. Not from the writer's thread.
enum status timekeeper_confirm_day(struct kiosk *kiosk, int32_t day, struct err *err) MUST_USE;

#endif
