// SPDX-License-Identifier: MIT
// server.c over real sockets: answers, limits, waiting for the writer, closing.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "coretest_assets.h"
#include "coretest_sql.h"
#include "listener.h"
#include "server.h"
#include "stmt.h"
#include "support/scratch.h"
#include "support/stmt_check.h"
#include "support/wire.h"

static char context_text[] = "context";
static struct wire_answer answer; // too large for the stack of a test

// ---- handlers ----------------------------------------------------------------------------------

static enum status get_hello(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    assert_ptr_equal(request->context, context_text);
    buf_add_text(&reply->body, "xin chào\n");
    return STATUS_OK;
}

static enum status get_facts(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    const char *agent = request->header(request, "user-AGENT");
    reply->content_type = "text/plain; charset=utf-8";
    buf_addf(&reply->body, "%s|%s|%s|%s|%s|%s|%s|%u", request->path, request->param[0],
             request->param[1], request->query, request->peer, request->local,
             agent == NULL ? "-" : agent, request->listener);
    reply_header(reply, "X-Extra", "a");
    reply_header(reply, "Cache-Control", "public, max-age=60");
    return STATUS_OK;
}

static enum status post_echo(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    assert_int_equal(request->body[request->body_size_bytes], '\0');
    buf_add(&reply->body, request->body, request->body_size_bytes);
    return STATUS_OK;
}

static enum status get_broken(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    buf_add_text(&reply->body, "half a page that nobody must see");
    return err_set(err, STATUS_IO, "the disk is gone: secret detail");
}

static enum status post_conflict(const struct request *request, struct reply *reply,
                                 struct err *err)
{
    (void)request;
    (void)reply;
    return err_set(err, STATUS_CONFLICT, "said already");
}

static enum status get_asset(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    (void)err;
    reply->asset = asset_find(&coretest_assets, "assets/tiny.txt");
    return STATUS_OK;
}

static enum status post_redirect(const struct request *request, struct reply *reply,
                                 struct err *err)
{
    (void)request;
    (void)err;
    reply_cookie(reply, "seen", "1", 60, false);
    reply_redirect(reply, "/hello");
    return STATUS_OK;
}

// A job that adds one note; the code is made from the body's number.
struct note_job {
    struct writer_job job;
    unsigned char code[16];
};

static sem_t gate;    // held closed by tests that need a busy writer
static sem_t at_gate; // posted by a job that waits there
static enum { GATE_OPEN, GATE_USED } gate_use;

static enum status add_note(struct db *db, struct writer_job *job, struct err *err)
{
    struct note_job *note = (struct note_job *)job;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, CORETEST_NOTE_INSERT, &q, err));
    stmt_bind_blob(q, 1, note->code, sizeof(note->code));
    stmt_bind_text(q, 2, "ghi chú");
    return stmt_run(q, NULL, err);
}

static enum status wait_at_gate(struct db *db, struct writer_job *job, struct err *err)
{
    sem_post(&at_gate);
    sem_wait(&gate);
    return add_note(db, job, err);
}

static void free_note(struct writer_job *job)
{
    free(job);
}

static enum status after_note(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    if (reply->job->status != STATUS_OK)
        return err_set(err, reply->job->status, "%s", reply->job->err.text);
    reply->http_status = 201;
    buf_add_text(&reply->body, "đã ghi");
    return STATUS_OK;
}

