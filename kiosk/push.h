// SPDX-License-Identifier: MIT
// Sends the journal's new entries to the hub: POST URL/api/v1/lanes/LANE/entries.
#ifndef HAILONG_PUSH_H
#define HAILONG_PUSH_H

#include "kiosk.h"

enum { PUSH_PROBLEM_BYTES = 400 };

struct push;
// `url` is the hub's address without a slash at its end, `key_path` the file with the bearer key
// (read anew at each round, so a kiosk may be joined while it serves). Reads what the hub has from
// the database.
enum status push_open(struct kiosk *kiosk, const char *url, const char *key_path,
                      struct push **ret_push, struct err *err) MUST_USE;
void push_close(struct push *push);
AUTO_POINTER(struct push, push_close)
// True when the journal has entries that the hub has not acknowledged.
bool push_has_news(struct push *push);
// One round: sends all that is new; without news nothing is sent. Rounds wait for each other.
// *ret_sent is the number of entries that the hub took. STATUS_BUSY: no answer came;
// STATUS_DENIED: no key, or the hub refuses it; STATUS_CONFLICT and others: the hub's refusal,
// with its reason. What was sent before a failure stays sent.
enum status push_round(struct push *push, int64_t *ret_sent, struct err *err) MUST_USE;
// Why the last round failed, "" when it did not. Any thread.
void push_problem(struct push *push, char ret_text[PUSH_PROBLEM_BYTES]);

#endif
