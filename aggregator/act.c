// SPDX-License-Identifier: MIT
// Checks and does what two people agreed on.
#include "act.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "correction.h"
#include "following.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "outgoing.h"
#include "quarantine.h"
#include "stmt.h"
#include "text.h"
#include "textstore.h"

enum { ID_CHARS = 2 * ENTRY_ID_BYTES, RULE_VERSION = 1, MESSAGE_LIMIT_BYTES = 4096 };

static bool is(const struct proposal *proposal, const char *act)
{
    return strcmp(proposal->act, act) == 0;
}

static enum status check_reach(const struct hub *hub, const struct person *person, const char *unit,
                               struct err *err)
{
    if (unit_is_below(hub->units, unit, person->unit, clock_day(clock_now_s())) ||
        strcmp(unit, person->unit) == 0)
        return STATUS_OK;
    return err_set(err, STATUS_DENIED, "it is of unit %s, and %s stands for unit %s", unit,
                   person->name, person->unit);
}

// ---- ids ---------------------------------------------------------------------------------------

static bool next_id(const char **at, uint8_t ret_id[ENTRY_ID_BYTES])
{
    size_t size = strcspn(*at, " ");
    if (!text_unhex(*at, size, ret_id, ENTRY_ID_BYTES))
        return false;
    *at += size;
    *at += strspn(*at, " ");
    return true;
}

static enum status refuse_ids(struct err *err)
{
    return err_set(err, STATUS_BAD_INPUT,
                   "--id must be 1 to %d different ids of %d hexadecimal digits", PROPOSAL_IDS_MAX,
                   ID_CHARS);
}

// Of a proposal that was checked.
static enum status read_id(const struct proposal *proposal, uint8_t ret_id[ENTRY_ID_BYTES],
                           struct err *err)
{
    const char *at = proposal->target;
    return next_id(&at, ret_id) ? STATUS_OK : refuse_ids(err);
}

static bool stands_twice(const char *ids)
{
    for (; strlen(ids) > ID_CHARS; ids += ID_CHARS + 1) {
        char id[ID_CHARS + 1];
        memcpy(id, ids, ID_CHARS);
        id[ID_CHARS] = '\0';
        if (strstr(ids + ID_CHARS, id) != NULL)
            return true;
    }
    return false;
}

static enum status check_response(const struct hub *hub, struct db *db, const struct person *person,
                                  const struct proposal *proposal, const uint8_t *id,
                                  struct err *err)
{
    struct projection_standing standing;
    char unit[RESPONSE_UNIT_CHARS + 1];
    bool found = false;
    TRY(projection_standing_find(db, id, &standing, unit, &found, err));
    if (!found)
        return err_set(err, STATUS_BAD_INPUT, "this hub has no response with one of these ids");
    TRY(check_reach(hub, person, unit, err));
    bool done = (is(proposal, "void") && standing.voided) ||
                (is(proposal, "unvoid") && !standing.voided) ||
                (is(proposal, "flag") && standing.ruling == PROJECTION_FLAGGED) ||
                (is(proposal, "unflag") && standing.ruling == PROJECTION_CLEARED);
    return done ? err_set(err, STATUS_CONFLICT, "one of these responses is so already") : STATUS_OK;
}

static enum status check_responses(const struct hub *hub, struct db *db,
                                   const struct person *person, const struct proposal *proposal,
                                   struct err *err)
{
    const char *at = proposal->target;
    size_t count = 0, chars = text_count(proposal->reason, strlen(proposal->reason));
    if (chars == 0 || chars > PROPOSAL_REASON_CHARS ||
        !text_is_clean(proposal->reason, strlen(proposal->reason), false))
        return err_set(err, STATUS_BAD_INPUT, "--reason must be 1 to %d characters of text",
                       PROPOSAL_REASON_CHARS);
    for (; *at != '\0'; count++) {
        uint8_t id[ENTRY_ID_BYTES];
        if (count == PROPOSAL_IDS_MAX || !next_id(&at, id))
            return refuse_ids(err);
        TRY(check_response(hub, db, person, proposal, id, err));
    }
    return count == 0 || stands_twice(proposal->target) ? refuse_ids(err) : STATUS_OK;
}

// ---- redactions --------------------------------------------------------------------------------

static bool is_erasure_reason(const char *reason)
{
    static const char *const reasons[] = {"personal_data", "law", "abuse", "wrong_place"};
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (strcmp(reasons[i], reason) == 0)
            return true;
    return false;
}

static enum status find_text(struct db *db, const struct proposal *proposal,
                             uint8_t ret_id[ENTRY_ID_BYTES], struct textstore_entry *ret_text,
                             struct err *err)
{
    const char *at = proposal->target;
    bool found = false;
    if (!next_id(&at, ret_id) || *at != '\0')
        return err_set(err, STATUS_BAD_INPUT, "--id must be one id of %d hexadecimal digits",
                       ID_CHARS);
    TRY(textstore_entry_find(db, ret_id, proposal->field, ret_text, &found, err));
    return found ? STATUS_OK
                 : err_set(err, STATUS_BAD_INPUT,
                           "there is no such text: a comment has --field text, a petition --field "
                           "text and --field contact");
}

