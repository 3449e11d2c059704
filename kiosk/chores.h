// SPDX-License-Identifier: MIT
// What the kiosk does by the clock and never because of a tap: syncing on schedule, the hourly
// checkpoint and counts, the day's seal, and destroying day keys when their day is over.
#ifndef HAILONG_CHORES_H
#define HAILONG_CHORES_H

#include "push.h"

struct chores;
// Starts the thread. `push` may be NULL (no hub). In trial mode it syncs every 5 s, else at each
// full hour and some minutes that depend on the lane, so that a province's kiosks do not all call
// at once, and after the seal. A trial does so only when there is something new or an hour has
// passed.
enum status chores_open(struct kiosk *kiosk, struct push *push, struct chores **ret_chores,
                        struct err *err) MUST_USE;
// Stops it, waiting for a round that is under way.
void chores_close(struct chores *chores);
AUTO_POINTER(struct chores, chores_close)
// Before anybody is served: seals the day that was missed, then as chores_expire.
enum status chores_begin(struct kiosk *kiosk, struct err *err) MUST_USE;
// When nobody is served any more: the counts of the hour that is not over, and a last checkpoint.
enum status chores_end(struct kiosk *kiosk, struct err *err) MUST_USE;
// Destroys the day keys that are due (24 hours after their day's seal, at the latest when the next
// day is over), clears the request MACs that hang on them, and truncates
// the WAL when some were there. STATUS_BUSY when a reader holds that up: the database remembers
// that it is owed, and the next call (also after a crash) tries again. Not from the writer's
// thread.
enum status chores_expire(struct kiosk *kiosk, struct err *err) MUST_USE;
// One look at all of it, as the thread takes it every few seconds; for tests.
void chores_look(struct chores *chores);
// When the next sync is due after `now_s`: the schedule alone, for tests.
int64_t chores_next_sync_s(const char *lane, bool trial, int64_t now_s);

#endif
