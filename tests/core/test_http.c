// SPDX-License-Identifier: MIT
// http.c: cookies, origins and the headers of a reply.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http.h"

struct fields {
    const char *name, *value;
};

static const char *find_field(const struct request *request, const char *name)
{
    for (const struct fields *field = request->source; field->name != NULL; field++) {
        if (strcasecmp(field->name, name) == 0)
            return field->value;
    }
    return NULL;
}

static struct request with(struct fields *fields)
{
    return (struct request){.header = find_field, .source = fields};
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    static const struct {
        const char *cookies, *expected;
    } rows[] = {
        {"sid=abc", "abc"},
        {"a=1; sid=abc; b=2", "abc"},
        {"a=1;sid=abc", "abc"},
        {"sid=", ""},
        {"sid=a=b", "a=b"},
        {"xsid=1", NULL},
        {"sidx=1", NULL},
        {"Sid=1", NULL},
        {"sid", NULL},
        {"", NULL},
        {";;; ", NULL},
        {"a=sid=1", NULL},
        {"sid=1234567", "1234567"},
        {"sid=12345678", NULL},
        {"sid=first; sid=last", "first"},
        {NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fields fields[] = {{rows[i].cookies == NULL ? NULL : "cookie", rows[i].cookies},
                                  {NULL, NULL}};
        struct request request = with(fields);
        char value[8] = "old";
        bool found = request_cookie(&request, "sid", value, sizeof(value));
        assert_int_equal(found, rows[i].expected != NULL);
        assert_string_equal(value, found ? rows[i].expected : "old");
    }
}

static void our_own_pages_are_told_from_others(void **state)
{
    (void)state;
    static const struct {
        const char *origin, *site, *host;
        bool same;
    } rows[] = {
        {"http://a.vn:8080", NULL, "a.vn:8080", true},
        {"https://a.vn", NULL, "a.vn", true},
        {"https://A.vn", NULL, "a.VN", true},
        {"http://a.vn", NULL, "a.vn:8080", false},
        {"http://a.vn:8080", NULL, "a.vn", false},
        {"http://evil.vn", NULL, "a.vn", false},
        {"http://a.vn.evil.vn", NULL, "a.vn", false},
        {"http://evil.vn", "same-origin", "a.vn", false},
        {"ftp://a.vn", NULL, "a.vn", false},
        {"a.vn", NULL, "a.vn", false},
        {"null", NULL, "a.vn", false},
        {"", NULL, "a.vn", false},
        {"http://a.vn", NULL, NULL, false},
        {NULL, "same-origin", "a.vn", true},
        {NULL, "none", "a.vn", true},
        {NULL, "same-site", "a.vn", false},
        {NULL, "cross-site", "a.vn", false},
        {NULL, "", "a.vn", false},
        {NULL, NULL, "a.vn", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fields fields[4] = {{NULL, NULL}};
        size_t count = 0;
        if (rows[i].origin != NULL)
            fields[count++] = (struct fields){"Origin", rows[i].origin};
        if (rows[i].site != NULL)
            fields[count++] = (struct fields){"Sec-Fetch-Site", rows[i].site};
        if (rows[i].host != NULL)
            fields[count++] = (struct fields){"Host", rows[i].host};
        struct request request = with(fields);
        assert_int_equal(request_same_origin(&request), rows[i].same);
    }
}

static void a_reply_begins_as_an_empty_page(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    assert_int_equal(reply.http_status, 200);
    assert_string_equal(reply.content_type, "text/html; charset=utf-8");
    assert_int_equal(reply.body.size_bytes, 0);
    assert_int_equal(reply.body.limit_bytes, REPLY_BODY_LIMIT_BYTES);
    assert_int_equal(reply.header_count, 0);
}

static void a_header_keeps_a_copy_of_its_value(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    char value[] = "first";
    reply_init(&reply);
    reply_header(&reply, "X-A", value);
    memset(value, 'x', sizeof(value) - 1);
    assert_string_equal(reply.headers[0].name, "X-A");
    assert_string_equal(reply.headers[0].value, "first");
}

static void values_that_would_make_another_header_are_left_out(void **state)
{
    (void)state;
    static const char *const values[] = {"", "a\r\nX-B: c", "a\nb", "a\rb"};
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        reply_header(&reply, "X-A", values[i]);
    assert_int_equal(reply.header_count, 0);
}

static void so_many_headers_and_no_more(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    for (int i = 0; i < HTTP_HEADER_MAX + 1; i++)
        reply_header(&reply, "X-A", "b");
    assert_int_equal(reply.header_count, HTTP_HEADER_MAX);
}

static void redirects_stay_in_the_house(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned status;
    } rows[] = {
        {"/", 303}, {"/a?b=c", 303}, {"//evil.vn", 500}, {"http://evil.vn", 500}, {"", 500}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        reply_redirect(&reply, rows[i].path);
        assert_int_equal(reply.http_status, rows[i].status);
        assert_int_equal(reply.header_count, rows[i].status == 303);
    }
}

static void cookies_carry_their_protection(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    char longest[2000];
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    reply_init(&reply);
    reply_cookie(&reply, "sid", "abc", 3600, false);
    reply_cookie(&reply, "sid", "", 0, true);
    assert_string_equal(reply.headers[0].name, "Set-Cookie");
    assert_string_equal(reply.headers[0].value,
                        "sid=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600");
    assert_string_equal(reply.headers[1].value,
                        "sid=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
    reply_cookie(&reply, "sid", "a; Domain=evil.vn", 0, false);
    reply_cookie(&reply, "sid", "a b", 0, false);
    reply_cookie(&reply, "sid", longest, 0, false);
    assert_int_equal(reply.header_count, 2);
}

static int freed;

static void count_free(struct writer_job *job)
{
    freed++;
    free(job);
}

static void a_job_is_freed_with_its_reply(void **state)
{
    (void)state;
    struct reply reply;
    reply_init(&reply);
    reply.job = calloc(1, sizeof(*reply.job));
    reply.job_free = count_free;
    freed = 0;
    reply_done(&reply);
    assert_int_equal(freed, 1);
    assert_null(reply.job);
}

int main(void)
{
    unsetenv("HAILONG_ABORT_ON_BUG"); // bugs are looked at as production sees them
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(our_own_pages_are_told_from_others),
        cmocka_unit_test(a_reply_begins_as_an_empty_page),
        cmocka_unit_test(a_header_keeps_a_copy_of_its_value),
        cmocka_unit_test(values_that_would_make_another_header_are_left_out),
        cmocka_unit_test(so_many_headers_and_no_more),
        cmocka_unit_test(redirects_stay_in_the_house),
        cmocka_unit_test(cookies_carry_their_protection),
        cmocka_unit_test(a_job_is_freed_with_its_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
