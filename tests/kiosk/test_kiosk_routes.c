// SPDX-License-Identifier: MIT
// kiosk_routes.c: the table, the refusals, the policies; and the catalogues and pages behind them.
#include "kiosk/pages_case.h"

#include "kiosk_assets.h"
#include "reply.h"

static void every_listener_answers_its_health(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const unsigned listeners[] = {SCREEN, PHONE};
    for (size_t i = 0; i < ARRAY_SIZE(listeners); i++) {
        const struct answer *answer = web_ask(&web, listeners[i], "/healthz", NULL);
        assert_int_equal(answer->http_status, 200);
        assert_string_equal(answer->body, "ok\n");
    }
    web_close(&web);
}

static void every_refusal_is_a_page_that_says_what_to_do(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const unsigned all[] = {400, 403, 404, 405, 409, 410, 411, 413, 414,
                                   415, 417, 421, 431, 500, 501, 503, 505};
    for (size_t i = 0; i < ARRAY_SIZE(all) * 2; i++) {
        struct request request = {.path = "",
                                  .query = "",
                                  .body = "",
                                  .listener = i % 2 == 0 ? SCREEN : PHONE,
                                  .context = web.kiosk};
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        reply.http_status = all[i / 2];
        kiosk_routes_refusal(&request, &reply);
        assert_non_null(strstr(buf_text(&reply.body), "<h1"));
        // Only who has been heard already need do nothing.
        const char *then = all[i / 2] == 409 ? "không phải làm gì thêm" : "Xin";
        assert_non_null(strstr(buf_text(&reply.body), then));
        assert_null(strstr(buf_text(&reply.body), "cảm ơn"));
        assert_null(strstr(buf_text(&reply.body), "!</"));
    }
    web_close(&web);
}

static void a_rating_that_could_not_be_written_can_be_sent_again(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const char body[] = "token=abc&part=0&page=overall&overall=2&lang=en";
    struct request request = {.method = HTTP_POST,
                              .path = "/api/v1/responses",
                              .query = "",
                              .body = body,
                              .body_size_bytes = strlen(body),
                              .listener = SCREEN,
                              .context = web.kiosk,
                              .header = web_header,
                              .source = &web};
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    reply.http_status = 503;
    kiosk_routes_refusal(&request, &reply);
    const char *page = buf_text(&reply.body);
    assert_non_null(strstr(page, "The rating has not been recorded"));
    assert_non_null(strstr(page, "name=\"overall\" value=\"2\""));
    assert_non_null(strstr(page, "name=\"token\" value=\"abc\""));
    assert_null(strstr(page, "Thank"));
    web_close(&web);
}

static void a_refusal_on_a_screen_leads_back_to_that_screen(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, "4");
    const struct answer *answer = web_ask(&web, SCREEN, "/nowhere", NULL);
    assert_int_equal(answer->http_status, 404);
    assert_has(answer, "href=\"/c/4\"");
    web_close(&web);
}

static void a_wrong_method_or_size_is_refused(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    assert_int_equal(web_ask(&web, PHONE, "/api/v1/responses", NULL)->http_status, 405);
    assert_int_equal(web_ask(&web, PHONE, "/", "a=b")->http_status, 405);
    assert_int_equal(web_ask(&web, PHONE, "/api/v1/responses?x=1", "a=b")->http_status, 400);
    static char large[8194];
    memset(large, 'a', sizeof(large) - 1);
    assert_int_equal(web_ask(&web, PHONE, "/api/v1/responses", large)->http_status, 413);
    web_close(&web);
}

static void nothing_inline_is_allowed_but_the_phone_style(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(crypto_open(&err), STATUS_OK);
    const char *screen = kiosk_routes_screen_csp();
    const char *phone = kiosk_routes_phone_csp();
    assert_null(strstr(screen, "unsafe"));
    assert_null(strstr(phone, "unsafe"));
    assert_null(strstr(phone, "script-src"));
    assert_non_null(strstr(phone, "default-src 'none'"));
    assert_non_null(strstr(phone, "form-action 'self'"));
    // The hash fits the bytes that stand in the pages: 44 characters of base64.
    const char *hash = strstr(phone, "'sha256-");
    assert_non_null(hash);
    assert_int_equal(strcspn(hash + 8, "'"), 44);
    char source[54] = "";
    memcpy(source, hash, 53);
    assert_non_null(strstr(screen, source));
    const struct asset *css = asset_find(&kiosk_assets, "assets/phone.css");
    assert_non_null(css);
    assert_null(strstr((const char *)css->bytes, "</"));
    uint8_t digest[CRYPTO_HASH_BYTES];
    crypto_sha256(css->bytes, css->size_bytes, digest);
    AUTO(buf_done) struct buf text;
    buf_init(&text, 64);
    crypto_base64url(digest, sizeof(digest), &text);
    for (size_t i = 0; i < text.size_bytes; i++) {
        char expected = text.data[i] == '-' ? '+' : text.data[i] == '_' ? '/' : text.data[i];
        assert_int_equal(hash[8 + i], expected);
    }
}

static void every_icon_of_the_setup_is_drawn(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    const struct asset *icons = asset_find(&kiosk_assets, "assets/icons.svg");
    assert_non_null(icons);
    for (size_t i = 0; i < web.kiosk->setup.area_count; i++) {
        char symbol[64];
        (void)snprintf(symbol, sizeof(symbol), "<symbol id=\"%s\"", web.kiosk->setup.areas[i].icon);
        assert_non_null(strstr((const char *)icons->bytes, symbol));
    }
    web_close(&web);
}

static void the_words_are_polite(void **state)
{
    (void)state;
    struct err err = {0};
    static const char *const files[] = {"kiosk/words/vi.json", "kiosk/words/en.json"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        AUTO(json_decrefp) json_t *catalogue = NULL;
        assert_int_equal(json_read(files[i], 1 << 20, &catalogue, &err), STATUS_OK);
        const char *key;
        json_t *word;
        json_object_foreach(json_object_get(catalogue, "words"), key, word)
        {
            const char *text = json_string_value(word);
            if (strchr(text, '!') != NULL || strstr(text, " bạn ") != NULL ||
                strncmp(text, "Bạn ", 5) == 0)
                fail_msg("%s: %s", key, text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_listener_answers_its_health),
        cmocka_unit_test(every_refusal_is_a_page_that_says_what_to_do),
        cmocka_unit_test(a_rating_that_could_not_be_written_can_be_sent_again),
        cmocka_unit_test(a_refusal_on_a_screen_leads_back_to_that_screen),
        cmocka_unit_test(a_wrong_method_or_size_is_refused),
        cmocka_unit_test(nothing_inline_is_allowed_but_the_phone_style),
        cmocka_unit_test(every_icon_of_the_setup_is_drawn),
        cmocka_unit_test(the_words_are_polite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
