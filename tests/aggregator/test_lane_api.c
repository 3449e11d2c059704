// SPDX-License-Identifier: MIT
// lane_api.c and joinkey.c: pushes, without a socket.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_actions.h"
#include "joinkey.h"
#include "lane_api.h"
#include "office.h"
#include "reply.h"

enum { HEADER_BYTES = 128 };

static const char *authorization(const struct request *request, const char *name)
{
    return strcmp(name, "Authorization") == 0 ? request->source : NULL;
}

// Pushes lines and returns the HTTP status; the JSON answer (given) may be NULL.
static unsigned push(struct office *office, const char *header, const char *lane, const char *lines,
                     json_t **ret_answer)
{
    struct reply reply;
    char copy[HEADER_BYTES] = "";
    struct err err = {.text = ""};
    struct request request = {
        .method = HTTP_POST,
        .path = "/api/v1/lanes/x/entries",
        .param = {lane},
        .param_count = 1,
        .query = "",
        .body = lines,
        .body_size_bytes = strlen(lines),
        .context = office->hub,
        .header = authorization,
    };
    if (header != NULL) {
        snprintf(copy, sizeof copy, "%s", header);
        request.source = copy;
    }
    reply_init(&reply);
    enum status status = lane_api_post(&request, &reply, &err);
    if (status == STATUS_OK && reply.job != NULL) {
        struct err job_err;
        assert_int_equal(writer_run(office->hub->writer, reply.job, &job_err), reply.job->status);
        status = reply.after(&request, &reply, &err);
    }
    unsigned http = status == STATUS_OK ? reply.http_status : status_http(status);
    if (ret_answer != NULL) {
        assert_int_equal(json_parse(buf_text(&reply.body), reply.body.size_bytes, 4096, "answer",
                                    ret_answer, &err),
                         STATUS_OK);
        assert_string_equal(reply.content_type, "application/json");
    }
    if (reply.job != NULL)
        reply.job_free(reply.job);
    reply.job = NULL;
    reply_done(&reply);
    return http;
}

static void join(struct office *office, char ret_header[HEADER_BYTES])
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:s}", "command", "join", "unit", OFFICE_UNIT);
    assert_int_equal(hub_actions_answer(office->hub, request, &reply, &office->err), STATUS_OK);
    assert_int_equal(strlen(json_text_or(reply, "key", "")), JOINKEY_CHARS);
    snprintf(ret_header, HEADER_BYTES, "Bearer %s", json_text_or(reply, "key", ""));
}

static void begin(struct office_kiosk *kiosk, char digit)
{
    office_kiosk_begin(kiosk, digit);
    office_kiosk_setup(kiosk, true, false);
}

static void respond(struct office_kiosk *kiosk, int number)
{
    struct response response = office_response(number, 5);
    office_kiosk_response(kiosk, &response);
}

static void a_push_with_a_key_is_taken_and_answered_with_size_and_root(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    char key[HEADER_BYTES];
    join(office, key);
    begin(&kiosk, 'a');
    respond(&kiosk, 1);
    assert_int_equal(push(office, key, kiosk.lane, buf_text(&kiosk.lines), &answer), 200);
    assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq);
    assert_int_equal(strlen(json_text_or(answer, "root", "")), 64);
}

static void a_gap_is_409_with_the_size(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    char key[HEADER_BYTES];
    join(office, key);
    begin(&kiosk, 'a');
    respond(&kiosk, 1);
    assert_int_equal(push(office, key, kiosk.lane, kiosk.lines.data + kiosk.last, &answer), 409);
    assert_int_equal(json_int_or(answer, "size", -1), 0);
    assert_non_null(json_text_or(answer, "error", NULL));
}

static void a_fork_is_409_without_a_size(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    AUTO(json_decrefp) json_t *answer = NULL;
    char key[HEADER_BYTES];
    join(office, key);
    begin(&kiosk, 'a');
    assert_int_equal(push(office, key, kiosk.lane, buf_text(&kiosk.lines), NULL), 200);
    begin(&other, 'a'); // the same lane, another setup entry
    assert_int_equal(push(office, key, other.lane, buf_text(&other.lines), &answer), 409);
    assert_null(json_object_get(answer, "size"));
}

