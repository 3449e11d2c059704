// SPDX-License-Identifier: MIT
// Copies of databases: a backup beside a service that goes on writing, and tables taken over into
// a new database.
#ifndef HAILONG_SNAPSHOT_H
#define HAILONG_SNAPSHOT_H

#include "db.h"

// Changes the copy before it gets its name (leaves out what must not travel), inside one
// transaction.
typedef enum status (*snapshot_fill_fn)(struct db *copy, void *context, struct err *err);
// Told while it takes long: bytes written and to be written, about.
typedef void (*snapshot_progress_fn)(int64_t done_bytes, int64_t all_bytes, void *context);

struct snapshot_order {
    const char *from; // the database, which may be written to meanwhile
    const char *to;   // must not be there yet
    const struct db_schema *schema;
    snapshot_fill_fn fill;
    snapshot_progress_fn progress; // may be NULL
    void *context;                 // of both
};
// Writes the copy beside `to` under another name, has it filled, marks it as a backup, makes it
// durable (0600) and gives it its name. STATUS_CONFLICT when `to` is there. Nothing is left behind
// when it fails. It holds no writer up: one reading connection of its own.
enum status snapshot_write(const struct snapshot_order *order, struct err *err) MUST_USE;
// Copies all rows of a table into the one of the same name and columns; `where` ("" for all) is
// SQL of ours behind WHERE.
enum status snapshot_table(struct db *from, struct db *to, const char *table, const char *where,
                           struct err *err) MUST_USE;

#endif