static enum status check_redaction(const struct hub *hub, struct db *db,
                                   const struct person *person, const struct proposal *proposal,
                                   struct err *err)
{
    uint8_t id[ENTRY_ID_BYTES];
    struct textstore_entry text;
    bool by_hub = false, by_kiosk = false;
    if (!is_erasure_reason(proposal->reason))
        return err_set(err, STATUS_BAD_INPUT,
                       "--reason must be personal_data, law, abuse or wrong_place");
    TRY(find_text(db, proposal, id, &text, err));
    TRY(check_reach(hub, person, text.unit, err));
    TRY(textstore_redaction_find(db, id, proposal->field, &by_hub, &by_kiosk, err));
    return by_hub ? err_set(err, STATUS_CONFLICT, "that text is erased already") : STATUS_OK;
}

// ---- quarantine --------------------------------------------------------------------------------

static enum status check_quarantine(const struct hub *hub, struct db *db,
                                    const struct person *person, const struct proposal *proposal,
                                    struct err *err)
{
    AUTO(stmt_releasep) struct stmt *lane = NULL;
    AUTO(stmt_releasep) struct stmt *lines = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_LANE_HOW, &lane, err));
    stmt_bind_text(lane, 1, proposal->target);
    TRY(stmt_row(lane, &found, err));
    if (!found)
        return err_set(err, STATUS_BAD_INPUT, "this hub knows no such lane");
    TRY(check_reach(hub, person, stmt_text(lane, 1), err));
    TRY(stmt_use(db, HUB_QUARANTINE_LINES, &lines, err));
    stmt_bind_text(lines, 1, proposal->target);
    TRY(stmt_row(lines, &found, err));
    return found ? STATUS_OK
                 : err_set(err, STATUS_CONFLICT, "nothing of that lane waits in quarantine");
}

enum status act_check(const struct hub *hub, struct db *db, const struct person *person,
                      const struct proposal *proposal, struct err *err)
{
    if (is(proposal, "redact"))
        return check_redaction(hub, db, person, proposal, err);
    if (is(proposal, "quarantine") || is(proposal, "discard"))
        return check_quarantine(hub, db, person, proposal, err);
    return check_responses(hub, db, person, proposal, err);
}

