// SPDX-License-Identifier: MIT
// Phrases, enrolments, and what a replaced lane leaves to its successor.
#include "enrolment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "handover.h"
#include "hub_sql.h"
#include "jsonw.h"
#include "lanestate.h"
#include "ledger.h"
#include "log.h"
#include "stmt.h"
#include "successor.h"
#include "text.h"

enum { PHRASE_ROUNDS = 20, BASE64_LIMIT_BYTES = 2 * ENROLMENT_KIT_LIMIT_BYTES };

// ---- making a phrase -------------------------------------------------------------------------

static enum status check_replaced(struct db *db, const char *unit, const char *lane,
                                  struct err *err)
{
    struct lanestate state;
    bool found = false;
    TRY(lanestate_find(db, lane, &state, &found, err));
    if (!found || state.own)
        return err_set(err, STATUS_BAD_INPUT,
                       "this hub knows no kiosk with that lane; see `hailong-aggregator devices`");
    const char *theirs = state.unit[0] != '\0' ? state.unit : state.enrolled_unit;
    if (strcmp(theirs, unit) != 0)
        return err_set(err, STATUS_BAD_INPUT, "the lane to be replaced is of unit %s", theirs);
    return handover_check(db, lane, NULL, err);
}

enum status enrolment_sweep(struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_ENROLMENT_SWEEP, &q, err));
    stmt_bind_int(q, 1, clock_now_s());
    return stmt_run(q, NULL, err);
}

static enum status add_phrase(struct db *db, const char *phrase, const char *unit,
                              const char *replaces, bool *ret_added, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    char id[SIGNING_PHRASE_ID_CHARS + 1];
    uint8_t secret[CRYPTO_KEY_BYTES];
    int changes = 0;
    TRY(signing_phrase_read(phrase, id, secret, err));
    TRY(stmt_use(db, HUB_ENROLMENT_ADD, &q, err));
    stmt_bind_text(q, 1, id);
    stmt_bind_blob(q, 2, secret, sizeof secret);
    stmt_bind_text(q, 3, unit);
    stmt_bind_text(q, 4, replaces);
    stmt_bind_int(q, 5, clock_now_s() + ENROLMENT_PHRASE_S);
    enum status status = stmt_run(q, &changes, err);
    crypto_wipe(secret, sizeof secret);
    *ret_added = changes == 1;
    return status;
}

