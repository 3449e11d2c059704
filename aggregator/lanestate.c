// SPDX-License-Identifier: MIT
// Reads and sets the states of lanes, and lists them.
#include "lanestate.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "outgoing.h"

enum {
    CONTACT_BYTES = 40,
    STEP_S = 600, // opening times are whole tens of minutes nearly everywhere
    // A silence is told long before this; it only bounds the counting.
    LOOK_BACK_S = 30 * 86400,
};

static const char *const names[] = {
    [LANESTATE_NEW] = "new",
    [LANESTATE_ACTIVE] = "active",
    [LANESTATE_SUSPENDED] = "suspended",
    [LANESTATE_RETIRED] = "retired",
};

const char *lanestate_name(enum lanestate_kind kind)
{
    return names[kind];
}

bool lanestate_of_name(const char *name, enum lanestate_kind *ret_kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0) {
            *ret_kind = (enum lanestate_kind)i;
            return true;
        }
    return false;
}

static void copy_text(char *to, size_t room, const char *from)
{
    snprintf(to, room, "%s", from != NULL ? from : "");
}

enum status lanestate_find(struct db *db, const char *lane, struct lanestate *ret_state,
                           bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct lanestate state = {.own = false};
    size_t key_bytes = 0;
    TRY(stmt_use(db, HUB_LANE_STATE_FIND, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    const void *key = stmt_blob(q, 2, &key_bytes);
    if (key_bytes != sizeof state.public_key || !lanestate_of_name(stmt_text(q, 0), &state.kind))
        return BUG(err, "a lane has a state or key that we never write");
    memcpy(state.public_key, key, sizeof state.public_key);
    state.own = strcmp(stmt_text(q, 1), "own") == 0;
    state.by_hand = strcmp(stmt_text(q, 1), "by hand") == 0;
    copy_text(state.enrolled_unit, sizeof state.enrolled_unit, stmt_text(q, 3));
    copy_text(state.replaced_by, sizeof state.replaced_by, stmt_text(q, 4));
    copy_text(state.unit, sizeof state.unit, stmt_text(q, 5));
    *ret_state = state;
    return STATUS_OK;
}

enum status lanestate_admit(const struct lanestate *state, struct err *err)
{
    if (state->own)
        return err_set(err, STATUS_DENIED, "this lane is the hub's own");
    if (state->kind == LANESTATE_SUSPENDED)
        return err_set(err, STATUS_DENIED,
                       "this lane is suspended at the hub; ask its operator (`hailong-aggregator "
                       "device resume`)");
    if (state->kind != LANESTATE_RETIRED)
        return STATUS_OK;
    if (state->replaced_by[0] != '\0')
        return err_set(err, STATUS_DENIED, "this lane is retired; lane %s replaced it",
                       state->replaced_by);
    return err_set(err, STATUS_DENIED,
                   "this lane is retired; enrol a new one with a phrase of "
                   "the hub's `join`");
}

enum status lanestate_set(struct db *db, const char *lane, enum lanestate_kind kind,
                          const char *replaced_by, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LANE_STATE_SET, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_text(q, 2, lanestate_name(kind));
    stmt_bind_text(q, 3, replaced_by);
    return stmt_run(q, NULL, err);
}

// ---- contact ---------------------------------------------------------------------------------

static bool is_silent(int64_t last_s, const struct opening *opening, int64_t now_s)
{
    int64_t open_s = 0;
    if (now_s - last_s > LOOK_BACK_S)
        return true;
    for (int64_t at = last_s; at < now_s; at += STEP_S) {
        open_s += opening_is_open(opening, at) ? STEP_S : 0;
        if (open_s > LANESTATE_SILENT_HOURS * INT64_C(3600))
            return true;
    }
    return false;
}

const char *lanestate_contact(const struct lanestate_contact *contact,
                              const struct opening *opening, int64_t now_s)
{
    if (contact->own)
        return "own";
    if (contact->last_s == 0)
        return "never";
    if (contact->by_hand)
        return "hand";
    if (is_silent(contact->last_s, opening, now_s))
        return contact->moved ? "moved" : "silent";
    return contact->announced > contact->size ? "behind" : "good";
}

static void contact_text(int64_t utc_s, char ret_text[CONTACT_BYTES])
{
    struct civil at = clock_civil(utc_s);
    snprintf(ret_text, CONTACT_BYTES, "%04u-%02u-%02u %02u:%02u", (unsigned)at.year % 10000U,
             (unsigned)at.month % 100U, (unsigned)at.day % 100U, (unsigned)at.hour % 100U,
             (unsigned)at.minute % 100U);
}

const char *lanestate_unit(struct stmt *q)
{
    const char *unit = stmt_text(q, 1);
    return unit[0] != '\0' ? unit : stmt_text(q, 14);
}

json_t *lanestate_json(const struct hub *hub, struct stmt *q, const struct witness_cover *cover)
{
    char when[CONTACT_BYTES] = "";
    const bool heard = !stmt_is_null(q, 6);
    const struct lanestate_contact contact = {
        .own = strcmp(stmt_text(q, 3), "own") == 0,
        .by_hand = strcmp(stmt_text(q, 3), "by hand") == 0,
        .last_s = heard ? stmt_int(q, 6) : 0,
        .size = stmt_int(q, 4),
        .announced = stmt_int(q, 12),
        .moved = !stmt_is_null(q, 18),
    };
    const bool moved =
        strcmp(lanestate_contact(&contact, &hub->setup.opening, clock_now_s()), "moved") == 0;
    const int64_t missing = contact.announced > contact.size ? contact.announced - contact.size : 0;
    if (heard)
        contact_text(contact.last_s, when);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:I, s:I, s:I, s:s?, s:s?, s:o, s:I, "
                     "s:s?, s:b}",
                     "lane", stmt_text(q, 0), "unit", lanestate_unit(q), "kind", stmt_text(q, 2),
                     "how", stmt_text(q, 3), "state", stmt_text(q, 10), "replaced_by",
                     stmt_text(q, 11), "contact",
                     lanestate_contact(&contact, &hub->setup.opening, clock_now_s()), "entries",
                     (json_int_t)contact.size, "announced", (json_int_t)contact.announced,
                     "missing", (json_int_t)missing, "last_contact", heard ? when : NULL, "refusal",
                     stmt_text(q, 7), "witness", witness_json(cover), "messages",
                     (json_int_t)(stmt_int(q, 16) % OUTGOING_UNSURE - stmt_int(q, 17)), "moved_to",
                     moved ? stmt_text(q, 18) : NULL, "unconfirmed", (int)(stmt_int(q, 19) > 0));
}

enum status lanestate_list(const struct hub *hub, struct db *db, json_t *lanes, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct witness_keys keys;
    struct witness_cover cover;
    bool more = false;
    TRY(witness_keys(hub, db, &keys, err));
    TRY(stmt_use(db, HUB_LANE_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(witness_of(db, &keys, stmt_text(q, 0), &cover, err));
        json_t *lane = lanestate_json(hub, q, &cover);
        if (lane == NULL || json_array_append_new(lanes, lane) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for the lanes");
    }
}
