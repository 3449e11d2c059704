// SPDX-License-Identifier: MIT
// Within a page of a database rows lie in the order in which they were written, and a row that grew
// lies where there was room; and where pages were split, bytes of rows stay behind that no deletion
// reaches (secure_delete clears what is deleted, not what was moved). A table that must not tell
// either is written anew: its pages are cleared whole.
#ifndef HAILONG_RESORT_H
#define HAILONG_RESORT_H

#include "db.h"

// Inside a transaction: takes all rows out of the table and puts them back in the order of `key`,
// SQL of ours. They stand in memory meanwhile: for tables of up to some hundred thousand rows. The
// old pages stay in the WAL until it is truncated.
enum status resort_table(struct db *db, const char *table, const char *key,
                         struct err *err) MUST_USE;

#endif
