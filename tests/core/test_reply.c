// SPDX-License-Identifier: MIT
// reply.c: the headers, redirects and cookies of a reply.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "reply.h"

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

static void a_body_may_begin_in_the_memory_of_an_earlier_one(void **state)
{
    (void)state;
    struct reply reply;
    AUTO(buf_done) struct buf memory;
    buf_init(&memory, 0);
    reply_init(&reply);
    buf_add_text(&reply.body, "trang cũ");
    const char *place = reply.body.data;
    reply_regain(&reply, &memory);
    reply_done(&reply);
    reply_init(&reply);
    reply_lend(&reply, &memory);
    assert_null(memory.data);
    assert_string_equal(buf_text(&reply.body), "");
    assert_int_equal(reply.body.size_bytes, 0);
    assert_int_equal(reply.body.limit_bytes, REPLY_BODY_LIMIT_BYTES);
    buf_add_text(&reply.body, "mới");
    assert_ptr_equal(reply.body.data, place);
    assert_string_equal(buf_text(&reply.body), "mới");
    reply_done(&reply);
}

static void no_memory_to_lend_changes_nothing(void **state)
{
    (void)state;
    struct reply reply;
    AUTO(buf_done) struct buf memory;
    buf_init(&memory, 0);
    reply_init(&reply);
    reply_regain(&reply, &memory);
    assert_null(memory.data);
    reply_lend(&reply, &memory);
    buf_add_text(&reply.body, "a");
    assert_string_equal(buf_text(&reply.body), "a");
    reply_done(&reply);
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
        cmocka_unit_test(a_reply_begins_as_an_empty_page),
        cmocka_unit_test(a_body_may_begin_in_the_memory_of_an_earlier_one),
        cmocka_unit_test(no_memory_to_lend_changes_nothing),
        cmocka_unit_test(a_header_keeps_a_copy_of_its_value),
        cmocka_unit_test(values_that_would_make_another_header_are_left_out),
        cmocka_unit_test(so_many_headers_and_no_more),
        cmocka_unit_test(redirects_stay_in_the_house),
        cmocka_unit_test(cookies_carry_their_protection),
        cmocka_unit_test(a_job_is_freed_with_its_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
