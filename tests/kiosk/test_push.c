// SPDX-License-Identifier: MIT
// push.c against a hub of the test's own: what is sent, what is believed, what is said.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "file.h"
#include "office.h"
#include "push.h"
#include "server.h"

// The hub: takes lines in order, or refuses as told.
static struct hub {
    unsigned refuse_status; // 0: take
    const char *refuse_body;
    int64_t size;    // entries that it has
    int64_t answer;  // the size that it says, -1: its real one
    int64_t largest; // lines of the largest request
    unsigned requests;
    char authorization[128], lane[64], content_type[64];
} hub;

static int64_t lines_of(const struct request *request)
{
    int64_t lines = 0;
    for (size_t i = 0; i < request->body_size_bytes; i++)
        lines += request->body[i] == '\n' ? 1 : 0;
    return lines;
}

static void keep(char *to, size_t size_bytes, const char *text)
{
    snprintf(to, size_bytes, "%s", text == NULL ? "" : text);
}

static enum status take(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    reply->content_type = "application/json";
    hub.requests++;
    keep(hub.authorization, sizeof hub.authorization, request->header(request, "Authorization"));
    keep(hub.content_type, sizeof hub.content_type, request->header(request, "Content-Type"));
    keep(hub.lane, sizeof hub.lane, request->param[0]);
    if (hub.refuse_status != 0) {
        reply->http_status = hub.refuse_status;
        buf_add_text(&reply->body, hub.refuse_body);
        return STATUS_OK;
    }
    char first[64];
    snprintf(first, sizeof first, "\"seq\":%lld,", (long long)hub.size);
    const int64_t lines = lines_of(request);
    const char *found = strstr(request->body, first);
    if (found == NULL || found > strchr(request->body, '\n')) {
        reply->http_status = 409;
    } else {
        hub.size += lines;
        hub.largest = lines > hub.largest ? lines : hub.largest;
    }
    buf_addf(&reply->body, "{\"size\":%lld}", (long long)(hub.answer >= 0 ? hub.answer : hub.size));
    return STATUS_OK;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/v1/lanes/{lane}/entries", take, 1, 2 * 1024 * 1024, false},
};

struct meeting {
    struct office *office;
    struct server *server;
    struct push *push;
    char url[128], key_path[SCRATCH_PATH_SIZE];
};

static int meet(void **state)
{
    struct meeting *meeting = calloc(1, sizeof *meeting);
    void *office = NULL;
    office_setup(&office);
    meeting->office = office;
    hub = (struct hub){.answer = -1};
    const struct server_config config = {.name = "hub",
                                         .address = "127.0.0.1:0",
                                         .listener = 1,
                                         .threads = 1,
                                         .connections_per_thread = 16,
                                         .idle_timeout_s = 10,
                                         .request_deadline_ms = 10000,
                                         .routes = routes,
                                         .route_count = 1,
                                         .content_security_policy = "default-src 'none'"};
    struct err err;
    assert_int_equal(server_open(&config, &meeting->server, &err), STATUS_OK);
    snprintf(meeting->url, sizeof meeting->url, "http://%s/", server_address(meeting->server));
    scratch_path(&meeting->office->scratch, "hub.key", meeting->key_path);
    assert_int_equal(file_write(meeting->key_path, "secret-key\n", 11, 0600, &err), STATUS_OK);
    assert_int_equal(
        push_open(meeting->office->kiosk, meeting->url, meeting->key_path, &meeting->push, &err),
        STATUS_OK);
    *state = meeting;
    return 0;
}

static int part(void **state)
{
    struct meeting *meeting = *state;
    void *office = meeting->office;
    push_close(meeting->push);
    server_close(meeting->server);
    office_teardown(&office);
    free(meeting);
    return 0;
}

