// SPDX-License-Identifier: MIT
// What the next seal of a lane must tell, while the lane is walked.
#ifndef HAILONG_LANESEAL_H
#define HAILONG_LANESEAL_H

#include "entry.h"
#include "form.h"

struct laneseal {
    int64_t responses;           // behind seal_seq
    int64_t levels[FORM_LEVELS]; // of responses behind told_seq
    int64_t seal_seq;            // of the last seal, -1: none
    int64_t told_seq;            // of the last one that told levels
};

void laneseal_init(struct laneseal *seal);
// `level` of the one question that all forms ask, 0 when it is not answered there.
void laneseal_response(struct laneseal *seal, int level);
// A detail gives the response of entry `seq` another level. False when a seal has told the old one
// already, which then stays.
bool laneseal_change(struct laneseal *seal, int64_t seq, int from, int to);
// A seal: NULL when it tells what stands before it, else what it tells wrong, and *ret_from, the
// entry behind which that was counted.
// A `hub` has no responses of its own: its seal counts entries.
const char *laneseal_take(struct laneseal *seal, const struct entry *entry, bool hub,
                          int64_t *ret_from);

#endif
