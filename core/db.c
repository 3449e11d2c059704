// SPDX-License-Identifier: MIT
// A connection's life, the mapping of SQLite's errors, checks and checkpoints.
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite.h"
#include "stmt.h"

static bool is_no_space(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

// errno of the last failed write to the WAL. sqlite3_system_errno is not set by a failing COMMIT.
static int wal_errno(sqlite3 *handle)
{
    sqlite3_file *wal = NULL;
    int code = 0;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (wal != NULL && wal->pMethods != NULL)
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code;
}

static enum status status_of_io(sqlite3 *handle, int extended)
{
    if (extended == SQLITE_IOERR_NOMEM)
        return STATUS_NO_MEMORY;
    // SQLite says FULL for ENOSPC of a write, but not for a quota and not when it enlarges -shm.
    // A sync that failed for want of space stays IO: what reached the disk is then unknown.
    bool before_sync = extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_SHMSIZE;
    bool no_space = is_no_space(sqlite3_system_errno(handle)) || is_no_space(wal_errno(handle));
    return before_sync && no_space ? STATUS_FULL : STATUS_IO;
}

// What is there already is an answer. A CHECK, a NOT NULL or a trigger that fails is a bug of
// ours, and whoever asked must not read it as an answer.
static enum status status_of_constraint(int extended)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
        return STATUS_CONFLICT;
    default:
        return STATUS_INTERNAL;
    }
}

static enum status status_of(sqlite3 *handle)
{
    int extended = sqlite3_extended_errcode(handle);
    switch (extended & 0xff) {
    case SQLITE_FULL:
        return STATUS_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return STATUS_BUSY;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    case SQLITE_CONSTRAINT:
        return status_of_constraint(extended);
    case SQLITE_IOERR:
        return status_of_io(handle, extended);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return STATUS_IO;
    default:
        return STATUS_INTERNAL;
    }
}

enum status db_fail(struct db *db, const char *what, struct err *err)
{
    enum status status = status_of(db->handle);
    const char *text = sqlite3_errmsg(db->handle);
    int code = sqlite3_extended_errcode(db->handle);
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, status, "%s: the database file is damaged (%s); restore a backup", what,
                       text);
    case SQLITE_FULL:
        return err_set(err, status, "%s: no space left on the disk; nothing was written", what);
    default:
        return err_set(err, status, "%s: %s (SQLite %d)", what, text, code);
    }
}

enum status db_prepare(struct db *db, const char *sql, sqlite3_stmt **ret_handle, struct err *err)
{
    sqlite3_stmt *handle = NULL;
    const char *rest = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &rest) !=
        SQLITE_OK)
        return db_fail(db, "preparing a statement", err);
    if (handle == NULL || rest[strspn(rest, " \t\n;")] != '\0') {
        sqlite3_finalize(handle);
        return BUG(err, "not exactly one SQL statement");
    }
    *ret_handle = handle;
    return STATUS_OK;
}

enum status db_query_int(struct db *db, const char *sql, int64_t *ret_value, struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *handle = NULL;
    TRY(db_prepare(db, sql, &handle, err));
    if (sqlite3_step(handle) != SQLITE_ROW)
        return db_fail(db, sql, err);
    *ret_value = sqlite3_column_int64(handle, 0);
    return STATUS_OK;
}

void db_keep(struct db *db, void *kept)
{
    db->kept = kept;
}

void *db_kept(const struct db *db)
{
    return db->kept;
}

enum status db_exec(struct db *db, const char *sql, struct err *err)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(db, "running SQL", err);
    return STATUS_OK;
}

