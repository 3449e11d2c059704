// SPDX-License-Identifier: MIT
// Decides what becomes of a request.
#include "exchange.h"

#include <stdio.h>
#include <string.h>

#include "bodyroom.h"
#include "log.h"
#include "reply.h"

enum {
    ASSET_NAME_LIMIT_BYTES = 128,
    // A larger body grows the buffer as it comes: an announced length alone takes no memory.
    BODY_RESERVE_BYTES = 16 * 1024,
};

void exchange_init(struct exchange *exchange, const struct server_config *config,
                   const char *target)
{
    // Field by field: the large arrays need no clearing on the hot path.
    exchange->config = config;
    exchange->close = false;
    exchange->announced_bytes = exchange->room_bytes = 0;
    exchange->request = (struct request){.path = "",
                                         .query = "",
                                         .body = "",
                                         .listener = config->listener,
                                         .context = config->context};
    exchange->match.route = NULL;
    exchange->match.allow = NULL;
    exchange->match.param_count = 0;
    reply_init(&exchange->reply);
    buf_init(&exchange->body, 0);
    exchange->target_size_bytes = strlen(target);
    size_t kept = exchange->target_size_bytes;
    if (kept > GUARD_TARGET_LIMIT_BYTES)
        kept = GUARD_TARGET_LIMIT_BYTES;
    memcpy(exchange->target, target, kept);
    exchange->target[kept] = '\0';
}

void exchange_done(struct exchange *exchange)
{
    reply_done(&exchange->reply);
    buf_done(&exchange->body);
}

static void plain_text(struct reply *reply)
{
    buf_clear(&reply->body);
    buf_addf(&reply->body, "%u\n", reply->http_status);
    reply->content_type = "text/plain; charset=utf-8";
}

// Replaces the reply by the page for a refused request.
static void refuse(struct exchange *exchange, unsigned http_status)
{
    struct reply *reply = &exchange->reply;
    reply_done(reply);
    reply_init(reply);
    reply->http_status = http_status;
    if (exchange->config->refusal != NULL)
        exchange->config->refusal(&exchange->request, reply);
    reply->http_status = http_status;
    if (exchange->config->refusal == NULL || reply->body.failed != STATUS_OK)
        plain_text(reply);
    if (http_status == 503)
        reply_header(reply, "Retry-After", "1");
}

void exchange_fail(struct exchange *exchange, enum status status, struct err *err)
{
    unsigned http_status = status_http(status);
    // A full queue is said to the visitor and counted by the writer; a line each would flood.
    if (http_status >= 500 && status != STATUS_BUSY) {
        err->status = status;
        log_err("request_failed", err);
    }
    refuse(exchange, http_status);
}

// Refuses before the body is read: the rest of what the client sends is not looked at.
static enum exchange_next refuse_early(struct exchange *exchange, unsigned http_status)
{
    const char *allow = exchange->match.allow;
    exchange->close = true;
    refuse(exchange, http_status);
    if (http_status == 405)
        reply_header(&exchange->reply, "Allow", allow == NULL ? "GET, HEAD, POST" : allow);
    return EXCHANGE_SEND;
}

// Cuts the target into path and query.
static void split_target(struct exchange *exchange)
{
    char *mark = strchr(exchange->target, '?');
    if (mark == NULL)
        return;
    *mark = '\0';
    exchange->request.query = mark + 1;
}

static const struct asset *find_asset(const struct exchange *exchange)
{
    const struct server_config *config = exchange->config;
    char name[ASSET_NAME_LIMIT_BYTES];
    static const char prefix[] = "/assets/";
    if (config->assets == NULL || strncmp(exchange->target, prefix, strlen(prefix)) != 0)
        return NULL;
    int size = snprintf(name, sizeof(name), "%s%s", config->asset_folder,
                        exchange->target + strlen(prefix));
    bool fits = size > 0 && (size_t)size < sizeof(name);
    return fits ? asset_find(config->assets, name) : NULL;
}

static enum exchange_next begin_asset(struct exchange *exchange, const struct asset *asset,
                                      bool has_query)
{
    if (exchange->request.method != HTTP_GET) {
        exchange->match.allow = "GET, HEAD";
        return refuse_early(exchange, 405);
    }
    if (has_query)
        return refuse_early(exchange, 400);
    exchange->reply.asset = asset;
    return EXCHANGE_SEND;
}

