// SPDX-License-Identifier: MIT
// VACUUM INTO with what belongs around it.
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "copied.h"
#include "file.h"
#include "migrate.h"
#include "sqlite.h"

enum {
    PATH_BYTES = 4096,
    PROGRESS_STEPS = 200000,  // of SQLite's machine: some hundredths of a second
    PROGRESS_AFTER_MS = 1000, // a person begins to wonder
    PROGRESS_EVERY_MS = 250,
    SQL_BYTES = 256,
};

struct watching {
    const struct snapshot_order *order;
    const char *path;
    int64_t all_bytes, due_ms;
};

static int watch(void *context)
{
    struct watching *watching = context;
    struct stat facts;
    const int64_t now_ms = clock_mono_ms();
    if (now_ms < watching->due_ms)
        return 0;
    watching->due_ms = now_ms + PROGRESS_EVERY_MS;
    if (stat(watching->path, &facts) == 0)
        watching->order->progress((int64_t)facts.st_size, watching->all_bytes,
                                  watching->order->context);
    return 0;
}

static enum status run_vacuum(struct db *db, const char *path, struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *handle = NULL;
    // The connection is read-only by the way it was opened; this switch would also forbid the copy.
    TRY(db_exec(db, "PRAGMA query_only=OFF", err));
    TRY(db_prepare(db, "VACUUM INTO ?1", &handle, err));
    if (sqlite3_bind_text(handle, 1, path, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(handle) != SQLITE_DONE)
        return db_fail(db, "copying the database", err);
    return STATUS_OK;
}

static enum status copy(const struct snapshot_order *order, const char *path, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(order->from, DB_READ, order->schema, &db, err));
    TRY(migrate_check(db, err));
    int64_t pages = 0;
    TRY(db_query_int(db, "PRAGMA page_count", &pages, err));
    struct watching watching = {.order = order,
                                .path = path,
                                .all_bytes = pages * db->page_bytes,
                                .due_ms = clock_mono_ms() + PROGRESS_AFTER_MS};
    if (order->progress != NULL)
        sqlite3_progress_handler(db->handle, PROGRESS_STEPS, watch, &watching);
    const enum status status = run_vacuum(db, path, err);
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    return status;
}

static enum status fill(const struct snapshot_order *order, const char *path, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_WRITE, order->schema, &db, err));
    TRY(db_exec(db, "BEGIN IMMEDIATE", err));
    TRY(order->fill(db, order->context, err)); // a failure removes the file
    TRY(copied_mark_backup(db, err));
    TRY(db_exec(db, "COMMIT", err));
    TRY(db_check(db, err));
    return db_checkpoint(db, true, err);
}

static void remove_all(const char *path)
{
    char beside[PATH_BYTES + 8];
    unlink(path);
    snprintf(beside, sizeof beside, "%s-wal", path);
    unlink(beside);
    snprintf(beside, sizeof beside, "%s-shm", path);
    unlink(beside);
}

static enum status write_part(const struct snapshot_order *order, const char *part, struct err *err)
{
    // First, so that nobody else may read it.
    const int file = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return err_errno(err, "making %.200s", part);
    close(file);
    TRY(copy(order, part, err));
    TRY(fill(order, part, err));
    return file_move(part, order->to, err);
}

enum status snapshot_write(const struct snapshot_order *order, struct err *err)
{
    char part[PATH_BYTES];
    TRY(copied_check(order->from, err));
    if (file_exists(order->to))
        return err_set(err, STATUS_CONFLICT,
                       "there is a file %.200s already; a backup never overwrites one", order->to);
    const int size = snprintf(part, sizeof part - 8, "%s.part-%ld", order->to, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof part - 8)
        return err_set(err, STATUS_BAD_INPUT, "the path of the backup is too long");
    const enum status status = write_part(order, part, err);
    if (status != STATUS_OK)
        remove_all(part);
    return status;
}

// ---- tables ------------------------------------------------------------------------------------

static enum status insert_sql(const char *table, int columns, char ret_sql[SQL_BYTES],
                              struct err *err)
{
    int at = snprintf(ret_sql, SQL_BYTES, "INSERT INTO %s VALUES (", table);
    for (int i = 1; i <= columns && at > 0 && at < SQL_BYTES; i++)
        at += snprintf(ret_sql + at, (size_t)(SQL_BYTES - at), "%s?%d", i == 1 ? "" : ",", i);
    if (at > 0 && at < SQL_BYTES)
        at += snprintf(ret_sql + at, (size_t)(SQL_BYTES - at), ")");
    return at > 0 && at < SQL_BYTES ? STATUS_OK : BUG(err, "a table with too many columns");
}

enum status snapshot_table(struct db *from, struct db *to, const char *table, const char *where,
                           struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *read = NULL;
    AUTO(db_finalizep) sqlite3_stmt *write = NULL;
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql, "SELECT * FROM %s%s%s", table, where[0] == '\0' ? "" : " WHERE ",
             where);
    TRY(db_prepare(from, sql, &read, err));
    const int columns = sqlite3_column_count(read);
    TRY(insert_sql(table, columns, sql, err));
    TRY(db_prepare(to, sql, &write, err));
    for (;;) {
        const int code = sqlite3_step(read);
        if (code == SQLITE_DONE)
            return STATUS_OK;
        if (code != SQLITE_ROW)
            return db_fail(from, "reading a table", err);
        for (int i = 0; i < columns; i++)
            if (sqlite3_bind_value(write, i + 1, sqlite3_column_value(read, i)) != SQLITE_OK)
                return db_fail(to, "copying a row", err);
        if (sqlite3_step(write) != SQLITE_DONE)
            return db_fail(to, "copying a row", err);
        sqlite3_reset(write);
    }
}