static enum status post_note(const struct request *request, struct reply *reply, struct err *err)
{
    struct note_job *note = calloc(1, sizeof(*note));
    if (note == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory");
    uint64_t number = strtoull(request->body, NULL, 10);
    memcpy(note->code, &number, sizeof(number));
    note->job.apply = gate_use == GATE_USED ? wait_at_gate : add_note;
    reply->job = &note->job;
    reply->job_free = free_note;
    reply->after = strcmp(request->path, "/note") == 0 ? after_note : NULL;
    return STATUS_OK;
}

static void refusal(const struct request *request, struct reply *reply)
{
    const char *agent = request->header(request, "User-Agent");
    buf_addf(&reply->body, "refused %u %s", reply->http_status, agent == NULL ? "-" : agent);
}

static const struct route routes[] = {
    {HTTP_GET, "/hello", get_hello, 3, 0, false},
    {HTTP_GET, "/facts/{a}/{b}", get_facts, 1, 0, true},
    {HTTP_POST, "/echo", post_echo, 1, 8192, false},
    {HTTP_POST, "/large", post_echo, 1, 100000, false},
    {HTTP_POST, "/empty", post_echo, 1, 0, false},
    {HTTP_GET, "/broken", get_broken, 1, 0, false},
    {HTTP_POST, "/conflict", post_conflict, 1, 0, false},
    {HTTP_GET, "/file", get_asset, 1, 0, false},
    {HTTP_POST, "/redirect", post_redirect, 1, 0, false},
    {HTTP_POST, "/note", post_note, 1, 64, false},
    {HTTP_POST, "/plain-note", post_note, 1, 64, false},
    {HTTP_GET, "/phone", get_hello, 2, 0, false},
};

// ---- a server with its writer -------------------------------------------------------------------

struct place {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct writer *writer;
    struct server *server;
    const char *address;
};

static struct server_config config_of(struct writer *writer)
{
    return (struct server_config){
        .name = "test",
        .address = "127.0.0.1:0",
        .listener = 1,
        .threads = 2,
        .connections_per_thread = 120,
        .idle_timeout_s = 30,
        .request_deadline_ms = 20000,
        .routes = routes,
        .route_count = ARRAY_SIZE(routes),
        .assets = &coretest_assets,
        .asset_folder = "assets/",
        .writer = writer,
        .context = context_text,
        .refusal = refusal,
    };
}

static struct server *open_server(const struct server_config *config)
{
    struct server *server = NULL;
    struct err err = {0};
    enum status status = server_open(config, &server, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, STATUS_OK);
    return server;
}

static struct place *place_open(size_t queue_limit)
{
    struct place *place = calloc(1, sizeof(*place));
    struct db *db = NULL;
    struct err err = {0};
    struct writer_config config = {
        .queue_limit = queue_limit, .wal_limit_bytes = 32 << 20, .wal_soft_bytes = 4 << 20};
    assert_non_null(place);
    place->scratch = scratch_make();
    scratch_path(&place->scratch, "server.db", place->path);
    stmt_check_migrated(place->path, &coretest_schema);
    assert_int_equal(db_open(place->path, DB_WRITE, &coretest_schema, &db, &err), STATUS_OK);
    assert_int_equal(writer_open(db, place->path, NULL, &config, &place->writer, &err), STATUS_OK);
    struct server_config server = config_of(place->writer);
    place->server = open_server(&server);
    place->address = server_address(place->server);
    return place;
}

static void place_close(struct place **slot)
{
    struct place *place = *slot;
    server_close(place->server);
    writer_close(place->writer);
    scratch_remove(&place->scratch);
    free(place);
}

static int64_t note_count(const struct place *place)
{
    struct db *db = NULL;
    struct err err = {0};
    bool row = false;
    int64_t count = -1;
    assert_int_equal(db_open(place->path, DB_READ, &coretest_schema, &db, &err), STATUS_OK);
    {
        AUTO(stmt_releasep) struct stmt *q = NULL;
        assert_int_equal(stmt_use(db, CORETEST_NOTE_COUNT, &q, &err), STATUS_OK);
        assert_int_equal(stmt_row(q, &row, &err), STATUS_OK);
        assert_true(row);
        count = stmt_int(q, 0);
    }
    db_close(db);
    return count;
}

static void assert_header(const char *name, const char *expected)
{
    char value[1024];
    if (!wire_header(&answer, name, value, sizeof(value)))
        fail_msg("no header %s in\n%s", name, answer.head);
    assert_string_equal(value, expected);
}

static void assert_no_header(const char *name)
{
    char value[1024];
    assert_false(wire_header(&answer, name, value, sizeof(value)));
}

// ---- tests
// ---------------------------------------------------------------------------------------

static void a_page_is_answered_with_every_security_header(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    wire_ask(place->address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "xin chào\n");
    assert_header("Content-Type", "text/html; charset=utf-8");
    assert_header("Cache-Control", "no-store");
    assert_header("X-Content-Type-Options", "nosniff");
    assert_header("Referrer-Policy", "same-origin");
    assert_header("Cross-Origin-Opener-Policy", "same-origin");
    assert_header("Cross-Origin-Resource-Policy", "same-origin");
    assert_non_null(strstr(answer.head, "Content-Security-Policy: default-src 'none'; "));
    assert_non_null(strstr(answer.head, "Date: "));
    assert_no_header("Server");
    assert_no_header("Connection");
}

static void a_program_may_set_its_own_policy(void **state)
{
    (void)state;
    struct server_config config = config_of(NULL);
    config.content_security_policy = "default-src 'self'";
    AUTO(server_closep) struct server *server = open_server(&config);
    wire_ask(server_address(server), "GET", "/hello", NULL, NULL, &answer);
    assert_header("Content-Security-Policy", "default-src 'self'");
}

static void head_is_answered_as_get_without_the_body(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    wire_ask_on(wire, place->address, "HEAD", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_header("Content-Length", "10");
    wire_ask_on(wire, place->address, "GET", "/hello", NULL, NULL, &answer);
    assert_string_equal(answer.body, "xin chào\n");
}

static void a_handler_sees_the_request_decoded_once(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    char expected[256];
    wire_ask(place->address, "GET", "/facts/qu%E1%BA%A7y/2?x=%25&y=%2Fa", "User-Agent: thử\r\n",
             NULL, &answer);
    snprintf(expected, sizeof(expected), "/facts/quầy/2|quầy|2|x=%%25&y=%%2Fa|127.0.0.1|%s|thử|1",
             place->address);
    assert_string_equal(answer.body, expected);
    assert_header("X-Extra", "a");
    assert_header("Cache-Control", "public, max-age=60");
    assert_header("Content-Type", "text/plain; charset=utf-8");
}

static void one_connection_serves_many_requests(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    for (int i = 0; i < 20; i++) {
        wire_ask_on(wire, place->address, "GET", "/hello", NULL, NULL, &answer);
        assert_int_equal(answer.status, 200);
        wire_ask_on(wire, place->address, "POST", "/echo", NULL, "a=1", &answer);
        assert_string_equal(answer.body, "a=1");
        wire_ask_on(wire, place->address, "GET", "/assets/tiny.txt", NULL, NULL, &answer);
        assert_int_equal(answer.status, 200);
        wire_ask_on(wire, place->address, "POST", "/conflict", NULL, "", &answer);
        assert_int_equal(answer.status, 409);
    }
}

static void a_body_is_taken_up_to_the_limit_of_its_route(void **state)
{
    (void)state;
    static char body[100002];
    static const struct {
        const char *path;
        size_t size;
        int status;
    } rows[] = {
        {"/echo", 0, 200},       {"/echo", 1, 200},      {"/echo", 8192, 200},
        {"/echo", 8193, 413},    {"/large", 99999, 200}, {"/large", 100000, 200},
        {"/large", 100001, 413}, {"/empty", 0, 200},     {"/empty", 1, 413},
    };
    AUTO(place_close) struct place *place = place_open(8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        memset(body, 'x', rows[i].size);
        body[rows[i].size] = '\0';
        wire_ask(place->address, "POST", rows[i].path, NULL, body, &answer);
        assert_int_equal(answer.status, rows[i].status);
        if (rows[i].status == 200)
            assert_string_equal(answer.body, body);
        else
            assert_header("Connection", "close");
    }
}

static void refused_requests_get_the_programs_page(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *headers, *body;
        int status;
    } rows[] = {
        {"GET", "/nowhere", NULL, NULL, 404},
        {"GET", "/hello/", NULL, NULL, 404},
        {"GET", "/hello?a=1", NULL, NULL, 400},
        {"GET", "/hello?", NULL, NULL, 400},
        {"GET", "/a//b", NULL, NULL, 400},
        {"GET", "/phone", NULL, NULL, 404},
        {"GET", "/assets/none.css", NULL, NULL, 404},
        {"GET", "/assets/tiny.txt?v=1", NULL, NULL, 400},
        {"POST", "/echo", "Content-Encoding: gzip\r\n", "a", 415},
        {"POST", "/echo", "Expect: wonders\r\n", "a", 417},
        {"POST", "/echo", "Transfer-Encoding: chunked\r\n", NULL, 411},
    };
    AUTO(place_close) struct place *place = place_open(8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char expected[64];
        AUTO(wire_close) int wire = wire_open(place->address);
        wire_ask_on(wire, place->address, rows[i].method, rows[i].target, rows[i].headers,
                    rows[i].body, &answer);
        assert_int_equal(answer.status, rows[i].status);
        snprintf(expected, sizeof(expected), "refused %d -", rows[i].status);
        assert_string_equal(answer.body, expected);
        assert_header("X-Content-Type-Options", "nosniff");
        assert_true(wire_is_closed(wire));
    }
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *body, *allow;
    } rows[] = {
        {"POST", "/hello", "", "GET, HEAD"},
        {"PUT", "/hello", "", "GET, HEAD"},
        {"GET", "/echo", NULL, "POST"},
        {"DELETE", "/nowhere", NULL, "GET, HEAD, POST"},
        {"POST", "/assets/tiny.txt", "", "GET, HEAD"},
    };
    AUTO(place_close) struct place *place = place_open(8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        wire_ask(place->address, rows[i].method, rows[i].target, NULL, rows[i].body, &answer);
        assert_int_equal(answer.status, 405);
        assert_header("Allow", rows[i].allow);
    }
}

