// SPDX-License-Identifier: MIT
// delivery.c: which bytes and which headers.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <strings.h>

#include "asset.h"
#include "delivery.h"
#include "reply.h"

struct wishes {
    const char *accept, *match;
};

static const char *find_wish(const struct request *request, const char *name)
{
    const struct wishes *wishes = request->source;
    if (strcmp(name, "Accept-Encoding") == 0)
        return wishes->accept;
    return strcmp(name, "If-None-Match") == 0 ? wishes->match : NULL;
}

static const struct asset both = {.name = "assets/a.css",
                                  .content_type = "text/css",
                                  .etag = "\"0123456789abcdef\"",
                                  .bytes = (const unsigned char *)"plain!",
                                  .gzip = (const unsigned char *)"gzip",
                                  .brotli = (const unsigned char *)"br",
                                  .size_bytes = 6,
                                  .gzip_size_bytes = 4,
                                  .brotli_size_bytes = 2};
static const struct asset plain = {.name = "assets/a.png",
                                   .content_type = "image/png",
                                   .etag = "\"0123456789abcdef\"",
                                   .bytes = (const unsigned char *)"plain!",
                                   .size_bytes = 6};

static struct delivery delivery;

static void deliver(struct reply *reply, const char *accept, const char *match)
{
    struct wishes wishes = {accept, match};
    struct request request = {.header = find_wish, .source = &wishes};
    delivery_prepare(&request, reply, NULL, &delivery);
}

static const char *header(const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < delivery.header_count; i++) {
        if (strcasecmp(delivery.headers[i].name, name) == 0) {
            assert_null(value);
            value = delivery.headers[i].value;
        }
    }
    return value;
}

static void the_browser_chooses_the_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *coding;
        size_t size;
    } rows[] = {
        {NULL, NULL, 6},
        {"", NULL, 6},
        {"gzip", "gzip", 4},
        {"br", "br", 2},
        {"gzip, deflate, br", "br", 2},
        {"GZIP", "gzip", 4},
        {"gzip;q=1.0, br;q=0.1", "br", 2},
        {"br;q=0, gzip", "gzip", 4},
        {"br;q=0.0,gzip;q=0", NULL, 6},
        {"br ;q=0 , gzip", "gzip", 4},
        {"identity", NULL, 6},
        {"brx, gzipx", NULL, 6},
        {"xbr, xgzip", NULL, 6},
        {",,br", "br", 2},
        {"*", NULL, 6},
        {"gzip, br;q=0", "gzip", 4},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        reply.asset = &both;
        deliver(&reply, rows[i].accept, NULL);
        if (delivery.size_bytes != rows[i].size)
            fail_msg("%s", rows[i].accept);
        assert_true(delivery.embedded);
        assert_string_equal(header("Vary"), "Accept-Encoding");
        if (rows[i].coding == NULL) {
            assert_null(header("Content-Encoding"));
            assert_string_equal(header("ETag"), both.etag);
        } else {
            assert_string_equal(header("Content-Encoding"), rows[i].coding);
            assert_string_equal(header("ETag"), "W/\"0123456789abcdef\"");
        }
    }
}

static void what_the_browser_has_is_not_sent_again(void **state)
{
    (void)state;
    static const struct {
        const char *match;
        unsigned status;
    } rows[] = {
        {NULL, 200},
        {"\"0123456789abcdef\"", 304},
        {"W/\"0123456789abcdef\"", 304},
        {"*", 304},
        {"\"a\", \"0123456789abcdef\"", 304},
        {"\"0123456789abcdeX\"", 200},
        {"0123456789abcdef", 200},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        reply.asset = &plain;
        deliver(&reply, "br", rows[i].match);
        assert_int_equal(delivery.http_status, rows[i].status);
        assert_int_equal(delivery.size_bytes, rows[i].status == 304 ? 0 : 6);
        assert_int_equal(header("Content-Type") == NULL, rows[i].status == 304);
        assert_string_equal(header("ETag"), plain.etag);
        assert_null(header("Vary"));
        assert_string_equal(header("Cache-Control"), "public, no-cache");
    }
}

static void a_page_is_not_stored_and_loads_only_ours(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    buf_add_text(&reply.body, "trang");
    deliver(&reply, "br", "*");
    assert_int_equal(delivery.http_status, 200);
    assert_int_equal(delivery.size_bytes, 5);
    assert_false(delivery.embedded);
    assert_string_equal(header("Cache-Control"), "no-store");
    assert_string_equal(header("Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(header("Content-Security-Policy"), DELIVERY_POLICY);
    assert_null(strstr(DELIVERY_POLICY, "unsafe"));
    assert_string_equal(header("X-Content-Type-Options"), "nosniff");
    assert_null(header("ETag"));
}

static void what_the_reply_sets_itself_stands_once(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    reply_header(&reply, "cache-control", "max-age=60");
    reply_header(&reply, "Content-Security-Policy", "default-src 'self'");
    reply_header(&reply, "Referrer-Policy", "no-referrer");
    deliver(&reply, NULL, NULL);
    assert_string_equal(header("Cache-Control"), "max-age=60");
    assert_string_equal(header("Content-Security-Policy"), "default-src 'self'");
    assert_string_equal(header("Referrer-Policy"), "no-referrer");
    assert_null(header("Content-Type")); // nothing is sent
    assert_int_equal(delivery.size_bytes, 0);
}

static void the_fullest_reply_keeps_every_header(void **state)
{
    (void)state;
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    reply.asset = &both;
    for (int i = 0; i < HTTP_HEADER_MAX; i++)
        reply_header(&reply, "X-A", "b");
    deliver(&reply, "gzip", NULL);
    assert_string_equal(header("Cross-Origin-Resource-Policy"), "same-origin");
    assert_true(delivery.header_count > HTTP_HEADER_MAX + 8);
}

static void a_plain_reply_brings_no_header_but_its_type(void **state)
{
    (void)state;
    static const char longest[] = "text/html; charset=utf-8; a-parameter=123456789";
    static const char longer[] = "text/html; charset=utf-8; a-parameter=1234567890";
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    assert_true(delivery_is_plain(&reply));
    assert_int_equal(strlen(longest), DELIVERY_TYPE_SIZE - 1);
    reply.content_type = longest;
    assert_true(delivery_is_plain(&reply));
    reply.content_type = longer;
    assert_false(delivery_is_plain(&reply));
    reply.content_type = longest;
    reply.asset = &plain;
    assert_false(delivery_is_plain(&reply));
    reply.asset = NULL;
    reply_header(&reply, "X-A", "b");
    assert_false(delivery_is_plain(&reply));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_reply_brings_no_header_but_its_type),
        cmocka_unit_test(the_browser_chooses_the_encoding),
        cmocka_unit_test(what_the_browser_has_is_not_sent_again),
        cmocka_unit_test(a_page_is_not_stored_and_loads_only_ours),
        cmocka_unit_test(what_the_reply_sets_itself_stands_once),
        cmocka_unit_test(the_fullest_reply_keeps_every_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
