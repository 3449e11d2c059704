// SPDX-License-Identifier: MIT
// The arithmetic of figures (docs/INDICATORS.md): shares of counts, targets on exact fractions,
// verdicts, the Wilson interval. Pure functions over integers.
#ifndef HAILONG_INDICATOR_H
#define HAILONG_INDICATOR_H

#include "tally.h"

enum {
    INDICATOR_PERCENT_BYTES = 48,
    // What a further answer could settle is not looked for beyond this many.
    INDICATOR_NEEDED_MAX = 1000000,
};

// IND-02: levels 4 and 5 over all five.
struct indicator_share {
    int64_t satisfied, answered;
};
struct indicator_share indicator_share_of(const struct tally_counts *counts);
void indicator_add(struct tally_counts *to, const struct tally_counts *counts);

// IND-04: two decimals, half up, with a point; where that would show the target or more while the
// exact fraction is below it, as many decimals as it takes not to. `target_hundredths` is negative
// when there is no target. False (and "") without answers.
bool indicator_percent(struct indicator_share share, int64_t target_hundredths,
                       char ret_text[INDICATOR_PERCENT_BYTES]);

// IND-05: the plan's own test, on the exact fraction. Only with answers.
bool indicator_reaches(struct indicator_share share, int64_t target_hundredths);

// IND-06
enum indicator_verdict {
    INDICATOR_MET,
    INDICATOR_NOT_MET,
    INDICATOR_INSUFFICIENT,
    INDICATOR_NO_DATA,
    INDICATOR_NO_TARGET, // answers, but nothing to hold them against
};
enum indicator_verdict indicator_verdict(struct indicator_share share, int64_t target_hundredths,
                                         int64_t insufficient_below);
// "met", "not_met", "insufficient", "no_data"; NULL for INDICATOR_NO_TARGET.
const char *indicator_verdict_name(enum indicator_verdict verdict);

// IND-07: Wilson's 95 % interval for a proportion, as fractions of 1. Only with answers.
struct indicator_interval {
    double low, high;
};
struct indicator_interval indicator_wilson(struct indicator_share share);
// IND-08: firm when the interval lies on one side of the target; else close, and *ret_needed is
// how many further answers at the same share would make it firm (0: none of
// INDICATOR_NEEDED_MAX would).
bool indicator_firm(struct indicator_share share, int64_t target_hundredths, int64_t *ret_needed);

#endif