static void only_our_own_hosts_are_served(void **state)
{
    (void)state;
    static const char *const extra[] = {"danhgia.example.vn", NULL};
    struct server_config config = config_of(NULL);
    config.hosts = extra;
    AUTO(server_closep) struct server *server = open_server(&config);
    const char *port = strrchr(server_address(server), ':');
    const struct {
        const char *host;
        bool ported;
        int status;
    } rows[] = {
        {"localhost", true, 200},           {"LOCALHOST", true, 200},
        {"127.0.0.1", true, 200},           {"[::1]", true, 200},
        {"localhost", false, 421},          {"evil.example", true, 421},
        {"danhgia.example.vn", false, 200}, {"danhgia.example.vn", true, 421},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char host[128];
        AUTO(wire_close) int wire = wire_open(server_address(server));
        snprintf(host, sizeof(host), "%s%s", rows[i].host, rows[i].ported ? port : "");
        wire_ask_on(wire, host, "GET", "/hello", NULL, NULL, &answer);
        assert_int_equal(answer.status, rows[i].status);
    }
}

static void behind_a_proxy_any_host_is_served(void **state)
{
    (void)state;
    struct server_config config = config_of(NULL);
    config.any_host = true;
    config.refusal = NULL;
    AUTO(server_closep) struct server *server = open_server(&config);
    AUTO(wire_close) int wire = wire_open(server_address(server));
    wire_ask_on(wire, "anything.example", "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask_on(wire, "not/a/host", "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 400);
    assert_string_equal(answer.body, "400\n");
    assert_header("Content-Type", "text/plain; charset=utf-8");
}