enum status enrolment_make(const struct hub *hub, struct db *db, const char *unit,
                           const char *replaces, char ret_phrase[SIGNING_PHRASE_CHARS + 1],
                           struct err *err)
{
    bool added = false;
    if (unit_find(hub->units, unit, clock_day(clock_now_s())) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code today");
    if (replaces != NULL)
        TRY(check_replaced(db, unit, replaces, err));
    TRY(enrolment_sweep(db, err));
    // Ids of 20 bits: that two phrases that wait share one is rare, and simply tried again.
    for (int i = 0; i < PHRASE_ROUNDS && !added; i++) {
        signing_phrase_make(ret_phrase);
        TRY(add_phrase(db, ret_phrase, unit, replaces, &added, err));
    }
    return added ? STATUS_OK : BUG(err, "no free id for a phrase");
}

// ---- kits ------------------------------------------------------------------------------------

static enum status open_kit(const struct hub *hub, const void *sealed, size_t size_bytes,
                            struct buf *out, struct err *err)
{
    const struct hublane_box *box = hublane_box(hub->lane);
    if (box == NULL)
        return err_set(err, STATUS_IO, "keys/box.key is missing");
    return crypto_unseal(box->public_key, box->secret, sealed, size_bytes, out, err);
}

static void wipe_buf(struct buf *buf)
{
    if (buf->data != NULL)
        crypto_wipe(buf->data, buf->size_bytes);
    buf_done(buf);
}

enum status enrolment_keep_kit(const struct hub *hub, struct db *db, const char *lane,
                               int64_t time_s, const void *sealed, size_t size_bytes,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(wipe_buf) struct buf plain;
    AUTO(json_decrefp) json_t *kit = NULL;
    buf_init(&plain, ENROLMENT_KIT_LIMIT_BYTES);
    TRY(open_kit(hub, sealed, size_bytes, &plain, err));
    TRY(json_parse(buf_text(&plain), plain.size_bytes, ENROLMENT_KIT_LIMIT_BYTES, "kit", &kit,
                   err));
    TRY(stmt_use(db, HUB_KIT_SET, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_blob(q, 2, sealed, size_bytes);
    stmt_bind_int(q, 3, time_s);
    return stmt_run(q, NULL, err);
}

// The kit of the replaced lane, sealed to the new one's key, as base64; "" when there is none.
static enum status hand_on_kit(const struct hub *hub, struct db *db, const char *replaced,
                               const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], struct buf *out,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(wipe_buf) struct buf plain;
    AUTO(buf_done) struct buf sealed;
    uint8_t box[CRYPTO_BOX_PUBLIC_BYTES];
    size_t size_bytes = 0;
    bool found = false;
    buf_init(&plain, ENROLMENT_KIT_LIMIT_BYTES);
    buf_init(&sealed, ENROLMENT_KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    TRY(stmt_use(db, HUB_KIT_FIND, &q, err));
    stmt_bind_text(q, 1, replaced);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return STATUS_OK;
    const void *kit = stmt_blob(q, 0, &size_bytes);
    TRY(open_kit(hub, kit, size_bytes, &plain, err));
    TRY(crypto_box_of_sign_public(public_key, box, err));
    TRY(crypto_seal(box, plain.data, plain.size_bytes, &sealed, err));
    crypto_base64(sealed.data, sealed.size_bytes, out);
    return buf_check(out, err);
}

// ---- enrolling -------------------------------------------------------------------------------

struct enrolling {
    struct writer_job job; // first
    const struct hub *hub;
    char phrase_id[SIGNING_PHRASE_ID_CHARS + 1];
    char vkey[NOTE_VKEY_BYTES];
    struct note_key key;
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t mac[CRYPTO_HASH_BYTES];
    // Valid when job.status is STATUS_OK:
    enum status outcome;
    struct err why;
    struct buf answer;
};

// A phrase as the table has it.
struct phrase {
    uint8_t secret[CRYPTO_KEY_BYTES];
    char unit[RESPONSE_UNIT_CHARS + 1];
    char replaces[ENTRY_LANE_CHARS + 1]; // "" when none
    char lane[ENTRY_LANE_CHARS + 1];     // who used it, "" when nobody
    bool alive;                          // in time, and not guessed at too often
};

static void wipe_phrase(struct phrase *phrase)
{
    crypto_wipe(phrase->secret, sizeof phrase->secret);
}

static enum status find_phrase(struct db *db, const char *id, struct phrase *ret_phrase,
                               bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    size_t secret_bytes = 0;
    TRY(stmt_use(db, HUB_ENROLMENT_FIND, &q, err));
    stmt_bind_text(q, 1, id);
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    const void *secret = stmt_blob(q, 0, &secret_bytes);
    if (secret_bytes != sizeof ret_phrase->secret)
        return BUG(err, "a stored secret has another length");
    memcpy(ret_phrase->secret, secret, secret_bytes);
    snprintf(ret_phrase->unit, sizeof ret_phrase->unit, "%s", stmt_text(q, 1));
    snprintf(ret_phrase->replaces, sizeof ret_phrase->replaces, "%s",
             stmt_is_null(q, 2) ? "" : stmt_text(q, 2));
    snprintf(ret_phrase->lane, sizeof ret_phrase->lane, "%s",
             stmt_is_null(q, 5) ? "" : stmt_text(q, 5));
    ret_phrase->alive = stmt_int(q, 3) > clock_now_s() && stmt_int(q, 4) < ENROLMENT_TRIES_MAX;
    return STATUS_OK;
}

// One of the statements that take the phrase's id, and the lane when there is one.
static enum status mark_phrase(struct db *db, int statement, const char *id, const char *lane,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, statement, &q, err));
    stmt_bind_text(q, 1, id);
    if (lane != NULL)
        stmt_bind_text(q, 2, lane);
    return stmt_run(q, NULL, err);
}

// Makes the lane known, or known by a phrase.
static enum status enrol_lane(struct db *db, const struct enrolling *enrolling,
                              const struct phrase *phrase, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct lanestate state;
    bool found = false;
    const struct ledger_new_lane lane = {
        .lane = enrolling->lane,
        .unit = "",
        .how = "join",
        .enrolled_unit = phrase->unit,
        .public_key = enrolling->key.public_key,
    };
    TRY(lanestate_find(db, enrolling->lane, &state, &found, err));
    if (!found)
        return ledger_lane_add(db, &lane, err);
    TRY(lanestate_admit(&state, err));
    if (state.unit[0] != '\0' && strcmp(state.unit, phrase->unit) != 0)
        return err_set(err, STATUS_DENIED,
                       "the phrase was made for unit %s, this lane's entries are of unit %s",
                       phrase->unit, state.unit);
    TRY(stmt_use(db, HUB_LANE_JOINED, &q, err));
    stmt_bind_text(q, 1, enrolling->lane);
    stmt_bind_text(q, 2, phrase->unit);
    return stmt_run(q, NULL, err);
}

static enum status retire_replaced(struct db *db, const struct enrolling *enrolling,
                                   const struct phrase *phrase, struct err *err)
{
    if (phrase->replaces[0] == '\0')
        return STATUS_OK;
    if (strcmp(phrase->replaces, enrolling->lane) == 0)
        return err_set(err, STATUS_DENIED,
                       "a lane cannot replace itself; make a phrase without "
                       "--replaces");
    const struct handover handover = {
        .from = phrase->replaces, .to = enrolling->lane, .unit = phrase->unit, .replaces = true};
    TRY(handover_check(db, handover.from, handover.to, err));
    TRY(handover_kit(db, handover.from, handover.to, false, err));
    return handover_do(enrolling->hub, db, &handover, err);
}

static enum status write_answer(struct db *db, struct enrolling *enrolling,
                                const struct phrase *phrase, struct err *err)
{
    AUTO(buf_done) struct buf box;
    AUTO(buf_done) struct buf kit;
    const struct hub *hub = enrolling->hub;
    char vkey[NOTE_VKEY_BYTES];
    uint8_t mac[CRYPTO_HASH_BYTES];
    struct jsonw w;
    buf_init(&box, (size_t)2 * CRYPTO_BOX_PUBLIC_BYTES);
    buf_init(&kit, BASE64_LIMIT_BYTES);
    note_vkey(hublane_key(hub->lane), vkey);
    if (hublane_box(hub->lane) == NULL)
        return err_set(err, STATUS_IO, "keys/box.key is missing");
    crypto_base64(hublane_box(hub->lane)->public_key, CRYPTO_BOX_PUBLIC_BYTES, &box);
    TRY(buf_check(&box, err));
    signing_enrol_hub(phrase->secret, vkey, buf_text(&box), enrolling->lane, mac);
    if (phrase->replaces[0] != '\0')
        TRY(hand_on_kit(hub, db, phrase->replaces, enrolling->key.public_key, &kit, err));
    buf_clear(&enrolling->answer);
    jsonw_init(&w, &enrolling->answer);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "hub", vkey);
    jsonw_text(&w, "box", buf_text(&box));
    jsonw_text(&w, "unit", phrase->unit);
    jsonw_hex(&w, "mac", mac, sizeof mac);
    jsonw_int(&w, "time", clock_now_s());
    if (kit.size_bytes > 0)
        jsonw_text(&w, "kit", buf_text(&kit));
    jsonw_object_end(&w);
    return buf_check(&enrolling->answer, err);
}

