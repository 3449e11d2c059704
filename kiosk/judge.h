// SPDX-License-Identifier: MIT
// Live flags: a look at the moment of each tap, before time is coarsened to the hour. Channels
// `screen` (opening hours; pace per counter) and `poster` (pace) only: a slip or link stands for
// one visit and is not judged by hour, pace, level or time since issue.
#ifndef HAILONG_JUDGE_H
#define HAILONG_JUDGE_H

#include "kiosk.h"
#include "kinds.h"

enum {
    // Raised with every change of a rule's meaning; thresholds are the setup's own.
    JUDGE_RULE_VERSION = 1,
    // Taps remembered of a counter's screen, and of its poster: no threshold asks for more, and
    // one `flag` entry can name all of them.
    JUDGE_TAPS_MAX = KINDS_OF_MAX,
};

// Earlier responses that belong to a burst or streak which is complete now and that do not say so
// yet: for a `flag` entry after this response.
enum judge_pace { JUDGE_BURST, JUDGE_STREAK, JUDGE_PACES };
extern const char *const judge_pace_name[JUDGE_PACES];
struct judge_earlier {
    size_t count;
    uint8_t ids[JUDGE_TAPS_MAX][ENTRY_ID_BYTES];
};

enum status judge_open(const struct setup *setup, struct judge **ret_judge,
                       struct err *err) MUST_USE;
void judge_close(struct judge *judge);
AUTO_POINTER(struct judge, judge_close)
// On the writer's thread, before a response (part 0) is appended: sets response->flags and
// flag_rule, remembers the tap and fills ret_earlier. `now_ms` is the moment of the tap on the boot
// clock (clock.h), `now_s` the same in UTC. False when this very response is remembered already (a
// page that was sent again): then nothing else was done.
bool judge_look(struct judge *judge, struct response *response, int64_t now_ms, int64_t now_s,
                struct judge_earlier ret_earlier[JUDGE_PACES]);
// The response that judge_look remembered was not stored after all; what it completed is as before.
// Any thread.
void judge_forget(struct judge *judge, const uint8_t id[ENTRY_ID_BYTES]);

#endif
