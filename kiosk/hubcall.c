// SPDX-License-Identifier: MIT
// One signed exchange with the hub.
#include "hubcall.h"

#include "clock.h"
#include "signing.h"

enum {
    // Sixteen messages of a whole setup each, escaped.
    ANSWER_LIMIT_BYTES = 9 * 1024 * 1024,
    PATH_LIMIT_BYTES = 120,
};

void hubcall_done(struct hubcall *call)
{
    fetch_close(call->fetch);
    call->fetch = NULL;
}

void hubcall_answer_done(struct hubcall_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}

static void body_done(struct fetch_answer *answer)
{
    buf_done(&answer->body);
}

static enum status send_once(struct hubcall *call, const struct signing_request *request,
                             struct hubcall_answer *ret_answer, struct err *err)
{
    AUTO(buf_done) struct buf url;
    AUTO(body_done) struct fetch_answer got = {0};
    char header[SIGNING_HEADER_BYTES];
    buf_init(&got.body, ANSWER_LIMIT_BYTES);
    buf_init(&url, KIOSK_URL_BYTES + PATH_LIMIT_BYTES);
    buf_addf(&url, "%s%s", call->url, request->path);
    TRY(buf_check(&url, err));
    signing_header(request, clock_now_s() + call->offset_s, call->secret, header);
    if (call->fetch == NULL)
        TRY(fetch_open(&call->fetch, err));
    TRY(fetch_send(call->fetch, url.data, header, "application/octet-stream", request->body,
                   request->body_bytes, &got, err));
    struct hubcall_answer answer = {.http_status = got.http_status};
    if (json_parse(buf_text(&got.body), got.body.size_bytes, ANSWER_LIMIT_BYTES, "the hub's answer",
                   &answer.json, NULL) != STATUS_OK)
        answer.json = NULL;
    *ret_answer = answer;
    return STATUS_OK;
}

// True when the hub refused our time and has said its own.
static bool adopt_time(struct hubcall *call, const struct hubcall_answer *answer)
{
    const int64_t time_s = json_int_or(answer->json, "time", 0);
    if (answer->http_status != 401 || time_s <= 0)
        return false;
    const int64_t offset_s = time_s - clock_now_s();
    const int64_t change_s = offset_s - call->offset_s;
    call->offset_s = offset_s;
    // Already so: then something else is wrong with the request.
    return change_s > 1 || change_s < -1;
}

enum status hubcall_post(struct hubcall *call, const char *what, const void *body,
                         size_t size_bytes, struct hubcall_answer *ret_answer, struct err *err)
{
    AUTO(buf_done) struct buf path;
    buf_init(&path, PATH_LIMIT_BYTES);
    buf_addf(&path, "/api/v1/lanes/%s/%s", call->lane, what);
    TRY(buf_check(&path, err));
    const struct signing_request request = {
        .method = "POST", .path = path.data, .body = body, .body_bytes = size_bytes};
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    TRY(send_once(call, &request, &answer, err));
    if (adopt_time(call, &answer)) {
        hubcall_answer_done(&answer);
        TRY(send_once(call, &request, &answer, err));
    }
    *ret_answer = answer;
    answer.json = NULL;
    return STATUS_OK;
}

enum status hubcall_refused(const struct hubcall_answer *answer, struct err *err)
{
    const unsigned http = answer->http_status;
    const enum status status = http == 401 || http == 403 ? STATUS_DENIED
                               : http >= 500              ? STATUS_BUSY
                                                          : STATUS_CONFLICT;
    const char *reason = json_text_or(answer->json, "error", "");
    return err_set(err, status, "the hub refuses (HTTP %u)%s%.300s", http,
                   reason[0] == '\0' ? "" : ": ", reason);
}
