// SPDX-License-Identifier: MIT
// For the tests of the kiosk's pages: a kiosk in a private folder and requests through the real
// route table, guard and handlers, without a socket.
#ifndef HAILONG_PAGES_CASE_H
#define HAILONG_PAGES_CASE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "exchange.h"
#include "file.h"
#include "kiosk.h"
#include "kiosk_routes.h"
#include "rating.h"
#include "slip.h"
#include "support/scratch.h"

// 2026-11-03 09:20 at UTC+7, a Tuesday.
#define PAGES_NOW_S 1793672400

struct web {
    struct scratch scratch;
    struct kiosk *kiosk;
    // What the next requests carry; NULL: no such header.
    const char *cookie, *accept, *origin;
};

struct answer {
    unsigned http_status;
    char body[64 * 1024];
    char location[256], cookie[256], type[64];
};

static inline void web_open(struct web *web, void (*change)(json_t *setup))
{
    struct err err = {0};
    char setup_path[SCRATCH_PATH_SIZE];
    char folder[SCRATCH_PATH_SIZE];
    *web = (struct web){.scratch = scratch_make()};
    clock_fix(PAGES_NOW_S);
    scratch_path(&web->scratch, "setup.json", setup_path);
    scratch_path(&web->scratch, "data", folder);
    AUTO(json_decrefp) json_t *setup = NULL;
    if (json_read("schema/examples/ba-xuyen.json", SETUP_LIMIT_BYTES, &setup, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    if (change != NULL)
        change(setup);
    assert_int_equal(json_dump_file(setup, setup_path, 0), 0);
    if (kiosk_init(folder, setup_path, &err) != STATUS_OK ||
        kiosk_open(folder, &web->kiosk, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    (void)strcpy(web->kiosk->phone_url, "http://127.0.0.1:8081");
}

static inline void web_close(struct web *web)
{
    kiosk_close(web->kiosk);
    scratch_remove(&web->scratch);
    clock_fix(0);
}

static inline const char *web_header(const struct request *request, const char *name)
{
    const struct web *web = request->source;
    if (strcasecmp(name, "Cookie") == 0)
        return web->cookie;
    if (strcasecmp(name, "Accept") == 0)
        return web->accept;
    if (strcasecmp(name, "Origin") == 0)
        return web->origin;
    return strcasecmp(name, "Host") == 0 ? "127.0.0.1:8080" : NULL;
}

static inline void keep_header(const struct reply *reply, const char *name, char *ret_value,
                               size_t size_bytes)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcasecmp(reply->headers[i].name, name) == 0)
            (void)snprintf(ret_value, size_bytes, "%s", reply->headers[i].value);
    }
}

static inline void run_exchange(struct web *web, struct exchange *exchange, const char *body)
{
    if (body != NULL)
        exchange_body(exchange, body, strlen(body));
    if (exchange_run(exchange) != EXCHANGE_WAIT)
        return;
    // The outcome stands in the job; `after` reports it.
    struct err err = {0};
    enum status ignored = writer_run(web->kiosk->writer, exchange->reply.job, &err);
    (void)ignored;
    exchange_after(exchange);
}

// Sends a request: POST when there is a body. The answer is valid until the next call.
static inline const struct answer *web_ask(struct web *web, unsigned listener, const char *target,
                                           const char *body)
{
    static struct answer answer;
    static const char *const hosts[] = {"127.0.0.1:8080", NULL};
    char length[24];
    (void)snprintf(length, sizeof(length), "%zu", body == NULL ? 0 : strlen(body));
    const struct guard_header headers[] = {
        {"Host", "127.0.0.1:8080", 4, 14},
        {"Content-Type", "application/x-www-form-urlencoded", 12, 33},
        {"Content-Length", length, 14, strlen(length)},
    };
    const struct server_config config = {.listener = listener,
                                         .routes = kiosk_routes,
                                         .route_count = kiosk_routes_count,
                                         .context = web->kiosk,
                                         .refusal = kiosk_routes_refusal};
    struct guard_request guard = {.method = body == NULL ? "GET" : "POST",
                                  .version = "HTTP/1.1",
                                  .headers = headers,
                                  .header_count = body == NULL ? 1 : 3,
                                  .hosts = hosts};
    struct exchange exchange;
    exchange_init(&exchange, &config, target);
    exchange.request.header = web_header;
    exchange.request.source = web;
    if (exchange_begin(&exchange, &guard) != EXCHANGE_SEND)
        run_exchange(web, &exchange, body);
    answer = (struct answer){.http_status = exchange.reply.http_status};
    (void)snprintf(answer.body, sizeof(answer.body), "%s", buf_text(&exchange.reply.body));
    (void)snprintf(answer.type, sizeof(answer.type), "%s", exchange.reply.content_type);
    keep_header(&exchange.reply, "Location", answer.location, sizeof(answer.location));
    keep_header(&exchange.reply, "Set-Cookie", answer.cookie, sizeof(answer.cookie));
    exchange_done(&exchange);
    return &answer;
}

#define SCREEN KIOSK_LISTEN_SCREEN
#define PHONE KIOSK_LISTEN_PHONE

static inline void assert_has(const struct answer *answer, const char *text)
{
    if (strstr(answer->body, text) == NULL)
        fail_msg("\"%s\" is not in:\n%s", text, answer->body);
}

static inline void assert_lacks(const struct answer *answer, const char *text)
{
    if (strstr(answer->body, text) != NULL)
        fail_msg("\"%s\" is in:\n%s", text, answer->body);
}

// Pairs a device (the desk when `counter` is NULL); its cookie goes with the next requests.
static inline void web_pair(struct web *web, const char *counter)
{
    static char cookie[128];
    char phrase[DEVICE_PHRASE_CHARS + 1];
    char target[64];
    struct err err = {0};
    assert_int_equal(device_invite(web->kiosk->devices, web->kiosk->writer, counter, phrase, &err),
                     STATUS_OK);
    (void)snprintf(target, sizeof(target), "/pair/%s", phrase);
    const struct answer *answer = web_ask(web, SCREEN, target, NULL);
    assert_int_equal(answer->http_status, 303);
    (void)snprintf(cookie, sizeof(cookie), "%.*s", (int)strcspn(answer->cookie, ";"),
                   answer->cookie);
    web->cookie = cookie;
}

// The token of the page that was answered last.
static inline const char *token_of(const struct answer *answer)
{
    static char token[TOKEN_TEXT_CHARS + 1];
    const char *at = strstr(answer->body, "name=\"token\" value=\"");
    assert_non_null(at);
    at += strlen("name=\"token\" value=\"");
    assert_int_equal(strcspn(at, "\""), TOKEN_TEXT_CHARS);
    memcpy(token, at, TOKEN_TEXT_CHARS);
    token[TOKEN_TEXT_CHARS] = '\0';
    return token;
}

// A form body: the token and `rest` ("part=0&page=overall&overall=4").
static inline const char *form_of(const char *token, const char *rest)
{
    static char body[1024];
    (void)snprintf(body, sizeof(body), "token=%s&%s", token, rest);
    return body;
}

static inline const char *make_slip(struct web *web, const char *area)
{
    static char code[SLIPCODE_CHARS + 1];
    struct err err = {0};
    struct slip_job job;
    const struct slip_order order = {
        .area = area, .counter = "1", .step = RESPONSE_STEP_RESULT, .dossier = ""};
    assert_int_equal(slip_prepare(web->kiosk, &order, &job, &err), STATUS_OK);
    assert_int_equal(writer_run(web->kiosk->writer, &job.job, &err), STATUS_OK);
    (void)strcpy(code, job.code);
    return code;
}

static inline uint64_t entries(const struct web *web)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(web->kiosk->journal, &size, root);
    return size;
}

#endif
