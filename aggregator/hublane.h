// SPDX-License-Identifier: MIT
// The hub's own lane: setup, import and audit entries, appended in the same transaction as what
// they are about.
#ifndef HAILONG_HUBLANE_H
#define HAILONG_HUBLANE_H

#include "db.h"
#include "entry.h"

struct hublane;
// Reads keys/lane.key (an Ed25519 secret key) of the folder.
enum status hublane_open(const char *keys_folder, struct hublane **ret_lane,
                         struct err *err) MUST_USE;
void hublane_close(struct hublane *lane);
AUTO_POINTER(struct hublane, hublane_close)
// Makes keys/lane.key (0600). STATUS_CONFLICT when there is one.
enum status hublane_make(const char *keys_folder, struct err *err) MUST_USE;
const char *hublane_name(const struct hublane *lane);
// Appends a document as one or several entries of that kind under `id` (hublane_new_id), inside a
// transaction of the caller; so does hublane_audit.
enum status hublane_append_document(struct db *db, const struct hublane *lane, enum entry_kind kind,
                                    const struct buf *document, const uint8_t id[ENTRY_ID_BYTES],
                                    struct err *err) MUST_USE;
// Appends an `audit` entry: what was done ("join", "import", "report"), on which unit, and one
// detail of ours (a lane, a period); no names, no free text.
enum status hublane_audit(struct db *db, const struct hublane *lane, const char *act,
                          const char *unit, const char *detail, struct err *err) MUST_USE;
// A fresh id: the hour number (4 bytes) and 12 random bytes.
void hublane_new_id(uint8_t ret_id[ENTRY_ID_BYTES]);

#endif
