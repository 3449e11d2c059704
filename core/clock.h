// SPDX-License-Identifier: MIT
// Time: UTC seconds, hours and days. Civil time is the constant UTC+7 (Việt Nam, no summer time
// since 1975), never the process locale.
#ifndef HAILONG_CLOCK_H
#define HAILONG_CLOCK_H

#include "err.h"

enum { CLOCK_OFFSET_S = 7 * 3600, CLOCK_DAY_TEXT_SIZE = 11, CLOCK_HOUR_TEXT_SIZE = 17 };

struct civil {
    int year, month, day;     // 1970…9999, 1…12, 1…31
    int hour, minute, second; // 0…23, 0…59, 0…59
    int weekday;              // 1 Monday … 7 Sunday (ISO 8601)
};

// The present moment in UTC seconds: the wall clock, or what clock_steer says.
int64_t clock_now_s(void);
// The wall clock as it stands; the fixed value while one is set.
int64_t clock_wall_s(void);
// Milliseconds on a clock that nobody sets and that runs on while the machine sleeps, since some
// moment not before the machine's start. While the wall clock is fixed it moves along with it.
int64_t clock_boot_ms(void);
// A number that names the machine's start, so that two moments of the boot clock can be compared;
// positive. Where the kernel does not tell it, another one at each call.
int64_t clock_start(void);
// From now on clock_now_s is the wall clock only while that is within CLOCK_TOLERANCE_S of utc_s
// and what has passed on the boot clock since boot_ms, else this sum: a clock that jumps does not
// carry along whoever asks. clock_steer(0, 0) releases. Thread-safe.
void clock_steer(int64_t utc_s, int64_t boot_ms);
// 2 minutes: a service that keeps a clock corrects it by far less at a time, and no hour that an
// entry carries is told wrong by more.
enum { CLOCK_TOLERANCE_S = 120 };
// True when the kernel says that its clock is kept by NTP, and that clock is clock_wall_s.
bool clock_is_synced(void);
// Fixes the wall clock (tests, sample data); 0 releases it. Thread-safe.
void clock_fix(int64_t utc_s);
// For tests: fix the boot clock apart from the wall clock, and clock_start; 0 releases both. Say
// that NTP keeps the fixed clock.
void clock_fix_boot(int64_t boot_ms, int64_t start);
void clock_fix_synced(bool synced);
// Milliseconds on a clock that only moves forward.
int64_t clock_mono_ms(void);
struct civil clock_civil(int64_t utc_s);
// Civil day number at UTC+7: days since 1970-01-01.
int32_t clock_day(int64_t utc_s);
// Hour number: whole hours since 1970-01-01T00Z (UTC and UTC+7 hours begin together).
uint32_t clock_hour(int64_t utc_s);
// The civil day that an hour number lies in, at UTC+7.
int32_t clock_day_of_hour(uint32_t hour);
int32_t clock_day_of_date(int year, int month, int day);
struct civil clock_date_of_day(int32_t day);
// "2026-11-03"
void clock_day_text(int32_t day, char ret_text[CLOCK_DAY_TEXT_SIZE]);
// "2026-11-03T09+07"
void clock_hour_text(uint32_t hour, char ret_text[CLOCK_HOUR_TEXT_SIZE]);
// Strict readers of the two forms above; impossible dates are STATUS_BAD_INPUT.
enum status clock_parse_day(const char *text, int32_t *ret_day, struct err *err) MUST_USE;
enum status clock_parse_hour(const char *text, uint32_t *ret_hour, struct err *err) MUST_USE;

#endif
