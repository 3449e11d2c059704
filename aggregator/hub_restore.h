// SPDX-License-Identifier: MIT
// A hub made from a backup. Its own entries go on in a new lane that names where the backup ends:
// nobody can know whether the old lane held more. Kiosks send again what came after the backup.
#ifndef HAILONG_HUB_RESTORE_H
#define HAILONG_HUB_RESTORE_H

#include "hub.h"

struct hub_restored {
    char former[ENTRY_LANE_CHARS + 1]; // the backup's own lane
    int64_t size;                      // its entries
};
// Makes the data directory `folder` from the backup (or a whole copy of a database) `from`. `keys`
// is the keys folder of the hub that was lost, or NULL: without it new keys are made, and kiosks
// have to be enrolled again. STATUS_CONFLICT when there is a hub in the folder or the file lacks
// its newest entries; STATUS_BAD_INPUT when the keys are of another hub.
enum status hub_restore(const char *folder, const char *from, const char *keys,
                        struct hub_restored *ret_restored, struct err *err) MUST_USE;
// The command.
struct option_set;
enum status hub_restore_command(const struct option_set *options, struct err *err) MUST_USE;

#endif
