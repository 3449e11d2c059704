// SPDX-License-Identifier: MIT
// Checks an entry against its lane and this hub's setup, and takes it with its figures.
#include "taking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "correction.h"
#include "hub_sql.h"
#include "projection.h"
#include "stmt.h"

enum {
    // A kiosk whose clock runs a little ahead is already in the next hour.
    AHEAD_MAX_HOURS = 1,
};

static const char *first_unknown_counter(const struct setup *theirs, const struct setup *ours)
{
    for (size_t i = 0; i < theirs->counter_count; i++)
        if (setup_counter(ours, theirs->counters[i].id) == NULL)
            return theirs->counters[i].id;
    return NULL;
}

static enum status check_setup(const struct taking *taking, const struct setup *theirs,
                               struct err *err)
{
    const struct setup *ours = &taking->hub->setup;
    if (theirs->trial != ours->trial)
        return err_set(err, STATUS_DENIED, "%s",
                       theirs->trial ? "the kiosk is in trial mode (\"trial\": true) and this hub "
                                       "is not; a trial's answers are never taken here"
                                     : "this hub is in trial mode and the kiosk is not; real "
                                       "answers do not belong in a trial");
    if (theirs->sample != ours->sample)
        return err_set(err, STATUS_DENIED, "%s",
                       theirs->sample ? "the kiosk holds sample data (\"sample\": true) and this "
                                        "hub does not; sample data is never taken here"
                                      : "this hub holds sample data and the kiosk does not");
    if (unit_newest(taking->hub->units, theirs->unit) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the kiosk's unit is not in this hub's setup");
    if (taking->enrolled_unit[0] != '\0' && strcmp(taking->enrolled_unit, theirs->unit) != 0)
        return err_set(err, STATUS_DENIED,
                       "the phrase was made for unit %s, the kiosk is of unit %s",
                       taking->enrolled_unit, theirs->unit);
    if (taking->head.unit[0] != '\0' && strcmp(taking->head.unit, theirs->unit) != 0)
        return err_set(err, STATUS_BAD_INPUT, "a lane cannot change from unit %s to another",
                       taking->head.unit);
    if (strcmp(theirs->unit, ours->unit) == 0 && first_unknown_counter(theirs, ours) != NULL)
        return err_set(err, STATUS_BAD_INPUT, "counter %s of the kiosk is not in this hub's setup",
                       first_unknown_counter(theirs, ours));
    return STATUS_OK;
}

static void setup_free(struct setup *setup)
{
    setup_done(setup);
    free(setup);
}
AUTO_POINTER(struct setup, setup_free)

// In force with its last piece.
static enum status take_setup(struct taking *taking, const struct entry *entry, struct err *err)
{
    AUTO(buf_done) struct buf whole;
    bool complete = false;
    buf_init(&whole, SETUP_LIMIT_BYTES);
    if (entry->part + 1 < json_int_or(entry->json, "parts", 1))
        return STATUS_OK;
    TRY(ledger_document(taking->db, taking->head.lane, entry->id, &whole, &complete, err));
    if (!complete)
        return err_set(err, STATUS_BAD_INPUT, "pieces of this setup are missing before it");
    AUTO(setup_freep) struct setup *theirs = calloc(1, sizeof *theirs);
    if (theirs == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a setup");
    TRY(setup_parse(buf_text(&whole), whole.size_bytes, theirs, err));
    TRY(check_setup(taking, theirs, err));
    snprintf(taking->head.unit, sizeof taking->head.unit, "%s", theirs->unit);
    return ledger_setup_store(taking->db, taking->head.lane, theirs, entry->id, err);
}

static enum status check_hour(const struct response *response, struct err *err)
{
    if (response->hour > clock_hour(clock_now_s()) + AHEAD_MAX_HOURS)
        return err_set(err, STATUS_BAD_INPUT,
                       "its hour has not come yet by this hub's clock; set the clock of kiosk and "
                       "hub, and send again");
    return STATUS_OK;
}

static enum status check_place(const struct taking *taking, const struct response *response,
                               struct err *err)
{
    const struct setup *ours = &taking->hub->setup;
    int32_t day = clock_day_of_hour(response->hour);
    TRY(check_hour(response, err));
    if (strcmp(response->unit, taking->head.unit) != 0)
        return err_set(err, STATUS_BAD_INPUT, "its unit is not that of its lane's setup (%s)",
                       taking->head.unit);
    if (unit_find(taking->hub->units, response->unit, day) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "this hub's setup has no such unit on that day");
    if (setup_area(ours, response->area) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "its area is not in this hub's setup");
    if (response->channel == RESPONSE_PAPER)
        return err_set(err, STATUS_BAD_INPUT,
                       "its channel is paper; paper counts come by `hailong-aggregator import "
                       "--paper` only");
    // Of other units the hub knows the codes only; their counters are in their own setups.
    if (strcmp(response->unit, ours->unit) == 0 && response->counter[0] != '\0' &&
        setup_counter(ours, response->counter) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "its counter is not in this hub's setup");
    return STATUS_OK;
}

static enum status check_same_lane(const struct taking *taking, const struct entry *entry,
                                   struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(taking->db, HUB_LEDGER_ORIGIN, &q, err));
    stmt_bind_blob(q, 1, entry->id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, 0);
    TRY(stmt_row(q, &found, err));
    if (!found || strcmp(stmt_text(q, 0), taking->head.lane) != 0)
        return err_set(err, STATUS_BAD_INPUT, "a detail has no response of its own lane before it");
    return STATUS_OK;
}

static enum status read_response(struct taking *taking, const struct entry *entry, const char *line,
                                 size_t size_bytes, struct response *ret_response, struct err *err)
{
    struct quickline quick;
    if (entry->json != NULL)
        return response_read(entry, ret_response, err);
    taking->quick.response = ret_response;
    if (!quickline_read(&taking->quick, entry->lane, line, size_bytes, &quick))
        return BUG(err, "a line is not what it was when it was read first");
    return STATUS_OK;
}

static enum status project(struct taking *taking, const struct entry *entry, const char *line,
                           size_t size_bytes, struct err *err)
{
    struct response response;
    if (entry->kind == ENTRY_SETUP)
        return take_setup(taking, entry, err);
    if (correction_is_idle(&taking->hub->setup, entry))
        return STATUS_OK;
    if (correction_is(entry->kind))
        return correction_apply(taking->db, taking->hub->units, taking->head.lane, entry, err);
    if (entry->kind != ENTRY_RESPONSE && entry->kind != ENTRY_DETAIL)
        return STATUS_OK; // kept in the ledger; no figure of this version follows from it
    TRY(read_response(taking, entry, line, size_bytes, &response, err));
    if (entry->kind == ENTRY_RESPONSE) {
        TRY(check_place(taking, &response, err));
        correction_of_trial(&taking->hub->setup, &response);
        return projection_response(taking->db, taking->hub->units, &response, err);
    }
    // Unit, area and channel are those of its response; projection_detail compares the unit.
    TRY(check_hour(&response, err));
    TRY(check_same_lane(taking, entry, err));
    return projection_detail(taking->db, taking->hub->units, &response, err);
}

static enum status check_kind(const struct taking *taking, const struct entry *entry,
                              struct err *err)
{
    if ((entry_kind_lanes(entry->kind) & ENTRY_LANE_KIOSK) == 0)
        return err_set(err, STATUS_BAD_INPUT, "a kiosk's lane cannot hold an entry of that kind");
    // What begins after another lane says so before its setup.
    const bool after = entry->kind == ENTRY_BOOT && entry->seq == 0 &&
                       json_is_object(json_object_get(entry->json, "after"));
    if (entry->kind != ENTRY_SETUP && !after && taking->head.unit[0] == '\0')
        return err_set(err, STATUS_BAD_INPUT, "a lane begins with its setup (entry 0)");
    return STATUS_OK;
}

enum status taking_entry(struct taking *taking, const struct entry *entry, const char *line,
                         size_t size_bytes, struct err *err)
{
    TRY(check_kind(taking, entry, err));
    TRY(ledger_append(taking->db, &taking->head, entry->id, entry->part, line, size_bytes, err));
    return project(taking, entry, line, size_bytes, err);
}
