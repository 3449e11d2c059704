// SPDX-License-Identifier: MIT
// server.c over real sockets: answers, limits, deadlines, addresses.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "coretest_assets.h"
#include "serving.h"

static struct wire_answer answer; // too large for the stack of a test

static void assert_header(const char *name, const char *expected)
{
    char value[1024];
    if (!wire_header(&answer, name, value, sizeof(value)))
        fail_msg("no header %s in\n%s", name, answer.head);
    assert_string_equal(value, expected);
}

static void assert_no_header(const char *name)
{
    char value[1024];
    assert_false(wire_header(&answer, name, value, sizeof(value)));
}

static void assert_security_headers(void)
{
    assert_header("X-Content-Type-Options", "nosniff");
    assert_header("Referrer-Policy", "same-origin");
    assert_header("Cross-Origin-Opener-Policy", "same-origin");
    assert_header("Cross-Origin-Resource-Policy", "same-origin");
    assert_non_null(strstr(answer.head, "Content-Security-Policy: default-src 'none'; "));
}

// ---------------------------------------------------------------------------------------

static void a_page_is_answered_with_every_security_header(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    wire_ask(place->address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "xin chào\n");
    assert_header("Content-Type", "text/html; charset=utf-8");
    assert_header("Cache-Control", "no-store");
    assert_security_headers();
    assert_non_null(strstr(answer.head, "Date: "));
    assert_no_header("Server");
    assert_no_header("Connection");
}

// Responses are kept and filled again: nothing of one answer may come through in another.
static void answers_of_one_size_share_no_more_than_that(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *body;
        int status;
        const char *type, *expected;
    } rows[] = {
        {"POST", "/echo", "0123456789", 200, "text/html; charset=utf-8", "0123456789"},
        {"GET", "/hello", NULL, 200, "text/html; charset=utf-8", "xin chào\n"},
        {"GET", "/text", NULL, 200, "text/plain; charset=utf-8", "xin chào\n"},
        {"POST", "/echo", "9876543210", 200, "text/html; charset=utf-8", "9876543210"},
        {"POST", "/echo", "refused 409 +", 200, "text/html; charset=utf-8", "refused 409 +"},
        {"POST", "/conflict", "", 409, "text/html; charset=utf-8", "refused 409 -"},
        {"POST", "/echo", "refused 409 +", 200, "text/html; charset=utf-8", "refused 409 +"},
        {"POST", "/redirect", "", 303, NULL, ""},
    };
    AUTO(serving_close) struct serving *place = serving_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    for (size_t i = 0; i < 3 * ARRAY_SIZE(rows); i++) {
        const size_t row = i % ARRAY_SIZE(rows);
        wire_ask_on(wire, place->address, rows[row].method, rows[row].target, NULL, rows[row].body,
                    &answer);
        assert_int_equal(answer.status, rows[row].status);
        assert_string_equal(answer.body, rows[row].expected);
        assert_header("Cache-Control", "no-store");
        assert_security_headers();
        if (rows[row].type == NULL)
            continue;
        assert_header("Content-Type", rows[row].type);
        assert_no_header("Set-Cookie");
    }
}

static void answers_of_every_size_come_whole(void **state)
{
    (void)state;
    static char body[8194];
    // 64 apart they meet in one place; 8192 is the largest that is kept.
    static const size_t sizes[] = {1, 65, 129, 4096, 8191, 8192, 8193};
    AUTO(serving_close) struct serving *place = serving_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    for (size_t i = 0; i < 4 * ARRAY_SIZE(sizes); i++) {
        const size_t size = sizes[i % ARRAY_SIZE(sizes)];
        memset(body, 'a' + (int)(i % 26), size);
        body[size] = '\0';
        wire_ask_on(wire, place->address, "POST", "/large", NULL, body, &answer);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, body);
        assert_security_headers();
    }
}

