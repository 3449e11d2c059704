// SPDX-License-Identifier: MIT
// Writes a table anew in the order of its key.
#include "resort.h"

#include <stdio.h>

#include "sqlite.h"

enum {
    VALUE_BYTES = sizeof(sqlite3_value *),
    SQL_BYTES = 256,
    ROWS_LIMIT_BYTES = 64 * 1024 * 1024, // pointers to the values of a million rows of eight
};

// The values of all rows, one behind the other.
struct rows {
    struct buf values; // sqlite3_value *
    int columns;
};

static void rows_done(struct rows *rows)
{
    sqlite3_value *const *values = (sqlite3_value *const *)(const void *)rows->values.data;
    for (size_t i = 0; i < rows->values.size_bytes / VALUE_BYTES; i++)
        sqlite3_value_free(values[i]);
    buf_done(&rows->values);
}

static enum status take_row(sqlite3_stmt *read, struct rows *rows, struct err *err)
{
    for (int i = 0; i < rows->columns; i++) {
        sqlite3_value *value = sqlite3_value_dup(sqlite3_column_value(read, i));
        if (value == NULL)
            return err_set(err, STATUS_NO_MEMORY, "no memory for a table's rows");
        buf_add(&rows->values, &value, VALUE_BYTES);
        if (rows->values.failed != STATUS_OK)
            sqlite3_value_free(value);
        TRY(buf_check(&rows->values, err));
    }
    return STATUS_OK;
}

static enum status read_rows(struct db *db, const char *table, const char *key, struct rows *rows,
                             struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *read = NULL;
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", table, key);
    TRY(db_prepare(db, sql, &read, err));
    rows->columns = sqlite3_column_count(read);
    for (;;) {
        const int code = sqlite3_step(read);
        if (code == SQLITE_DONE)
            return STATUS_OK;
        if (code != SQLITE_ROW)
            return db_fail(db, "reading a table", err);
        TRY(take_row(read, rows, err));
    }
}

static enum status prepare_insert(struct db *db, const char *table, int columns,
                                  sqlite3_stmt **ret_write, struct err *err)
{
    AUTO(buf_done) struct buf sql;
    buf_init(&sql, SQL_BYTES);
    buf_addf(&sql, "INSERT INTO %s VALUES (?", table);
    for (int i = 1; i < columns; i++)
        buf_add_text(&sql, ",?");
    buf_add_text(&sql, ")");
    TRY(buf_check(&sql, err));
    return db_prepare(db, buf_text(&sql), ret_write, err);
}

static enum status write_rows(struct db *db, const char *table, const struct rows *rows,
                              struct err *err)
{
    AUTO(db_finalizep) sqlite3_stmt *write = NULL;
    sqlite3_value *const *values = (sqlite3_value *const *)(const void *)rows->values.data;
    const size_t count = rows->values.size_bytes / VALUE_BYTES;
    if (count == 0)
        return STATUS_OK;
    TRY(prepare_insert(db, table, rows->columns, &write, err));
    for (size_t at = 0; at < count; at += (size_t)rows->columns) {
        for (int i = 0; i < rows->columns; i++)
            if (sqlite3_bind_value(write, i + 1, values[at + (size_t)i]) != SQLITE_OK)
                return db_fail(db, "writing a row", err);
        if (sqlite3_step(write) != SQLITE_DONE)
            return db_fail(db, "writing a row", err);
        sqlite3_reset(write);
    }
    return STATUS_OK;
}

enum status resort_table(struct db *db, const char *table, const char *key, struct err *err)
{
    AUTO(rows_done) struct rows rows = {.columns = 0};
    char sql[SQL_BYTES];
    buf_init(&rows.values, ROWS_LIMIT_BYTES);
    TRY(read_rows(db, table, key, &rows, err));
    snprintf(sql, sizeof sql, "DELETE FROM %s", table);
    TRY(db_exec(db, sql, err));
    return write_rows(db, table, &rows, err);
}
