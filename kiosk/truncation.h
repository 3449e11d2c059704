// SPDX-License-Identifier: MIT
// Old pages stay in the WAL after a deletion. Who deletes what must be gone owes a truncation, in
// the same transaction, so that neither a busy reader nor a crash makes us forget it.
#ifndef HAILONG_TRUNCATION_H
#define HAILONG_TRUNCATION_H

#include "kiosk.h"

// Inside a job of the writer.
enum status truncation_owe(struct db *db, struct err *err) MUST_USE;
// Truncates the WAL when that is owed, else does nothing. STATUS_BUSY when a reader holds it up:
// it stays owed. Not from the writer's thread.
enum status truncation_pay(struct kiosk *kiosk, struct err *err) MUST_USE;

#endif
