// SPDX-License-Identifier: MIT
// Shares, targets, verdicts and intervals.
#include "indicator.h"

#include <math.h>
#include <stdio.h>

enum {
    WHOLE_HUNDREDTHS = 10000, // 100 %
    DECIMALS_SHOWN = 2,
    // Counts stay below 10^12 and a target has two decimals, so a fraction below it differs from
    // it within 14 decimals of a percent.
    DECIMALS_MAX = 15,
};

// 0.975 quantile of the normal distribution.
static const double Z95 = 1.959963984540054;

struct indicator_share indicator_share_of(const struct tally_counts *counts)
{
    struct indicator_share share = {.satisfied = counts->n[3] + counts->n[4]};
    for (int i = 0; i < FORM_LEVELS; i++)
        share.answered += counts->n[i];
    return share;
}

void indicator_add(struct tally_counts *to, const struct tally_counts *counts)
{
    for (int i = 0; i < FORM_LEVELS; i++)
        to->n[i] += counts->n[i];
}

// The percentage in units of 10^-decimals, half up, by long division, so that nothing overflows.
static int64_t rounded(struct indicator_share share, int decimals)
{
    int64_t value = 0, rest = share.satisfied;
    for (int place = -2; place <= decimals; place++) {
        value = value * 10 + rest / share.answered;
        rest = rest % share.answered * 10;
    }
    // `rest` is ten times what is left, so half is five answers' worth.
    return rest >= 5 * share.answered ? value + 1 : value;
}

static int64_t power_of_ten(int exponent)
{
    int64_t value = 1;
    while (exponent-- > 0)
        value *= 10;
    return value;
}

bool indicator_percent(struct indicator_share share, int64_t target_hundredths,
                       char ret_text[INDICATOR_PERCENT_BYTES])
{
    ret_text[0] = '\0';
    if (share.answered == 0)
        return false;
    int decimals = DECIMALS_SHOWN;
    bool below = target_hundredths >= 0 && !indicator_reaches(share, target_hundredths);
    while (below && decimals < DECIMALS_MAX &&
           rounded(share, decimals) >= target_hundredths * power_of_ten(decimals - DECIMALS_SHOWN))
        decimals++;
    int64_t value = rounded(share, decimals), unit = power_of_ten(decimals);
    snprintf(ret_text, INDICATOR_PERCENT_BYTES, "%lld.%0*lld", (long long)(value / unit), decimals,
             (long long)(value % unit));
    return true;
}

bool indicator_reaches(struct indicator_share share, int64_t target_hundredths)
{
    return share.satisfied * WHOLE_HUNDREDTHS >= target_hundredths * share.answered;
}

enum indicator_verdict indicator_verdict(struct indicator_share share, int64_t target_hundredths,
                                         int64_t insufficient_below)
{
    if (share.answered == 0)
        return INDICATOR_NO_DATA;
    if (target_hundredths < 0)
        return INDICATOR_NO_TARGET;
    if (share.answered < insufficient_below)
        return INDICATOR_INSUFFICIENT;
    return indicator_reaches(share, target_hundredths) ? INDICATOR_MET : INDICATOR_NOT_MET;
}

const char *indicator_verdict_name(enum indicator_verdict verdict)
{
    static const char *const names[] = {
        [INDICATOR_MET] = "met",
        [INDICATOR_NOT_MET] = "not_met",
        [INDICATOR_INSUFFICIENT] = "insufficient",
        [INDICATOR_NO_DATA] = "no_data",
        [INDICATOR_NO_TARGET] = NULL,
    };
    return names[verdict];
}

// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
// the American Statistical Association 22 (1927), 209–212.
static struct indicator_interval wilson(double share, double n)
{
    double z2 = Z95 * Z95;
    double middle = share + z2 / (2 * n);
    double half = Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    struct indicator_interval interval = {
        .low = (middle - half) / (1 + z2 / n),
        .high = (middle + half) / (1 + z2 / n),
    };
    if (interval.low < 0)
        interval.low = 0;
    if (interval.high > 1)
        interval.high = 1;
    return interval;
}

struct indicator_interval indicator_wilson(struct indicator_share share)
{
    return wilson((double)share.satisfied / (double)share.answered, (double)share.answered);
}

static bool on_one_side(double share, double n, double target)
{
    struct indicator_interval interval = wilson(share, n);
    return interval.low >= target || interval.high < target;
}

bool indicator_firm(struct indicator_share share, int64_t target_hundredths, int64_t *ret_needed)
{
    double target = (double)target_hundredths / WHOLE_HUNDREDTHS;
    double n = (double)share.answered, p = (double)share.satisfied / n;
    int64_t low = 0, high = 1;
    *ret_needed = 0;
    if (on_one_side(p, n, target))
        return true;
    while (high < INDICATOR_NEEDED_MAX && !on_one_side(p, n + (double)high, target))
        high *= 2;
    if (high >= INDICATOR_NEEDED_MAX)
        return false;
    // The interval only shrinks with n, so the first size that settles it is found by halving.
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (on_one_side(p, n + (double)middle, target))
            high = middle;
        else
            low = middle;
    }
    *ret_needed = high;
    return false;
}
