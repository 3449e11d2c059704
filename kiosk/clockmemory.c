// SPDX-License-Identifier: MIT
// Numbers in the table `fact`, and the hours that the journal names.
#include "clockmemory.h"

#include "clock.h"
#include "entry.h"
#include "fact.h"
#include "kiosk_sql.h"
#include "stmt.h"

enum {
    DAY_S = 24 * 3600,
    // Far more entries than ever stand behind the last one that names an hour.
    LOOKED_BACK = 200,
};

#define WALL_FACT "clock_wall_s"
#define BOOT_MS_FACT "clock_boot_ms"
#define BOOT_FACT "clock_boot"
#define SOURCE_FACT "clock_source"
#define WAIT_SEQ_FACT "clock_wait_seq"
#define WAIT_MS_FACT "clock_wait_ms"
#define WAIT_BOOT_FACT "clock_wait_boot"

enum status clockmemory_read(struct db *db, struct clockmemory *ret_memory, struct err *err)
{
    TRY(fact_get(db, WALL_FACT, &ret_memory->wall_s, err));
    TRY(fact_get(db, BOOT_MS_FACT, &ret_memory->boot_ms, err));
    TRY(fact_get(db, BOOT_FACT, &ret_memory->boot, err));
    TRY(fact_get(db, SOURCE_FACT, &ret_memory->source, err));
    TRY(fact_get(db, WAIT_SEQ_FACT, &ret_memory->wait_seq, err));
    TRY(fact_get(db, WAIT_MS_FACT, &ret_memory->wait_ms, err));
    return fact_get(db, WAIT_BOOT_FACT, &ret_memory->wait_boot, err);
}

enum status clockmemory_prove(struct db *db, const struct clockmemory *memory, struct err *err)
{
    TRY(fact_set(db, WALL_FACT, memory->wall_s, err));
    TRY(fact_set(db, BOOT_MS_FACT, memory->boot_ms, err));
    TRY(fact_set(db, BOOT_FACT, memory->boot, err));
    return fact_set(db, SOURCE_FACT, memory->source, err);
}

enum status clockmemory_wait(struct db *db, const struct clockmemory *memory, struct err *err)
{
    TRY(fact_set(db, WAIT_SEQ_FACT, memory->wait_seq, err));
    TRY(fact_set(db, WAIT_MS_FACT, memory->wait_ms, err));
    return fact_set(db, WAIT_BOOT_FACT, memory->wait_boot, err);
}

enum status clockmemory_build(uint32_t *ret_hour, struct err *err)
{
    int32_t day = 0;
    TRY(clock_parse_day(HAILONG_BUILD_DAY, &day, err));
    *ret_hour = clock_hour((int64_t)day * DAY_S - CLOCK_OFFSET_S);
    return STATUS_OK;
}

static void raise_to(uint32_t *hour, uint32_t other)
{
    *hour = other > *hour ? other : *hour;
}

static enum status next_hour(struct stmt *q, bool *ret_found, uint32_t *hour, struct err *err)
{
    uint32_t own = 0;
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    AUTO(entry_done) struct entry entry = {0};
    // What is damaged is verify's to tell.
    if (entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, NULL) != STATUS_OK)
        return STATUS_OK;
    const char *key = entry.kind == ENTRY_CLOCK ? "last" : "hour";
    if (clock_parse_hour(json_text_or(entry.json, key, ""), &own, NULL) == STATUS_OK)
        raise_to(hour, own);
    return STATUS_OK;
}

static enum status last_seq(struct db *db, int64_t *ret_seq, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, KIOSK_ENTRY_LAST, &q, err));
    TRY(stmt_row(q, &found, err));
    *ret_seq = found && !stmt_is_null(q, 0) ? stmt_int(q, 0) : -1;
    return STATUS_OK;
}

static enum status last_hour(struct db *db, uint32_t *hour, struct err *err)
{
    int64_t last = 0;
    TRY(last_seq(db, &last, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, last >= LOOKED_BACK ? last - LOOKED_BACK + 1 : 0);
    stmt_bind_int(q, 2, last + 1);
    bool found = true;
    while (found)
        TRY(next_hour(q, &found, hour, err));
    return STATUS_OK;
}

enum status clockmemory_floor(struct db *db, uint32_t *ret_hour, struct err *err)
{
    uint32_t hour = 0;
    TRY(clockmemory_build(&hour, err));
    TRY(last_hour(db, &hour, err));
    *ret_hour = hour;
    return STATUS_OK;
}
