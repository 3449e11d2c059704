// SPDX-License-Identifier: MIT
// The setup file against the journal: what the office is was written down when the kiosk was made,
// and each time when it was changed since.
#ifndef HAILONG_KIOSK_SETUP_H
#define HAILONG_KIOSK_SETUP_H

#include "journal.h"

// Compares the bytes of setup.json with the newest complete setup document of the lane.
// STATUS_CHECK_FAILED, with what to do, when they differ or there is none. A new document is
// journalled before the file is written: when the file is still the one before it, the newest is
// appended to `newer` (which the caller has initialised) and must be written; else `newer` stays
// empty. With `whole` the lane is searched for later documents, else the table `fact` is believed.
enum status kiosk_setup_check(struct db *db, const struct buf *text, bool whole, struct buf *newer,
                              struct err *err) MUST_USE;
// Appends the newest document's text to `text`.
enum status kiosk_setup_newest(struct db *db, struct buf *text, struct err *err) MUST_USE;
// Inside a job of the writer: appends a new document, which is then the newest one.
enum status kiosk_setup_append(struct db *db, struct journal *journal, const char *text,
                               size_t size_bytes, struct err *err) MUST_USE;

#endif
