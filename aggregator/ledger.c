// SPDX-License-Identifier: MIT
// Appends to lanes and reads their heads.
#include "ledger.h"

#include <stdio.h>
#include <string.h>

#include "hub_sql.h"
#include "stmt.h"

enum status ledger_lane_add(struct db *db, const struct ledger_new_lane *lane, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool own = strcmp(lane->how, "own") == 0;
    TRY(stmt_use(db, HUB_LANE_ADD, &q, err));
    stmt_bind_text(q, 1, lane->lane);
    stmt_bind_text(q, 2, lane->unit);
    stmt_bind_text(q, 3, own ? "hub" : "kiosk");
    stmt_bind_text(q, 4, lane->how);
    stmt_bind_text(q, 5, own ? "active" : "new");
    stmt_bind_blob(q, 6, lane->public_key, CRYPTO_SIGN_PUBLIC_BYTES);
    stmt_bind_text(q, 7, lane->enrolled_unit);
    stmt_bind_blob(q, 8, "", 0);
    return stmt_run(q, NULL, err);
}

enum status ledger_head_find(struct db *db, const char *lane, struct ledger_head *ret_head,
                             bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    size_t frontier_bytes = 0;
    TRY(stmt_use(db, HUB_LANE_FIND, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, &found, err));
    if (found) {
        const void *frontier = stmt_blob(q, 4, &frontier_bytes);
        TRY(merkle_read((uint64_t)stmt_int(q, 3), frontier, frontier_bytes, &ret_head->tree, err));
        snprintf(ret_head->lane, sizeof ret_head->lane, "%s", lane);
        snprintf(ret_head->unit, sizeof ret_head->unit, "%s", stmt_text(q, 0));
        ret_head->own = strcmp(stmt_text(q, 2), "own") == 0;
        ret_head->by_hand = strcmp(stmt_text(q, 2), "by hand") == 0;
    }
    *ret_found = found;
    return STATUS_OK;
}

static enum status refuse_known(struct db *db, const uint8_t *id, int64_t part, int64_t seq,
                                struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_LEDGER_ORIGIN, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, part);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "an entry was not inserted, and is not there");
    return err_set(err, STATUS_CONFLICT,
                   "entry %lld: its id and part are there already as entry %lld of lane %s; "
                   "nothing is counted twice",
                   (long long)seq, (long long)stmt_int(q, 1), stmt_text(q, 0));
}

enum status ledger_append(struct db *db, struct ledger_head *head, const uint8_t *id, int64_t part,
                          const char *line, size_t size_bytes, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    uint8_t leaf[CRYPTO_HASH_BYTES];
    int64_t seq = (int64_t)head->tree.size;
    int changes = 0;
    TRY(stmt_use(db, HUB_LEDGER_ADD, &q, err));
    stmt_bind_text(q, 1, head->lane);
    stmt_bind_int(q, 2, seq);
    stmt_bind_blob(q, 3, id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 4, part);
    stmt_bind_text_n(q, 5, line, size_bytes);
    TRY(stmt_run(q, &changes, err));
    if (changes == 0)
        return refuse_known(db, id, part, seq, err);
    merkle_leaf(line, size_bytes, leaf);
    merkle_add(&head->tree, leaf);
    return STATUS_OK;
}

enum status ledger_head_store(struct db *db, const struct ledger_head *head, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    uint8_t frontier[MERKLE_WIRE_LIMIT_BYTES];
    size_t frontier_bytes = merkle_write(&head->tree, frontier);
    TRY(stmt_use(db, HUB_LANE_HEAD_SET, &q, err));
    stmt_bind_text(q, 1, head->lane);
    stmt_bind_int(q, 2, (int64_t)head->tree.size);
    stmt_bind_blob(q, 3, frontier, frontier_bytes);
    return stmt_run(q, NULL, err);
}

enum status ledger_setup_store(struct db *db, const char *lane, const struct setup *setup,
                               const uint8_t id[ENTRY_ID_BYTES], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LANE_SETUP_SET, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_text(q, 2, setup->unit);
    stmt_bind_int(q, 3, setup->trial);
    stmt_bind_int(q, 4, setup->sample);
    stmt_bind_blob(q, 5, id, ENTRY_ID_BYTES);
    return stmt_run(q, NULL, err);
}

enum status ledger_setup_find(struct db *db, const char *lane, enum ledger_setup which,
                              struct buf *whole, bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    uint8_t id[ENTRY_ID_BYTES];
    const int column = which == LEDGER_SETUP_NEWEST ? 0 : 1;
    size_t size_bytes = 0;
    bool found = false;
    *ret_found = false;
    TRY(stmt_use(db, HUB_LANE_SETUP_FIND, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, &found, err));
    const void *held = found ? stmt_blob(q, column, &size_bytes) : NULL;
    if (held == NULL || size_bytes != sizeof id)
        return STATUS_OK;
    memcpy(id, held, sizeof id);
    return ledger_document(db, lane, id, whole, ret_found, err);
}

enum status ledger_same(struct db *db, const char *lane, int64_t seq, const char *line,
                        size_t size_bytes, bool *ret_same, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_LEDGER_LINE, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, seq);
    TRY(stmt_row(q, &found, err));
    *ret_same = found && stmt_text_size(q, 0) == size_bytes &&
                memcmp(stmt_text(q, 0), line, size_bytes) == 0;
    return STATUS_OK;
}

static void join_done(struct entry_join *join)
{
    buf_done(&join->whole);
}

enum status ledger_document(struct db *db, const char *lane, const uint8_t id[ENTRY_ID_BYTES],
                            struct buf *whole, bool *ret_complete, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(join_done) struct entry_join join = {.parts = 0};
    bool row = false, complete = false;
    buf_init(&join.whole, whole->limit_bytes);
    TRY(stmt_use(db, HUB_LEDGER_PIECES, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    for (;;) {
        TRY(stmt_row(q, &row, err));
        if (!row)
            break;
        AUTO(entry_done) struct entry entry = {.json = NULL};
        if (strcmp(stmt_text(q, 0), lane) != 0)
            return err_set(err, STATUS_CONFLICT, "a document has pieces in two lanes");
        TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
        TRY(entry_join_add(&join, &entry, &complete, err));
    }
    if (complete)
        buf_add(whole, join.whole.data, join.whole.size_bytes);
    *ret_complete = complete;
    return buf_check(whole, err);
}
