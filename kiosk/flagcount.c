// SPDX-License-Identifier: MIT
// Reads a day's responses and flags.
#include "flagcount.h"

#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "entry.h"
#include "kiosk_sql.h"
#include "stmt.h"
#include "text.h"

enum { HOURS = 24, READ_LIMIT_BYTES = 64 * 1024 * 1024 }; // two million responses in a day

// A response of the day.
struct seen {
    uint8_t id[ENTRY_ID_BYTES];
    int32_t counter; // its index, -1: another
    bool flagged;
};

static enum status first_seq(struct db *db, uint32_t hour, int64_t *ret_seq, struct err *err)
{
    uint8_t from[ENTRY_ID_BYTES] = {0}, to[ENTRY_ID_BYTES] = {0};
    entry_hour_prefix(hour, from);
    entry_hour_prefix(hour + HOURS, to);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_FIRST, &q, err));
    stmt_bind_blob(q, 1, from, sizeof from);
    stmt_bind_blob(q, 2, to, sizeof to);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_seq = found && !stmt_is_null(q, 0) ? stmt_int(q, 0) : INT64_MAX;
    return STATUS_OK;
}

static void take_response(const struct setup *setup, const struct entry *entry, int32_t day,
                          struct buf *seen)
{
    uint32_t hour = 0;
    if (clock_parse_hour(json_text_or(entry->json, "hour", ""), &hour, NULL) != STATUS_OK ||
        clock_day_of_hour(hour) != day)
        return;
    const struct setup_counter *counter =
        setup_counter(setup, json_text_or(entry->json, "counter", ""));
    struct seen one = {
        .counter = counter == NULL ? -1 : (int32_t)(counter - setup->counters),
        .flagged = json_array_size(json_object_get(entry->json, "flags")) > 0,
    };
    memcpy(one.id, entry->id, sizeof one.id);
    buf_add(seen, &one, sizeof one);
}

// What a flag names has come within minutes, so the search from the end is short.
static void flag_one(const uint8_t id[ENTRY_ID_BYTES], struct buf *seen)
{
    struct seen one;
    for (size_t at = seen->size_bytes; at >= sizeof one;) {
        at -= sizeof one;
        memcpy(&one, seen->data + at, sizeof one);
        if (memcmp(one.id, id, sizeof one.id) != 0)
            continue;
        one.flagged = true;
        memcpy(seen->data + at, &one, sizeof one);
        return;
    }
}

static void take_flag(const struct entry *entry, struct buf *seen)
{
    const json_t *of = json_object_get(entry->json, "of");
    for (size_t i = 0; i < json_array_size(of); i++) {
        uint8_t id[ENTRY_ID_BYTES];
        const char *hex = json_string_value(json_array_get(of, i));
        if (hex != NULL && text_unhex(hex, strlen(hex), id, sizeof id))
            flag_one(id, seen);
    }
}

static enum status read_day(struct db *db, const struct setup *setup, int32_t day, struct buf *seen,
                            struct err *err)
{
    int64_t first = 0;
    TRY(first_seq(db, clock_hour((int64_t)day * HOURS * 3600 - CLOCK_OFFSET_S), &first, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, first);
    stmt_bind_int(q, 2, INT64_MAX);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return buf_check(seen, err);
        AUTO(entry_done) struct entry entry = {0};
        TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
        if (entry.kind == ENTRY_RESPONSE)
            take_response(setup, &entry, day, seen);
        else if (entry.kind == ENTRY_FLAG)
            take_flag(&entry, seen);
    }
}

enum status flagcount_day(struct db *db, const struct setup *setup, int32_t day,
                          struct flagcount *ret_count, struct err *err)
{
    AUTO(buf_done) struct buf seen;
    buf_init(&seen, READ_LIMIT_BYTES);
    TRY(read_day(db, setup, day, &seen, err));
    struct flagcount count = {.others = 0};
    for (size_t at = 0; at < seen.size_bytes; at += sizeof(struct seen)) {
        struct seen one;
        memcpy(&one, seen.data + at, sizeof one);
        if (one.flagged)
            ++*(one.counter < 0 ? &count.others : &count.counters[one.counter]);
    }
    *ret_count = count;
    return STATUS_OK;
}
