// SPDX-License-Identifier: MIT
// A prepared statement of the registry: typed binds, typed columns, reset and cleared when
// released. `$1`, `$2` … are bound by name (SQLite reads $1 as a name, not a position).
#ifndef HAILONG_STMT_H
#define HAILONG_STMT_H

#include "db.h"

struct stmt;
// Borrows statement number `id` of the database's registry, preparing it on first use. Release it
// before using the same statement again on this connection:
//     AUTO(stmt_releasep) struct stmt *q = NULL;
//     TRY(stmt_use(db, KIOSK_SLIP_FIND, &q, err));
//     stmt_bind_blob(q, 1, hash, 16);
//     TRY(stmt_row(q, &found, err));
enum status stmt_use(struct db *db, int id, struct stmt **ret_stmt, struct err *err) MUST_USE;
void stmt_release(struct stmt *stmt);
AUTO_POINTER(struct stmt, stmt_release)
// Binds. Failures are sticky and reported by the next step. Bytes are kept (not copied) until the
// release, so they must live that long. A wrong parameter number or type is a BUG.
void stmt_bind_int(struct stmt *stmt, int parameter, int64_t value);
void stmt_bind_text(struct stmt *stmt, int parameter, const char *text); // NULL binds NULL
void stmt_bind_text_n(struct stmt *stmt, int parameter, const char *text, size_t size_bytes);
void stmt_bind_blob(struct stmt *stmt, int parameter, const void *bytes, size_t size_bytes);
void stmt_bind_null(struct stmt *stmt, int parameter);
// Steps: *ret_row tells whether there is a row to read. After the last row it is false.
enum status stmt_row(struct stmt *stmt, bool *ret_row, struct err *err) MUST_USE;
// A statement that returns no row: runs it whole. `ret_changes` (may be NULL) gets the number of
// rows that were inserted, updated or deleted.
enum status stmt_run(struct stmt *stmt, int *ret_changes, struct err *err) MUST_USE;
// Clears the binds and rewinds, to run the same statement again without releasing it.
void stmt_again(struct stmt *stmt);
// Columns of the current row, from 0. Text and bytes are borrowed until the next step or release.
int64_t stmt_int(struct stmt *stmt, int column);
const char *stmt_text(struct stmt *stmt, int column); // NULL for NULL
const void *stmt_blob(struct stmt *stmt, int column, size_t *ret_size_bytes);
size_t stmt_text_size(struct stmt *stmt, int column);
bool stmt_is_null(struct stmt *stmt, int column);

#endif
