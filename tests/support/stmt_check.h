// SPDX-License-Identifier: MIT
// Checks a program's statement registry against a migrated database.
#ifndef HAILONG_STMT_CHECK_H
#define HAILONG_STMT_CHECK_H

#include "db.h"

// Creates the database and runs all migrations; fails the test when that does not work.
void stmt_check_migrated(const char *db_path, const struct db_schema *schema);
// Prepares every statement and compares parameters, column names and (where the column is a plain
// table column) types with its in: and out: lines; reads its plan: a scan of a real table or an
// automatic index needs a `-- scan:` line, and such a line needs a scan. Prints each finding;
// returns their number, so that the test is
//     assert_int_equal(stmt_check_all(&kiosk_schema, path), 0);
size_t stmt_check_all(const struct db_schema *schema, const char *db_path) MUST_USE;

#endif
