// SPDX-License-Identifier: MIT
// exchange.c: from guard to reply, without a socket.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "reply.h"

static const char *no_header(const struct request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

static enum status echo(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    buf_addf(&reply->body, "%s?%s=%s", request->path, request->query, request->body);
    return STATUS_OK;
}

static enum status break_down(const struct request *request, struct reply *reply, struct err *err)
{
    buf_add_text(&reply->body, "half");
    reply_header(reply, "X-Half", "1");
    return err_set(err, status_of_name(request->param[0]), "so it was");
}

static enum status too_large(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    (void)err;
    buf_done(&reply->body);
    buf_init(&reply->body, 3);
    buf_add_text(&reply->body, "four");
    return STATUS_OK;
}

static struct writer_job job;
static enum status after_status;

static enum status after(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    (void)err;
    buf_add_text(&reply->body, "after");
    return after_status;
}

static enum status submit(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    reply->job = &job;
    reply->after = strcmp(request->param[0], "after") == 0 ? after : NULL;
    return STATUS_OK;
}

static void refusal(const struct request *request, struct reply *reply)
{
    buf_addf(&reply->body, "page %u %s", reply->http_status, request->path);
    reply->http_status = 200; // must not matter
}

static void broken_refusal(const struct request *request, struct reply *reply)
{
    (void)request;
    reply->body.failed = STATUS_NO_MEMORY;
}

static unsigned looked;

// Who asks for /big/no is not known.
static enum status look_before(const struct request *request, struct reply *reply, struct err *err)
{
    looked++;
    if (strcmp(request->path, "/big/err") == 0)
        return err_set(err, STATUS_BUSY, "not now");
    if (strcmp(request->path, "/big/no") != 0)
        return STATUS_OK;
    reply->http_status = 403;
    buf_add_text(&reply->body, "who are you");
    return STATUS_OK;
}

static const struct route routes[] = {
    {HTTP_POST, "/big/{who}", echo, 1, 100000, false},
    {HTTP_GET, "/echo", echo, 1, 0, true},
    {HTTP_POST, "/echo", echo, 1, 10, false},
    {HTTP_GET, "/fail/{how}", break_down, 1, 0, false},
    {HTTP_GET, "/large", too_large, 1, 0, false},
    {HTTP_POST, "/job/{how}", submit, 1, 0, false},
};

static struct server_config config = {
    .listener = 1, .routes = routes, .route_count = ARRAY_SIZE(routes), .refusal = refusal};

// Begins an exchange with Host and, for POST, a length.
static enum exchange_next begin(struct exchange *exchange, const char *method, const char *target,
                                const char *length)
{
    const struct guard_header headers[] = {
        {"Host", "a", 4, 1},
        {"Content-Length", length, 14, length == NULL ? 0 : strlen(length)},
    };
    struct guard_request guard = {.method = method,
                                  .version = "HTTP/1.1",
                                  .headers = headers,
                                  .header_count = length == NULL ? 1 : 2};
    exchange_init(exchange, &config, target);
    exchange->request.header = no_header;
    return exchange_begin(exchange, &guard);
}

static void assert_reply(const struct exchange *exchange, unsigned status, const char *body)
{
    assert_int_equal(exchange->reply.http_status, status);
    assert_string_equal(buf_text(&exchange->reply.body), body);
}

static void a_get_is_run_and_sent(void **state)
{
    (void)state;
    AUTO(exchange_done) struct exchange exchange;
    assert_int_equal(begin(&exchange, "GET", "/echo?a=1", NULL), EXCHANGE_RUN);
    assert_int_equal(exchange_run(&exchange), EXCHANGE_SEND);
    assert_reply(&exchange, 200, "/echo?a=1=");
    assert_false(exchange.close);
}

static void a_post_is_read_first(void **state)
{
    (void)state;
    AUTO(exchange_done) struct exchange exchange;
    assert_int_equal(begin(&exchange, "POST", "/echo", "10"), EXCHANGE_READ);
    exchange_body(&exchange, "01234", 5);
    exchange_body(&exchange, "56789", 5);
    assert_int_equal(exchange_run(&exchange), EXCHANGE_SEND);
    assert_reply(&exchange, 200, "/echo?=0123456789");
}

static void more_than_announced_is_too_large(void **state)
{
    (void)state;
    AUTO(exchange_done) struct exchange exchange;
    assert_int_equal(begin(&exchange, "POST", "/echo", "3"), EXCHANGE_READ);
    exchange_body(&exchange, "0123", 4);
    assert_int_equal(exchange_run(&exchange), EXCHANGE_SEND);
    assert_reply(&exchange, 413, "page 413 /echo");
}

static void early_refusals_close_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *length;
        unsigned status;
        const char *body;
    } rows[] = {
        {"GET", "/none", NULL, 404, "page 404 /none"},
        {"POST", "/echo", "11", 413, "page 413 /echo"},
        {"POST", "/echo?a", "1", 400, "page 400 /echo"},
        {"POST", "/echo", NULL, 411, "page 411 /echo"},
        {"POST", "/echo", "1000000000000", 413, "page 413 /echo"},
        {"POST", "/..", "1000000000000", 400, "page 400 "},
        {"GET", "/..", NULL, 400, "page 400 "},
        {"PUT", "/echo", NULL, 405, "page 405 "},
        {"POST", "/large", "0", 405, "page 405 /large"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(exchange_done) struct exchange exchange;
        assert_int_equal(begin(&exchange, rows[i].method, rows[i].target, rows[i].length),
                         EXCHANGE_SEND);
        if (rows[i].status != 405)
            assert_reply(&exchange, rows[i].status, rows[i].body);
        assert_int_equal(exchange.reply.http_status, rows[i].status);
        assert_true(exchange.close);
    }
}