static void a_failed_handler_shows_no_detail(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    wire_ask(place->address, "GET", "/broken", NULL, NULL, &answer);
    assert_int_equal(answer.status, 500);
    assert_string_equal(answer.body, "refused 500 -");
    assert_header("Content-Type", "text/html; charset=utf-8");
}

static void redirects_and_cookies_are_sent(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    wire_ask(place->address, "POST", "/redirect", NULL, "", &answer);
    assert_int_equal(answer.status, 303);
    assert_header("Location", "/hello");
    assert_header("Set-Cookie", "seen=1; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
    assert_header("Content-Length", "0");
    assert_no_header("Content-Type");
}

static void embedded_files_are_sent_compressed_and_cached(void **state)
{
    (void)state;
    const struct asset *css = asset_find(&coretest_assets, "assets/style.css");
    char weak[64];
    char line[128];
    AUTO(place_close) struct place *place = place_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_header("ETag", css->etag);
    assert_header("Vary", "Accept-Encoding");
    assert_header("Cache-Control", "public, no-cache");
    assert_header("Content-Type", "text/css; charset=utf-8");
    assert_no_header("Content-Encoding");
    assert_int_equal(answer.body_size, css->size_bytes);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css",
                "Accept-Encoding: gzip, deflate, br\r\n", NULL, &answer);
    assert_header("Content-Encoding", "br");
    assert_memory_equal(answer.body, css->brotli, css->brotli_size_bytes);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css",
                "Accept-Encoding: br;q=0, gzip\r\n", NULL, &answer);
    assert_header("Content-Encoding", "gzip");
    snprintf(weak, sizeof(weak), "W/%s", css->etag);
    assert_header("ETag", weak);
    assert_memory_equal(answer.body, css->gzip, css->gzip_size_bytes);
    snprintf(line, sizeof(line), "If-None-Match: %s\r\n", weak);
    wire_ask_on(wire, place->address, "GET", "/assets/style.css", line, NULL, &answer);
    assert_int_equal(answer.status, 304);
    assert_header("ETag", css->etag);
    wire_ask_on(wire, place->address, "GET", "/file", "If-None-Match: \"other\"\r\n", NULL,
                &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "ngắn\n");
}