static enum status enrol(struct db *db, struct enrolling *enrolling, const struct phrase *phrase,
                         struct err *err)
{
    const bool again = strcmp(phrase->lane, enrolling->lane) == 0;
    if (!again) {
        TRY(enrol_lane(db, enrolling, phrase, err));
        TRY(retire_replaced(db, enrolling, phrase, err));
        TRY(mark_phrase(db, HUB_ENROLMENT_USED, enrolling->phrase_id, enrolling->lane, err));
        TRY(hublane_audit(db, enrolling->hub->lane, "enrol", phrase->unit, enrolling->lane, err));
    }
    return write_answer(db, enrolling, phrase, err);
}

static enum status refuse_phrase(struct enrolling *enrolling)
{
    enrolling->outcome = STATUS_DENIED;
    return err_set(&enrolling->why, STATUS_DENIED,
                   "the phrase is wrong, used, or more than a day old; make a new one with "
                   "`hailong-aggregator join`");
}

static bool mac_fits(const struct enrolling *enrolling, const struct phrase *phrase)
{
    uint8_t mac[CRYPTO_HASH_BYTES];
    signing_enrol_device(phrase->secret, enrolling->vkey, mac);
    return crypto_equal(mac, enrolling->mac, sizeof mac);
}

// A wrong try is remembered, so it is no failure of the job, whose savepoint would forget it.
static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct enrolling *enrolling = (struct enrolling *)job;
    AUTO(wipe_phrase) struct phrase phrase = {.alive = false};
    bool found = false;
    enrolling->outcome = STATUS_OK;
    TRY(find_phrase(db, enrolling->phrase_id, &phrase, &found, err));
    const bool others =
        found && phrase.lane[0] != '\0' && strcmp(phrase.lane, enrolling->lane) != 0;
    if (!found || !phrase.alive || others || !mac_fits(enrolling, &phrase)) {
        refuse_phrase(enrolling);
        return found ? mark_phrase(db, HUB_ENROLMENT_TRIED, enrolling->phrase_id, NULL, err)
                     : STATUS_OK;
    }
    TRY(db_exec(db, "SAVEPOINT enrol", err));
    enum status status = enrol(db, enrolling, &phrase, err);
    if (status == STATUS_DENIED || status == STATUS_CONFLICT) {
        enrolling->outcome = status;
        enrolling->why = *err;
        TRY(db_exec(db, "ROLLBACK TO enrol", err));
    } else if (status != STATUS_OK) {
        return status;
    }
    return db_exec(db, "RELEASE enrol", err);
}

