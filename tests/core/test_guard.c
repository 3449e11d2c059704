// SPDX-License-Identifier: MIT
// guard.c: each rule on both sides.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "guard.h"

static const char *const our_hosts[] = {"127.0.0.1:8080", "localhost:8080", NULL};

enum { HEADER_MAX = 80 };

struct ask {
    struct guard_header headers[HEADER_MAX];
    struct guard_request request;
};

static void add(struct ask *ask, const char *name, const char *value)
{
    ask->headers[ask->request.header_count++] =
        (struct guard_header){name, value, strlen(name), strlen(value)};
}

// A good request with its Host; `name` (may be NULL) is one more header.
static struct ask *make(const char *method, const char *target, const char *name, const char *value)
{
    static struct ask ask;
    memset(&ask, 0, sizeof(ask));
    ask.request = (struct guard_request){.method = method,
                                         .target = target,
                                         .version = "HTTP/1.1",
                                         .target_size_bytes = strlen(target),
                                         .headers = ask.headers,
                                         .hosts = our_hosts};
    add(&ask, "Host", "localhost:8080");
    if (name != NULL)
        add(&ask, name, value);
    return &ask;
}

static unsigned status_of(const struct ask *ask)
{
    struct guard_verdict verdict = guard_check(&ask->request);
    assert_true((verdict.http_status == 0) == (verdict.reason == NULL));
    return verdict.http_status;
}

static void targets_are_plain_paths(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        bool ok;
    } rows[] = {
        {"/", true},
        {"/a", true},
        {"/a/b", true},
        {"/a.b", true},
        {"/a~b!$&'()*+,;=:@", true},
        {"/%20", true},
        {"/%C3%A1", true},
        {"/%c3%a1", true},
        {"/a?b", true},
        {"/a/?", true},
        {"/?a=%25&b=%2F..//\\", false},
        {"/?a=%25&b=%2F..//", true},
        {"/?a=%2e%5c", true},
        {"/?a=b?c", true},
        {"", false},
        {"a", false},
        {"*", false},
        {"?a", false},
        {"//", false},
        {"/a//b", false},
        {"/..", false},
        {"/a..b", false},
        {"/a/./b", true},
        {"/a\\b", false},
        {"/a#b", false},
        {"/a b", false},
        {"/a\tb", false},
        {"/\x7f", false},
        {"/\x80", false},
        {"/\xc3\xa1", false},
        {"/%", false},
        {"/%2", false},
        {"/%2g", false},
        {"/%00", false},
        {"/%1F", false},
        {"/%7f", false},
        {"/%25", false},
        {"/%2f", false},
        {"/%2F", false},
        {"/%5c", false},
        {"/%2e", false},
        {"/%21", true},
        {"/?%00", false},
        {"/?%0a", false},
        {"/?%7F", false},
        {"/?%", false},
        {"/?%2", false},
        {"/?#", false},
        {"/? ", false},
        {"http://a/", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (guard_target_ok(rows[i].target, strlen(rows[i].target)) != rows[i].ok)
            fail_msg("%s", rows[i].target);
    }
    assert_false(guard_target_ok("/a\0b", 4));
}

static void a_target_has_a_longest_length(void **state)
{
    (void)state;
    char target[GUARD_TARGET_LIMIT_BYTES + 2];
    memset(target, 'a', sizeof(target));
    target[0] = '/';
    target[GUARD_TARGET_LIMIT_BYTES + 1] = '\0';
    assert_int_equal(status_of(make("GET", target, NULL, NULL)), 414);
    target[GUARD_TARGET_LIMIT_BYTES] = '\0';
    assert_int_equal(status_of(make("GET", target, NULL, NULL)), 0);
    assert_int_equal(status_of(make("GET", "/..", NULL, NULL)), 400);
}

static void methods_and_versions_are_the_few_we_serve(void **state)
{
    (void)state;
    static const struct {
        const char *method, *version;
        unsigned status;
    } rows[] = {
        {"GET", "HTTP/1.1", 0},    {"HEAD", "HTTP/1.1", 0},    {"GET", "HTTP/1.0", 0},
        {"POST", "HTTP/1.1", 411}, {"PUT", "HTTP/1.1", 405},   {"get", "HTTP/1.1", 405},
        {"", "HTTP/1.1", 405},     {"TRACE", "HTTP/1.1", 405}, {"GET", "HTTP/2.0", 505},
        {"GET", "HTTP/1.2", 505},  {"GET", "", 505},           {"GET", "http/1.1", 505},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ask *ask = make(rows[i].method, "/", NULL, NULL);
        ask->request.version = rows[i].version;
        assert_int_equal(status_of(ask), rows[i].status);
    }
}

static void headers_are_tokens_with_clean_values(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        unsigned status;
    } rows[] = {
        {"X-A", "b", 0},      {"X-A", "", 0},         {"x_a!#$%&'*+.^`|~", "b", 0},
        {"X-A", "a\tb", 0},   {"X-A", "\xc3\xa1", 0}, {"", "b", 400},
        {"X A", "b", 400},    {"X-A ", "b", 400},     {"X:A", "b", 400},
        {"X(A", "b", 400},    {"X\xc3", "b", 400},    {"X\x7f", "b", 400},
        {"X-A", "a\rb", 400}, {"X-A", "a\nb", 400},   {"X-A", "\x01", 400},
        {"X-A", "\x1f", 400}, {"X-A", "\x7f", 400},   {"X-A", " ", 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (status_of(make("GET", "/", rows[i].name, rows[i].value)) != rows[i].status)
            fail_msg("%s: %s", rows[i].name, rows[i].value);
    }
    struct ask *ask = make("GET", "/", "X-A", "a");
    ask->headers[1].value = "a\0b";
    ask->headers[1].value_size_bytes = 3;
    assert_int_equal(status_of(ask), 400);
}

