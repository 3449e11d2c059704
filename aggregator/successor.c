// SPDX-License-Identifier: MIT
// Takes a lane that a former one's key speaks for.
#include "successor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "enrolment.h"
#include "following.h"
#include "handover.h"
#include "hub.h"
#include "hub_sql.h"
#include "jsonw.h"
#include "lanestate.h"
#include "ledger.h"
#include "log.h"
#include "stmt.h"
#include "text.h"

struct succeeding {
    struct writer_job job; // first
    const struct hub *hub;
    char former[ENTRY_LANE_CHARS + 1], lane[ENTRY_LANE_CHARS + 1];
    char vkey[NOTE_VKEY_BYTES];
    struct note_key key;
    uint8_t signature[CRYPTO_SIGN_BYTES];
    // Valid when job.status is STATUS_OK:
    enum status outcome;
    struct err why;
    char unit[RESPONSE_UNIT_CHARS + 1];
};

bool successor_asked(const struct request *request)
{
    AUTO(json_decrefp) json_t *body = NULL;
    return json_parse(request->body, request->body_size_bytes, ENROLMENT_BODY_LIMIT_BYTES,
                      "request", &body, NULL) == STATUS_OK &&
           json_object_get(body, "successor_of") != NULL;
}

// ---- the decision ------------------------------------------------------------------------------

static enum status find_former(struct db *db, const char *lane, char *ret_former, size_t room,
                               bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_SUCCESSOR_FIND, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, ret_found, err));
    snprintf(ret_former, room, "%s", *ret_found ? stmt_text(q, 0) : "");
    return STATUS_OK;
}

static enum status count_next(struct db *db, const char *former, int64_t *count, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_SUCCESSOR_COUNT, &q, err));
    stmt_bind_text(q, 1, former);
    TRY(stmt_row(q, &found, err));
    *count += found ? stmt_int(q, 0) : 0;
    return STATUS_OK;
}

// Of the whole chain: a lane that was made known by a key has no limit of its own.
static enum status count(struct db *db, const char *former, int64_t *ret_count, struct err *err)
{
    struct following chain;
    char lane[ENTRY_LANE_CHARS + 1], before[ENTRY_LANE_CHARS + 1];
    bool found = true;
    snprintf(lane, sizeof lane, "%s", former);
    for (int i = 0; i < FOLLOWING_MAX; i++) {
        TRY(find_former(db, lane, before, sizeof before, &found, err));
        if (!found)
            break;
        memcpy(lane, before, sizeof lane);
    }
    *ret_count = 0;
    TRY(count_next(db, lane, ret_count, err));
    TRY(following_after(db, lane, &chain, err));
    for (size_t i = 0; i < chain.count; i++)
        TRY(count_next(db, chain.lanes[i], ret_count, err));
    return STATUS_OK;
}

static enum status check_signature(const struct succeeding *succeeding,
                                   const struct lanestate *former, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, 2 * (size_t)NOTE_VKEY_BYTES);
    buf_addf(&text, "hailong-successor/v1\n%s\n", succeeding->vkey);
    TRY(buf_check(&text, err));
    if (crypto_sign_ok(former->public_key, text.data, text.size_bytes, succeeding->signature))
        return STATUS_OK;
    return err_set(err, STATUS_DENIED, "the former lane's key has not signed this");
}

static enum status check_right(struct db *db, const struct succeeding *succeeding,
                               struct lanestate *former, struct err *err)
{
    bool found = false;
    int64_t n = 0;
    TRY(lanestate_find(db, succeeding->former, former, &found, err));
    if (!found || former->own || former->kind != LANESTATE_ACTIVE)
        return err_set(err, STATUS_DENIED,
                       "the former lane is not active at this hub; enrol this kiosk with a phrase "
                       "of `hailong-aggregator join`");
    TRY(check_signature(succeeding, former, err));
    TRY(count(db, succeeding->former, &n, err));
    if (n >= SUCCESSOR_MAX)
        return err_set(err, STATUS_DENIED,
                       "too many lanes have come from that one; enrol this kiosk with a phrase of "
                       "`hailong-aggregator join`");
    return STATUS_OK;
}