// ---- the handler -----------------------------------------------------------------------------

static void job_free(struct writer_job *job)
{
    struct enrolling *enrolling = (struct enrolling *)job;
    buf_done(&enrolling->answer);
    free(enrolling);
}

static enum status answer(struct reply *reply, enum status outcome, const char *text,
                          struct err *err)
{
    struct jsonw w;
    reply->http_status = status_http(outcome);
    reply->content_type = "application/json";
    if (outcome == STATUS_OK) {
        buf_add_text(&reply->body, text);
        return buf_check(&reply->body, err);
    }
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "error", text);
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status after(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    const struct enrolling *enrolling = (const struct enrolling *)reply->job;
    if (enrolling->job.status != STATUS_OK)
        return err_set(err, enrolling->job.status, "%.390s", enrolling->job.err.text);
    if (enrolling->outcome == STATUS_OK)
        return answer(reply, STATUS_OK, buf_text(&enrolling->answer), err);
    log_event(LOG_LEVEL_INFO, "enrolment_refused", "lane", enrolling->lane, "reason",
              enrolling->why.text, (char *)NULL);
    return answer(reply, enrolling->outcome, enrolling->why.text, err);
}

static enum status read_body(const struct request *request, struct enrolling *enrolling,
                             struct err *err)
{
    static const char *const keys[] = {"phrase_id", "vkey", "mac", NULL};
    AUTO(json_decrefp) json_t *body = NULL;
    const char *phrase_id = NULL, *vkey = NULL, *mac = NULL;
    TRY(json_parse(request->body, request->body_size_bytes, ENROLMENT_BODY_LIMIT_BYTES, "request",
                   &body, err));
    TRY(json_only(body, "request", keys, err));
    TRY(json_text(body, "phrase_id", "request", &phrase_id, err));
    TRY(json_text(body, "vkey", "request", &vkey, err));
    TRY(json_text(body, "mac", "request", &mac, err));
    TRY(note_vkey_read(vkey, strlen(vkey), &enrolling->key, err));
    if (strlen(vkey) >= sizeof enrolling->vkey)
        return err_set(err, STATUS_BAD_INPUT, "\"vkey\" is too long");
    if (enrolling->key.algorithm != NOTE_ED25519 ||
        !note_key_lane(&enrolling->key, enrolling->lane))
        return err_set(err, STATUS_BAD_INPUT, "\"vkey\" is not the key of a lane");
    if (strlen(phrase_id) != SIGNING_PHRASE_ID_CHARS)
        return err_set(err, STATUS_BAD_INPUT, "\"phrase_id\" must have %d characters",
                       SIGNING_PHRASE_ID_CHARS);
    if (!text_unhex(mac, strlen(mac), enrolling->mac, sizeof enrolling->mac))
        return err_set(err, STATUS_BAD_INPUT, "\"mac\" must be 64 lower-case hexadecimal digits");
    memcpy(enrolling->phrase_id, phrase_id, SIGNING_PHRASE_ID_CHARS + 1);
    memcpy(enrolling->vkey, vkey, strlen(vkey) + 1);
    return STATUS_OK;
}

enum status enrolment_post(const struct request *request, struct reply *reply, struct err *err)
{
    struct err why = {.status = STATUS_OK};
    if (successor_asked(request))
        return successor_post(request, reply, err);
    struct enrolling *enrolling = calloc(1, sizeof *enrolling);
    if (enrolling == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an enrolment");
    buf_init(&enrolling->answer, BASE64_LIMIT_BYTES);
    enrolling->hub = request->context;
    enrolling->job.apply = apply;
    enum status status = read_body(request, enrolling, &why);
    if (status != STATUS_OK) {
        job_free(&enrolling->job);
        if (status_http(status) >= 500)
            return err_set(err, status, "%.390s", why.text);
        return answer(reply, status, why.text, err);
    }
    reply->job = &enrolling->job;
    reply->job_free = job_free;
    reply->after = after;
    return STATUS_OK;
}