static void a_large_body_is_read_only_when_its_sender_is_welcome(void **state)
{
    (void)state;
    static const struct {
        const char *target, *length;
        enum exchange_next next;
        unsigned status, looked;
    } rows[] = {
        {"/big/no", "65536", EXCHANGE_READ, 200, 0},
        {"/big/no", "65537", EXCHANGE_SEND, 403, 1},
        {"/big/err", "65537", EXCHANGE_SEND, 503, 1},
        {"/big/yes", "65537", EXCHANGE_READ, 200, 1},
    };
    config.before_body = look_before;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(exchange_done) struct exchange exchange;
        looked = 0;
        assert_int_equal(begin(&exchange, "POST", rows[i].target, rows[i].length), rows[i].next);
        assert_int_equal(exchange.reply.http_status, rows[i].status);
        assert_int_equal(looked, rows[i].looked);
        assert_int_equal(exchange.close, rows[i].next == EXCHANGE_SEND);
        assert_int_equal(exchange.announced_bytes,
                         rows[i].next == EXCHANGE_READ ? strtoul(rows[i].length, NULL, 10) : 0);
    }
    config.before_body = NULL;
}

static void a_failed_handler_leaves_nothing_of_its_page(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        unsigned status;
        const char *body;
        size_t headers; // Retry-After
    } rows[] = {
        {"/fail/bad_input", 400, "page 400 /fail/bad_input", 0},
        {"/fail/gone", 410, "page 410 /fail/gone", 0},
        {"/fail/busy", 503, "page 503 /fail/busy", 1},
        {"/fail/full", 503, "page 503 /fail/full", 1},
        {"/fail/io", 500, "page 500 /fail/io", 0},
        {"/large", 413, "page 413 /large", 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(exchange_done) struct exchange exchange;
        assert_int_equal(begin(&exchange, "GET", rows[i].target, NULL), EXCHANGE_RUN);
        assert_int_equal(exchange_run(&exchange), EXCHANGE_SEND);
        assert_reply(&exchange, rows[i].status, rows[i].body);
        assert_int_equal(exchange.reply.header_count, rows[i].headers);
        assert_false(exchange.close);
    }
}

static void a_refusal_that_fails_itself_is_a_line_of_text(void **state)
{
    (void)state;
    config.refusal = broken_refusal;
    AUTO(exchange_done) struct exchange exchange;
    assert_int_equal(begin(&exchange, "GET", "/none", NULL), EXCHANGE_SEND);
    assert_reply(&exchange, 404, "404\n");
    assert_string_equal(exchange.reply.content_type, "text/plain; charset=utf-8");
    config.refusal = refusal;
}

static void a_job_is_waited_for_and_its_outcome_told(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        enum status job, after;
        unsigned status;
        const char *body;
    } rows[] = {
        {"/job/after", STATUS_OK, STATUS_OK, 200, "after"},
        {"/job/after", STATUS_CONFLICT, STATUS_OK, 200, "after"},
        {"/job/after", STATUS_OK, STATUS_GONE, 410, "page 410 /job/after"},
        {"/job/plain", STATUS_OK, STATUS_OK, 200, ""},
        {"/job/plain", STATUS_CONFLICT, STATUS_OK, 409, "page 409 /job/plain"},
        {"/job/plain", STATUS_IO, STATUS_OK, 500, "page 500 /job/plain"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(exchange_done) struct exchange exchange;
        after_status = rows[i].after;
        assert_int_equal(begin(&exchange, "POST", rows[i].target, "0"), EXCHANGE_READ);
        assert_int_equal(exchange_run(&exchange), EXCHANGE_WAIT);
        job.status = rows[i].job;
        exchange_after(&exchange);
        assert_reply(&exchange, rows[i].status, rows[i].body);
    }
}

static void a_long_address_is_cut_and_refused(void **state)
{
    (void)state;
    static char target[20000];
    memset(target, 'a', sizeof(target) - 1);
    target[0] = '/';
    AUTO(exchange_done) struct exchange exchange;
    assert_int_equal(begin(&exchange, "GET", target, NULL), EXCHANGE_SEND);
    assert_int_equal(exchange.reply.http_status, 414);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_run_and_sent),
        cmocka_unit_test(a_post_is_read_first),
        cmocka_unit_test(more_than_announced_is_too_large),
        cmocka_unit_test(early_refusals_close_the_connection),
        cmocka_unit_test(a_large_body_is_read_only_when_its_sender_is_welcome),
        cmocka_unit_test(a_failed_handler_leaves_nothing_of_its_page),
        cmocka_unit_test(a_refusal_that_fails_itself_is_a_line_of_text),
        cmocka_unit_test(a_job_is_waited_for_and_its_outcome_told),
        cmocka_unit_test(a_long_address_is_cut_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
