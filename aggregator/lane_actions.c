// SPDX-License-Identifier: MIT
// Phrases, states of lanes, messages down, and the hub's own setup.
#include "lane_actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrolment.h"
#include "file.h"
#include "following.h"
#include "handover.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "ledger.h"
#include "outgoing.h"
#include "retree.h"
#include "stmt.h"
#include "text.h"

static enum status reply_of(json_t *made, json_t **ret_reply, struct err *err)
{
    if (made == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = made;
    return STATUS_OK;
}

// ---- join ------------------------------------------------------------------------------------

struct join_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *unit, *replaces;
    char phrase[SIGNING_PHRASE_CHARS + 1];
};

static enum status apply_join(struct db *db, struct writer_job *job, struct err *err)
{
    struct join_job *join = (struct join_job *)job;
    TRY(enrolment_make(join->hub, db, join->unit, join->replaces, join->phrase, err));
    return hublane_audit(db, join->hub->lane, "join", join->unit,
                         join->replaces != NULL ? join->replaces : "", err);
}

enum status lane_actions_join(struct hub *hub, const json_t *request, json_t **ret_reply,
                              struct err *err)
{
    struct join_job job = {.job.apply = apply_join, .hub = hub};
    TRY(json_text(request, "unit", "join", &job.unit, err));
    job.replaces = json_text_or(request, "replaces", NULL);
    TRY(writer_run(hub->writer, &job.job, err));
    enum status status = reply_of(json_pack("{s:s}", "phrase", job.phrase), ret_reply, err);
    crypto_wipe(job.phrase, sizeof job.phrase);
    return status;
}

// ---- states ----------------------------------------------------------------------------------

struct device_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *act, *lane, *replaced_by;
};

static enum status find_kiosk(struct db *db, const char *lane, struct lanestate *ret_state,
                              struct err *err)
{
    bool found = false;
    TRY(lanestate_find(db, lane, ret_state, &found, err));
    if (found && !ret_state->own)
        return STATUS_OK;
    return err_set(err, STATUS_NOT_FOUND,
                   "this hub knows no kiosk with that lane; see `hailong-aggregator devices`");
}

// Whether it came by a former lane's key and nobody has looked at it yet.
static enum status is_unconfirmed(struct db *db, const char *lane, bool *ret_is, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_SUCCESSOR_FIND, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, &found, err));
    *ret_is = found && stmt_int(q, 1) == 0;
    return STATUS_OK;
}

static enum status confirm(struct db *db, const char *lane, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_SUCCESSOR_CONFIRM, &q, err));
    stmt_bind_text(q, 1, lane);
    return stmt_run(q, NULL, err);
}

static enum status new_kind(const char *act, const struct lanestate *state, bool unconfirmed,
                            enum lanestate_kind *ret_kind, struct err *err)
{
    const bool suspend = strcmp(act, "suspend") == 0, resume = strcmp(act, "resume") == 0;
    if (state->kind == LANESTATE_RETIRED)
        return err_set(err, STATUS_CONFLICT,
                       "the lane is retired, for good; enrol the kiosk anew with a phrase");
    if (resume && state->kind != LANESTATE_SUSPENDED && !unconfirmed)
        return err_set(err, STATUS_CONFLICT, "the lane is not suspended");
    *ret_kind = suspend                              ? LANESTATE_SUSPENDED
                : !resume                            ? LANESTATE_RETIRED
                : state->kind == LANESTATE_SUSPENDED ? LANESTATE_ACTIVE
                                                     : state->kind;
    return STATUS_OK;
}

// Retires the lane for another one.
static enum status replace(struct db *db, const struct device_job *device, const char *unit,
                           struct err *err)
{
    const struct handover handover = {
        .from = device->lane, .to = device->replaced_by, .unit = unit, .replaces = true};
    struct lanestate other;
    TRY(find_kiosk(db, device->replaced_by, &other, err));
    TRY(handover_kit(db, device->lane, device->replaced_by, false, err));
    return handover_do(device->hub, db, &handover, err);
}

