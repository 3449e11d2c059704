// SPDX-License-Identifier: MIT
// A kiosk made from a backup: new keys, a new lane that names where the backup ends, and slips
// that wait until the hub's kit has come or staff accept that nobody knows which are used.
#ifndef HAILONG_RESTORE_H
#define HAILONG_RESTORE_H

#include "kiosk.h"

struct restored {
    char former[ENTRY_LANE_CHARS + 1]; // the backup's lane
    int64_t size;                      // its entries
    char lane[ENTRY_LANE_CHARS + 1];   // the new one
};
// Makes the data directory `folder` from the backup (or a whole copy) `from`. STATUS_CONFLICT when
// there is a kiosk in the folder or the file lacks its newest entries; STATUS_CHECK_FAILED names
// what is wrong with the backup's journal.
enum status restore_make(const char *folder, const char *from, struct restored *ret_restored,
                         struct err *err) MUST_USE;
// Keeps the hub's file with slip key and slips (base64), which the kiosk loads when it next opens.
enum status restore_kit(const char *folder, const char *path, struct err *err) MUST_USE;
// Slips are used although nobody knows which were spent; a journal entry says so. Slips of before
// the restore stay unknown. STATUS_CONFLICT when none are waiting. Not from the writer's thread.
enum status restore_accept_gap(struct kiosk *kiosk, struct err *err) MUST_USE;

#endif
