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

// Wall clock in UTC seconds; the fixed value while one is set.
int64_t clock_now_s(void);
// Fixes the wall clock (tests, sample data); 0 releases it. Thread-safe.
void clock_fix(int64_t utc_s);
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
