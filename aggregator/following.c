// SPDX-License-Identifier: MIT
// Walks from lane to lane.
#include "following.h"

#include <stdio.h>
#include <string.h>

#include "hub_sql.h"
#include "stmt.h"

static bool holds(const struct following *following, const char *lane)
{
    for (size_t i = 0; i < following->count; i++)
        if (strcmp(following->lanes[i], lane) == 0)
            return true;
    return false;
}

// Those that come right after it and are not there yet.
static enum status add_next(struct db *db, const char *lane, const char *first,
                            struct following *following, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LANE_NEXT, &q, err));
    stmt_bind_text(q, 1, lane);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        const char *next = stmt_text(q, 0);
        if (following->count < FOLLOWING_MAX && strcmp(next, first) != 0 && !holds(following, next))
            snprintf(following->lanes[following->count++], ENTRY_LANE_CHARS + 1, "%s", next);
    }
}

enum status following_after(struct db *db, const char *lane, struct following *ret_following,
                            struct err *err)
{
    struct following following = {.count = 0};
    TRY(add_next(db, lane, lane, &following, err));
    for (size_t i = 0; i < following.count; i++) {
        char from[ENTRY_LANE_CHARS + 1];
        memcpy(from, following.lanes[i], sizeof from);
        TRY(add_next(db, from, lane, &following, err));
    }
    *ret_following = following;
    return STATUS_OK;
}

static enum status begins_after(struct db *db, const char *lane, bool *ret_does, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_LEDGER_LINE, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, 0);
    TRY(stmt_row(q, &found, err));
    *ret_does = found && strstr(stmt_text(q, 0), ",\"after\":{") != NULL;
    return STATUS_OK;
}

enum status following_is(struct db *db, const char *lane, const char *of, bool *ret_is,
                         struct err *err)
{
    struct following following;
    TRY(following_after(db, of, &following, err));
    *ret_is = holds(&following, lane);
    return *ret_is ? begins_after(db, lane, ret_is, err) : STATUS_OK;
}
