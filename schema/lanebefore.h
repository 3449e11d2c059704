// SPDX-License-Identifier: MIT
// The texts of the lanes that a lane follows, while it is walked: a box that opens a new lane takes
// them along, and redacts them there.
#ifndef HAILONG_LANEBEFORE_H
#define HAILONG_LANEBEFORE_H

#include "lanetext.h"

struct lanebefore;
// `whole`: the caller gives all lanes that this one follows; what none of them has is a fault.
// Otherwise it may be of one that is not at hand.
enum status lanebefore_open(bool whole, struct lanebefore **ret_before, struct err *err) MUST_USE;
void lanebefore_close(struct lanebefore *before);
AUTO_POINTER(struct lanebefore, lanebefore_close)
// An entry of such a lane, in its order; only comments, petitions and redactions matter.
enum status lanebefore_add(struct lanebefore *before, const struct entry *entry,
                           struct err *err) MUST_USE;
// The lane's first entry names one that it follows.
void lanebefore_follow(struct lanebefore *before);
// A redaction in this lane of a text that is not its own. *ret_known is false when it can be of no
// lane before it. STATUS_CHECK_FAILED: no such field, or redacted before.
enum status lanebefore_redact(struct lanebefore *before, const struct entry *entry, bool *ret_known,
                              struct err *err) MUST_USE;
// A text that stands beside the lane and is not its own, as lanetext_row; row->of_seq is not read.
enum status lanebefore_row(struct lanebefore *before, const uint8_t id[ENTRY_ID_BYTES],
                           struct lanetext_row *row, bool *ret_known, struct err *err) MUST_USE;
// After all rows, as lanetext_end.
enum status lanebefore_end(const struct lanebefore *before, struct err *err) MUST_USE;

#endif