static enum status add(struct db *db, const struct succeeding *succeeding,
                       const struct lanestate *former, struct err *err)
{
    struct lanestate known;
    bool found = false;
    const char *unit = former->unit[0] != '\0' ? former->unit : former->enrolled_unit;
    const struct ledger_new_lane lane = {
        .lane = succeeding->lane,
        .unit = "",
        .how = "join",
        .enrolled_unit = unit,
        .public_key = succeeding->key.public_key,
    };
    TRY(lanestate_find(db, succeeding->lane, &known, &found, err));
    if (found) // a phrase was quicker
        return STATUS_OK;
    TRY(ledger_lane_add(db, &lane, err));
    const struct handover handover = {
        .from = succeeding->former, .to = succeeding->lane, .unit = unit, .replaces = false};
    return handover_do(succeeding->hub, db, &handover, err);
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct succeeding *succeeding = (struct succeeding *)job;
    struct lanestate former;
    char before[ENTRY_LANE_CHARS + 1];
    bool again = false;
    succeeding->outcome = check_right(db, succeeding, &former, &succeeding->why);
    TRY(find_former(db, succeeding->lane, before, sizeof before, &again, err));
    // Who asks again has not got the answer; the first one was within the limit.
    if (again && strcmp(before, succeeding->former) == 0)
        succeeding->outcome = STATUS_OK;
    if (succeeding->outcome != STATUS_OK && succeeding->outcome != STATUS_DENIED)
        return err_set(err, succeeding->outcome, "%.390s", succeeding->why.text);
    if (succeeding->outcome != STATUS_OK)
        return STATUS_OK;
    snprintf(succeeding->unit, sizeof succeeding->unit, "%s",
             former.unit[0] != '\0' ? former.unit : former.enrolled_unit);
    return again ? STATUS_OK : add(db, succeeding, &former, err);
}

// ---- the handler -------------------------------------------------------------------------------

static enum status answer(struct reply *reply, const struct succeeding *succeeding,
                          enum status outcome, const struct err *why, struct err *err)
{
    char vkey[NOTE_VKEY_BYTES];
    struct jsonw w;
    reply->http_status = status_http(outcome);
    reply->content_type = "application/json";
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    if (outcome == STATUS_OK) {
        note_vkey(hublane_key(succeeding->hub->lane), vkey);
        jsonw_text(&w, "hub", vkey);
        jsonw_text(&w, "unit", succeeding->unit);
        jsonw_int(&w, "time", clock_now_s());
    } else {
        jsonw_text(&w, "error", why->text);
    }
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status after(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    const struct succeeding *succeeding = (const struct succeeding *)reply->job;
    if (succeeding->job.status != STATUS_OK)
        return err_set(err, succeeding->job.status, "%.390s", succeeding->job.err.text);
    if (succeeding->outcome != STATUS_OK)
        log_event(LOG_LEVEL_INFO, "successor_refused", "lane", succeeding->lane, "reason",
                  succeeding->why.text, (char *)NULL);
    return answer(reply, succeeding, succeeding->outcome, &succeeding->why, err);
}

static enum status read_body(const struct request *request, struct succeeding *succeeding,
                             struct err *err)
{
    static const char *const keys[] = {"successor_of", "vkey", "sig", NULL};
    AUTO(json_decrefp) json_t *body = NULL;
    const char *former = NULL, *vkey = NULL, *sig = NULL;
    uint8_t lane_bytes[ENTRY_LANE_CHARS / 2];
    TRY(json_parse(request->body, request->body_size_bytes, ENROLMENT_BODY_LIMIT_BYTES, "request",
                   &body, err));
    TRY(json_only(body, "request", keys, err));
    TRY(json_text(body, "successor_of", "request", &former, err));
    TRY(json_text(body, "vkey", "request", &vkey, err));
    TRY(json_text(body, "sig", "request", &sig, err));
    TRY(note_vkey_read(vkey, strlen(vkey), &succeeding->key, err));
    if (strlen(vkey) >= sizeof succeeding->vkey || succeeding->key.algorithm != NOTE_ED25519 ||
        !note_key_lane(&succeeding->key, succeeding->lane))
        return err_set(err, STATUS_BAD_INPUT, "\"vkey\" is not the key of a lane");
    if (!text_unhex(former, strlen(former), lane_bytes, sizeof lane_bytes))
        return err_set(err, STATUS_BAD_INPUT, "\"successor_of\" is not a lane");
    if (!text_unhex(sig, strlen(sig), succeeding->signature, sizeof succeeding->signature))
        return err_set(err, STATUS_BAD_INPUT, "\"sig\" must be 128 lower-case hexadecimal digits");
    memcpy(succeeding->former, former, ENTRY_LANE_CHARS + 1);
    memcpy(succeeding->vkey, vkey, strlen(vkey) + 1);
    return STATUS_OK;
}

static void job_free(struct writer_job *job)
{
    free(job);
}

enum status successor_post(const struct request *request, struct reply *reply, struct err *err)
{
    struct err why = {.status = STATUS_OK};
    struct succeeding *succeeding = calloc(1, sizeof *succeeding);
    if (succeeding == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an enrolment");
    succeeding->hub = request->context;
    succeeding->job.apply = apply;
    const enum status status = read_body(request, succeeding, &why);
    if (status != STATUS_OK) {
        const enum status told = answer(reply, succeeding, status, &why, err);
        free(succeeding);
        return told;
    }
    reply->job = &succeeding->job;
    reply->job_free = job_free;
    reply->after = after;
    return STATUS_OK;
}
