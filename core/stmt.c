// SPDX-License-Identifier: MIT
// Prepared statements of the registry, checked against the types that their file declares.
#include "stmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite.h"

// The names are given in a 64-bit mask (which parameters are bound); tools/sqlc.py has the same.
enum { COLUMN_MAX = 64 };

struct column {
    uint8_t type; // SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB
    bool nullable;
};

struct stmt {
    sqlite3_stmt *handle;
    struct db *db;
    const char *name;
    bool borrowed, finished;
    int in_count, out_count;
    uint64_t bound; // bit p-1: parameter $p is bound
    enum status failed;
    struct err err;
    int index[COLUMN_MAX]; // SQLite's index of $1, $2 …
    struct column in[COLUMN_MAX], out[COLUMN_MAX];
};

static void fail(struct stmt *stmt, int parameter, const char *what)
{
    if (stmt->failed == STATUS_OK)
        stmt->failed = BUG(&stmt->err, "statement %s, $%d: %s", stmt->name, parameter, what);
}

// Reads "name type?, …" into types.
static int read_columns(const char *text, struct column *columns)
{
    int count = 0;
    while (*text != '\0' && count < COLUMN_MAX) {
        size_t chars = strcspn(text, ",");
        const char *type = memchr(text, ' ', chars);
        if (type == NULL)
            return -1;
        columns[count].type = type[1] == 'i'   ? SQLITE_INTEGER
                              : type[1] == 't' ? SQLITE_TEXT
                                               : SQLITE_BLOB;
        columns[count].nullable = text[chars - 1] == '?';
        count++;
        text += chars;
        text += strspn(text, ", ");
    }
    return *text == '\0' ? count : -1;
}

static enum status match(struct stmt *stmt, const struct db_statement *registered, struct err *err)
{
    stmt->in_count = read_columns(registered->in, stmt->in);
    stmt->out_count = read_columns(registered->out, stmt->out);
    if (stmt->in_count != sqlite3_bind_parameter_count(stmt->handle) ||
        stmt->out_count != sqlite3_column_count(stmt->handle))
        return BUG(err, "statement %s does not fit its in: and out: lines", stmt->name);
    for (int i = 0; i < stmt->in_count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "$%d", i + 1);
        stmt->index[i] = sqlite3_bind_parameter_index(stmt->handle, name);
        if (stmt->index[i] == 0)
            return BUG(err, "statement %s has no $%d", stmt->name, i + 1);
    }
    return STATUS_OK;
}