static enum status apply_device(struct db *db, struct writer_job *job, struct err *err)
{
    const struct device_job *device = (const struct device_job *)job;
    struct lanestate state;
    enum lanestate_kind kind = LANESTATE_ACTIVE;
    bool unconfirmed = false;
    char act[24];
    TRY(find_kiosk(db, device->lane, &state, err));
    TRY(is_unconfirmed(db, device->lane, &unconfirmed, err));
    TRY(new_kind(device->act, &state, unconfirmed, &kind, err));
    const char *unit = state.unit[0] != '\0' ? state.unit : state.enrolled_unit;
    if (device->replaced_by != NULL)
        return replace(db, device, unit, err);
    TRY(lanestate_set(db, device->lane, kind, NULL, err));
    if (strcmp(device->act, "resume") == 0 && unconfirmed)
        TRY(confirm(db, device->lane, err));
    snprintf(act, sizeof act, "device %s", device->act);
    return hublane_audit(db, device->hub->lane, act, unit, device->lane, err);
}

// What is wrong whatever lanes there are.
static enum status check_device(const struct device_job *device, struct err *err)
{
    const bool retire = strcmp(device->act, "retire") == 0;
    if (!retire && strcmp(device->act, "suspend") != 0 && strcmp(device->act, "resume") != 0)
        return err_set(err, STATUS_USAGE, "what to do must be suspend, resume or retire");
    if (device->replaced_by != NULL && !retire)
        return err_set(err, STATUS_USAGE, "--replaced-by goes with retire");
    if (device->replaced_by != NULL && strcmp(device->replaced_by, device->lane) == 0)
        return err_set(err, STATUS_USAGE, "a lane cannot be replaced by itself");
    return STATUS_OK;
}

enum status lane_actions_device(struct hub *hub, const json_t *request, json_t **ret_reply,
                                struct err *err)
{
    struct device_job job = {.job.apply = apply_device, .hub = hub};
    TRY(json_text(request, "act", "device", &job.act, err));
    TRY(json_text(request, "lane", "device", &job.lane, err));
    job.replaced_by = json_text_or(request, "replaced_by", NULL);
    TRY(check_device(&job, err));
    TRY(writer_run(hub->writer, &job.job, err));
    return reply_of(json_object(), ret_reply, err);
}

// ---- kits ------------------------------------------------------------------------------------

struct kit_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *lane, *to;
    bool again;
};

static enum status apply_kit(struct db *db, struct writer_job *job, struct err *err)
{
    const struct kit_job *kit = (const struct kit_job *)job;
    char detail[2 * ENTRY_LANE_CHARS + 2];
    if (!kit->again)
        TRY(handover_check(db, kit->lane, kit->to, err));
    TRY(handover_kit(db, kit->lane, kit->to, kit->again, err));
    snprintf(detail, sizeof detail, "%s %s", kit->lane, kit->to);
    return hublane_audit(db, kit->hub->lane, kit->again ? "kit again" : "kit", kit->hub->setup.unit,
                         detail, err);
}

enum status lane_actions_kit(struct hub *hub, const json_t *request, json_t **ret_reply,
                             struct err *err)
{
    struct kit_job job = {
        .job.apply = apply_kit, .hub = hub, .again = json_bool_or(request, "again", false)};
    TRY(json_text(request, "lane", "kit", &job.lane, err));
    TRY(json_text(request, "to", "kit", &job.to, err));
    if (strlen(job.lane) != ENTRY_LANE_CHARS || strlen(job.to) != ENTRY_LANE_CHARS)
        return err_set(err, STATUS_BAD_INPUT, "a lane's name is %d hexadecimal digits",
                       ENTRY_LANE_CHARS);
    TRY(writer_run(hub->writer, &job.job, err));
    return reply_of(json_object(), ret_reply, err);
}

// ---- messages --------------------------------------------------------------------------------

static void setup_free(struct setup *setup)
{
    setup_done(setup);
    free(setup);
}
AUTO_POINTER(struct setup, setup_free)

static enum status parse(const char *text, size_t size_bytes, struct setup **ret_setup,
                         struct err *err)
{
    AUTO(setup_freep) struct setup *setup = calloc(1, sizeof *setup);
    if (setup == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a setup");
    TRY(setup_parse(text, size_bytes, setup, err));
    *ret_setup = setup;
    setup = NULL;
    return STATUS_OK;
}

static int64_t version_of(const struct setup *setup)
{
    return json_int_or(setup->json, "version", 0);
}

// Whether `next` may follow `present` in one lane.
static enum status check_change(const struct setup *present, const struct setup *next,
                                struct err *err)
{
    if (strcmp(present->unit, next->unit) != 0)
        return err_set(err, STATUS_CONFLICT, "the setup is of another unit than unit %s",
                       present->unit);
    if (present->trial != next->trial || present->sample != next->sample)
        return err_set(err, STATUS_CONFLICT,
                       "\"trial\" and \"sample\" cannot be changed; make a new data directory");
    if (version_of(next) <= version_of(present))
        return err_set(err, STATUS_CONFLICT,
                       "the setup needs a \"version\" larger than %lld, that of the present one",
                       (long long)version_of(present));
    return STATUS_OK;
}

struct message_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *lane, *text, *petition;
    const struct setup *setup;
    json_t *lanes; // owned: those that the answer goes to
};