static void a_write_is_answered_after_its_commit(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    AUTO(wire_close) int wire = wire_open(place->address);
    for (int i = 1; i <= 5; i++) {
        char body[16];
        snprintf(body, sizeof(body), "%d", i);
        wire_ask_on(wire, place->address, "POST", "/note", NULL, body, &answer);
        assert_int_equal(answer.status, 201);
        assert_string_equal(answer.body, "đã ghi");
        assert_int_equal(note_count(place), i);
    }
    wire_ask_on(wire, place->address, "POST", "/note", NULL, "1", &answer);
    assert_int_equal(answer.status, 409);
    wire_ask_on(wire, place->address, "POST", "/plain-note", NULL, "1", &answer);
    assert_int_equal(answer.status, 409);
    wire_ask_on(wire, place->address, "POST", "/plain-note", NULL, "6", &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(note_count(place), 6);
}

static void without_a_writer_a_write_is_a_bug_of_ours(void **state)
{
    (void)state;
    struct server_config config = config_of(NULL);
    AUTO(server_closep) struct server *server = open_server(&config);
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

static void post_from_many(const struct place *place, struct client clients[CLIENTS])
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
        AUTO(place_close) struct place *place = place_open(queues[i]);
        post_from_many(place, clients);
        for (int c = 0; c < CLIENTS; c++)
            assert_int_equal(clients[c].created, NOTES_EACH);
        assert_int_equal(note_count(place), CLIENTS * NOTES_EACH);
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
    sem_init(&gate, 0, 0);
    sem_init(&at_gate, 0, 0);
    gate_use = GATE_USED;
    struct place *place = place_open(1);
    struct client first = {.address = place->address, .first = 1};
    struct client second = {.address = place->address, .first = 2};
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, ask_note, &first), 0);
    sem_wait(&at_gate); // the writer holds the first job
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
    sem_post(&gate);
    sem_post(&gate);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    gate_use = GATE_OPEN;
    assert_int_equal(first.created, 201);
    assert_int_equal(second.created, 201);
    assert_int_equal(note_count(place), 2);
    place_close(&place);
}

