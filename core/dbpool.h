// SPDX-License-Identifier: MIT
// A few read-only connections shared by the server's threads.
#ifndef HAILONG_DBPOOL_H
#define HAILONG_DBPOOL_H

#include "db.h"

struct dbpool;
enum status dbpool_open(const char *path, const struct db_schema *schema, size_t connections,
                        struct dbpool **ret_pool, struct err *err) MUST_USE;
void dbpool_close(struct dbpool *pool);
AUTO_POINTER(struct dbpool, dbpool_close)
// Borrows a connection, waiting until one is free. Give it back with dbpool_give. Any thread.
struct db *dbpool_take(struct dbpool *pool);
void dbpool_give(struct dbpool *pool, struct db *db);

#endif
