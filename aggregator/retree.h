// SPDX-License-Identifier: MIT
// A changed tree of units: what was counted belongs to the ancestors that the new tree says.
#ifndef HAILONG_RETREE_H
#define HAILONG_RETREE_H

#include "db.h"
#include "unit.h"

// Inside the transaction that takes the new tree: moves the counts of table A from ancestors that
// a unit no longer has on a day to those that it has now. STATUS_CONFLICT names a unit and day
// with answers that the new tree does not know.
enum status retree(struct db *db, const struct unit_tree *before, const struct unit_tree *after,
                   struct err *err) MUST_USE;

#endif
