// SPDX-License-Identifier: MIT
// Applies flags, voids, set clocks and redactions.
#include "correction.h"

#include <string.h>

#include "clock.h"
#include "following.h"
#include "hub_sql.h"
#include "hubfact.h"
#include "period.h"
#include "stmt.h"
#include "text.h"
#include "textstore.h"

// An entry on its way: where the lines are, where the figures are, and whose lane it is.
struct correcting {
    struct db *ledger, *db;
    const struct unit_tree *units;
    const char *lane;
    bool own; // the hub's lane
    const struct entry *entry;
};

bool correction_is(enum entry_kind kind)
{
    return kind == ENTRY_FLAG || kind == ENTRY_VOID || kind == ENTRY_CLOCK ||
           kind == ENTRY_REDACTION;
}

// ---- what an entry names -----------------------------------------------------------------------

static enum status read_id(const json_t *json, uint8_t ret_id[ENTRY_ID_BYTES], struct err *err)
{
    const char *hex = json_string_value(json);
    if (hex == NULL || !text_unhex(hex, strlen(hex), ret_id, ENTRY_ID_BYTES))
        return err_set(err, STATUS_BAD_INPUT, "\"of\" must name ids of 32 hexadecimal digits");
    return STATUS_OK;
}

// A kiosk may speak of what stands in its own lane.
static enum status check_own(const struct correcting *c, const uint8_t *id, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    if (c->own || c->entry->kind == ENTRY_REDACTION) // redact_one looks itself
        return STATUS_OK;
    TRY(stmt_use(c->ledger, HUB_LEDGER_TEXT_LINE, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    TRY(stmt_row(q, &found, err));
    if (!found || strcmp(stmt_text(q, 0), c->lane) != 0)
        return err_set(err, STATUS_BAD_INPUT, "it names an entry that its lane does not hold");
    return STATUS_OK;
}

typedef enum status (*each_fn)(const struct correcting *c, const uint8_t *id, struct err *err);

static enum status each_id(const struct correcting *c, each_fn each, struct err *err)
{
    const json_t *of = json_object_get(c->entry->json, "of");
    size_t count = json_is_array(of) ? json_array_size(of) : 1;
    for (size_t i = 0; i < count; i++) {
        uint8_t id[ENTRY_ID_BYTES];
        TRY(read_id(json_is_array(of) ? json_array_get(of, i) : of, id, err));
        TRY(check_own(c, id, err));
        TRY(each(c, id, err));
    }
    return STATUS_OK;
}

static enum status find(struct db *db, const uint8_t *id, struct projection_standing *ret_standing,
                        char ret_unit[RESPONSE_UNIT_CHARS + 1], struct err *err)
{
    bool found = false;
    TRY(projection_standing_find(db, id, ret_standing, ret_unit, &found, err));
    return found ? STATUS_OK
                 : err_set(err, STATUS_BAD_INPUT, "it names a response that is not here");
}

// ---- flag and void -----------------------------------------------------------------------------

enum status correction_flag(struct db *db, const struct unit_tree *units,
                            const uint8_t id[ENTRY_ID_BYTES], struct err *err)
{
    struct projection_standing standing;
    TRY(find(db, id, &standing, NULL, err));
    standing.flagged = true;
    return projection_stand(db, units, id, &standing, err);
}

static enum status flag_by_rule(const struct correcting *c, const uint8_t *id, struct err *err)
{
    return correction_flag(c->db, c->units, id, err);
}

void correction_of_trial(const struct setup *setup, struct response *response)
{
    if (setup->trial)
        response->flag_count = 0;
}

bool correction_is_idle(const struct setup *setup, const struct entry *entry)
{
    return setup->trial && entry->kind == ENTRY_FLAG &&
           strcmp(json_text_or(entry->json, "rule", ""), "hub") != 0;
}

// IND-14: the last word of two people counts.
static enum status flag_by_people(const struct correcting *c, const uint8_t *id, struct err *err)
{
    struct projection_standing standing;
    TRY(find(c->db, id, &standing, NULL, err));
    standing.ruling =
        json_bool_or(c->entry->json, "undo", false) ? PROJECTION_CLEARED : PROJECTION_FLAGGED;
    return projection_stand(c->db, c->units, id, &standing, err);
}

// IND-15
static enum status void_one(const struct correcting *c, const uint8_t *id, struct err *err)
{
    struct projection_standing standing;
    TRY(find(c->db, id, &standing, NULL, err));
    standing.voided = !json_bool_or(c->entry->json, "undo", false);
    return projection_stand(c->db, c->units, id, &standing, err);
}

static enum status apply_flag(const struct correcting *c, struct err *err)
{
    bool people = strcmp(json_text_or(c->entry->json, "rule", ""), "hub") == 0;
    if (people != c->own)
        return err_set(err, STATUS_BAD_INPUT, "a flag of rule \"hub\" stands in a hub's lane only");
    return each_id(c, people ? flag_by_people : flag_by_rule, err);
}

static enum status apply_void(const struct correcting *c, struct err *err)
{
    if (!c->own)
        return err_set(err, STATUS_BAD_INPUT, "a void stands in a hub's lane only");
    return each_id(c, void_one, err);
}

// ---- clock -------------------------------------------------------------------------------------

enum status correction_clock_begin(const struct entry *entry, struct correction_clock *ret_clock,
                                   struct err *err)
{
    *ret_clock = (struct correction_clock){.count = 0};
    memcpy(ret_clock->id, entry->id, ENTRY_ID_BYTES);
    TRY(clock_parse_hour(json_text_or(entry->json, "first", ""), &ret_clock->first, err));
    return clock_parse_hour(json_text_or(entry->json, "last", ""), &ret_clock->last, err);
}

enum status correction_clock_move(struct db *db, const struct unit_tree *units,
                                  struct correction_clock *clock, const uint8_t id[ENTRY_ID_BYTES],
                                  uint32_t hour, struct err *err)
{
    struct projection_standing standing;
    TRY(find(db, id, &standing, clock->unit, err));
    clock->count++;
    // IND-16
    uint32_t counted = hour < clock->first ? clock->first : hour;
    if (counted > clock->last)
        counted = clock->last;
    if (counted == standing.hour)
        return STATUS_OK;
    standing.hour = counted;
    return projection_stand(db, units, id, &standing, err);
}

enum status correction_clock_end(struct db *db, const struct correction_clock *clock,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int32_t first = period_half(clock_day_of_hour(clock->first));
    int32_t last = period_half(clock_day_of_hour(clock->last));
    if (clock->count == 0 || first == last)
        return STATUS_OK;
    TRY(stmt_use(db, HUB_TIME_RANGE_ADD, &q, err));
    stmt_bind_blob(q, 1, clock->id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, clock->unit);
    stmt_bind_int(q, 3, clock->first);
    stmt_bind_int(q, 4, clock->last);
    stmt_bind_int(q, 5, clock->count);
    return stmt_run(q, NULL, err);
}

static enum status move_line(const struct correcting *c, struct correction_clock *clock,
                             struct stmt *line, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    uint32_t hour = 0;
    // Nine lines of ten carry a trusted hour and are not read.
    if (strstr(stmt_text(line, 0), "unset") == NULL)
        return STATUS_OK;
    TRY(entry_read(stmt_text(line, 0), stmt_text_size(line, 0), &entry, err));
    if (entry.kind != ENTRY_RESPONSE || strcmp(json_text_or(entry.json, "clock", ""), "unset") != 0)
        return STATUS_OK;
    TRY(clock_parse_hour(json_text_or(entry.json, "hour", ""), &hour, err));
    return correction_clock_move(c->db, c->units, clock, entry.id, hour, err);
}

static enum status apply_clock(const struct correcting *c, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct correction_clock clock;
    bool more = false;
    TRY(correction_clock_begin(c->entry, &clock, err));
    TRY(stmt_use(c->ledger, HUB_LEDGER_RANGE, &q, err));
    stmt_bind_text(q, 1, c->lane);
    stmt_bind_int(q, 2, json_int_or(c->entry->json, "from_seq", 0));
    stmt_bind_int(q, 3, json_int_or(c->entry->json, "to_seq", 0));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return correction_clock_end(c->db, &clock, err);
        TRY(move_line(c, &clock, q, err));
    }
}

// ---- redaction ---------------------------------------------------------------------------------

// `shared`: several boxes have the text, and each redacts it.
static enum status note_redaction(const struct correcting *c, const uint8_t *id, const char *field,
                                  bool shared, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *find_row = NULL;
    AUTO(stmt_releasep) struct stmt *set = NULL;
    bool found = false;
    TRY(stmt_use(c->db, HUB_REDACTION_FIND, &find_row, err));
    stmt_bind_blob(find_row, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(find_row, 2, field);
    TRY(stmt_row(find_row, &found, err));
    bool hub = found && stmt_int(find_row, 0) != 0, kiosk = found && stmt_int(find_row, 1) != 0;
    if (c->own ? hub : kiosk && !shared)
        return err_set(err, STATUS_BAD_INPUT, "that text was erased here before");
    TRY(stmt_use(c->db, HUB_REDACTION_SET, &set, err));
    stmt_bind_blob(set, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(set, 2, field);
    stmt_bind_int(set, 3, hub || c->own);
    stmt_bind_int(set, 4, kiosk || !c->own);
    return stmt_run(set, NULL, err);
}

// A kiosk's own word that the text is gone from it.
static enum status note_lane(const struct correcting *c, const uint8_t *id, const char *field,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    if (c->own)
        return STATUS_OK;
    TRY(stmt_use(c->db, HUB_REDACTION_LANE_ADD, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, field);
    stmt_bind_text(q, 3, c->lane);
    return stmt_run(q, NULL, err);
}

static enum status redact_one(const struct correcting *c, const uint8_t *id, struct err *err)
{
    const char *field = json_text_or(c->entry->json, "field", "");
    struct textstore_entry text;
    struct following following;
    bool there = false, may = c->own;
    TRY(textstore_entry_find(c->ledger, id, field, &text, &there, err));
    if (!there)
        return err_set(err, STATUS_BAD_INPUT,
                       "it names a text that is not here: a comment has a text, a petition a text "
                       "and a contact");
    if (!may)
        TRY(textstore_is_of(c->ledger, &text, c->lane, &may, err));
    if (!may)
        return err_set(err, STATUS_BAD_INPUT,
                       "it names an entry that its lane does not hold, nor one that it follows");
    TRY(following_after(c->ledger, text.lane, &following, err));
    TRY(note_redaction(c, id, field, following.count > 0, err));
    TRY(note_lane(c, id, field, err));
    TRY(textstore_erase(c->db, id, field, &there, err));
    return there ? hubfact_owe(c->db, err) : STATUS_OK;
}

// ---- all ---------------------------------------------------------------------------------------

static enum status find_owner(struct correcting *c, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(c->ledger, HUB_LANE_HOW, &q, err));
    stmt_bind_text(q, 1, c->lane);
    TRY(stmt_row(q, &found, err));
    c->own = found && strcmp(stmt_text(q, 0), "own") == 0;
    return STATUS_OK;
}

enum status correction_reapply(struct db *ledger, struct db *db, const struct unit_tree *units,
                               const char *lane, const struct entry *entry, struct err *err)
{
    struct correcting c = {
        .ledger = ledger, .db = db, .units = units, .lane = lane, .entry = entry};
    TRY(find_owner(&c, err));
    switch (entry->kind) {
    case ENTRY_FLAG:
        return apply_flag(&c, err);
    case ENTRY_VOID:
        return apply_void(&c, err);
    case ENTRY_CLOCK:
        return apply_clock(&c, err);
    case ENTRY_REDACTION:
        return each_id(&c, redact_one, err);
    default:
        return BUG(err, "an entry of that kind corrects nothing");
    }
}

enum status correction_apply(struct db *db, const struct unit_tree *units, const char *lane,
                             const struct entry *entry, struct err *err)
{
    return correction_reapply(db, db, units, lane, entry, err);
}
