// SPDX-License-Identifier: MIT
// The small program behind the server tests.
#include "serving.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "coretest_assets.h"
#include "coretest_sql.h"
#include "reply.h"
#include "stmt.h"
#include "support/stmt_check.h"

char serving_context[] = "context";

// ---- handlers ----------------------------------------------------------------------------------

static enum status get_hello(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    assert_ptr_equal(request->context, serving_context);
    buf_add_text(&reply->body, "xin chào\n");
    return STATUS_OK;
}

static enum status get_text(const struct request *request, struct reply *reply, struct err *err)
{
    reply->content_type = "text/plain; charset=utf-8";
    return get_hello(request, reply, err);
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
static atomic_bool gate_used;

void serving_gate_shut(void)
{
    sem_init(&gate, 0, 0);
    sem_init(&at_gate, 0, 0);
    gate_used = true;
}

void serving_gate_reached(void)
{
    sem_wait(&at_gate);
}

void serving_gate_pass(void)
{
    sem_post(&gate);
}

void serving_gate_leave(void)
{
    gate_used = false;
}

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
    note->job.apply = gate_used ? wait_at_gate : add_note;
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
    {HTTP_GET, "/text", get_text, 1, 0, false},
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

struct server_config serving_config(struct writer *writer)
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
        .context = serving_context,
        .refusal = refusal,
    };
}

struct server *serving_server(const struct server_config *config)
{
    struct server *server = NULL;
    struct err err = {0};
    enum status status = server_open(config, &server, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, STATUS_OK);
    return server;
}

struct serving *serving_open(size_t queue_limit)
{
    struct serving *place = calloc(1, sizeof(*place));
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
    struct server_config server = serving_config(place->writer);
    place->server = serving_server(&server);
    place->address = server_address(place->server);
    return place;
}

void serving_close(struct serving **slot)
{
    struct serving *place = *slot;
    server_close(place->server);
    writer_close(place->writer);
    scratch_remove(&place->scratch);
    free(place);
}

int64_t serving_notes(const struct serving *place)
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
