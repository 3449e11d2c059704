// SPDX-License-Identifier: MIT
// Syncing with the hub (docs/api.md): new entries go up with signed heads, the hub's signed
// acknowledgements and messages come down.
#ifndef HAILONG_PUSH_H
#define HAILONG_PUSH_H

#include "kiosk.h"

enum { PUSH_PROBLEM_BYTES = 400 };

struct push;
// `url` is the hub's address; slashes at its end are left out. The hub's keys are read anew at each
// round, so a kiosk may be enrolled while it serves. Reads what the hub has from the database.
enum status push_open(struct kiosk *kiosk, const char *url, struct push **ret_push,
                      struct err *err) MUST_USE;
void push_close(struct push *push);
AUTO_POINTER(struct push, push_close)
// True when the journal has entries that the hub has not acknowledged; an `ack` of the last round
// alone is none.
bool push_has_news(struct push *push);
// One round: sends all that is new, and the signed head even when nothing is; stores the hub's
// acknowledgement, applies its messages, deposits texts and kit. Rounds wait for each other.
// *ret_sent is the number of entries that the hub took. STATUS_BUSY: no answer came;
// STATUS_DENIED: not enrolled, or the hub refuses this lane; STATUS_CONFLICT and others: the hub's
// refusal, with its reason. What was taken before a failure stays taken. Afterwards the service may
// have been asked to open anew (kiosk->again).
enum status push_round(struct push *push, int64_t *ret_sent, struct err *err) MUST_USE;
// Whether a round may be tried at `mono_ms` (clock_mono_ms): after a failure the next one waits
// up to 30 s, 1, 2, 4 … 60 minutes, a random part of that, so that a province's kiosks do not all
// come back at once. By hand one may always try.
bool push_due(struct push *push, int64_t mono_ms);
// True after a failed round, until one succeeds.
bool push_failed(struct push *push);
// Why the last round failed, "" when it did not. Any thread.
void push_problem(struct push *push, char ret_text[PUSH_PROBLEM_BYTES]);

#endif
