// SPDX-License-Identifier: MIT
// The data directory's lock (one writer always) and its control socket: `serve` holds the lock
// and answers on control.sock; a writing subcommand goes through the socket when somebody serves
// and takes the lock itself when nobody does.
#ifndef HAILONG_LOCK_H
#define HAILONG_LOCK_H

#include "json.h"

struct lock;
// Takes DIR/lock (flock). STATUS_BUSY when another process holds it.
enum status lock_take(const char *folder, struct lock **ret_lock, struct err *err) MUST_USE;
void lock_free(struct lock *lock);
AUTO_POINTER(struct lock, lock_free)

#endif