// Lets the job go on once the server has closed its door and so waits for the job.
static void *open_gate(void *context)
{
    const struct place *place = context;
    struct err err = {0};
    struct listener probe = {.socket_fd = -1};
    while (listener_open(place->address, &probe, &err) != STATUS_OK)
        sched_yield();
    listener_close(&probe);
    sem_post(&gate);
    return NULL;
}

static void closing_lets_waiting_writes_finish_and_answers_them(void **state)
{
    (void)state;
    sem_init(&gate, 0, 0);
    sem_init(&at_gate, 0, 0);
    gate_use = GATE_USED;
    struct place *place = place_open(8);
    struct client client = {.address = place->address, .first = 7};
    pthread_t asking;
    pthread_t opening;
    assert_int_equal(pthread_create(&asking, NULL, ask_note, &client), 0);
    sem_wait(&at_gate);
    assert_int_equal(pthread_create(&opening, NULL, open_gate, place), 0);
    server_close(place->server);
    place->server = NULL;
    pthread_join(opening, NULL);
    pthread_join(asking, NULL);
    gate_use = GATE_OPEN;
    assert_int_equal(client.created, 201);
    assert_int_equal(note_count(place), 1);
    place_close(&place);
}

static void a_client_that_left_does_not_stop_its_write(void **state)
{
    (void)state;
    sem_init(&gate, 0, 0);
    sem_init(&at_gate, 0, 0);
    gate_use = GATE_USED;
    struct place *place = place_open(8);
    char request[256];
    int wire = wire_open(place->address);
    snprintf(request, sizeof(request),
             "POST /note HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\n9", place->address);
    assert_true(wire_send(wire, request));
    sem_wait(&at_gate);
    wire_close(&wire);
    sem_post(&gate);
    server_close(place->server);
    place->server = NULL;
    gate_use = GATE_OPEN;
    assert_int_equal(note_count(place), 1);
    place_close(&place);
}

