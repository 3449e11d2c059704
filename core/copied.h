// SPDX-License-Identifier: MIT
// Database files that were moved by hand. A file that somebody writes to says so in its header
// (PRAGMA application_id), with its inode: without its -wal file, a copy of it lacks the newest
// commits and is refused, and so is a backup that was put in the place of a database. A box that
// was cut off keeps inode and -wal file, and simply goes on.
#ifndef HAILONG_COPIED_H
#define HAILONG_COPIED_H

#include "db.h"

enum copied_mark { COPIED_IDLE, COPIED_RUNNING, COPIED_BACKUP };

// Reads the mark from the file's header. STATUS_BAD_INPUT when it is no database.
enum status copied_read(const char *path, enum copied_mark *ret_mark, struct err *err) MUST_USE;
// Before a database is opened: STATUS_CONFLICT, with what to do, for a copy of a running one and
// for a backup. Any other file is fine, also one that is not there.
enum status copied_check(const char *path, struct err *err) MUST_USE;
// The same for a file that `restore` takes: a backup is what it wants.
enum status copied_check_backup(const char *path, struct err *err) MUST_USE;
// From now on this connection's file is written to. Until copied_end its -wal file stays, even
// when the connection is closed. Not inside a transaction.
enum status copied_begin(struct db *db, const char *path, struct err *err) MUST_USE;
// The connection will be closed properly. Also inside a job of the writer; when that fails the
// -wal file stays, and the file is taken for what it is: one that was cut off.
enum status copied_end(struct db *db, struct err *err) MUST_USE;
enum status copied_mark_backup(struct db *db, struct err *err) MUST_USE;

#endif
