// SPDX-License-Identifier: MIT
// Reporting periods. Official windows run from the 15th to the 14th (a year from 15/12 of the year
// before to 14/12), calendar ones on whole months, free ranges on days. Half-open inside, shown as
// inclusive dates. Every official and calendar period is a union of half-months.
#ifndef HAILONG_PERIOD_H
#define HAILONG_PERIOD_H

#include "buf.h"

enum { PERIOD_NAME_CHARS = 32, PERIOD_WORDS_BYTES = 96 };

struct period {
    char name[PERIOD_NAME_CHARS + 1]; // as written: "2026-Q4"
    int32_t from_day, to_day;         // half-open civil days
    int32_t from_half, to_half;       // half-open half-month numbers, when `halves`
    bool halves;                      // its ends lie on half-month borders
    bool free;                        // a range of days: for auditors, logged
    int year;                         // the reporting year (of its last day)
};

// P: 2026-Q4, 2026-H1, 2026-H2, 2026, 2026-11 (official); cal:2026-11, cal:2026-Q4, cal:2026;
// 2026-09-15..2026-12-14 (inclusive days, at most 10 years). STATUS_BAD_INPUT lists the forms.
enum status period_parse(const char *text, struct period *ret_period, struct err *err) MUST_USE;
// Half-month number of a day: (year*12 + month-1)*2 + (day ≥ 15 ? 1 : 0).
int32_t period_half(int32_t day);
int32_t period_half_first_day(int32_t half);
// "Quý IV năm 2026 (15/09/2026–14/12/2026)", "6 tháng đầu năm 2026 (…)", "Tháng 11 năm 2026 (…)".
void period_words_vi(const struct period *period, char ret_words[PERIOD_WORDS_BYTES]);
void period_words_en(const struct period *period, char ret_words[PERIOD_WORDS_BYTES]);
// The official quarter that a day lies in: "2026-Q4".
void period_quarter_of(int32_t day, char ret_name[PERIOD_NAME_CHARS + 1]);

#endif
