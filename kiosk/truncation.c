// SPDX-License-Identifier: MIT
// The owed truncation of the WAL.
#include "truncation.h"

#include <stdio.h>

#include "fact.h"
#include "kiosk_sql.h"

// In the table `fact`: how often a truncation was owed since the last one; 0: none is.
#define OWED_FACT "truncation_owed"

enum status truncation_owe(struct db *db, struct err *err)
{
    int64_t owed = 0;
    TRY(fact_get(db, OWED_FACT, &owed, err));
    return fact_set(db, OWED_FACT, owed + 1, err);
}

struct paid_job {
    struct writer_job job;
    int64_t owed;
};

// What was owed since we looked may stand behind what was truncated.
static enum status apply_paid(struct db *db, struct writer_job *job, struct err *err)
{
    int64_t owed = 0;
    TRY(fact_get(db, OWED_FACT, &owed, err));
    return owed == ((struct paid_job *)job)->owed ? fact_set(db, OWED_FACT, 0, err) : STATUS_OK;
}

static enum status find_owed(struct kiosk *kiosk, int64_t *ret_owed, struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = fact_get(db, OWED_FACT, ret_owed, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

enum status truncation_pay(struct kiosk *kiosk, struct err *err)
{
    struct paid_job paid = {.job.apply = apply_paid};
    TRY(find_owed(kiosk, &paid.owed, err));
    if (paid.owed == 0)
        return STATUS_OK;
    char path[KIOSK_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/kiosk.db", kiosk->folder);
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_WRITE, &kiosk_schema, &db, err));
    TRY(db_checkpoint(db, true, err));
    return writer_run(kiosk->writer, &paid.job, err);
}