// The program's own look at who sends a large body. False when the reply is its refusal.
static bool is_welcome(struct exchange *exchange, size_t body_bytes)
{
    struct err err = {0};
    struct reply *reply = &exchange->reply;
    const handler_fn look = exchange->config->before_body;
    if (look == NULL || body_bytes <= BODYROOM_SMALL_BYTES)
        return true;
    enum status status = look(&exchange->request, reply, &err);
    if (status == STATUS_OK)
        status = buf_check(&reply->body, &err);
    if (status != STATUS_OK)
        exchange_fail(exchange, status, &err);
    exchange->close = reply->http_status != 200;
    return !exchange->close;
}

static enum exchange_next begin_route(struct exchange *exchange, bool has_query, int64_t body_bytes)
{
    const struct route *route = exchange->match.route;
    if (route == NULL)
        return refuse_early(exchange, exchange->match.allow == NULL ? 404 : 405);
    if (has_query && !route->query)
        return refuse_early(exchange, 400);
    if ((uint64_t)body_bytes > route->body_limit_bytes)
        return refuse_early(exchange, 413);
    exchange->request.param_count = exchange->match.param_count;
    memcpy(exchange->request.param, exchange->match.param, sizeof(exchange->request.param));
    if (exchange->request.method == HTTP_GET)
        return EXCHANGE_RUN;
    size_t size_bytes = (size_t)body_bytes;
    if (!is_welcome(exchange, size_bytes))
        return EXCHANGE_SEND;
    exchange->announced_bytes = size_bytes;
    buf_init(&exchange->body, size_bytes);
    buf_reserve(&exchange->body, size_bytes < BODY_RESERVE_BYTES ? size_bytes : BODY_RESERVE_BYTES);
    return EXCHANGE_READ;
}

static enum http_method method_of(const char *method)
{
    if (strcmp(method, "POST") == 0)
        return HTTP_POST;
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? HTTP_GET : 0;
}

enum exchange_next exchange_begin(struct exchange *exchange, struct guard_request *guard)
{
    const struct server_config *config = exchange->config;
    guard->target = exchange->target;
    guard->target_size_bytes = exchange->target_size_bytes;
    struct guard_verdict verdict = guard_check(guard);
    if (verdict.http_status != 0 && verdict.http_status != 405)
        log_event(LOG_LEVEL_DEBUG, "request_refused", "reason", verdict.reason, NULL);
    if (!verdict.target_good)
        return refuse_early(exchange, verdict.http_status);
    bool has_query = strchr(exchange->target, '?') != NULL;
    split_target(exchange);
    exchange->request.method = method_of(guard->method);
    router_find(config->routes, config->route_count, config->listener, exchange->request.method,
                exchange->target, &exchange->match);
    exchange->request.path = exchange->match.path;
    // These wait for the router: who asks a program's address gets a program's refusal, and 405
    // says what the address does allow.
    if (verdict.http_status != 0)
        return refuse_early(exchange, verdict.http_status);
    const struct asset *asset = find_asset(exchange);
    if (asset != NULL)
        return begin_asset(exchange, asset, has_query);
    return begin_route(exchange, has_query, verdict.body_bytes);
}

void exchange_body(struct exchange *exchange, const void *bytes, size_t size_bytes)
{
    buf_add(&exchange->body, bytes, size_bytes);
}

enum exchange_next exchange_run(struct exchange *exchange)
{
    struct err err = {0};
    struct request *request = &exchange->request;
    enum status status = buf_check(&exchange->body, &err);
    if (status == STATUS_OK) {
        request->body = buf_text(&exchange->body);
        request->body_size_bytes = exchange->body.size_bytes;
        status = exchange->match.route->handler(request, &exchange->reply, &err);
    }
    if (status == STATUS_OK && exchange->reply.job != NULL)
        return EXCHANGE_WAIT;
    if (status == STATUS_OK)
        status = buf_check(&exchange->reply.body, &err);
    if (status != STATUS_OK)
        exchange_fail(exchange, status, &err);
    return EXCHANGE_SEND;
}

void exchange_after(struct exchange *exchange)
{
    struct reply *reply = &exchange->reply;
    struct err err = {0};
    enum status status;
    if (reply->after != NULL) {
        status = reply->after(&exchange->request, reply, &err);
    } else {
        status = reply->job->status;
        err = reply->job->err;
    }
    if (status == STATUS_OK)
        status = buf_check(&reply->body, &err);
    if (status != STATUS_OK)
        exchange_fail(exchange, status, &err);
}
