// SPDX-License-Identifier: MIT
// The addresses that enrolled kiosks send to.
#include "lane_api.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cosign.h"
#include "intake.h"
#include "jsonw.h"
#include "lanestate.h"
#include "log.h"
#include "outgoing.h"
#include "quarantine.h"
#include "text.h"
#include "textstore.h"

// ---- answers ---------------------------------------------------------------------------------

// {"error"} and, with 401, the hub's time: a kiosk whose clock is wrong learns from it.
static enum status refuse(struct reply *reply, const struct err *why, struct err *err)
{
    struct jsonw w;
    reply->http_status = status_http(why->status);
    reply->content_type = "application/json";
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "error", why->text);
    if (why->status == STATUS_UNAUTHORIZED)
        jsonw_int(&w, "time", clock_now_s());
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status refuse_or_fail(struct reply *reply, const struct err *why, struct err *err)
{
    if (status_http(why->status) >= 500)
        return err_set(err, why->status, "%.390s", why->text);
    return refuse(reply, why, err);
}

// ---- who sends -------------------------------------------------------------------------------

static bool is_lane(const char *text)
{
    uint8_t bytes[ENTRY_LANE_CHARS / 2];
    return text_unhex(text, strlen(text), bytes, sizeof bytes);
}

static enum status check_time(int64_t time_s, struct err *err)
{
    const int64_t now_s = clock_now_s();
    if (time_s >= now_s - SIGNING_SKEW_S && time_s <= now_s + SIGNING_SKEW_S)
        return STATUS_OK;
    return err_set(err, STATUS_UNAUTHORIZED,
                   "the request was signed at another time than this hub's clock shows; set the "
                   "clocks of kiosk and hub");
}

static enum status check_signature(const struct request *request, const struct lanestate *state,
                                   struct err *err)
{
    const struct signing_request signed_request = {
        .method = "POST",
        .path = request->path,
        .body = request->body,
        .body_bytes = request->body_size_bytes,
    };
    int64_t time_s = 0;
    TRY(signing_check(&signed_request, request->header(request, "Authorization"), state->public_key,
                      &time_s, err));
    return check_time(time_s, err);
}

