// SPDX-License-Identifier: MIT
// What the hub sends down: signed, numbered messages (`setup`, `answer`, `erase`, `codes`), each
// applied once, effect and number in one transaction.
#ifndef HAILONG_INBOX_H
#define HAILONG_INBOX_H

#include "kiosk.h"
#include "note.h"

// Applies one message {"n","type","text","sig"} of the hub with that key. A number that was applied
// before is passed over (STATUS_OK); a gap, a wrong signature, an unknown type are refused and
// logged. *ret_restart is set when the service must open anew (a setup). Not from the writer's
// thread.
enum status inbox_apply(struct kiosk *kiosk, const struct note_key *hub_key, const json_t *message,
                        bool *ret_restart, struct err *err) MUST_USE;
// The number of the last message that was applied.
enum status inbox_last(struct db *db, int64_t *ret_n, struct err *err) MUST_USE;
// Takes a new setup by hand (`hailong-kiosk setup`): the same checks and entries as from the hub.
enum status inbox_take_setup(struct kiosk *kiosk, const char *text, size_t size_bytes,
                             struct err *err) MUST_USE;

#endif