static void a_program_may_set_its_own_policy(void **state)
{
    (void)state;
    struct server_config config = serving_config(NULL);
    config.content_security_policy = "default-src 'self'";
    AUTO(server_closep) struct server *server = serving_server(&config);
    wire_ask(server_address(server), "GET", "/hello", NULL, NULL, &answer);
    assert_header("Content-Security-Policy", "default-src 'self'");
}

static void head_is_answered_as_get_without_the_body(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    wire_ask_on(wire, place->address, "HEAD", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_header("Content-Length", "10");
    wire_ask_on(wire, place->address, "GET", "/hello", NULL, NULL, &answer);
    assert_string_equal(answer.body, "xin chào\n");
}

static void a_handler_sees_the_request_decoded_once(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    char expected[256];
    wire_ask(place->address, "GET", "/facts/qu%E1%BA%A7y/2?x=%25&y=%2Fa", "User-Agent: thử\r\n",
             NULL, &answer);
    snprintf(expected, sizeof(expected), "/facts/quầy/2|quầy|2|x=%%25&y=%%2Fa|127.0.0.1|%s|thử|1",
             place->address);
    assert_string_equal(answer.body, expected);
    assert_header("X-Extra", "a");
    assert_header("Cache-Control", "public, max-age=60");
    assert_header("Content-Type", "text/plain; charset=utf-8");
}

static void one_connection_serves_many_requests(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    for (int i = 0; i < 20; i++) {
        wire_ask_on(wire, place->address, "GET", "/hello", NULL, NULL, &answer);
        assert_int_equal(answer.status, 200);
        wire_ask_on(wire, place->address, "POST", "/echo", NULL, "a=1", &answer);
        assert_string_equal(answer.body, "a=1");
        wire_ask_on(wire, place->address, "GET", "/assets/tiny.txt", NULL, NULL, &answer);
        assert_int_equal(answer.status, 200);
        wire_ask_on(wire, place->address, "POST", "/conflict", NULL, "", &answer);
        assert_int_equal(answer.status, 409);
    }
}

static void a_body_is_taken_up_to_the_limit_of_its_route(void **state)
{
    (void)state;
    static char body[100002];
    static const struct {
        const char *path;
        size_t size;
        int status;
    } rows[] = {
        {"/echo", 0, 200},       {"/echo", 1, 200},      {"/echo", 8192, 200},
        {"/echo", 8193, 413},    {"/large", 99999, 200}, {"/large", 100000, 200},
        {"/large", 100001, 413}, {"/empty", 0, 200},     {"/empty", 1, 413},
    };
    AUTO(serving_close) struct serving *place = serving_open(8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        memset(body, 'x', rows[i].size);
        body[rows[i].size] = '\0';
        wire_ask(place->address, "POST", rows[i].path, NULL, body, &answer);
        assert_int_equal(answer.status, rows[i].status);
        if (rows[i].status == 200)
            assert_string_equal(answer.body, body);
        else
            assert_header("Connection", "close");
    }
}

static void refused_requests_get_the_programs_page(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *headers, *body;
        int status;
    } rows[] = {
        {"GET", "/nowhere", NULL, NULL, 404},
        {"GET", "/hello/", NULL, NULL, 404},
        {"GET", "/hello?a=1", NULL, NULL, 400},
        {"GET", "/hello?", NULL, NULL, 400},
        {"GET", "/a//b", NULL, NULL, 400},
        {"GET", "/phone", NULL, NULL, 404},
        {"GET", "/assets/none.css", NULL, NULL, 404},
        {"GET", "/assets/tiny.txt?v=1", NULL, NULL, 400},
        {"POST", "/echo", "Content-Encoding: gzip\r\n", "a", 415},
        {"POST", "/echo", "Expect: wonders\r\n", "a", 417},
        {"POST", "/echo", "Transfer-Encoding: chunked\r\n", NULL, 411},
    };
    AUTO(serving_close) struct serving *place = serving_open(8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char expected[64];
        AUTO(wire_close) int wire = wire_open(place->address);
        wire_ask_on(wire, place->address, rows[i].method, rows[i].target, rows[i].headers,
                    rows[i].body, &answer);
        assert_int_equal(answer.status, rows[i].status);
        snprintf(expected, sizeof(expected), "refused %d -", rows[i].status);
        assert_string_equal(answer.body, expected);
        assert_header("X-Content-Type-Options", "nosniff");
        assert_true(wire_is_closed(wire));
    }
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *body, *allow;
    } rows[] = {
        {"POST", "/hello", "", "GET, HEAD"},
        {"PUT", "/hello", "", "GET, HEAD"},
        {"GET", "/echo", NULL, "POST"},
        {"DELETE", "/nowhere", NULL, "GET, HEAD, POST"},
        {"POST", "/assets/tiny.txt", "", "GET, HEAD"},
    };
    AUTO(serving_close) struct serving *place = serving_open(8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        wire_ask(place->address, rows[i].method, rows[i].target, NULL, rows[i].body, &answer);
        assert_int_equal(answer.status, 405);
        assert_header("Allow", rows[i].allow);
    }
}

