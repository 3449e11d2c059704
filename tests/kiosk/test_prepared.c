// SPDX-License-Identifier: MIT
// prepared.c: pages are rendered once, kept within bounds, and answered with their own token.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "prepared.h"

static char token_a[TOKEN_TEXT_CHARS + 1];
static char token_b[TOKEN_TEXT_CHARS + 1];

static int make_tokens(void **state)
{
    (void)state;
    memset(token_a, 'A', TOKEN_TEXT_CHARS);
    memset(token_b, 'B', TOKEN_TEXT_CHARS);
    return 0;
}

struct source {
    const char *name;
    bool version, token;
    enum status status;
    int rendered;
};

static enum status render(void *context, struct buf *out, struct err *err)
{
    struct source *source = context;
    source->rendered++;
    if (source->status != STATUS_OK)
        return err_set(err, source->status, "as asked");
    buf_addf(out, "<%s|%s|%s>", source->name, source->token ? prepared_token : "",
             source->version ? prepared_version : "");
    return STATUS_OK;
}

static enum status ask(struct prepared *prepared, struct source *source, const char *token,
                       uint32_t version, struct buf *out)
{
    buf_clear(out);
    return prepared_page(prepared, source->name, render, source, token, version, out, NULL);
}

static void a_page_is_rendered_once_and_gets_each_token(void **state)
{
    (void)state;
    AUTO(prepared_closep) struct prepared *prepared = NULL;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(prepared_open(&prepared, NULL), STATUS_OK);
    struct source source = {.name = "ô", .version = true, .token = true};
    char expected[256];
    assert_int_equal(ask(prepared, &source, token_a, 7, &out), STATUS_OK);
    (void)snprintf(expected, sizeof(expected), "<ô|%s|0000000007>", token_a);
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(ask(prepared, &source, token_b, UINT32_MAX, &out), STATUS_OK);
    (void)snprintf(expected, sizeof(expected), "<ô|%s|4294967295>", token_b);
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(source.rendered, 1);
}

static void a_page_without_a_version_has_none_written(void **state)
{
    (void)state;
    AUTO(prepared_closep) struct prepared *prepared = NULL;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(prepared_open(&prepared, NULL), STATUS_OK);
    struct source source = {.name = "p", .token = true};
    char expected[256];
    (void)snprintf(expected, sizeof(expected), "<p|%s|>", token_a);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(prepared, &source, token_a, 9, &out), STATUS_OK);
        assert_string_equal(buf_text(&out), expected);
    }
}

static void more_pages_than_places_are_all_answered(void **state)
{
    (void)state;
    AUTO(prepared_closep) struct prepared *prepared = NULL;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(prepared_open(&prepared, NULL), STATUS_OK);
    for (int i = 0; i < 2000; i++) {
        char name[16];
        char expected[256];
        (void)snprintf(name, sizeof(name), "n%d", i % 1000);
        struct source source = {.name = name, .token = true};
        assert_int_equal(ask(prepared, &source, token_a, 0, &out), STATUS_OK);
        (void)snprintf(expected, sizeof(expected), "<%s|%s|>", name, token_a);
        assert_string_equal(buf_text(&out), expected);
    }
}

static void a_page_that_fails_is_not_kept(void **state)
{
    (void)state;
    AUTO(prepared_closep) struct prepared *prepared = NULL;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(prepared_open(&prepared, NULL), STATUS_OK);
    struct source source = {.name = "x", .token = true, .status = STATUS_NO_MEMORY};
    assert_int_equal(ask(prepared, &source, token_a, 0, &out), STATUS_NO_MEMORY);
    source.status = STATUS_OK;
    assert_int_equal(ask(prepared, &source, token_a, 0, &out), STATUS_OK);
    assert_int_equal(source.rendered, 2);
}

static void a_reply_without_room_is_a_failure(void **state)
{
    (void)state;
    AUTO(prepared_closep) struct prepared *prepared = NULL;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100);
    assert_int_equal(prepared_open(&prepared, NULL), STATUS_OK);
    struct source source = {.name = "x", .token = true};
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(prepared, &source, token_a, 0, &out), STATUS_TOO_LARGE);
}

struct worker {
    pthread_t thread;
    struct prepared *prepared;
    const char *token;
    int wrong;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct buf out;
    buf_init(&out, 4096);
    for (int i = 0; i < 3000; i++) {
        char name[16];
        char expected[256];
        (void)snprintf(name, sizeof(name), "n%d", i % 400);
        struct source source = {.name = name, .token = true};
        (void)snprintf(expected, sizeof(expected), "<%s|%s|>", name, worker->token);
        if (ask(worker->prepared, &source, worker->token, 0, &out) != STATUS_OK ||
            strcmp(buf_text(&out), expected) != 0)
            worker->wrong++;
    }
    buf_done(&out);
    return NULL;
}

static void threads_do_not_meet_each_others_tokens(void **state)
{
    (void)state;
    AUTO(prepared_closep) struct prepared *prepared = NULL;
    assert_int_equal(prepared_open(&prepared, NULL), STATUS_OK);
    struct worker workers[4];
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
        workers[i] = (struct worker){.prepared = prepared, .token = i % 2 ? token_a : token_b};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].wrong, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_rendered_once_and_gets_each_token),
        cmocka_unit_test(a_page_without_a_version_has_none_written),
        cmocka_unit_test(more_pages_than_places_are_all_answered),
        cmocka_unit_test(a_page_that_fails_is_not_kept),
        cmocka_unit_test(a_reply_without_room_is_a_failure),
        cmocka_unit_test(threads_do_not_meet_each_others_tokens),
    };
    return cmocka_run_group_tests(tests, make_tokens, NULL);
}