static void rate_some(struct meeting *meeting, int count)
{
    for (int i = 0; i < count; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        office_token(meeting->office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(office_rate(meeting->office, token, "part=0&page=overall&overall=5", NULL),
                         STATUS_OK);
    }
}

static void everything_new_is_sent_once(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = -1;
    assert_true(push_has_news(meeting->push));
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    assert_int_equal(sent, 1);
    assert_false(push_has_news(meeting->push));
    assert_string_equal(hub.authorization, "Bearer secret-key");
    assert_string_equal(hub.content_type, "application/x-ndjson");
    assert_string_equal(hub.lane, journal_lane(meeting->office->kiosk->journal));
    rate_some(meeting, 3);
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    assert_int_equal(sent, 3);
    assert_int_equal(hub.size, 4);
    assert_int_equal(meeting->office->kiosk->synced_entries, 4);
    assert_int_equal(meeting->office->kiosk->last_contact_s, OFFICE_NOW_S);
}

static void nothing_new_asks_nothing(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = -1;
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    const unsigned requests = hub.requests;
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    assert_int_equal(sent, 0);
    assert_int_equal(hub.requests, requests);
}

static void what_the_hub_has_is_remembered_across_a_restart(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = 0;
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    push_close(meeting->push);
    meeting->push = NULL;
    office_reopen(meeting->office);
    assert_int_equal(
        push_open(meeting->office->kiosk, meeting->url, meeting->key_path, &meeting->push, &err),
        STATUS_OK);
    assert_false(push_has_news(meeting->push));
    assert_int_equal(meeting->office->kiosk->synced_entries, 1);
}

static void a_long_journal_goes_in_pieces(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = 0;
    enum { MANY = 4100 };
    struct rating **ratings = calloc(MANY, sizeof *ratings);
    for (int i = 0; i < MANY; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        office_token(meeting->office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(
            office_rating(meeting->office, token, "part=0&page=overall&overall=5", &ratings[i]),
            STATUS_OK);
        ratings[i]->job.done = rating_job_free;
        assert_int_equal(writer_submit(meeting->office->kiosk->writer, &ratings[i]->job, &err),
                         STATUS_OK);
    }
    rate_some(meeting, 1);
    free(ratings);
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    assert_int_equal(sent, MANY + 2);
    assert_int_equal(hub.largest, 2000);
    assert_int_equal(hub.requests, 3);
}

static void a_hub_elsewhere_is_followed(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = 0;
    rate_some(meeting, 4);
    hub.size = 3; // it has three already, from a file
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    assert_int_equal(hub.size, 5);
    hub.size = 2; // it was restored from a backup
    rate_some(meeting, 1);
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    assert_int_equal(hub.size, 6);
    assert_int_equal(meeting->office->kiosk->synced_entries, 6);
}

static void a_refusal_is_kept_with_the_hubs_reason(void **state)
{
    static const struct {
        unsigned http;
        const char *body;
        enum status status;
        const char *text;
    } CASES[] = {
        {400, "{\"error\":\"entry 3: không rõ\"}", STATUS_CONFLICT, "entry 3: không rõ"},
        {401, "{\"error\":\"unknown key\"}", STATUS_DENIED, "unknown key"},
        {403, "{}", STATUS_DENIED, "HTTP 403"},
        {404, "<html>", STATUS_CONFLICT, "HTTP 404"},
        {409, "{\"error\":\"other bytes\"}", STATUS_CONFLICT, "other bytes"},
        {409, "{\"error\":\"ahead\",\"size\":99}", STATUS_CONFLICT, "ahead"},
        {409, "{\"error\":\"same\",\"size\":0}", STATUS_CONFLICT, "same"},
        {500, "", STATUS_BUSY, "HTTP 500"},
        {503, "{\"error\":\"later\"}", STATUS_BUSY, "later"},
        {200, "{\"size\":99}", STATUS_CONFLICT, "does not fit"},
        {200, "{\"size\":0}", STATUS_CONFLICT, "does not fit"},
        {200, "hello", STATUS_CONFLICT, "does not fit"},
        {302, "", STATUS_CONFLICT, "HTTP 302"},
    };
    struct meeting *meeting = *state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct err err;
        int64_t sent = 7;
        char problem[PUSH_PROBLEM_BYTES];
        hub.refuse_status = CASES[i].http;
        hub.refuse_body = CASES[i].body;
        const enum status status = push_round(meeting->push, &sent, &err);
        if (status != CASES[i].status || strstr(err.text, CASES[i].text) == NULL)
            fail_msg("case %zu: %s %s", i, status_name(status), err.text);
        assert_int_equal(sent, 7);
        push_problem(meeting->push, problem);
        assert_string_equal(problem, err.text);
        assert_true(push_has_news(meeting->push));
    }
    struct err err;
    int64_t sent = 0;
    char problem[PUSH_PROBLEM_BYTES];
    hub.refuse_status = 0;
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
    push_problem(meeting->push, problem);
    assert_string_equal(problem, "");
}

static void a_hub_that_runs_in_circles_is_left(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = 0;
    rate_some(meeting, 2);
    hub.refuse_status = 409;
    hub.refuse_body = "{\"error\":\"circle\",\"size\":1}";
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_CONFLICT);
    assert_true(hub.requests <= 5);
}

static void without_a_usable_key_nothing_is_sent(void **state)
{
    struct meeting *meeting = *state;
    static const char *const KEYS[] = {"", "\n", "two words\n", "two\nlines\n"};
    struct err err;
    int64_t sent = 0;
    for (size_t i = 0; i < ARRAY_SIZE(KEYS); i++) {
        assert_int_equal(file_write(meeting->key_path, KEYS[i], strlen(KEYS[i]), 0600, &err),
                         STATUS_OK);
        assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_DENIED);
    }
    remove(meeting->key_path);
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_DENIED);
    assert_non_null(strstr(err.text, "join"));
    assert_int_equal(hub.requests, 0);
    // joined while the kiosk serves
    assert_int_equal(file_write(meeting->key_path, "late", 4, 0600, &err), STATUS_OK);
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_OK);
}

static void a_hub_that_is_away_is_tried_again(void **state)
{
    struct meeting *meeting = *state;
    struct err err;
    int64_t sent = 0;
    server_close(meeting->server);
    meeting->server = NULL;
    assert_int_equal(push_round(meeting->push, &sent, &err), STATUS_BUSY);
    assert_null(strstr(err.text, "secret"));
    assert_true(push_has_news(meeting->push));
}

#define MEETING(test) cmocka_unit_test_setup_teardown(test, meet, part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING(everything_new_is_sent_once),
        MEETING(nothing_new_asks_nothing),
        MEETING(what_the_hub_has_is_remembered_across_a_restart),
        MEETING(a_long_journal_goes_in_pieces),
        MEETING(a_hub_elsewhere_is_followed),
        MEETING(a_refusal_is_kept_with_the_hubs_reason),
        MEETING(a_hub_that_runs_in_circles_is_left),
        MEETING(without_a_usable_key_nothing_is_sent),
        MEETING(a_hub_that_is_away_is_tried_again),
    };
    return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
