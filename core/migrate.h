// SPDX-License-Identifier: MIT
// Numbered migrations: each in one transaction, recorded in PRAGMA user_version.
#ifndef HAILONG_MIGRATE_H
#define HAILONG_MIGRATE_H

#include "db.h"

// Brings the database to the newest number of its schema. A database that is newer than this
// program is refused with STATUS_CONFLICT and a text that says to install the newer program.
enum status migrate_up(struct db *db, struct err *err) MUST_USE;
// STATUS_OK when the database has exactly the newest number; readers call it before reading.
enum status migrate_check(struct db *db, struct err *err) MUST_USE;

#endif
