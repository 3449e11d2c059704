// SPDX-License-Identifier: MIT
// Made-up visits: how many on a day, at which counter, how content. Everything from one generator
// with a fixed seed, so that every demonstration shows the same office.
#ifndef HAILONG_SAMPLE_VISIT_H
#define HAILONG_SAMPLE_VISIT_H

#include "setup.h"

enum { SAMPLE_VISIT_MAX = 400 };

struct sample_visit {
    int hour; // of the day, at UTC+7
    const struct setup_counter *counter;
    const struct setup_area *area;
    enum response_channel channel; // screen, slip or poster
    bool linked;                   // a screen that the desk armed
    enum response_step step;
    int level;
    int changed_level;     // "Chọn lại": the level chosen afterwards, or 0
    enum response_end end; // of the page behind the first
    const char *topics[2]; // what the visitor named, or NULL
    int agency;            // level, or 0: not answered
};

struct sample_office;
enum status sample_visit_open(const struct setup *setup, struct sample_office **ret_office,
                              struct err *err) MUST_USE;
void sample_visit_close(struct sample_office *office);
// The visits of a day in the order of their hours; 0 on days off. `progress` is 0 at the first day
// and 1 at the last: the office gets better. Call for the days in order.
size_t sample_visit_day(struct sample_office *office, int32_t day, double progress,
                        struct sample_visit ret_visits[SAMPLE_VISIT_MAX]);
// True on Fridays: time to tidy up (each day would take the disk's syncs for most of the run).
bool sample_visit_week_ends(int32_t day);
// Replaces `text` by the form that the page's `part`-th later step sends; false when there was no
// such step.
bool sample_visit_detail(const struct sample_visit *visit, int part, const char *token,
                         struct buf *text);

#endif
