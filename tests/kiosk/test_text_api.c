// SPDX-License-Identifier: MIT
// text_api.c: comments and petitions by HTTP, with the pages around them.
#include "pages_case.h"

#include "kiosk_sql.h"
#include "stmt.h"

static struct web web;

static int open_web(void **state)
{
    (void)state;
    web_open(&web, NULL);
    return 0;
}

static int close_web(void **state)
{
    (void)state;
    web_close(&web);
    return 0;
}

static const struct answer *post(const char *body)
{
    return web_ask(&web, PHONE, "/api/v1/texts", body);
}

// The token of a slip's page; with `rate` it has been answered to the end.
static const char *open_page(bool rate)
{
    static char token[TOKEN_TEXT_CHARS + 1];
    char target[64];
    (void)snprintf(target, sizeof target, "/S/%s", make_slip(&web, "HT"));
    const struct answer *page = web_ask(&web, PHONE, target, NULL);
    assert_int_equal(page->http_status, 200);
    (void)strcpy(token, token_of(page));
    if (!rate)
        return token;
    page =
        web_ask(&web, PHONE, "/api/v1/responses", form_of(token, "part=0&page=overall&overall=4"));
    assert_int_equal(page->http_status, 200);
    page = web_ask(&web, PHONE, "/api/v1/responses", form_of(token, "part=1&page=topics&end=skip"));
    assert_int_equal(page->http_status, 200);
    assert_has(page, "<textarea");
    assert_has(page, "maxlength=\"800\"");
    assert_string_equal(token_of(page), token);
    return token;
}

// The text that waits; "" when none does.
static const char *waiting(void)
{
    static char text[8192];
    struct err err;
    struct stmt *q = NULL;
    bool found = false;
    struct db *db = dbpool_take(web.kiosk->readers);
    assert_int_equal(stmt_use(db, KIOSK_OUTBOX_LIST, &q, &err), STATUS_OK);
    assert_int_equal(stmt_row(q, &found, &err), STATUS_OK);
    (void)snprintf(text, sizeof text, "%s", found ? stmt_text(q, 1) : "");
    stmt_release(q);
    dbpool_give(web.kiosk->readers, db);
    return text;
}

static void the_thanks_page_takes_a_comment(void **state)
{
    (void)state;
    const char *token = open_page(true);
    const uint64_t before = entries(&web);
    const struct answer *answer =
        post(form_of(token, "text=Gh%E1%BA%BF+ch%E1%BB%9D+%C3%ADt&lang=vi"));
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "Đã nhận góp ý");
    assert_string_equal(waiting(), "Ghế chờ ít");
    assert_int_equal(entries(&web), before); // the journal gets it at the seal
    answer = post(form_of(token, "text=Gh%E1%BA%BF+ch%E1%BB%9D+%C3%ADt&lang=en"));
    assert_int_equal(answer->http_status, 200); // the same once more
    assert_has(answer, "Your comment was received");
    answer = post(form_of(token, "text=Kh%C3%A1c"));
    assert_int_equal(answer->http_status, 409);
    assert_has(answer, "Trang này đã gửi một góp ý");
    assert_string_equal(waiting(), "Ghế chờ ít");
}

static void a_comment_without_a_rating_is_taken_too(void **state)
{
    (void)state;
    web.accept = "application/json";
    const char *body = form_of(open_page(false), "text=+Xin+ch%C3%A0o%0D%0A%0D%0A");
    const struct answer *answer = post(body);
    assert_int_equal(answer->http_status, 200);
    assert_string_equal(answer->body, "{\"status\":\"recorded\"}");
    assert_string_equal(waiting(), "Xin chào");
}

static void numbers_are_masked_before_storing(void **state)
{
    (void)state;
    assert_int_equal(post(form_of(open_page(false), "text=G%E1%BB%8Di+0912+345+678"))->http_status,
                     200);
    assert_string_equal(waiting(), "Gọi •••");
}

static void do_not_mask(json_t *setup)
{
    json_object_set_new(setup, "mask_numbers", json_false());
}

static void the_setup_can_leave_numbers_as_they_are(void **state)
{
    (void)state;
    web_close(&web);
    web_open(&web, do_not_mask);
    assert_int_equal(post(form_of(open_page(false), "text=0912+345+678"))->http_status, 200);
    assert_string_equal(waiting(), "0912 345 678");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "text=",
        "text=+%0A+",
        "text=a&kind=essay",
        "text=a&contact_name=b", // a comment has no name
        "text=a&level=5",
        "text=a%E2%80%AEb", // turns the direction of writing
    };
    const char *token = open_page(false);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const struct answer *answer = post(form_of(token, bad[i]));
        if (answer->http_status != 400)
            fail_msg("%u for %s", answer->http_status, bad[i]);
    }
    assert_int_equal(post("text=a")->http_status, 400); // no page
    assert_string_equal(waiting(), "");
}

