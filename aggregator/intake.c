// SPDX-License-Identifier: MIT
// Checks entries against their lane and this hub's setup, and takes them with their figures.
#include "intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "joinkey.h"
#include "ledger.h"
#include "projection.h"
#include "stmt.h"

enum {
    KIOSK_LANE = 1,
    FIRST_CAPACITY = 64,
    // A kiosk whose clock runs a little ahead is already in the next hour.
    AHEAD_MAX_HOURS = 1,
};

// ---- the batch -------------------------------------------------------------------------------

static enum status apply(struct db *db, struct writer_job *job, struct err *err);

enum status intake_new(const struct hub *hub, const char *lane, struct intake **ret_intake,
                       struct err *err)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for entries");
    intake->hub = hub;
    intake->job.apply = apply;
    buf_init(&intake->text, INTAKE_TEXT_LIMIT_BYTES);
    snprintf(intake->lane, sizeof intake->lane, "%s", lane != NULL ? lane : "");
    *ret_intake = intake;
    return STATUS_OK;
}

void intake_free(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++)
        entry_done(&intake->lines[i].entry);
    free(intake->lines);
    buf_done(&intake->text);
    free(intake);
}

void intake_job_free(struct writer_job *job)
{
    intake_free((struct intake *)job);
}

static enum status make_room(struct intake *intake, struct err *err)
{
    if (intake->count < intake->capacity)
        return STATUS_OK;
    if (intake->count == INTAKE_LINES_MAX)
        return err_set(err, STATUS_TOO_LARGE, "more than %d entries at once", INTAKE_LINES_MAX);
    size_t capacity = intake->capacity == 0 ? FIRST_CAPACITY : 2 * intake->capacity;
    void *lines = realloc(intake->lines, capacity * sizeof *intake->lines);
    if (lines == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for entries");
    intake->lines = lines;
    intake->capacity = capacity;
    return STATUS_OK;
}

enum status intake_add(struct intake *intake, const char *line, size_t size_bytes, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    TRY(make_room(intake, err));
    TRY(entry_read(line, size_bytes, &entry, err));
    if (intake->lane[0] == '\0')
        memcpy(intake->lane, entry.lane, sizeof intake->lane);
    if (strcmp(entry.lane, intake->lane) != 0)
        return err_set(err, STATUS_BAD_INPUT, "entry %lld is of another lane; send one at a time",
                       (long long)entry.seq);
    intake->lines[intake->count] = (struct intake_line){
        .at = intake->text.size_bytes, .size_bytes = size_bytes, .entry = entry};
    buf_add(&intake->text, line, size_bytes);
    TRY(buf_check(&intake->text, err));
    intake->count++;
    entry.json = NULL;
    return STATUS_OK;
}

// The same failure with the line's number before it: what could not be read has no seq.
static enum status at_line(struct err *err, enum status status, size_t number)
{
    struct err inner = err != NULL ? *err : (struct err){.status = status};
    if (status == STATUS_NO_MEMORY)
        return status;
    return err_set(err, status, "line %zu: %.350s", number, inner.text);
}

enum status intake_add_all(struct intake *intake, const char *text, size_t size_bytes,
                           struct err *err)
{
    const char *end = text + size_bytes;
    for (size_t number = 1; text < end; number++) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        const char *stop = feed != NULL ? feed : end;
        enum status status = intake_add(intake, text, (size_t)(stop - text), err);
        if (status != STATUS_OK)
            return at_line(err, status, number);
        text = feed != NULL ? feed + 1 : end;
    }
    return STATUS_OK;
}

// ---- checks against the lane and the setup ---------------------------------------------------