static void keys_are_checked_before_anything_else(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    static const char *const cases[] = {
        NULL,
        "Bearer ",
        "Bearer short",
        "Basic AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", // not one of ours
        "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    begin(&kiosk, 'a');
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        assert_int_equal(push(office, cases[i], kiosk.lane, buf_text(&kiosk.lines), &answer), 401);
        assert_null(json_object_get(answer, "size"));
    }
}

static void a_key_belongs_to_the_first_lane_that_uses_it(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk first, second;
    char key[HEADER_BYTES];
    join(office, key);
    begin(&first, 'a');
    begin(&second, 'b');
    assert_int_equal(push(office, key, first.lane, buf_text(&first.lines), NULL), 200);
    assert_int_equal(push(office, key, second.lane, buf_text(&second.lines), NULL), 403);
    assert_int_equal(push(office, key, first.lane, buf_text(&first.lines), NULL), 200);
}

static void a_refused_first_push_leaves_the_key_free(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk wrong, right;
    char key[HEADER_BYTES];
    join(office, key);
    office_kiosk_begin(&wrong, 'a');
    office_kiosk_setup(&wrong, false, false); // the hub is a trial
    begin(&right, 'b');
    assert_int_equal(push(office, key, wrong.lane, buf_text(&wrong.lines), NULL), 403);
    assert_int_equal(push(office, key, right.lane, buf_text(&right.lines), NULL), 200);
}

static void lines_of_another_lane_are_refused(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    char key[HEADER_BYTES];
    join(office, key);
    begin(&kiosk, 'a');
    assert_int_equal(
        push(office, key, "cccccccccccccccccccccccccccccccc", buf_text(&kiosk.lines), NULL), 400);
    assert_int_equal(push(office, key, "not-a-lane", buf_text(&kiosk.lines), NULL), 404);
    assert_int_equal(push(office, key, hublane_name(office->hub->lane), "", NULL), 403);
}

static void a_refusal_is_remembered_until_the_next_good_push(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct response bad = office_response(2, 5);
    char key[HEADER_BYTES];
    join(office, key);
    begin(&kiosk, 'a');
    assert_int_equal(push(office, key, kiosk.lane, buf_text(&kiosk.lines), NULL), 200);
    memcpy(bad.counter, "77", 3);
    size_t good = kiosk.lines.size_bytes;
    office_kiosk_response(&kiosk, &bad);
    for (int round = 0; round < 2; round++) {
        AUTO(json_decrefp) json_t *report = NULL;
        assert_int_equal(
            push(office, key, kiosk.lane, kiosk.lines.data + (round == 0 ? good : 0), NULL),
            round == 0 ? 400 : 200);
        report = office_report(office, OFFICE_UNIT, "2026-Q4");
        const json_t *lane = json_array_get(json_object_get(report, "lanes"), 1);
        assert_string_equal(json_text_or(lane, "lane", ""), kiosk.lane);
        assert_string_equal(json_text_or(lane, "last_contact", ""), "2026-11-21 09:00");
        assert_int_equal(json_text_or(lane, "refusal", NULL) != NULL, round == 0);
        buf_cut(&kiosk.lines, good);
    }
}

static void a_lane_taken_by_hand_can_be_pushed_later(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    char key[HEADER_BYTES];
    begin(&kiosk, 'a');
    office_take_all(office, &kiosk);
    join(office, key);
    respond(&kiosk, 1);
    assert_int_equal(push(office, key, kiosk.lane, buf_text(&kiosk.lines), NULL), 200);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    const json_t *lane = json_array_get(json_object_get(report, "lanes"), 1);
    assert_string_equal(json_text_or(lane, "how", ""), "join");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_push_with_a_key_is_taken_and_answered_with_size_and_root),
        WITH(a_gap_is_409_with_the_size),
        WITH(a_fork_is_409_without_a_size),
        WITH(keys_are_checked_before_anything_else),
        WITH(a_key_belongs_to_the_first_lane_that_uses_it),
        WITH(a_refused_first_push_leaves_the_key_free),
        WITH(lines_of_another_lane_are_refused),
        WITH(a_refusal_is_remembered_until_the_next_good_push),
        WITH(a_lane_taken_by_hand_can_be_pushed_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