enum status db_open(const char *path, enum db_mode mode, const struct db_schema *schema,
                    struct db **ret_db, struct err *err)
{
    if (mode == DB_CREATE)
        TRY(dbopen_make_file(path, err));
    struct stat facts;
    if (stat(path, &facts) != 0)
        return err_errno(err, "opening the database %s", path);
    AUTO(db_closep) struct db *db = calloc(1, sizeof(*db));
    if (db == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a database connection");
    db->schema = schema;
    // One more, because calloc of nothing may be NULL.
    db->statements = calloc(schema->statement_count + 1, sizeof(struct stmt *));
    if (db->statements == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a database connection");
    TRY(dbopen_connect(db, path, mode, err));
    *ret_db = db;
    db = NULL;
    return STATUS_OK;
}

static void log_statements(const struct db *db)
{
    const char *path = getenv("HAILONG_STATEMENTS_LOG");
    if (path == NULL || path[0] == '\0' || db->statements == NULL)
        return;
    AUTO(buf_done) struct buf text;
    buf_init(&text, (size_t)64 * 1024); // a thousand statements of 64 characters
    for (size_t i = 0; i < db->schema->statement_count; i++)
        if (db->statements[i] != NULL)
            buf_addf(&text, "%s.%s\n", db->schema->name, db->schema->statements[i].name);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    // One write, so that lines of several processes do not mix. A short one fails the test that
    // reads the file, which is all that it is for.
    ssize_t written = write(file, buf_text(&text), text.size_bytes);
    (void)written;
    close(file);
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    log_statements(db);
    for (size_t i = 0; db->statements != NULL && i < db->schema->statement_count; i++)
        stmt_free(db->statements[i]);
    free(db->statements);
    sqlite3_close_v2(db->handle);
    free(db);
}

const struct db_schema *db_schema_of(const struct db *db)
{
    return db->schema;
}

void db_release_all(struct db *db)
{
    if (db->borrowed == 0)
        return;
    for (size_t i = 0; i < db->schema->statement_count; i++)
        if (db->statements[i] != NULL)
            stmt_release(db->statements[i]);
    (void)BUG(NULL, "a statement was not released");
}

static enum status check_integrity(struct db *db, struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *handle = NULL;
    // One finding is enough to fail.
    TRY(db_prepare(db, "PRAGMA integrity_check(1)", &handle, err));
    if (sqlite3_step(handle) != SQLITE_ROW)
        return db_fail(db, "checking the database", err);
    const unsigned char *finding = sqlite3_column_text(handle, 0);
    if (finding != NULL && strcmp((const char *)finding, "ok") == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED, "integrity check: %s",
                   finding != NULL ? (const char *)finding : "no answer");
}

static enum status check_references(struct db *db, struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *handle = NULL;
    TRY(db_prepare(db, "PRAGMA foreign_key_check", &handle, err));
    int code = sqlite3_step(handle);
    if (code == SQLITE_DONE)
        return STATUS_OK;
    if (code != SQLITE_ROW)
        return db_fail(db, "checking the database", err);
    return err_set(err, STATUS_CHECK_FAILED, "foreign key check: row %lld of %s has no row in %s",
                   (long long)sqlite3_column_int64(handle, 1),
                   (const char *)sqlite3_column_text(handle, 0),
                   (const char *)sqlite3_column_text(handle, 2));
}

enum status db_check(struct db *db, struct err *err)
{
    TRY(check_integrity(db, err));
    return check_references(db, err);
}

int64_t db_wal_bytes(const struct db *db)
{
    return db->wal_bytes;
}

// How often a truncation is tried within the busy timeout.
enum { TRUNCATE_TRIES = 50 };

// SQLite waits for readers, but not for another connection that is checkpointing.
static enum status truncate_wal(struct db *db, struct err *err)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    enum status status = STATUS_BUSY;
    for (int i = 0; i < TRUNCATE_TRIES && status == STATUS_BUSY; i++) {
        if (i > 0)
            nanosleep(&pause, NULL);
        status = db_restart_wal(db, true, DB_BUSY_TIMEOUT_MS / TRUNCATE_TRIES, err);
    }
    return status;
}

enum status db_checkpoint(struct db *db, bool truncate, struct err *err)
{
    if (truncate)
        return truncate_wal(db, err);
    int code = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    // BUSY: another connection is checkpointing at this moment, which serves as well.
    return code == SQLITE_OK || code == SQLITE_BUSY ? STATUS_OK : db_fail(db, "checkpointing", err);
}

enum status db_restart_wal(struct db *db, bool truncate, int wait_ms, struct err *err)
{
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART;
    sqlite3_busy_timeout(db->handle, wait_ms);
    int code = sqlite3_wal_checkpoint_v2(db->handle, "main", mode, NULL, NULL);
    sqlite3_busy_timeout(db->handle, DB_BUSY_TIMEOUT_MS);
    if (code != SQLITE_OK)
        return db_fail(db, "checkpointing", err);
    db->wal_bytes = 0;
    return STATUS_OK;
}
