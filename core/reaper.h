// SPDX-License-Identifier: MIT
// The deadline reaper: libmicrohttpd's time-out counts idle time only, so one byte a second would
// hold a connection for ever. A thread shuts down sockets whose request is overdue.
#ifndef HAILONG_REAPER_H
#define HAILONG_REAPER_H

#include "err.h"

struct reaper;
// `limit` is the largest number of sockets watched at once.
enum status reaper_open(size_t limit, unsigned deadline_ms, struct reaper **ret_reaper,
                        struct err *err) MUST_USE;
void reaper_close(struct reaper *reaper);
AUTO_POINTER(struct reaper, reaper_close)
// A connection came (its first request is due), a request began (it is due), a request was read
// whole (nothing is due while we work on it), something else is due in so many milliseconds, the
// connection goes (called before its socket is closed). Any thread. `slot` is what reaper_add
// gave; negative means "not watched" and is ignored.
int reaper_add(struct reaper *reaper, int socket_fd);
void reaper_due(struct reaper *reaper, int slot);
void reaper_idle(struct reaper *reaper, int slot);
void reaper_due_in(struct reaper *reaper, int slot, int64_t delay_ms);
void reaper_remove(struct reaper *reaper, int slot);

#endif
