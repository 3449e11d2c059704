// SPDX-License-Identifier: MIT
// server.c with a writer: requests that wait for their commit, and closing meanwhile.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listener.h"
#include "serving.h"

static struct wire_answer answer; // too large for the stack of a test

static void assert_header(const char *name, const char *expected)
{
    char value[1024];
    if (!wire_header(&answer, name, value, sizeof(value)))
        fail_msg("no header %s in\n%s", name, answer.head);
    assert_string_equal(value, expected);
}

static void a_write_is_answered_after_its_commit(void **state)
{
    (void)state;
    AUTO(serving_close) struct serving *place = serving_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    for (int i = 1; i <= 5; i++) {
        char body[16];
        snprintf(body, sizeof(body), "%d", i);
        wire_ask_on(wire, place->address, "POST", "/note", NULL, body, &answer);
        assert_int_equal(answer.status, 201);
        assert_string_equal(answer.body, "đã ghi");
        assert_int_equal(serving_notes(place), i);
    }
    wire_ask_on(wire, place->address, "POST", "/note", NULL, "1", &answer);
    assert_int_equal(answer.status, 409);
    wire_ask_on(wire, place->address, "POST", "/plain-note", NULL, "1", &answer);
    assert_int_equal(answer.status, 409);
    wire_ask_on(wire, place->address, "POST", "/plain-note", NULL, "6", &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(serving_notes(place), 6);
}

static void without_a_writer_a_write_is_a_bug_of_ours(void **state)
{
    (void)state;
    struct server_config config = serving_config(NULL);
    AUTO(server_closep) struct server *server = serving_server(&config);
    wire_ask(server_address(server), "POST", "/note", NULL, "1", &answer);
    assert_int_equal(answer.status, 500);
}

struct client {
    const char *address;
    int first, count;
    int created, refused;
};

// Posts `count` notes, each until it is taken.
static void *post_notes(void *context)
{
    struct client *client = context;
    struct wire_answer *got = malloc(sizeof(*got));
    int wire = wire_open(client->address);
    for (int i = 0; i < client->count; i++) {
        char body[16];
        snprintf(body, sizeof(body), "%d", client->first + i);
        do {
            wire_ask_on(wire, client->address, "POST", "/note", NULL, body, got);
            client->refused += got->status == 503;
        } while (got->status == 503);
        client->created += got->status == 201;
    }
    wire_close(&wire);
    free(got);
    return NULL;
}

enum { CLIENTS = 32, NOTES_EACH = 25 };

static void post_from_many(const struct serving *place, struct client clients[CLIENTS])
{
    pthread_t threads[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){
            .address = place->address, .first = i * NOTES_EACH, .count = NOTES_EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, post_notes, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
}

static void many_writers_lose_nothing_and_double_nothing(void **state)
{
    (void)state;
    static const size_t queues[] = {4, 64};
    for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
        struct client clients[CLIENTS];
        AUTO(serving_close) struct serving *place = serving_open(queues[i]);
        post_from_many(place, clients);
        for (int c = 0; c < CLIENTS; c++)
            assert_int_equal(clients[c].created, NOTES_EACH);
        assert_int_equal(serving_notes(place), CLIENTS * NOTES_EACH);
    }
}

static void *ask_note(void *context)
{
    struct client *client = context;
    client->count = 1;
    struct wire_answer *got = malloc(sizeof(*got));
    char body[16];
    snprintf(body, sizeof(body), "%d", client->first);
    wire_ask(client->address, "POST", "/note", NULL, body, got);
    client->created = got->status;
    free(got);
    return NULL;
}

static void a_full_queue_is_said_at_once(void **state)
{
    (void)state;
    serving_gate_shut();
    struct serving *place = serving_open(1);
    struct client first = {.address = place->address, .first = 1};
    struct client second = {.address = place->address, .first = 2};
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, ask_note, &first), 0);
    serving_gate_reached(); // the writer holds the first job
    assert_int_equal(pthread_create(&threads[1], NULL, ask_note, &second), 0);
    while (writer_figures(place->writer).queued == 0)
        sched_yield();
    AUTO(wire_close) int wire = wire_open(place->address);
    wire_ask_on(wire, place->address, "POST", "/note", NULL, "3", &answer);
    assert_int_equal(answer.status, 503);
    assert_header("Retry-After", "1");
    assert_string_equal(answer.body, "refused 503 -");
    wire_ask_on(wire, place->address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    serving_gate_pass();
    serving_gate_pass();
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    serving_gate_leave();
    assert_int_equal(first.created, 201);
    assert_int_equal(second.created, 201);
    assert_int_equal(serving_notes(place), 2);
    serving_close(&place);
}

// Lets the job go on once the server has closed its door and so waits for the job.
static void *open_gate(void *context)
{
    const struct serving *place = context;
    struct err err = {0};
    struct listener probe = {.socket_fd = -1};
    while (listener_open(place->address, &probe, &err) != STATUS_OK)
        sched_yield();
    listener_close(&probe);
    serving_gate_pass();
    return NULL;
}

static void closing_lets_waiting_writes_finish_and_answers_them(void **state)
{
    (void)state;
    serving_gate_shut();
    struct serving *place = serving_open(8);
    struct client client = {.address = place->address, .first = 7};
    pthread_t asking;
    pthread_t opening;
    assert_int_equal(pthread_create(&asking, NULL, ask_note, &client), 0);
    serving_gate_reached();
    assert_int_equal(pthread_create(&opening, NULL, open_gate, place), 0);
    server_close(place->server);
    place->server = NULL;
    pthread_join(opening, NULL);
    pthread_join(asking, NULL);
    serving_gate_leave();
    assert_int_equal(client.created, 201);
    assert_int_equal(serving_notes(place), 1);
    serving_close(&place);
}

static void a_client_that_left_does_not_stop_its_write(void **state)
{
    (void)state;
    serving_gate_shut();
    struct serving *place = serving_open(8);
    char request[256];
    int wire = wire_open(place->address);
    snprintf(request, sizeof(request),
             "POST /note HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\n9", place->address);
    assert_true(wire_send(wire, request));
    serving_gate_reached();
    wire_close(&wire);
    serving_gate_pass();
    server_close(place->server);
    place->server = NULL;
    serving_gate_leave();
    assert_int_equal(serving_notes(place), 1);
    serving_close(&place);
}

int main(void)
{
    unsetenv("HAILONG_ABORT_ON_BUG"); // one test looks at what production does
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_is_answered_after_its_commit),
        cmocka_unit_test(without_a_writer_a_write_is_a_bug_of_ours),
        cmocka_unit_test(many_writers_lose_nothing_and_double_nothing),
        cmocka_unit_test(a_full_queue_is_said_at_once),
        cmocka_unit_test(closing_lets_waiting_writes_finish_and_answers_them),
        cmocka_unit_test(a_client_that_left_does_not_stop_its_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
