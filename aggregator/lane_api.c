// SPDX-License-Identifier: MIT
// The address that kiosks push their journals to.
#include "lane_api.h"

#include <string.h>

#include "intake.h"
#include "joinkey.h"
#include "jsonw.h"
#include "log.h"
#include "text.h"

static enum status answer(struct reply *reply, const struct intake *intake, struct err *err)
{
    struct jsonw w;
    bool taken = intake->outcome == STATUS_OK;
    reply->http_status = status_http(intake->outcome);
    reply->content_type = "application/json";
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    if (!taken)
        jsonw_text(&w, "error", intake->why.text);
    // Only a gap tells the kiosk where to go on: after a fork it must not go on at all.
    if (taken || intake->gap)
        jsonw_int(&w, "size", intake->size);
    if (taken)
        jsonw_hex(&w, "root", intake->root, sizeof intake->root);
    jsonw_object_end(&w);
    return buf_check(&reply->body, err);
}

static enum status after(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    const struct intake *intake = (const struct intake *)reply->job;
    if (intake->job.status != STATUS_OK)
        return err_set(err, intake->job.status, "%.390s", intake->job.err.text);
    if (intake->outcome != STATUS_OK && !intake->gap)
        log_event(LOG_LEVEL_INFO, "push_refused", "lane", intake->lane, "reason", intake->why.text,
                  NULL);
    return answer(reply, intake, err);
}

static enum status refuse(struct reply *reply, const struct err *why, struct err *err)
{
    struct intake refused = {.outcome = why->status, .why = *why};
    return answer(reply, &refused, err);
}

static bool is_lane(const char *text)
{
    uint8_t bytes[ENTRY_LANE_CHARS / 2];
    return text_unhex(text, strlen(text), bytes, sizeof bytes);
}

enum status lane_api_post(const struct request *request, struct reply *reply, struct err *err)
{
    const struct hub *hub = request->context;
    const char *lane = request->param[0];
    AUTO(intake_freep) struct intake *intake = NULL;
    struct err why = {.status = STATUS_OK};
    uint8_t key_hash[CRYPTO_HASH_BYTES];
    if (!is_lane(lane))
        return err_set(err, STATUS_NOT_FOUND, "a lane's name is %d hexadecimal digits",
                       ENTRY_LANE_CHARS);
    if (!joinkey_of_header(request->header(request, "Authorization"), key_hash)) {
        err_set(&why, STATUS_UNAUTHORIZED,
                "send Authorization: Bearer KEY, with the key that "
                "`hailong-aggregator join` printed");
        return refuse(reply, &why, err);
    }
    TRY(intake_new(hub, lane, &intake, err));
    enum status status = intake_add_all(intake, request->body, request->body_size_bytes, &why);
    if (status != STATUS_OK && status_http(status) >= 500)
        return err_set(err, status, "%.390s", why.text);
    if (status != STATUS_OK)
        return refuse(reply, &why, err);
    intake->by_key = true;
    memcpy(intake->key_hash, key_hash, sizeof intake->key_hash);
    reply->job = &intake->job;
    reply->job_free = intake_job_free;
    reply->after = after;
    intake = NULL;
    return STATUS_OK;
}
