// SPDX-License-Identifier: MIT
// The table fact, and the owed truncation.
#include "hubfact.h"

#include "hub_sql.h"
#include "resort.h"
#include "stmt.h"

// How often a truncation was owed since the last one; 0: none is.
#define OWED_FACT "truncation_owed"

enum status hubfact_get(struct db *db, const char *name, int64_t *ret_value, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_FACT_GET, &q, err));
    stmt_bind_text(q, 1, name);
    TRY(stmt_row(q, &found, err));
    *ret_value = found ? stmt_int(q, 0) : 0;
    return STATUS_OK;
}

enum status hubfact_set(struct db *db, const char *name, int64_t value, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_FACT_SET, &q, err));
    stmt_bind_text(q, 1, name);
    stmt_bind_int(q, 2, value);
    return stmt_run(q, NULL, err);
}

enum status hubfact_owe(struct db *db, struct err *err)
{
    int64_t owed = 0;
    TRY(hubfact_get(db, OWED_FACT, &owed, err));
    return hubfact_set(db, OWED_FACT, owed + 1, err);
}

struct paid_job {
    struct writer_job job; // first
    int64_t owed;
};

// What was owed since we looked may stand behind what was truncated.
static enum status apply_paid(struct db *db, struct writer_job *job, struct err *err)
{
    int64_t owed = 0;
    TRY(hubfact_get(db, OWED_FACT, &owed, err));
    return owed == ((struct paid_job *)job)->owed ? hubfact_set(db, OWED_FACT, 0, err) : STATUS_OK;
}

// Copies of an erased text stay where pages were split.
static enum status apply_rewrite(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return resort_table(db, "free_text", "id, field", err);
}

static enum status find_owed(const struct hub *hub, int64_t *ret_owed, struct err *err)
{
    struct db *db = dbpool_take(hub->readers);
    enum status status = hubfact_get(db, OWED_FACT, ret_owed, err);
    dbpool_give(hub->readers, db);
    return status;
}

enum status hubfact_pay(const struct hub *hub, struct err *err)
{
    struct writer_job rewrite = {.apply = apply_rewrite};
    struct paid_job paid = {.job.apply = apply_paid};
    AUTO(db_closep) struct db *db = NULL;
    char path[HUB_PATH_BYTES];
    TRY(find_owed(hub, &paid.owed, err));
    if (paid.owed == 0)
        return STATUS_OK;
    TRY(writer_run(hub->writer, &rewrite, err));
    TRY(hub_path(hub->folder, "hub.db", path, err));
    TRY(db_open(path, DB_WRITE, &hub_schema, &db, err));
    TRY(db_checkpoint(db, true, err));
    return writer_run(hub->writer, &paid.job, err);
}