// A lane that has shown its key to this hub.
static enum status find_known(const struct request *request, struct lanestate *ret_state,
                              struct err *err)
{
    const struct hub *hub = request->context;
    bool found = false;
    struct db *db = dbpool_take(hub->readers);
    enum status status = lanestate_find(db, request->param[0], ret_state, &found, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    // One that came in a file of the operator's has shown nothing to this hub yet.
    if (!found || ret_state->by_hand)
        return err_set(err, STATUS_DENIED,
                       "this hub does not know the lane; enrol first (`hailong-kiosk enrol` with "
                       "a phrase of the hub's `join`)");
    return ret_state->own ? lanestate_admit(ret_state, err) : STATUS_OK;
}

static enum status check_sender(const struct request *request, struct err *err)
{
    struct lanestate state;
    TRY(find_known(request, &state, err));
    TRY(check_signature(request, &state, err));
    return lanestate_admit(&state, err);
}

static enum status check_header(const struct request *request, struct err *err)
{
    struct lanestate state;
    int64_t time_s = 0;
    TRY(find_known(request, &state, err));
    TRY(signing_time(request->header(request, "Authorization"), &time_s, err));
    return check_time(time_s, err);
}

enum status lane_api_before(const struct request *request, struct reply *reply, struct err *err)
{
    static const char prefix[] = "/api/v1/lanes/";
    struct err why = {.status = STATUS_OK};
    if (strncmp(request->path, prefix, sizeof prefix - 1) != 0 || !is_lane(request->param[0]))
        return STATUS_OK;
    return check_header(request, &why) == STATUS_OK ? STATUS_OK : refuse_or_fail(reply, &why, err);
}

// *ret_good is false when the reply has the refusal.
static enum status admit(const struct request *request, struct reply *reply, bool *ret_good,
                         struct err *err)
{
    struct err why = {.status = STATUS_OK};
    if (!is_lane(request->param[0]))
        return err_set(err, STATUS_NOT_FOUND, "a lane's name is %d hexadecimal digits",
                       ENTRY_LANE_CHARS);
    enum status status = check_sender(request, &why);
    *ret_good = status == STATUS_OK;
    return *ret_good ? STATUS_OK : refuse_or_fail(reply, &why, err);
}

// ---- entries ---------------------------------------------------------------------------------

static enum status write_messages(const struct intake *intake, struct reply *reply, struct err *err)
{
    buf_add_text(&reply->body, ",\"messages\":");
    return json_write(intake->messages, &reply->body, err);
}

static enum status answer_taken(const struct intake *intake, struct reply *reply, struct err *err)
{
    struct jsonw w;
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "size", intake->size);
    jsonw_hex(&w, "root", intake->root, sizeof intake->root);
    jsonw_int(&w, "time", clock_now_s());
    if (intake->ack.size_bytes > 0)
        jsonw_text_n(&w, "ack", intake->ack.data, intake->ack.size_bytes);
    else
        jsonw_null(&w, "ack");
    jsonw_bool(&w, "witnessed", intake->witnessed);
    if (intake->witness.size_bytes > 0)
        jsonw_text_n(&w, "witness", intake->witness.data, intake->witness.size_bytes);
    else
        jsonw_null(&w, "witness");
    if (intake->unsure)
        jsonw_bool(&w, "again", true);
    TRY(write_messages(intake, reply, err));
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status answer_refused(const struct intake *intake, struct reply *reply, struct err *err)
{
    struct jsonw w;
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "error", intake->why.text);
    if (intake->gap || intake->fork)
        jsonw_int(&w, "size", intake->size);
    else if (intake->bad_seq >= 0)
        jsonw_int(&w, "seq", intake->bad_seq);
    if (intake->fork)
        jsonw_bool(&w, "fork", true);
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status after_entries(const struct request *request, struct reply *reply,
                                 struct err *err)
{
    (void)request;
    const struct intake *intake = (const struct intake *)reply->job;
    if (intake->job.status != STATUS_OK)
        return err_set(err, intake->job.status, "%.390s", intake->job.err.text);
    if (intake->outcome != STATUS_OK && !intake->gap)
        log_event(LOG_LEVEL_INFO, "push_refused", "lane", intake->lane, "reason", intake->why.text,
                  (char *)NULL);
    reply->http_status = status_http(intake->outcome);
    reply->content_type = "application/json";
    return intake->outcome == STATUS_OK ? answer_taken(intake, reply, err)
                                        : answer_refused(intake, reply, err);
}

enum status lane_api_entries(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(intake_freep) struct intake *intake = NULL;
    bool good = false;
    TRY(admit(request, reply, &good, err));
    if (!good)
        return STATUS_OK;
    TRY(intake_new(request->context, request->param[0], &intake, err));
    TRY(intake_transfer(intake, request->body, request->body_size_bytes, err));
    reply->job = &intake->job;
    reply->job_free = intake_job_free;
    reply->after = after_entries;
    intake = NULL;
    return STATUS_OK;
}

// ---- head ------------------------------------------------------------------------------------

static enum status write_head(struct db *db, const char *lane, struct buf *out, struct err *err)
{
    AUTO(json_decrefp) json_t *checkpoints = json_array();
    struct ledger_head head;
    struct jsonw w;
    uint8_t root[CRYPTO_HASH_BYTES];
    bool found = false;
    if (checkpoints == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for checkpoints");
    TRY(ledger_head_find(db, lane, &head, &found, err));
    if (!found)
        return BUG(err, "an admitted lane is not there");
    TRY(cosign_list(db, lane, checkpoints, err));
    merkle_root(&head.tree, root);
    jsonw_init(&w, out);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "size", (int64_t)head.tree.size);
    jsonw_hex(&w, "root", root, sizeof root);
    jsonw_int(&w, "time", clock_now_s());
    buf_add_text(out, ",\"checkpoints\":");
    TRY(json_write(checkpoints, out, err));
    jsonw_object_end(&w);
    return buf_check(out, err);
}

enum status lane_api_head(const struct request *request, struct reply *reply, struct err *err)
{
    const struct hub *hub = request->context;
    bool good = false;
    TRY(admit(request, reply, &good, err));
    if (!good)
        return STATUS_OK;
    reply->content_type = "application/json";
    struct db *db = dbpool_take(hub->readers);
    // One snapshot of lane and checkpoints.
    enum status status = db_exec(db, "BEGIN", err);
    if (status == STATUS_OK) {
        status = write_head(db, request->param[0], &reply->body, err);
        enum status ended = db_exec(db, "ROLLBACK", status == STATUS_OK ? err : NULL);
        status = status == STATUS_OK ? ended : status;
    }
    dbpool_give(hub->readers, db);
    return status;
}

// ---- deposit and quarantine ------------------------------------------------------------------

// A job over a JSON body.
struct depositing {
    struct writer_job job; // first
    const struct hub *hub;
    char lane[ENTRY_LANE_CHARS + 1];
    json_t *body;   // owned
    struct buf kit; // as it came, out of its base64; empty when there is none
    const char *key;
    int64_t time_s; // when the lane signed the request
    int64_t taken;
};

static void depositing_free(struct writer_job *job)
{
    struct depositing *depositing = (struct depositing *)job;
    json_decref(depositing->body);
    buf_done(&depositing->kit);
    free(depositing);
}

// The lane may have been suspended or retired while the job waited.
static enum status still_admitted(struct db *db, const char *lane, struct err *err)
{
    struct lanestate state;
    bool found = false;
    TRY(lanestate_find(db, lane, &state, &found, err));
    return found ? lanestate_admit(&state, err) : BUG(err, "an admitted lane is not there");
}

static enum status apply_deposit(struct db *db, struct writer_job *job, struct err *err)
{
    struct depositing *depositing = (struct depositing *)job;
    const char *lane = depositing->lane;
    const json_t *texts = json_object_get(depositing->body, "texts");
    depositing->taken = 0;
    TRY(still_admitted(db, lane, err));
    const int64_t received = json_int_or(depositing->body, "received", 0);
    TRY(outgoing_resume(depositing->hub, db, lane, received, err));
    TRY(outgoing_received(db, lane, received, err));
    if (json_array_size(texts) > 0)
        TRY(textstore_take(db, lane, texts, &depositing->taken, err));
    if (depositing->kit.size_bytes == 0)
        return STATUS_OK;
    return enrolment_keep_kit(depositing->hub, db, lane, depositing->time_s, depositing->kit.data,
                              depositing->kit.size_bytes, err);
}

static enum status apply_quarantine(struct db *db, struct writer_job *job, struct err *err)
{
    struct depositing *depositing = (struct depositing *)job;
    depositing->taken = 0;
    TRY(still_admitted(db, depositing->lane, err));
    return quarantine_take(depositing->hub, db, depositing->lane, depositing->body,
                           &depositing->taken, err);
}

static enum status after_deposit(const struct request *request, struct reply *reply,
                                 struct err *err)
{
    const struct depositing *depositing = (const struct depositing *)reply->job;
    struct jsonw w;
    if (depositing->job.status != STATUS_OK) {
        struct err why = depositing->job.err;
        why.status = depositing->job.status;
        if (status_http(why.status) < 500)
            log_event(LOG_LEVEL_INFO, "deposit_refused", "lane", request->param[0], "reason",
                      why.text, (char *)NULL);
        return refuse_or_fail(reply, &why, err);
    }
    reply->content_type = "application/json";
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_int(&w, depositing->key, depositing->taken);
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status read_deposit(struct depositing *depositing, struct err *err)
{
    static const char *const keys[] = {"received", "texts", "kit", NULL};
    const json_t *texts = json_object_get(depositing->body, "texts");
    const json_t *kit = json_object_get(depositing->body, "kit");
    int64_t received = 0;
    TRY(json_only(depositing->body, "request", keys, err));
    TRY(json_int(depositing->body, "received", "request", 0, INT64_MAX, &received, err));
    if (texts != NULL && !json_is_array(texts))
        return err_set(err, STATUS_BAD_INPUT, "request: \"texts\" must be a list");
    if (kit == NULL || json_is_null(kit))
        return STATUS_OK;
    if (!json_is_string(kit))
        return err_set(err, STATUS_BAD_INPUT, "request: \"kit\" must be base64 text or null");
    return crypto_unbase64(json_string_value(kit), json_string_length(kit), &depositing->kit, err);
}

static enum status begin_job(const struct request *request, struct reply *reply, bool is_deposit,
                             struct err *err)
{
    struct err why = {.status = STATUS_OK};
    bool good = false;
    int64_t time_s = 0;
    TRY(admit(request, reply, &good, err));
    if (!good)
        return STATUS_OK;
    TRY(signing_time(request->header(request, "Authorization"), &time_s, err));
    struct depositing *depositing = calloc(1, sizeof *depositing);
    if (depositing == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
    reply->job = &depositing->job;
    reply->job_free = depositing_free;
    depositing->hub = request->context;
    depositing->time_s = time_s;
    depositing->job.apply = is_deposit ? apply_deposit : apply_quarantine;
    depositing->key = is_deposit ? "texts_taken" : "taken";
    memcpy(depositing->lane, request->param[0], sizeof depositing->lane);
    buf_init(&depositing->kit, ENROLMENT_KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    why.status = json_parse(request->body, request->body_size_bytes, LANE_API_DEPOSIT_LIMIT_BYTES,
                            "request", &depositing->body, &why);
    if (why.status == STATUS_OK && is_deposit)
        why.status = read_deposit(depositing, &why);
    if (why.status == STATUS_OK) {
        reply->after = after_deposit;
        return STATUS_OK;
    }
    depositing_free(reply->job);
    reply->job = NULL;
    return refuse_or_fail(reply, &why, err);
}

enum status lane_api_deposit(const struct request *request, struct reply *reply, struct err *err)
{
    return begin_job(request, reply, true, err);
}

enum status lane_api_quarantine(const struct request *request, struct reply *reply, struct err *err)
{
    return begin_job(request, reply, false, err);
}
