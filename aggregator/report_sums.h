// SPDX-License-Identifier: MIT
// The sums behind a report: read once from the tallies, kept by group, area and channel.
#ifndef HAILONG_REPORT_SUMS_H
#define HAILONG_REPORT_SUMS_H

#include "hub.h"
#include "indicator.h"
#include "period.h"

enum { REPORT_SUMS_AREA_MAX = 2 * SETUP_AREA_MAX };

struct report_sums_group {
    struct tally_counts counts, paper;
    struct tally_counts parts[PLAN_AREA_MAX]; // by the index of the group's areas
    bool pooled; // `overall` stood in for the group's own item somewhere
};

struct report_sums {
    const struct hub *hub; // borrowed
    struct report_sums_group groups[PLAN_GROUP_MAX];
    // The setup's areas in their order, then others that answers name.
    char areas[REPORT_SUMS_AREA_MAX][RESPONSE_CODE_CHARS + 1];
    struct tally_counts area_counts[REPORT_SUMS_AREA_MAX];
    size_t area_count;
    struct tally_counts total;
    int64_t voided; // responses (IND-15)
    bool channels;  // the members below were read
    struct tally_counts all_in, linked, flagged;
    struct tally_counts by_channel[RESPONSE_CHANNEL_COUNT];
};

// Reads the sums of a unit and what lies below it over a period: tallies A and C when its ends lie
// on half-month borders, else B day by day (then without channels). Void responses are counted by
// their days.
enum status report_sums_read(const struct hub *hub, struct db *db, const char *unit,
                             const struct period *period, struct report_sums *ret_sums,
                             struct err *err) MUST_USE;

#endif
