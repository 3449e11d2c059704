// SPDX-License-Identifier: MIT
// An office's opening hours and holidays, from its setup: for the flag "hours", for coverage and
// for telling a closed box from a silent one.
#ifndef HAILONG_OPENING_H
#define HAILONG_OPENING_H

#include "json.h"

enum { OPENING_RANGE_MAX = 4, OPENING_HOLIDAY_MAX = 400 };

struct opening_range {
    int from_minute, to_minute; // of the civil day, half-open, 0…1440
};

struct opening {
    bool known; // false: the setup names no hours; then the office counts as always open
    struct opening_range ranges[7][OPENING_RANGE_MAX]; // Monday first
    size_t range_count[7];
    int32_t holidays[OPENING_HOLIDAY_MAX]; // civil days, as written
    size_t holiday_count;
};

// `hours`: {"mon": ["07:30-11:30", "13:30-17:00"], …, "sun": […]}, a missing day is closed;
// `holidays`: ["2026-09-02", …]. Each may be NULL.
enum status opening_parse(const json_t *hours, const json_t *holidays, struct opening *ret_opening,
                          struct err *err) MUST_USE;
bool opening_is_open(const struct opening *opening, int64_t utc_s);
// Minutes open on that civil day; 1440 while the hours are not known.
int opening_minutes(const struct opening *opening, int32_t day);

#endif
