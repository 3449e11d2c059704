// SPDX-License-Identifier: MIT
// The setup file against the journal: what the office is was written down when the kiosk was made.
#ifndef HAILONG_KIOSK_SETUP_H
#define HAILONG_KIOSK_SETUP_H

#include "buf.h"
#include "db.h"

// Compares the bytes of setup.json with the last complete setup document at the lane's start; it
// reads those entries only. STATUS_CHECK_FAILED, with what to do, when they differ or there is
// none.
enum status kiosk_setup_check(struct db *db, const struct buf *text, struct err *err) MUST_USE;

#endif