static enum status present_setup(struct db *db, const char *lane, struct setup **ret_setup,
                                 struct err *err)
{
    AUTO(buf_done) struct buf whole;
    bool found = false;
    buf_init(&whole, SETUP_LIMIT_BYTES);
    TRY(ledger_setup_find(db, lane, LEDGER_SETUP_NEWEST, &whole, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND,
                       "that kiosk has not sent its setup yet; wait for its first push");
    return parse(buf_text(&whole), whole.size_bytes, ret_setup, err);
}

static enum status apply_send_setup(struct db *db, struct writer_job *job, struct err *err)
{
    const struct message_job *message = (const struct message_job *)job;
    AUTO(setup_freep) struct setup *present = NULL;
    struct lanestate state;
    TRY(find_kiosk(db, message->lane, &state, err));
    TRY(lanestate_admit(&state, err));
    TRY(present_setup(db, message->lane, &present, err));
    TRY(check_change(present, message->setup, err));
    TRY(outgoing_add(message->hub, db, message->lane, "setup", message->text, err));
    return hublane_audit(db, message->hub->lane, "send-setup", state.unit, message->lane, err);
}

enum status lane_actions_send_setup(struct hub *hub, const json_t *request, json_t **ret_reply,
                                    struct err *err)
{
    AUTO(setup_freep) struct setup *setup = NULL;
    struct message_job job = {.job.apply = apply_send_setup, .hub = hub};
    TRY(json_text(request, "lane", "send-setup", &job.lane, err));
    TRY(json_text(request, "text", "send-setup", &job.text, err));
    TRY(parse(job.text, strlen(job.text), &setup, err));
    job.setup = setup;
    TRY(writer_run(hub->writer, &job.job, err));
    return reply_of(json_object(), ret_reply, err);
}

// A lane whose box has the petition: its own, or, when it stands in a tail only, that which sent
// it. q: HUB_LEDGER_TEXT_LINE or HUB_QUARANTINE_TEXT_LINE
static enum status read_petition(struct stmt *q, const uint8_t id[ENTRY_ID_BYTES], int lane_column,
                                 char ret_lane[ENTRY_LANE_CHARS + 1], bool *ret_found,
                                 struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    *ret_found = false;
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
    *ret_found = entry.kind == ENTRY_PETITION;
    snprintf(ret_lane, ENTRY_LANE_CHARS + 1, "%s", stmt_text(q, lane_column));
    return STATUS_OK;
}

static enum status find_petition(struct db *db, const char *petition,
                                 char ret_lane[ENTRY_LANE_CHARS + 1], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(stmt_releasep) struct stmt *tails = NULL;
    uint8_t id[ENTRY_ID_BYTES];
    bool found = false;
    if (!text_unhex(petition, strlen(petition), id, sizeof id))
        return err_set(err, STATUS_USAGE, "--petition must be the 32 digits of an entry's id");
    TRY(stmt_use(db, HUB_LEDGER_TEXT_LINE, &q, err));
    TRY(read_petition(q, id, 0, ret_lane, &found, err));
    if (found)
        return STATUS_OK;
    TRY(stmt_use(db, HUB_QUARANTINE_TEXT_LINE, &tails, err));
    TRY(read_petition(tails, id, 2, ret_lane, &found, err));
    return found ? STATUS_OK
                 : err_set(err, STATUS_NOT_FOUND, "there is no petition with that id here");
}

// To a lane that still asks, or to any when `must`.
static enum status answer_lane(struct db *db, const struct message_job *message, const char *lane,
                               bool must, struct err *err)
{
    struct lanestate state;
    TRY(find_kiosk(db, lane, &state, err));
    if (state.kind == LANESTATE_RETIRED && !must)
        return STATUS_OK;
    if (json_array_append_new(message->lanes, json_string(lane)) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    return outgoing_add(message->hub, db, lane, "answer", message->text, err);
}

static enum status apply_answer(struct db *db, struct writer_job *job, struct err *err)
{
    struct message_job *message = (struct message_job *)job;
    struct lanestate state;
    struct following following;
    char lane[ENTRY_LANE_CHARS + 1];
    TRY(find_petition(db, message->petition, lane, err));
    TRY(find_kiosk(db, lane, &state, err));
    TRY(following_after(db, lane, &following, err));
    if (json_array_clear(message->lanes) != 0)
        return BUG(err, "a list cannot be cleared");
    // Each box that went on with the data has the receipts.
    TRY(answer_lane(db, message, lane, false, err));
    for (size_t i = 0; i < following.count; i++)
        TRY(answer_lane(db, message, following.lanes[i], false, err));
    if (json_array_size(message->lanes) == 0)
        TRY(answer_lane(db, message, lane, true, err));
    return hublane_audit(db, message->hub->lane, "answer", state.unit, message->petition, err);
}

enum status lane_actions_answer(struct hub *hub, const json_t *request, json_t **ret_reply,
                                struct err *err)
{
    AUTO(json_decrefp) json_t *message = NULL;
    AUTO(json_decrefp) json_t *lanes = json_array();
    AUTO(buf_done) struct buf json;
    struct message_job job = {.job.apply = apply_answer, .hub = hub, .lanes = lanes};
    const char *text = NULL;
    buf_init(&json, (size_t)2 * LANE_ACTIONS_ANSWER_LIMIT_BYTES);
    TRY(json_text(request, "petition", "answer", &job.petition, err));
    TRY(json_text(request, "text", "answer", &text, err));
    const size_t size_bytes = strlen(text);
    if (size_bytes == 0 || size_bytes > LANE_ACTIONS_ANSWER_LIMIT_BYTES ||
        !text_is_clean(text, size_bytes, true))
        return err_set(err, STATUS_BAD_INPUT,
                       "an answer must be UTF-8 text of 1 to %d bytes without control characters",
                       LANE_ACTIONS_ANSWER_LIMIT_BYTES);
    message = json_pack("{s:s, s:s}", "petition", job.petition, "text", text);
    if (message == NULL || lanes == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    TRY(json_write(message, &json, err));
    job.text = buf_text(&json);
    TRY(writer_run(hub->writer, &job.job, err));
    return reply_of(json_pack("{s:O}", "lanes", lanes), ret_reply, err);
}

// ---- the hub's own setup ---------------------------------------------------------------------

struct setup_job {
    struct writer_job job; // first
    const struct hub *hub;
    const struct setup *setup;
    struct buf document;
};

static enum status apply_setup(struct db *db, struct writer_job *job, struct err *err)
{
    const struct setup_job *change = (const struct setup_job *)job;
    const struct hublane *lane = change->hub->lane;
    uint8_t id[ENTRY_ID_BYTES];
    hublane_new_id(id);
    TRY(retree(db, change->hub->units, change->setup->units, err));
    TRY(hublane_append_document(db, lane, ENTRY_SETUP, &change->document, id, err));
    TRY(ledger_setup_store(db, hublane_name(lane), change->setup, id, err));
    return hublane_audit(db, lane, "setup", change->setup->unit, "", err);
}

static void document_done(struct setup_job *change)
{
    buf_done(&change->document);
}

enum status lane_actions_setup(struct hub *hub, const char *text, size_t size_bytes,
                               struct err *err)
{
    AUTO(setup_freep) struct setup *setup = NULL;
    AUTO(document_done) struct setup_job job = {.job.apply = apply_setup, .hub = hub};
    char path[HUB_PATH_BYTES];
    buf_init(&job.document, SETUP_LIMIT_BYTES);
    buf_add(&job.document, text, size_bytes);
    TRY(buf_check(&job.document, err));
    TRY(parse(text, size_bytes, &setup, err));
    TRY(check_change(&hub->setup, setup, err));
    TRY(hub_path(hub->folder, "setup.json", path, err));
    job.setup = setup;
    TRY(writer_run(hub->writer, &job.job, err));
    // A cut from here on is finished by the next start.
    return file_write(path, text, size_bytes, 0600, err);
}