struct taking {
    struct db *db;
    const struct hub *hub;
    struct intake *intake;
    struct ledger_head head;
    char key_unit[RESPONSE_UNIT_CHARS + 1]; // "" by hand
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
    if (taking->key_unit[0] != '\0' && strcmp(taking->key_unit, theirs->unit) != 0)
        return err_set(err, STATUS_DENIED, "the key was made for unit %s, the kiosk is of unit %s",
                       taking->key_unit, theirs->unit);
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
    return ledger_setup_store(taking->db, taking->head.lane, theirs, err);
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

static enum status project(struct taking *taking, const struct entry *entry, struct err *err)
{
    struct response response;
    if (entry->kind == ENTRY_SETUP)
        return take_setup(taking, entry, err);
    if (entry->kind != ENTRY_RESPONSE && entry->kind != ENTRY_DETAIL)
        return STATUS_OK; // kept in the ledger; no figure of this version follows from it
    TRY(response_read(entry, &response, err));
    if (entry->kind == ENTRY_RESPONSE) {
        TRY(check_place(taking, &response, err));
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
    if ((entry_kind_lanes(entry->kind) & KIOSK_LANE) == 0)
        return err_set(err, STATUS_BAD_INPUT, "a kiosk's lane cannot hold an entry of that kind");
    if (entry->kind != ENTRY_SETUP && taking->head.unit[0] == '\0')
        return err_set(err, STATUS_BAD_INPUT, "a lane begins with its setup (entry 0)");
    return STATUS_OK;
}

static enum status take_new(struct taking *taking, const struct intake_line *line, struct err *err)
{
    const struct entry *entry = &line->entry;
    TRY(check_kind(taking, entry, err));
    TRY(ledger_append(taking->db, &taking->head, entry->id, entry->part,
                      taking->intake->text.data + line->at, line->size_bytes, err));
    TRY(project(taking, entry, err));
    taking->intake->added++;
    return STATUS_OK;
}

static enum status take_line(struct taking *taking, const struct intake_line *line, struct err *err)
{
    struct intake *intake = taking->intake;
    int64_t seq = line->entry.seq, size = (int64_t)taking->head.tree.size;
    bool same = false;
    if (seq > size) {
        intake->gap = true;
        return err_set(err, STATUS_CONFLICT, "entries %lld to %lld are missing", (long long)size,
                       (long long)seq - 1);
    }
    if (seq == size)
        return take_new(taking, line, err);
    TRY(ledger_same(taking->db, intake->lane, seq, intake->text.data + line->at, line->size_bytes,
                    &same, err));
    if (!same)
        return err_set(err, STATUS_CONFLICT,
                       "other bytes stand here under that number: the lane "
                       "was changed or copied");
    return STATUS_OK;
}

// ---- the job ---------------------------------------------------------------------------------

// A refusal of the whole batch names the lane and the entry.
static enum status name_entry(const struct taking *taking, int64_t seq, enum status status,
                              struct err *err)
{
    struct err inner = *err;
    char prefix[40];
    const char *text = inner.text;
    size_t prefix_size = (size_t)snprintf(prefix, sizeof prefix, "entry %lld: ", (long long)seq);
    if (strncmp(text, prefix, prefix_size) == 0)
        text += prefix_size;
    return err_set(err, status, "lane %s, entry %lld: %.300s", taking->intake->lane, (long long)seq,
                   text);
}

static enum status find_lane(struct taking *taking, struct err *err)
{
    struct intake *intake = taking->intake;
    bool found = false;
    if (intake->by_key)
        TRY(joinkey_admit(taking->db, intake->key_hash, intake->lane, taking->key_unit, err));
    TRY(ledger_head_find(taking->db, intake->lane, &taking->head, &found, err));
    if (found && taking->head.own)
        return err_set(err, STATUS_DENIED, "lane %s is this hub's own", intake->lane);
    if (found && taking->head.by_hand && intake->by_key) {
        AUTO(stmt_releasep) struct stmt *q = NULL;
        TRY(stmt_use(taking->db, HUB_LANE_JOINED, &q, err));
        stmt_bind_text(q, 1, intake->lane);
        stmt_bind_blob(q, 2, intake->key_hash, CRYPTO_HASH_BYTES);
        return stmt_run(q, NULL, err);
    }
    if (found)
        return STATUS_OK;
    TRY(ledger_lane_add(taking->db, intake->lane, "", intake->by_key ? "join" : "by hand",
                        intake->by_key ? intake->key_hash : NULL, err));
    return ledger_head_find(taking->db, intake->lane, &taking->head, &found, err);
}

static enum status store_contact(const struct taking *taking, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(taking->db, HUB_LANE_CONTACT_SET, &q, err));
    stmt_bind_text(q, 1, taking->intake->lane);
    stmt_bind_int(q, 2, clock_now_s());
    return stmt_run(q, NULL, err);
}

static enum status take(struct taking *taking, struct err *err)
{
    struct intake *intake = taking->intake;
    TRY(find_lane(taking, err));
    for (size_t i = 0; i < intake->count; i++) {
        enum status status = take_line(taking, &intake->lines[i], err);
        if (status != STATUS_OK)
            return name_entry(taking, intake->lines[i].entry.seq, status, err);
    }
    TRY(ledger_head_store(taking->db, &taking->head, err));
    TRY(store_contact(taking, err));
    if (intake->audit && intake->added > 0)
        TRY(hublane_audit(taking->db, taking->hub->lane, "import", taking->head.unit, intake->lane,
                          err));
    intake->size = (int64_t)taking->head.tree.size;
    merkle_root(&taking->head.tree, intake->root);
    return STATUS_OK;
}

static enum status store_refusal(const struct taking *taking, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(taking->db, HUB_LANE_REFUSAL_SET, &q, err));
    stmt_bind_text(q, 1, taking->intake->lane);
    stmt_bind_text(q, 2, taking->intake->why.text);
    return stmt_run(q, NULL, err);
}

// Undone, but remembered at the lane for the devices page; that is why a refusal is no failure of
// the job, whose savepoint would take the note away too.
static enum status refuse(struct taking *taking, enum status outcome, struct err *err)
{
    struct intake *intake = taking->intake;
    bool found = false;
    intake->outcome = outcome;
    intake->why = *err;
    intake->added = 0;
    TRY(db_exec(taking->db, "ROLLBACK TO intake", err));
    TRY(db_exec(taking->db, "RELEASE intake", err));
    TRY(ledger_head_find(taking->db, intake->lane, &taking->head, &found, err));
    intake->size = found ? (int64_t)taking->head.tree.size : 0;
    // Who shows no right to the lane leaves no mark on it either.
    bool stranger = outcome == STATUS_UNAUTHORIZED || outcome == STATUS_DENIED;
    return found && !stranger && !intake->gap ? store_refusal(taking, err) : STATUS_OK;
}

static bool is_accident(enum status status)
{
    return status == STATUS_IO || status == STATUS_FULL || status == STATUS_NO_MEMORY ||
           status == STATUS_BUSY || status == STATUS_INTERNAL;
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct intake *intake = (struct intake *)job;
    struct taking taking = {.db = db, .hub = intake->hub, .intake = intake};
    intake->outcome = STATUS_OK;
    intake->gap = false;
    intake->added = 0;
    TRY(db_exec(db, "SAVEPOINT intake", err));
    enum status status = take(&taking, err);
    if (is_accident(status))
        return status;
    if (status != STATUS_OK)
        return refuse(&taking, status, err);
    return db_exec(db, "RELEASE intake", err);
}
