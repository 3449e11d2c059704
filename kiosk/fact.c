// SPDX-License-Identifier: MIT
// Reads and writes single numbers.
#include "fact.h"

#include "kiosk_sql.h"
#include "stmt.h"

enum status fact_get(struct db *db, const char *name, int64_t *ret_value, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FACT_GET, &q, err));
    stmt_bind_text(q, 1, name);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_value = found ? stmt_int(q, 0) : 0;
    return STATUS_OK;
}

enum status fact_set(struct db *db, const char *name, int64_t value, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FACT_SET, &q, err));
    stmt_bind_text(q, 1, name);
    stmt_bind_int(q, 2, value);
    return stmt_run(q, NULL, err);
}