static void only_our_own_hosts_are_served(void **state)
{
    (void)state;
    static const char *const extra[] = {"danhgia.example.vn", NULL};
    struct server_config config = serving_config(NULL);
    config.hosts = extra;
    AUTO(server_closep) struct server *server = serving_server(&config);
    const char *port = strrchr(server_address(server), ':');
    const struct {
        const char *host;
        bool ported;
        int status;
    } rows[] = {
        {"localhost", true, 200},           {"LOCALHOST", true, 200},
        {"127.0.0.1", true, 200},           {"[::1]", true, 200},
        {"localhost", false, 421},          {"evil.example", true, 421},
        {"danhgia.example.vn", false, 200}, {"danhgia.example.vn", true, 421},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char host[128];
        AUTO(wire_close) int wire = wire_open(server_address(server));
        snprintf(host, sizeof(host), "%s%s", rows[i].host, rows[i].ported ? port : "");
        wire_ask_on(wire, host, "GET", "/hello", NULL, NULL, &answer);
        assert_int_equal(answer.status, rows[i].status);
    }
}

static void behind_a_proxy_any_host_is_served(void **state)
{
    (void)state;
    struct server_config config = serving_config(NULL);
    config.any_host = true;
    config.refusal = NULL;
    AUTO(server_closep) struct server *server = serving_server(&config);
    AUTO(wire_close) int wire = wire_open(server_address(server));
    wire_ask_on(wire, "anything.example", "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask_on(wire, "not/a/host", "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 400);
    assert_string_equal(answer.body, "400\n");
    assert_header("Content-Type", "text/plain; charset=utf-8");
}

static void a_failed_handler_shows_no_detail(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    wire_ask(place->address, "GET", "/broken", NULL, NULL, &answer);
    assert_int_equal(answer.status, 500);
    assert_string_equal(answer.body, "refused 500 -");
    assert_header("Content-Type", "text/html; charset=utf-8");
}

static void redirects_and_cookies_are_sent(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    wire_ask(place->address, "POST", "/redirect", NULL, "", &answer);
    assert_int_equal(answer.status, 303);
    assert_header("Location", "/hello");
    assert_header("Set-Cookie", "seen=1; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
    assert_header("Content-Length", "0");
    assert_no_header("Content-Type");
}

static void embedded_files_are_sent_compressed_and_cached(void **state)
{
    (void)state;
    const struct asset *css = asset_find(&coretest_assets, "assets/style.css");
    char weak[64];
    char line[128];
    AUTO(serving_close) struct serving *place = serving_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_header("ETag", css->etag);
    assert_header("Vary", "Accept-Encoding");
    assert_header("Cache-Control", "public, no-cache");
    assert_header("Content-Type", "text/css; charset=utf-8");
    assert_no_header("Content-Encoding");
    assert_int_equal(answer.body_size, css->size_bytes);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css",
                "Accept-Encoding: gzip, deflate, br\r\n", NULL, &answer);
    assert_header("Content-Encoding", "br");
    assert_memory_equal(answer.body, css->brotli, css->brotli_size_bytes);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css",
                "Accept-Encoding: br;q=0, gzip\r\n", NULL, &answer);
    assert_header("Content-Encoding", "gzip");
    snprintf(weak, sizeof(weak), "W/%s", css->etag);
    assert_header("ETag", weak);
    assert_memory_equal(answer.body, css->gzip, css->gzip_size_bytes);
    snprintf(line, sizeof(line), "If-None-Match: %s\r\n", weak);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css", line, NULL, &answer);
    assert_int_equal(answer.status, 304);
    assert_header("ETag", css->etag);
    wire_ask_on(wire, place->address, "GET", "/file", "If-None-Match: \"other\"\r\n", NULL,
                &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "ngắn\n");
}

