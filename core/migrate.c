// SPDX-License-Identifier: MIT
// Runs the migrations that a database lacks, one transaction each.
#include "migrate.h"

#include <stdio.h>

#include "sqlite.h"

static enum status refuse_newer(const struct db *db, int64_t version, struct err *err)
{
    if (version <= (int64_t)db->schema->migration_count)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "the %s database has version %lld, this program knows %zu; install the newer "
                   "program",
                   db->schema->name, (long long)version, db->schema->migration_count);
}

// Reads the version again, inside the transaction: another process may have migrated meanwhile.
static enum status step(struct db *db, const struct db_migration *migration, struct err *err)
{
    int64_t version;
    TRY(db_query_int(db, "PRAGMA user_version", &version, err));
    if (version >= migration->number)
        return STATUS_OK;
    if (sqlite3_exec(db->handle, migration->sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(db, migration->name, err);
    if (sqlite3_get_autocommit(db->handle))
        return BUG(err, "migration %s ends its own transaction", migration->name);
    char record[64];
    snprintf(record, sizeof(record), "PRAGMA user_version=%d", migration->number);
    return db_exec(db, record, err);
}

static enum status apply(struct db *db, const struct db_migration *migration, struct err *err)
{
    TRY(db_exec(db, "BEGIN IMMEDIATE", err));
    dbopen_lock(db, false);
    enum status status = step(db, migration, err);
    dbopen_lock(db, true);
    if (status == STATUS_OK)
        status = db_exec(db, "COMMIT", err);
    // SQLite may have rolled back by itself (full disk).
    if (status != STATUS_OK && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum status migrate_up(struct db *db, struct err *err)
{
    int64_t version;
    TRY(db_query_int(db, "PRAGMA user_version", &version, err));
    TRY(refuse_newer(db, version, err));
    for (size_t i = (size_t)version; i < db->schema->migration_count; i++)
        TRY(apply(db, &db->schema->migrations[i], err));
    return STATUS_OK;
}

enum status migrate_check(struct db *db, struct err *err)
{
    int64_t version;
    TRY(db_query_int(db, "PRAGMA user_version", &version, err));
    TRY(refuse_newer(db, version, err));
    if (version == (int64_t)db->schema->migration_count)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "the %s database has version %lld, this program needs %zu; start the service "
                   "once to bring it up to date",
                   db->schema->name, (long long)version, db->schema->migration_count);
}