static void so_many_headers_and_no_more(void **state)
{
    (void)state;
    for (size_t count = GUARD_HEADER_LIMIT - 1; count <= GUARD_HEADER_LIMIT + 1; count++) {
        struct ask *ask = make("GET", "/", NULL, NULL);
        while (ask->request.header_count < count)
            add(ask, "X-A", "b");
        assert_int_equal(status_of(ask), count > GUARD_HEADER_LIMIT ? 431 : 0);
    }
}

static void headers_that_decide_stand_once(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        unsigned once, twice;
    } rows[] = {
        {"hOST", "localhost:8080", 400, 400},
        {"Cookie", "a=b", 0, 400},
        {"Origin", "http://localhost:8080", 0, 400},
        {"Content-Type", "a/b", 0, 400},
        {"Sec-Fetch-Site", "none", 0, 400},
        {"Authorization", "a", 0, 400},
        {"expect", "100-continue", 0, 400},
        {"Content-Length", "0", 400, 400},
        {"Transfer-Encoding", "chunked", 411, 411},
        {"Content-Encoding", "gzip", 415, 400},
        {"Accept", "a", 0, 0},
        {"Hosts", "a", 0, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ask *ask = make("GET", "/", rows[i].name, rows[i].value);
        assert_int_equal(status_of(ask), rows[i].once);
        add(ask, rows[i].name, rows[i].value);
        assert_int_equal(status_of(ask), rows[i].twice);
    }
}

static void the_host_is_one_of_ours(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        unsigned ours, any;
    } rows[] = {
        {"localhost:8080", 0, 0}, {"LOCALHOST:8080", 0, 0}, {"127.0.0.1:8080", 0, 0},
        {"localhost", 421, 0},    {"localhost:80", 421, 0}, {"localhost:80800", 421, 0},
        {"a.example", 421, 0},    {"[::1]:8080", 421, 0},   {"a_b.example", 421, 0},
        {"", 400, 400},           {"a b", 400, 400},        {"a/b", 400, 400},
        {"a@b", 400, 400},        {"a,b", 400, 400},        {"\xc3\xa1", 400, 400},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ask *ask = make("GET", "/", NULL, NULL);
        ask->request.header_count = 0;
        add(ask, "Host", rows[i].host);
        assert_int_equal(status_of(ask), rows[i].ours);
        ask->request.hosts = NULL;
        assert_int_equal(status_of(ask), rows[i].any);
    }
    struct ask *ask = make("GET", "/", NULL, NULL);
    ask->request.header_count = 0;
    assert_int_equal(status_of(ask), 400);
}

static void a_host_has_a_longest_length(void **state)
{
    (void)state;
    char host[263];
    memset(host, 'a', sizeof(host));
    struct ask *ask = make("GET", "/", NULL, NULL);
    ask->request.hosts = NULL;
    ask->headers[0].value = host;
    ask->headers[0].value_size_bytes = 261;
    assert_int_equal(status_of(ask), 0);
    ask->headers[0].value_size_bytes = 262;
    assert_int_equal(status_of(ask), 400);
}

static void the_length_of_a_body_is_plain_digits(void **state)
{
    (void)state;
    static const struct {
        const char *length;
        unsigned status;
        int64_t bytes;
    } rows[] = {
        {"0", 0, 0},
        {"1", 0, 1},
        {"8192", 0, 8192},
        {"007", 0, 7},
        {"999999999999", 0, 999999999999},
        {"1000000000000", 413, 0},
        {"", 400, 0},
        {"-1", 400, 0},
        {"+1", 400, 0},
        {" 1", 400, 0},
        {"1 ", 400, 0},
        {"1,1", 400, 0},
        {"0x1", 400, 0},
        {"1a", 400, 0},
        {"\xc3\xa1", 400, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ask *ask = make("POST", "/", "content-length", rows[i].length);
        struct guard_verdict verdict = guard_check(&ask->request);
        assert_int_equal(verdict.http_status, rows[i].status);
        if (rows[i].status == 0)
            assert_int_equal(verdict.body_bytes, rows[i].bytes);
    }
    assert_int_equal(status_of(make("HEAD", "/", "Content-Length", "0")), 400);
}

static void a_post_is_plain(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        unsigned status;
    } rows[] = {
        {"Expect", "100-continue", 0},
        {"Expect", "100-CONTINUE", 0},
        {"Expect", "200-ok", 417},
        {"Expect", "", 417},
        {"Content-Encoding", "gzip", 415},
        {"Content-Encoding", "identity", 415},
        {"Transfer-Encoding", "chunked", 411},
        {"Transfer-Encoding", "", 411},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ask *ask = make("POST", "/", rows[i].name, rows[i].value);
        add(ask, "Content-Length", "1");
        assert_int_equal(status_of(ask), rows[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_plain_paths),
        cmocka_unit_test(a_target_has_a_longest_length),
        cmocka_unit_test(methods_and_versions_are_the_few_we_serve),
        cmocka_unit_test(headers_are_tokens_with_clean_values),
        cmocka_unit_test(so_many_headers_and_no_more),
        cmocka_unit_test(headers_that_decide_stand_once),
        cmocka_unit_test(the_host_is_one_of_ours),
        cmocka_unit_test(a_host_has_a_longest_length),
        cmocka_unit_test(the_length_of_a_body_is_plain_digits),
        cmocka_unit_test(a_post_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
