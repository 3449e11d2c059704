// SPDX-License-Identifier: MIT
// What goes to the hub beside the journal: free texts that it lacks, the number of the last
// message that was applied, the kit.
#ifndef HAILONG_DEPOSIT_H
#define HAILONG_DEPOSIT_H

#include "hubcall.h"
#include "hubkeys.h"

// Sends what is new since the last deposit, in several requests when there are many texts; nothing
// when nothing is. STATUS_BUSY: no answer came; STATUS_DENIED, STATUS_CONFLICT: the hub's refusal.
enum status deposit_send(struct kiosk *kiosk, const struct hubkeys *keys, struct hubcall *call,
                         struct err *err) MUST_USE;

// The hub was restored from a backup and asks for what it may have lost: all is new again.
enum status deposit_forget(struct kiosk *kiosk, struct err *err) MUST_USE;

#endif
