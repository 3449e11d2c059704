// SPDX-License-Identifier: MIT
// Numbers of the box itself, kept in the table `fact`.
#ifndef HAILONG_FACT_H
#define HAILONG_FACT_H

#include "db.h"

// 0 when there is no such number. `name` has at most 32 characters.
enum status fact_get(struct db *db, const char *name, int64_t *ret_value, struct err *err) MUST_USE;
// Inside a job of the writer.
enum status fact_set(struct db *db, const char *name, int64_t value, struct err *err) MUST_USE;

#endif
