// SPDX-License-Identifier: MIT
// Counts accepted tails (IND-17).
#include "accepted.h"

#include <string.h>

#include "correction.h"
#include "hub_sql.h"
#include "stmt.h"
#include "text.h"

static enum status add(struct db *db, const struct entry *entry, const struct response *response,
                       struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_ACCEPTED_ADD, &q, err));
    stmt_bind_blob(q, 1, entry->id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, entry->lane);
    stmt_bind_int(q, 3, entry->seq);
    stmt_bind_int(q, 4, response->hour);
    stmt_bind_int(q, 5, response->clock_unset);
    return stmt_run(q, NULL, err);
}

enum status accepted_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES], bool *ret_found,
                          struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_ACCEPTED_FIND, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    return stmt_row(q, ret_found, err);
}

static enum status flag(struct db *db, const struct unit_tree *units, const struct entry *entry,
                        struct err *err)
{
    const json_t *of = json_object_get(entry->json, "of");
    size_t index = 0;
    const json_t *one = NULL;
    json_array_foreach(of, index, one)
    {
        const char *hex = json_string_value(one);
        uint8_t id[ENTRY_ID_BYTES];
        bool found = false;
        if (hex == NULL || !text_unhex(hex, strlen(hex), id, sizeof id))
            return err_set(err, STATUS_BAD_INPUT, "a flag names no id");
        TRY(accepted_find(db, id, &found, err));
        // What stands in the ledger has its flags there.
        if (found)
            TRY(correction_flag(db, units, id, err));
    }
    return STATUS_OK;
}

static bool is_in_range(struct stmt *row, const struct entry *entry)
{
    int64_t seq = stmt_int(row, 2);
    return strcmp(stmt_text(row, 1), entry->lane) == 0 && stmt_int(row, 4) != 0 &&
           seq >= json_int_or(entry->json, "from_seq", 0) &&
           seq < json_int_or(entry->json, "to_seq", 0);
}

static enum status set_clock(struct db *db, const struct unit_tree *units,
                             const struct entry *entry, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct correction_clock clock;
    bool more = false;
    TRY(correction_clock_begin(entry, &clock, err));
    TRY(stmt_use(db, HUB_ACCEPTED_WALK, &q, err));
    for (;;) {
        size_t id_bytes = 0;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return correction_clock_end(db, &clock, err);
        if (is_in_range(q, entry))
            TRY(correction_clock_move(db, units, &clock, stmt_blob(q, 0, &id_bytes),
                                      (uint32_t)stmt_int(q, 3), err));
    }
}

static enum status count_line(struct db *db, const struct unit_tree *units, const char *lane,
                              const json_t *line, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    struct response response;
    const char *text = json_string_value(line);
    if (text == NULL)
        return err_set(err, STATUS_BAD_INPUT, "a line of an accepted tail is no text");
    TRY(entry_read(text, json_string_length(line), &entry, err));
    if (strcmp(entry.lane, lane) != 0)
        return err_set(err, STATUS_BAD_INPUT, "a line of an accepted tail is of another lane");
    if (entry.kind == ENTRY_FLAG)
        return flag(db, units, &entry, err);
    if (entry.kind == ENTRY_CLOCK)
        return set_clock(db, units, &entry, err);
    TRY(response_read(&entry, &response, err));
    if (entry.kind == ENTRY_DETAIL)
        return projection_detail(db, units, &response, err);
    TRY(projection_response(db, units, &response, err));
    return add(db, &entry, &response, err);
}

enum status accepted_import(struct db *db, const struct unit_tree *units, const json_t *document,
                            struct err *err)
{
    const char *lane = json_text_or(document, "lane", "");
    size_t index = 0;
    const json_t *line = NULL;
    json_array_foreach(json_object_get(document, "lines"), index, line)
    {
        TRY(count_line(db, units, lane, line, err));
    }
    return STATUS_OK;
}
