// SPDX-License-Identifier: MIT
// What the kiosk does by the clock and never because of a tap: syncing on schedule, and destroying
// day keys when their day is over.
#ifndef HAILONG_CHORES_H
#define HAILONG_CHORES_H

#include "push.h"

struct chores;
// Starts the thread. `push` may be NULL (no hub). In trial mode it syncs every 5 s, else at each
// full hour and some minutes that depend on the lane, so that a province's kiosks do not all call
// at once; both only when there is something new.
enum status chores_open(struct kiosk *kiosk, struct push *push, struct chores **ret_chores,
                        struct err *err) MUST_USE;
// Stops it, waiting for a round that is under way.
void chores_close(struct chores *chores);
AUTO_POINTER(struct chores, chores_close)
// Destroys the day keys that are due, clears the request MACs that hang on them, and truncates
// the WAL when some were there. STATUS_BUSY when a reader holds that up: the database remembers
// that it is owed, and the next call (also after a crash) tries again. Not from the writer's
// thread.
enum status chores_expire(struct kiosk *kiosk, struct err *err) MUST_USE;
// When the next sync is due after `now_s`: the schedule alone, for tests.
int64_t chores_next_sync_s(const char *lane, bool trial, int64_t now_s);

#endif