static enum status prepare(struct db *db, const struct db_statement *registered,
                           struct stmt **ret_stmt, struct err *err)
{
    struct stmt *stmt = calloc(1, sizeof(*stmt));
    if (stmt == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a statement");
    stmt->db = db;
    stmt->name = registered->name;
    enum status status = db_prepare(db, registered->sql, &stmt->handle, err);
    if (status == STATUS_OK)
        status = match(stmt, registered, err);
    if (status != STATUS_OK) {
        stmt_free(stmt);
        return status;
    }
    *ret_stmt = stmt;
    return STATUS_OK;
}

enum status stmt_use(struct db *db, int id, struct stmt **ret_stmt, struct err *err)
{
    if (id < 0 || (size_t)id >= db->schema->statement_count)
        return BUG(err, "no statement %d in the registry of %s", id, db->schema->name);
    if (db->statements[id] == NULL)
        TRY(prepare(db, &db->schema->statements[id], &db->statements[id], err));
    struct stmt *stmt = db->statements[id];
    if (stmt->borrowed)
        return BUG(err, "statement %s is in use already", stmt->name);
    stmt->borrowed = true;
    db->borrowed++;
    *ret_stmt = stmt;
    return STATUS_OK;
}

void stmt_release(struct stmt *stmt)
{
    if (stmt == NULL || !stmt->borrowed)
        return;
    stmt_again(stmt);
    stmt->borrowed = false;
    stmt->db->borrowed--;
}

void stmt_free(struct stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_finalize(stmt->handle);
    free(stmt);
}

void stmt_again(struct stmt *stmt)
{
    sqlite3_reset(stmt->handle);
    sqlite3_clear_bindings(stmt->handle);
    stmt->bound = 0;
    stmt->finished = false;
    stmt->failed = STATUS_OK;
}

// SQLite's index for the bind, or 0 when it is not allowed (`type` 0: NULL).
static int bind_index(struct stmt *stmt, int parameter, int type)
{
    if (parameter < 1 || parameter > stmt->in_count) {
        fail(stmt, parameter, "no such parameter");
        return 0;
    }
    const struct column *column = &stmt->in[parameter - 1];
    if (type == 0 ? !column->nullable : column->type != type) {
        fail(stmt, parameter, type == 0 ? "may not be NULL" : "bound with another type");
        return 0;
    }
    stmt->bound |= UINT64_C(1) << (parameter - 1);
    return stmt->index[parameter - 1];
}

static void note_bind(struct stmt *stmt, int code)
{
    if (code == SQLITE_OK || stmt->failed != STATUS_OK)
        return;
    if (code == SQLITE_TOOBIG)
        stmt->failed = err_set(&stmt->err, STATUS_TOO_LARGE, "a value is too large");
    else if (code == SQLITE_MISUSE)
        stmt->failed = BUG(&stmt->err, "statement %s: bound after a step", stmt->name);
    else
        stmt->failed = db_fail(stmt->db, stmt->name, &stmt->err);
}

void stmt_bind_int(struct stmt *stmt, int parameter, int64_t value)
{
    int index = bind_index(stmt, parameter, SQLITE_INTEGER);
    if (index != 0)
        note_bind(stmt, sqlite3_bind_int64(stmt->handle, index, value));
}

void stmt_bind_text(struct stmt *stmt, int parameter, const char *text)
{
    if (text == NULL)
        stmt_bind_null(stmt, parameter);
    else
        stmt_bind_text_n(stmt, parameter, text, strlen(text));
}

void stmt_bind_text_n(struct stmt *stmt, int parameter, const char *text, size_t size_bytes)
{
    // SQLite takes the NULL pointer of an empty buffer for NULL.
    const char *bytes = text != NULL ? text : "";
    int index = bind_index(stmt, parameter, SQLITE_TEXT);
    if (index != 0)
        note_bind(stmt, sqlite3_bind_text64(stmt->handle, index, bytes, size_bytes, SQLITE_STATIC,
                                            SQLITE_UTF8));
}

void stmt_bind_blob(struct stmt *stmt, int parameter, const void *bytes, size_t size_bytes)
{
    const void *start = bytes != NULL ? bytes : "";
    int index = bind_index(stmt, parameter, SQLITE_BLOB);
    if (index != 0)
        note_bind(stmt, sqlite3_bind_blob64(stmt->handle, index, start, size_bytes, SQLITE_STATIC));
}

void stmt_bind_null(struct stmt *stmt, int parameter)
{
    int index = bind_index(stmt, parameter, 0);
    if (index != 0)
        note_bind(stmt, sqlite3_bind_null(stmt->handle, index));
}

static bool all_bound(const struct stmt *stmt)
{
    uint64_t wanted =
        stmt->in_count == COLUMN_MAX ? UINT64_MAX : (UINT64_C(1) << stmt->in_count) - 1;
    return stmt->bound == wanted;
}

enum status stmt_row(struct stmt *stmt, bool *ret_row, struct err *err)
{
    if (stmt->failed == STATUS_OK && !all_bound(stmt))
        stmt->failed = BUG(&stmt->err, "statement %s: a parameter is not bound", stmt->name);
    if (stmt->failed != STATUS_OK)
        return err_set(err, stmt->failed, "%s", stmt->err.text);
    if (stmt->finished) { // a further step would run the statement again
        *ret_row = false;
        return STATUS_OK;
    }
    int code = sqlite3_step(stmt->handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        stmt->failed = db_fail(stmt->db, stmt->name, &stmt->err);
        return err_set(err, stmt->failed, "%s", stmt->err.text);
    }
    stmt->finished = code == SQLITE_DONE;
    *ret_row = !stmt->finished;
    return STATUS_OK;
}

enum status stmt_run(struct stmt *stmt, int *ret_changes, struct err *err)
{
    bool row = false;
    TRY(stmt_row(stmt, &row, err));
    if (row)
        return BUG(err, "statement %s gave a row to stmt_run", stmt->name);
    if (ret_changes != NULL)
        *ret_changes = sqlite3_stmt_readonly(stmt->handle) ? 0 : sqlite3_changes(stmt->db->handle);
    return STATUS_OK;
}

// False (and a BUG) when the current row has no such column of that type.
static bool readable(struct stmt *stmt, int column, int type)
{
    if (column < 0 || column >= stmt->out_count || sqlite3_data_count(stmt->handle) == 0) {
        (void)BUG(NULL, "statement %s: no column %d or no row", stmt->name, column);
        return false;
    }
    const struct column *declared = &stmt->out[column];
    int actual = sqlite3_column_type(stmt->handle, column);
    bool fits = actual == SQLITE_NULL ? declared->nullable : actual == declared->type;
    if (!fits || declared->type != type)
        (void)BUG(NULL, "statement %s, column %d: not the declared type", stmt->name, column);
    return fits && declared->type == type;
}

int64_t stmt_int(struct stmt *stmt, int column)
{
    return readable(stmt, column, SQLITE_INTEGER) ? sqlite3_column_int64(stmt->handle, column) : 0;
}

const char *stmt_text(struct stmt *stmt, int column)
{
    if (!readable(stmt, column, SQLITE_TEXT))
        return "";
    return (const char *)sqlite3_column_text(stmt->handle, column);
}

size_t stmt_text_size(struct stmt *stmt, int column)
{
    if (!readable(stmt, column, SQLITE_TEXT))
        return 0;
    return (size_t)sqlite3_column_bytes(stmt->handle, column);
}

const void *stmt_blob(struct stmt *stmt, int column, size_t *ret_size_bytes)
{
    *ret_size_bytes = 0;
    if (!readable(stmt, column, SQLITE_BLOB))
        return "";
    const void *bytes = sqlite3_column_blob(stmt->handle, column);
    *ret_size_bytes = (size_t)sqlite3_column_bytes(stmt->handle, column);
    // SQLite gives NULL for an empty blob, too.
    bool is_null = sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
    return bytes == NULL && !is_null ? "" : bytes;
}

bool stmt_is_null(struct stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}
