// SPDX-License-Identifier: MIT
// A disk that fails on demand: the database's own writes and syncs in this process.
#ifndef HAILONG_DISK_H
#define HAILONG_DISK_H

// From now on pwrite64 and fdatasync on files whose path ends in `suffix` ("-wal", ".db"; kept)
// fail with these errno values; 0 lets them through. Any thread. Undo with disk_fail(NULL, 0, 0).
void disk_fail(const char *suffix, int write_errno, int sync_errno);

#endif