static void characters_that_cannot_be_recorded_are_named_and_the_page_stays(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *words;
    } rows[] = {
        {"text=a%E2%80%AEb", "Góp ý có ký tự không ghi được"},
        {"text=a%07b&lang=en", "The comment has characters that cannot be recorded"},
        {"text=", "Chưa có nội dung góp ý"},
    };
    const char *token = open_page(false);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct answer *answer = post(form_of(token, rows[i].rest));
        assert_int_equal(answer->http_status, 400);
        assert_has(answer, rows[i].words);
        assert_has(answer, "<textarea");
        assert_string_equal(token_of(answer), token);
        assert_string_equal(waiting(), "");
    }
    assert_int_equal(post(form_of(token, "text=Xin+c%E1%BA%A3m+%C6%A1n"))->http_status, 200);
    assert_string_equal(waiting(), "Xin cảm ơn");
}

static void a_text_has_a_limit(void **state)
{
    (void)state;
    char rest[900] = "text=";
    const char *token = open_page(false);
    memset(rest + 5, 'a', 801);
    assert_int_equal(post(form_of(token, rest))->http_status, 413);
    rest[5 + 800] = '\0';
    assert_int_equal(post(form_of(token, rest))->http_status, 200);
}

static void a_petition_without_a_case_key_is_refused_in_words(void **state)
{
    (void)state;
    const char *token = open_page(false);
    const struct answer *answer =
        post(form_of(token, "kind=petition&text=a&contact_name=b&contact_phone=c"));
    assert_int_equal(answer->http_status, 403);
    assert_has(answer, "chưa nhận được phản ánh");
    assert_int_equal(post(form_of(token, "text=a"))->http_status, 200); // nothing was spent
}

static void a_petition_is_taken_with_a_name_and_a_way_to_answer(void **state)
{
    (void)state;
    struct err err;
    char path[KIOSK_PATH_BYTES + 32];
    uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES], secret[CRYPTO_BOX_SECRET_BYTES];
    AUTO(buf_done) struct buf line;
    buf_init(&line, 256);
    crypto_box_keys(public_key, secret);
    crypto_base64(public_key, sizeof public_key, &line);
    (void)snprintf(path, sizeof path, "%s/keys/case.pub", web.kiosk->folder);
    assert_int_equal(file_write(path, line.data, line.size_bytes, 0600, &err), STATUS_OK);
    const char *token = open_page(false);
    assert_int_equal(post(form_of(token, "kind=petition&text=a&contact_name=b"))->http_status, 400);
    assert_int_equal(post(form_of(token, "kind=petition&text=a&contact_phone=1"))->http_status,
                     400);
    const struct answer *answer =
        post(form_of(token, "kind=petition&text=a&contact_name=b&contact_address=c"));
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "Đã nhận phản ánh");
}

static void an_old_page_sends_nothing(void **state)
{
    (void)state;
    const char *token = open_page(false);
    clock_fix(PAGES_NOW_S + 2 * 86400);
    assert_int_equal(post(form_of(token, "text=a"))->http_status, 410);
    assert_string_equal(waiting(), "");
}

static void a_screens_page_is_not_taken_from_a_phone(void **state)
{
    (void)state;
    struct err err;
    char text[TOKEN_TEXT_CHARS + 1];
    struct token token = {.channel = RESPONSE_SCREEN, .step = RESPONSE_STEP_RESULT};
    (void)strcpy(token.counter, "1");
    (void)strcpy(token.area, "HT");
    assert_int_equal(token_make(web.kiosk->daykeys, &token, text, &err), STATUS_OK);
    assert_int_equal(post(form_of(text, "text=a"))->http_status, 403);
    const struct answer *answer = web_ask(&web, SCREEN, "/api/v1/texts", form_of(text, "text=a"));
    assert_int_equal(answer->http_status, 200);
}

#define WEB_TEST(test) cmocka_unit_test_setup_teardown(test, open_web, close_web)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEB_TEST(the_thanks_page_takes_a_comment),
        WEB_TEST(a_comment_without_a_rating_is_taken_too),
        WEB_TEST(numbers_are_masked_before_storing),
        WEB_TEST(the_setup_can_leave_numbers_as_they_are),
        WEB_TEST(what_is_no_text_is_refused),
        WEB_TEST(characters_that_cannot_be_recorded_are_named_and_the_page_stays),
        WEB_TEST(a_text_has_a_limit),
        WEB_TEST(a_petition_without_a_case_key_is_refused_in_words),
        WEB_TEST(a_petition_is_taken_with_a_name_and_a_way_to_answer),
        WEB_TEST(an_old_page_sends_nothing),
        WEB_TEST(a_screens_page_is_not_taken_from_a_phone),
    };
    return cmocka_run_group_tests_name("text_api", tests, NULL, NULL);
}