static void two_listeners_serve_their_own_routes(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    struct server_config config = serving_config(place->writer);
    config.listener = 2;
    config.threads = 1;
    AUTO(server_closep) struct server *phones = serving_server(&config);
    wire_ask(server_address(phones), "GET", "/phone", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask(server_address(phones), "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask(server_address(phones), "POST", "/note", NULL, "1", &answer);
    assert_int_equal(answer.status, 404);
    wire_ask(place->address, "GET", "/phone", NULL, NULL, &answer);
    assert_int_equal(answer.status, 404);
}

static void one_address_gets_so_many_connections(void **state)
{
    (void)state;
    struct server_config config = serving_config(NULL);
    config.per_address_limit = 2;
    config.threads = 1;
    AUTO(server_closep) struct server *server = serving_server(&config);
    const char *address = server_address(server);
    AUTO(wire_close) int first = wire_open(address);
    AUTO(wire_close) int second = wire_open(address);
    wire_ask_on(first, address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask_on(second, address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    AUTO(wire_close) int third = wire_open(address);
    assert_true(wire_is_closed(third));
}

// Sends a byte now and then until the other side has closed; returns the milliseconds it took.
static int64_t trickle(int wire, const char *text)
{
    int64_t begin_ms = clock_mono_ms();
    while (wire_send_bytes(wire, text, 1) && clock_mono_ms() - begin_ms < 15000) {
        struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
        nanosleep(&pause, NULL);
        text += text[1] != '\0';
    }
    return clock_mono_ms() - begin_ms;
}

static void a_request_that_trickles_in_is_cut_at_its_deadline(void **state)
{
    (void)state;
    static const char *const begun[] = {
        "", "GET /hello HTTP/1.1\r\nHost: ",
        "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8000\r\n\r\n"};
    struct server_config config = serving_config(NULL);
    config.any_host = true;
    config.request_deadline_ms = 400;
    AUTO(server_closep) struct server *server = serving_server(&config);
    for (size_t i = 0; i < ARRAY_SIZE(begun); i++) {
        AUTO(wire_close) int wire = wire_open(server_address(server));
        assert_true(wire_send(wire, begun[i]));
        int64_t took_ms = trickle(wire, i == 0 ? "GET /aaaaaaa" : "aaaaaaaaaaa");
        assert_in_range(took_ms, 300, 5000);
    }
    AUTO(wire_close) int wire = wire_open(server_address(server));
    wire_ask_on(wire, "a", "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
}

// Posts a large body on a connection of its own, unless it is refused before that: who sends on
// then may lose the answer with the connection (0).
static int post_large(const char *address, size_t size)
{
    static char body[100000];
    char head[128];
    memset(body, 'x', sizeof body);
    snprintf(head, sizeof head, "POST /large HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n",
             address, size);
    AUTO(wire_close) int wire = wire_open(address);
    struct pollfd refused = {.fd = wire, .events = POLLIN};
    if (wire_send(wire, head) && poll(&refused, 1, 100) == 0)
        (void)wire_send_bytes(wire, body, size);
    wire_read(wire, false, &answer);
    return answer.status;
}

static void large_bodies_share_one_room(void **state)
{
    (void)state;
    struct server_config config = serving_config(NULL);
    config.large_bodies_bytes = 150000;
    config.any_host = true;
    AUTO(server_closep) struct server *server = serving_server(&config);
    const char *address = server_address(server);
    const int64_t begin_ms = clock_mono_ms();
    assert_int_equal(post_large(address, 100000), 200);
    {
        AUTO(wire_close) int slow = wire_open(address);
        assert_true(wire_send(
            slow, "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegun"));
        while (post_large(address, 70000) != 503)
            assert_true(clock_mono_ms() - begin_ms < 15000);
        assert_header("Retry-After", "1");
        assert_int_equal(post_large(address, 50000), 200); // small ones are not counted
    }
    while (post_large(address, 70000) != 200)
        assert_true(clock_mono_ms() - begin_ms < 15000);
}

static void configurations_that_would_hang_are_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned threads, connections;
        const char *address;
        enum status status;
    } rows[] = {
        {0, 120, "127.0.0.1:0", STATUS_BAD_INPUT},
        {9, 120, "127.0.0.1:0", STATUS_BAD_INPUT},
        {1, 0, "127.0.0.1:0", STATUS_BAD_INPUT},
        {1, 241, "127.0.0.1:0", STATUS_BAD_INPUT},
        {1, 120, "127.0.0.1", STATUS_BAD_INPUT},
        {1, 120, "127.0.0.1:99999", STATUS_BAD_INPUT},
        {1, 120, "example.vn:80", STATUS_BAD_INPUT},
        {1, 120, "::1:80", STATUS_BAD_INPUT},
        {1, 120, ":80", STATUS_BAD_INPUT},
        {1, 120, "127.0.0.1:x", STATUS_BAD_INPUT},
        {1, 1, "127.0.0.1:0", STATUS_OK},
        {8, 240, "localhost:0", STATUS_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct server_config config = serving_config(NULL);
        struct server *server = NULL;
        struct err err = {0};
        config.threads = rows[i].threads;
        config.connections_per_thread = rows[i].connections;
        config.address = rows[i].address;
        assert_int_equal(server_open(&config, &server, &err), rows[i].status);
        assert_true((server != NULL) == (rows[i].status == STATUS_OK));
        server_close(server);
    }
}

static void a_taken_address_is_said_so(void **state)
{
    (void)state;
    struct server_config config = serving_config(NULL);
    AUTO(server_closep) struct server *server = serving_server(&config);
    struct server *other = NULL;
    struct err err = {0};
    config.address = server_address(server);
    assert_int_equal(server_open(&config, &other, &err), STATUS_BUSY);
    assert_null(other);
    assert_non_null(strstr(err.text, "another program listens"));
}

int main(void)
{
    unsetenv("HAILONG_ABORT_ON_BUG"); // one test looks at what production does
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_answered_with_every_security_header),
        cmocka_unit_test(answers_of_one_size_share_no_more_than_that),
        cmocka_unit_test(answers_of_every_size_come_whole),
        cmocka_unit_test(a_program_may_set_its_own_policy),
        cmocka_unit_test(head_is_answered_as_get_without_the_body),
        cmocka_unit_test(a_handler_sees_the_request_decoded_once),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(a_body_is_taken_up_to_the_limit_of_its_route),
        cmocka_unit_test(refused_requests_get_the_programs_page),
        cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
        cmocka_unit_test(only_our_own_hosts_are_served),
        cmocka_unit_test(behind_a_proxy_any_host_is_served),
        cmocka_unit_test(a_failed_handler_shows_no_detail),
        cmocka_unit_test(redirects_and_cookies_are_sent),
        cmocka_unit_test(embedded_files_are_sent_compressed_and_cached),
        cmocka_unit_test(two_listeners_serve_their_own_routes),
        cmocka_unit_test(one_address_gets_so_many_connections),
        cmocka_unit_test(a_request_that_trickles_in_is_cut_at_its_deadline),
        cmocka_unit_test(large_bodies_share_one_room),
        cmocka_unit_test(configurations_that_would_hang_are_refused),
        cmocka_unit_test(a_taken_address_is_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
