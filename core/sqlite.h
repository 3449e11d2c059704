// SPDX-License-Identifier: MIT
// The only file that includes sqlite3.h, with what the files of the database layer share.
#ifndef HAILONG_SQLITE_H
#define HAILONG_SQLITE_H

#include <sqlite3.h>

#include "db.h"

struct stmt;

// Longer than any transaction of the writer; a person who waits gives up later than this.
enum { DB_BUSY_TIMEOUT_MS = 5000 };

struct db {
    sqlite3 *handle;
    const struct db_schema *schema;
    struct stmt **statements; // by number, NULL until first used
    size_t borrowed;          // statements used and not yet released
    void *kept;               // db_keep
    int64_t page_bytes;
    int64_t wal_bytes;
};

// dbopen.c: makes the file unless it is there, nobody else's to read (SQLite gives -wal and -shm
// the same mode).
enum status dbopen_make_file(const char *path, struct err *err) MUST_USE;
// Opens db->handle and sets everything; on failure the caller still closes it.
enum status dbopen_connect(struct db *db, const char *path, enum db_mode mode,
                           struct err *err) MUST_USE;
// Locks what the schema calls append-only, or opens it for a migration.
void dbopen_lock(struct db *db, bool locked);
// Prepares SQL of ours that will be run often.
enum status db_prepare(struct db *db, const char *sql, sqlite3_stmt **ret_handle,
                       struct err *err) MUST_USE;
static inline void db_finalizep(sqlite3_stmt **handle)
{
    sqlite3_finalize(*handle);
}
// The one integer of a query such as `PRAGMA user_version`.
enum status db_query_int(struct db *db, const char *sql, int64_t *ret_value,
                         struct err *err) MUST_USE;
// Makes the next commit begin the WAL anew, waiting for readers at most `wait_ms`; `truncate` also
// cuts the file to nothing. STATUS_BUSY when a reader still needs the WAL.
enum status db_restart_wal(struct db *db, bool truncate, int wait_ms, struct err *err) MUST_USE;
// Releases what its borrower forgot to, so that no read transaction stays open. A BUG when there
// is any.
void db_release_all(struct db *db);
// Finalises and frees a cached statement. NULL is fine.
void stmt_free(struct stmt *stmt);

#endif
