// SPDX-License-Identifier: MIT
// Calls a handler as a kiosk does, without a socket.
#ifndef HAILONG_CALLER_H
#define HAILONG_CALLER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "office.h"
#include "reply.h"
#include "signing.h"

static const char *caller_authorization(const struct request *request, const char *name)
{
    return strcmp(name, "Authorization") == 0 ? request->source : NULL;
}

// Posts a body; `header` may be NULL. Returns the HTTP status; the JSON answer (given) too unless
// `ret_answer` is NULL.
static unsigned caller_post(struct office *office, handler_fn handler, const char *path,
                            const char *lane, const char *body, const char *header,
                            json_t **ret_answer)
{
    struct reply reply;
    struct err err = {.text = ""};
    char copy[SIGNING_HEADER_BYTES] = "";
    struct request request = {
        .method = HTTP_POST,
        .path = path,
        .param = {lane},
        .param_count = lane != NULL ? 1 : 0,
        .query = "",
        .body = body,
        .body_size_bytes = strlen(body),
        .context = office->hub,
        .header = caller_authorization,
    };
    if (header != NULL) {
        snprintf(copy, sizeof copy, "%s", header);
        request.source = copy;
    }
    reply_init(&reply);
    enum status status = handler(&request, &reply, &err);
    if (status == STATUS_OK && reply.job != NULL) {
        struct err job_err;
        enum status outcome = writer_run(office->hub->writer, reply.job, &job_err);
        assert_int_equal(outcome, reply.job->status);
        status = reply.after(&request, &reply, &err);
    }
    if (status != STATUS_OK)
        office->err = err;
    const unsigned http = status == STATUS_OK ? reply.http_status : status_http(status);
    if (ret_answer != NULL) {
        if (status != STATUS_OK)
            fail_msg("%s", err.text);
        assert_string_equal(reply.content_type, "application/json");
        assert_int_equal(json_parse(buf_text(&reply.body), reply.body.size_bytes,
                                    REPLY_BODY_LIMIT_BYTES, "answer", ret_answer, &err),
                         STATUS_OK);
    }
    if (reply.job != NULL)
        reply.job_free(reply.job);
    reply.job = NULL;
    reply_done(&reply);
    return http;
}

// The header of a request signed by the kiosk's key at that time.
static inline void caller_sign(const struct office_kiosk *kiosk, const char *path, const char *body,
                               int64_t time_s, char ret_header[])
{
    const struct signing_request request = {
        .method = "POST", .path = path, .body = body, .body_bytes = strlen(body)};
    signing_header(&request, time_s, kiosk->secret, ret_header);
}

// "/api/v1/lanes/LANE/what"
static inline void caller_path(const struct office_kiosk *kiosk, const char *what, char ret_path[],
                               size_t room)
{
    snprintf(ret_path, room, "/api/v1/lanes/%s/%s", kiosk->lane, what);
}

// A good request of the kiosk, at the office's time.
static inline unsigned caller_send(struct office *office, handler_fn handler,
                                   const struct office_kiosk *kiosk, const char *what,
                                   const char *body, json_t **ret_answer)
{
    char path[128], header[SIGNING_HEADER_BYTES];
    caller_path(kiosk, what, path, sizeof path);
    caller_sign(kiosk, path, body, OFFICE_NOW_S, header);
    return caller_post(office, handler, path, kiosk->lane, body, header, ret_answer);
}

#endif