enum status act_content(struct db *db, const struct proposal *proposal, struct buf *content,
                        struct err *err)
{
    AUTO(json_decrefp) json_t *tails = NULL;
    AUTO(json_decrefp) json_t *whole = NULL;
    if (!is(proposal, "quarantine") && !is(proposal, "discard"))
        return STATUS_OK;
    tails = json_array();
    whole = json_pack("{s:O}", "tails", tails);
    if (whole == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a tail");
    TRY(quarantine_content(db, proposal->target, tails, err));
    return json_write(whole, content, err);
}

// ---- doing -------------------------------------------------------------------------------------

static void put_by(struct jsonw *w, const char *const by[2])
{
    jsonw_array(w, "by");
    jsonw_text(w, NULL, by[0]);
    jsonw_text(w, NULL, by[1]);
    jsonw_array_end(w);
}

static void put_ids(struct jsonw *w, const char *ids)
{
    uint8_t id[ENTRY_ID_BYTES];
    jsonw_array(w, "of");
    while (*ids != '\0' && next_id(&ids, id))
        jsonw_hex(w, NULL, id, sizeof id);
    jsonw_array_end(w);
}

static enum status append(const struct hub *hub, struct db *db, const struct buf *tail,
                          struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    TRY(buf_check(tail, err));
    TRY(hublane_append(db, hub->lane, tail, &entry, err));
    return correction_apply(db, hub->units, entry.lane, &entry, err);
}

static enum status do_ruling(const struct hub *hub, struct db *db, const struct proposal *proposal,
                             const char *const by[2], struct err *err)
{
    AUTO(buf_done) struct buf tail;
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    bool flags = strstr(proposal->act, "flag") != NULL;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    hublane_new_id(id);
    clock_hour_text(clock_hour(clock_now_s()), hour);
    entry_tail_begin(&w, &tail, flags ? ENTRY_FLAG : ENTRY_VOID, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    if (flags) {
        jsonw_text(&w, "rule", "hub");
        jsonw_int(&w, "version", RULE_VERSION);
    }
    put_ids(&w, proposal->target);
    jsonw_text(&w, "reason", proposal->reason);
    put_by(&w, by);
    if (strncmp(proposal->act, "un", 2) == 0)
        jsonw_bool(&w, "undo", true);
    entry_tail_end(&w);
    return append(hub, db, &tail, err);
}

static enum status write_order(const struct proposal *proposal, const char *const by[2],
                               struct buf *text, struct err *err)
{
    AUTO(json_decrefp)
    json_t *message = json_pack("{s:s, s:s, s:s, s:[s, s]}", "of", proposal->target, "field",
                                proposal->field, "reason", proposal->reason, "by", by[0], by[1]);
    buf_init(text, MESSAGE_LIMIT_BYTES);
    if (message == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a message");
    return json_write(message, text, err);
}

// The order, and that it stays open until that lane redacts.
static enum status order(const struct hub *hub, struct db *db, const char *lane,
                         const struct proposal *proposal, const char *text, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    uint8_t id[ENTRY_ID_BYTES];
    TRY(read_id(proposal, id, err));
    TRY(stmt_use(db, HUB_ERASE_ORDER_ADD, &q, err));
    stmt_bind_blob(q, 1, id, sizeof id);
    stmt_bind_text(q, 2, proposal->field);
    stmt_bind_text(q, 3, lane);
    TRY(stmt_run(q, NULL, err));
    return outgoing_add(hub, db, lane, "erase", text, err);
}

static enum status tell_lane(const struct hub *hub, struct db *db, const char *lane,
                             const struct proposal *proposal, const char *text, bool *told,
                             struct err *err)
{
    struct lanestate state;
    uint8_t id[ENTRY_ID_BYTES];
    bool found = false, done = false;
    TRY(read_id(proposal, id, err));
    // A kiosk that has erased it by itself has nothing left to do; its copies have.
    TRY(textstore_redacted_by(db, id, proposal->field, lane, &done, err));
    *told |= done;
    if (done)
        return STATUS_OK;
    TRY(lanestate_find(db, lane, &state, &found, err));
    if (!found || state.kind == LANESTATE_RETIRED)
        return STATUS_OK;
    *told = true;
    return order(hub, db, lane, proposal, text, err);
}

// The lane's own box and those that went on after it: each that is still in use holds the text.
static enum status tell_kiosks(const struct hub *hub, struct db *db,
                               const struct textstore_entry *entry, const struct proposal *proposal,
                               const char *const by[2], struct err *err)
{
    AUTO(buf_done) struct buf text;
    struct following following;
    bool told = false;
    TRY(write_order(proposal, by, &text, err));
    TRY(following_after(db, entry->lane, &following, err));
    if (!entry->in_tail)
        TRY(tell_lane(hub, db, entry->lane, proposal, buf_text(&text), &told, err));
    for (size_t i = 0; i < following.count; i++)
        TRY(tell_lane(hub, db, following.lanes[i], proposal, buf_text(&text), &told, err));
    return told ? STATUS_OK : order(hub, db, entry->lane, proposal, buf_text(&text), err);
}

// q: HUB_PROPOSAL_ERASURES
static enum status erase_again(const struct hub *hub, struct db *db, const char *lane,
                               struct stmt *q, struct err *err)
{
    AUTO(buf_done) struct buf text = {0};
    const struct proposal proposal = {
        .target = stmt_text(q, 0), .field = stmt_text(q, 1), .reason = stmt_text(q, 2)};
    const char *const by[2] = {stmt_text(q, 3), stmt_text(q, 4)};
    struct textstore_entry entry;
    struct following following;
    uint8_t id[ENTRY_ID_BYTES];
    bool follows = false;
    TRY(find_text(db, &proposal, id, &entry, err));
    TRY(following_after(db, entry.lane, &following, err));
    for (size_t i = 0; i < following.count; i++)
        follows |= strcmp(following.lanes[i], lane) == 0;
    if (!follows)
        return STATUS_OK;
    TRY(write_order(&proposal, by, &text, err));
    return order(hub, db, lane, &proposal, buf_text(&text), err);
}

enum status act_erase_again(const struct hub *hub, struct db *db, const char *lane, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_PROPOSAL_ERASURES, &q, err));
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        TRY(erase_again(hub, db, lane, q, err));
    }
}

static enum status do_redaction(const struct hub *hub, struct db *db,
                                const struct proposal *proposal, const char *const by[2],
                                struct err *err)
{
    AUTO(buf_done) struct buf tail;
    struct jsonw w;
    struct textstore_entry text;
    uint8_t id[ENTRY_ID_BYTES], of[ENTRY_ID_BYTES];
    char day[CLOCK_DAY_TEXT_SIZE];
    TRY(find_text(db, proposal, of, &text, err));
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    hublane_new_id(id);
    clock_day_text(clock_day(clock_now_s()), day);
    entry_tail_begin(&w, &tail, ENTRY_REDACTION, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "day", day);
    jsonw_hex(&w, "of", of, sizeof of);
    jsonw_text(&w, "field", proposal->field);
    jsonw_text(&w, "reason", proposal->reason);
    put_by(&w, by);
    entry_tail_end(&w);
    TRY(append(hub, db, &tail, err));
    return tell_kiosks(hub, db, &text, proposal, by, err);
}

enum status act_do(const struct hub *hub, struct db *db, const struct proposal *proposal,
                   const char *const by[2], int64_t *ret_counted, struct err *err)
{
    *ret_counted = 0;
    if (is(proposal, "redact"))
        return do_redaction(hub, db, proposal, by, err);
    if (is(proposal, "quarantine"))
        return quarantine_accept(hub, db, proposal->target, by, ret_counted, err);
    if (is(proposal, "discard"))
        return quarantine_discard(db, proposal->target, err);
    return do_ruling(hub, db, proposal, by, err);
}