static void two_listeners_serve_their_own_routes(void **state)
{
    (void)state;
    AUTO(place_close) struct place *place = place_open(8);
    struct server_config config = config_of(place->writer);
    config.listener = 2;
    config.threads = 1;
    AUTO(server_closep) struct server *phones = open_server(&config);
    wire_ask(server_address(phones), "GET", "/phone", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask(server_address(phones), "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask(server_address(phones), "POST", "/note", NULL, "1", &answer);
    assert_int_equal(answer.status, 404);
    wire_ask(place->address, "GET", "/phone", NULL, NULL, &answer);
    assert_int_equal(answer.status, 404);
}

static void one_address_gets_so_many_connections(void **state)
{
    (void)state;
    struct server_config config = config_of(NULL);
    config.per_address_limit = 2;
    config.threads = 1;
    AUTO(server_closep) struct server *server = open_server(&config);
    const char *address = server_address(server);
    AUTO(wire_close) int first = wire_open(address);
    AUTO(wire_close) int second = wire_open(address);
    wire_ask_on(first, address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    wire_ask_on(second, address, "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
    AUTO(wire_close) int third = wire_open(address);
    assert_true(wire_is_closed(third));
}

// Sends a byte now and then until the other side has closed; returns the milliseconds it took.
static int64_t trickle(int wire, const char *text)
{
    int64_t begin_ms = clock_mono_ms();
    while (wire_send_bytes(wire, text, 1) && clock_mono_ms() - begin_ms < 15000) {
        struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
        nanosleep(&pause, NULL);
        text += text[1] != '\0';
    }
    return clock_mono_ms() - begin_ms;
}

static void a_request_that_trickles_in_is_cut_at_its_deadline(void **state)
{
    (void)state;
    static const char *const begun[] = {
        "", "GET /hello HTTP/1.1\r\nHost: ",
        "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8000\r\n\r\n"};
    struct server_config config = config_of(NULL);
    config.any_host = true;
    config.request_deadline_ms = 400;
    AUTO(server_closep) struct server *server = open_server(&config);
    for (size_t i = 0; i < ARRAY_SIZE(begun); i++) {
        AUTO(wire_close) int wire = wire_open(server_address(server));
        assert_true(wire_send(wire, begun[i]));
        int64_t took_ms = trickle(wire, i == 0 ? "GET /aaaaaaa" : "aaaaaaaaaaa");
        assert_in_range(took_ms, 300, 5000);
    }
    AUTO(wire_close) int wire = wire_open(server_address(server));
    wire_ask_on(wire, "a", "GET", "/hello", NULL, NULL, &answer);
    assert_int_equal(answer.status, 200);
}

static void configurations_that_would_hang_are_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned threads, connections;
        const char *address;
        enum status status;
    } rows[] = {
        {0, 120, "127.0.0.1:0", STATUS_BAD_INPUT},
        {9, 120, "127.0.0.1:0", STATUS_BAD_INPUT},
        {1, 0, "127.0.0.1:0", STATUS_BAD_INPUT},
        {1, 121, "127.0.0.1:0", STATUS_BAD_INPUT},
        {1, 120, "127.0.0.1", STATUS_BAD_INPUT},
        {1, 120, "127.0.0.1:99999", STATUS_BAD_INPUT},
        {1, 120, "example.vn:80", STATUS_BAD_INPUT},
        {1, 120, "::1:80", STATUS_BAD_INPUT},
        {1, 120, ":80", STATUS_BAD_INPUT},
        {1, 120, "127.0.0.1:x", STATUS_BAD_INPUT},
        {1, 1, "127.0.0.1:0", STATUS_OK},
        {8, 120, "localhost:0", STATUS_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct server_config config = config_of(NULL);
        struct server *server = NULL;
        struct err err = {0};
        config.threads = rows[i].threads;
        config.connections_per_thread = rows[i].connections;
        config.address = rows[i].address;
        assert_int_equal(server_open(&config, &server, &err), rows[i].status);
        assert_true((server != NULL) == (rows[i].status == STATUS_OK));
        server_close(server);
    }
}

static void a_taken_address_is_said_so(void **state)
{
    (void)state;
    struct server_config config = config_of(NULL);
    AUTO(server_closep) struct server *server = open_server(&config);
    struct server *other = NULL;
    struct err err = {0};
    config.address = server_address(server);
    assert_int_equal(server_open(&config, &other, &err), STATUS_BUSY);
    assert_null(other);
    assert_non_null(strstr(err.text, "another program listens"));
}

int main(void)
{
    unsetenv("HAILONG_ABORT_ON_BUG"); // one test looks at what production does
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_answered_with_every_security_header),
        cmocka_unit_test(a_program_may_set_its_own_policy),
        cmocka_unit_test(head_is_answered_as_get_without_the_body),
        cmocka_unit_test(a_handler_sees_the_request_decoded_once),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(a_body_is_taken_up_to_the_limit_of_its_route),
        cmocka_unit_test(refused_requests_get_the_programs_page),
        cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
        cmocka_unit_test(only_our_own_hosts_are_served),
        cmocka_unit_test(behind_a_proxy_any_host_is_served),
        cmocka_unit_test(a_failed_handler_shows_no_detail),
        cmocka_unit_test(redirects_and_cookies_are_sent),
        cmocka_unit_test(embedded_files_are_sent_compressed_and_cached),
        cmocka_unit_test(a_write_is_answered_after_its_commit),
        cmocka_unit_test(without_a_writer_a_write_is_a_bug_of_ours),
        cmocka_unit_test(many_writers_lose_nothing_and_double_nothing),
        cmocka_unit_test(a_full_queue_is_said_at_once),
        cmocka_unit_test(closing_lets_waiting_writes_finish_and_answers_them),
        cmocka_unit_test(a_client_that_left_does_not_stop_its_write),
        cmocka_unit_test(two_listeners_serve_their_own_routes),
        cmocka_unit_test(one_address_gets_so_many_connections),
        cmocka_unit_test(a_request_that_trickles_in_is_cut_at_its_deadline),
        cmocka_unit_test(configurations_that_would_hang_are_refused),
        cmocka_unit_test(a_taken_address_is_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
