// SPDX-License-Identifier: MIT
// Hands on what a lane leaves behind.
#include "handover.h"

#include <stdio.h>
#include <string.h>

#include "act.h"
#include "following.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "outgoing.h"
#include "stmt.h"

enum { DETAIL_BYTES = 2 * ENTRY_LANE_CHARS + 2 };

// ---- checking ----------------------------------------------------------------------------------

enum status handover_check(struct db *db, const char *from, const char *to, struct err *err)
{
    struct lanestate state;
    char lane[ENTRY_LANE_CHARS + 1];
    bool found = false;
    snprintf(lane, sizeof lane, "%s", from);
    for (int i = 0; i < FOLLOWING_MAX; i++) {
        TRY(lanestate_find(db, lane, &state, &found, err));
        const bool asked = strcmp(lane, from) == 0 || (to != NULL && strcmp(lane, to) == 0);
        if (!asked && found && state.kind != LANESTATE_RETIRED)
            return err_set(err, STATUS_CONFLICT,
                           "lane %s has replaced that one already; replace that lane, or retire it "
                           "first (`hailong-aggregator device retire`)",
                           lane);
        if (!found || state.kind != LANESTATE_RETIRED || state.replaced_by[0] == '\0')
            return STATUS_OK;
        memcpy(lane, state.replaced_by, sizeof lane);
    }
    return STATUS_OK;
}

static enum status is_out_of_use(struct db *db, const char *lane, bool *ret_is, struct err *err)
{
    struct lanestate state;
    bool found = false;
    TRY(lanestate_find(db, lane, &state, &found, err));
    *ret_is = found && state.kind == LANESTATE_RETIRED;
    return STATUS_OK;
}

static enum status check_holder(struct db *db, const char *from, const char *to, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false, gone = false;
    TRY(stmt_use(db, HUB_KIT_HOLDER_FIND, &q, err));
    stmt_bind_text(q, 1, from);
    TRY(stmt_row(q, &found, err));
    if (!found || strcmp(stmt_text(q, 0), to) == 0)
        return STATUS_OK;
    TRY(is_out_of_use(db, stmt_text(q, 0), &gone, err));
    if (gone)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "lane %s has these slips already, and each would count twice; if that kiosk "
                   "never served, hand them on with `hailong-aggregator kit --again`",
                   stmt_text(q, 0));
}

enum status handover_kit(struct db *db, const char *from, const char *to, bool again,
                         struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    if (!again)
        TRY(check_holder(db, from, to, err));
    TRY(stmt_use(db, HUB_KIT_HOLDER_SET, &q, err));
    stmt_bind_text(q, 1, from);
    stmt_bind_text(q, 2, to);
    return stmt_run(q, NULL, err);
}

// ---- doing -------------------------------------------------------------------------------------

static enum status set_row(struct db *db, const struct handover *handover, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    if (handover->replaces)
        return lanestate_set(db, handover->from, LANESTATE_RETIRED, handover->to, err);
    TRY(stmt_use(db, HUB_SUCCESSOR_ADD, &q, err));
    stmt_bind_text(q, 1, handover->to);
    stmt_bind_text(q, 2, handover->from);
    return stmt_run(q, NULL, err);
}

static enum status hand_on(const struct hub *hub, struct db *db, const struct handover *handover,
                           struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_MESSAGE_WAITING, &q, err));
    stmt_bind_text(q, 1, handover->from);
    for (;;) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        if (handover->replaces || strcmp(stmt_text(q, 0), "answer") == 0)
            TRY(outgoing_add(hub, db, handover->to, stmt_text(q, 0), stmt_text(q, 1), err));
    }
}

enum status handover_do(const struct hub *hub, struct db *db, const struct handover *handover,
                        struct err *err)
{
    char detail[DETAIL_BYTES];
    TRY(set_row(db, handover, err));
    TRY(act_erase_again(hub, db, handover->to, err));
    TRY(hand_on(hub, db, handover, err));
    if (handover->replaces)
        TRY(outgoing_drop(db, handover->from, err));
    snprintf(detail, sizeof detail, "%s %s", handover->from, handover->to);
    return hublane_audit(db, hub->lane, handover->replaces ? "device replaced" : "successor",
                         handover->unit, detail, err);
}
