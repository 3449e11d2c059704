// SPDX-License-Identifier: MIT
// Pushing: pieces of at most 1 MiB, the hub's answer says how far it has come.
#include "push.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "file.h"
#include "kiosk_sql.h"
#include "log.h"
#include "stmt.h"

enum {
    // What one request carries: enough to be quick, small enough for a slow upload within the
    // client's time-out. The last line may pass it by its own length.
    PIECE_BYTES = 1024 * 1024,
    PIECE_LINES = 2000,
    ANSWER_LIMIT_BYTES = 64 * 1024,
    KEY_LIMIT_BYTES = 512,
    // "I have N" is followed once or twice; a hub that keeps saying it is not getting anywhere.
    RESYNC_MAX = 3,
    PATH_BYTES = KIOSK_PATH_BYTES,
};

struct push {
    struct kiosk *kiosk;
    char url[KIOSK_URL_BYTES];
    char key_path[PATH_BYTES];
    pthread_mutex_t round; // one round at a time; guards acked and contact_s
    int64_t acked;
    int64_t contact_s;
    pthread_mutex_t lock; // guards problem
    char problem[PUSH_PROBLEM_BYTES];
};

// ---- what the database remembers ----------------------------------------------------------------

struct state_job {
    struct writer_job job;
    int64_t hub_size, contact_s;
    const char *refusal;
};

static enum status apply_state(struct db *db, struct writer_job *job, struct err *err)
{
    const struct state_job *state = (const struct state_job *)job;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_SET, &q, err));
    stmt_bind_int(q, 1, state->hub_size);
    stmt_bind_int(q, 2, state->contact_s);
    stmt_bind_text(q, 3, state->refusal);
    return stmt_run(q, NULL, err);
}

static enum status store_state(struct push *push, const char *refusal, struct err *err)
{
    struct state_job state = {.job.apply = apply_state,
                              .hub_size = push->acked,
                              .contact_s = push->contact_s,
                              .refusal = refusal};
    TRY(writer_run(push->kiosk->writer, &state.job, err));
    push->kiosk->synced_entries = push->acked;
    push->kiosk->last_contact_s = push->contact_s;
    return STATUS_OK;
}

static enum status read_state(struct push *push, struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "the table sync has lost its row");
    push->acked = stmt_int(q, 0);
    push->contact_s = stmt_int(q, 1);
    snprintf(push->problem, sizeof push->problem, "%s", stmt_text(q, 2));
    push->kiosk->synced_entries = push->acked;
    push->kiosk->last_contact_s = push->contact_s;
    return STATUS_OK;
}

// ---- one piece ----------------------------------------------------------------------------------

static int64_t journal_size(const struct push *push)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(push->kiosk->journal, &size, root);
    return (int64_t)size;
}

static enum status collect(struct push *push, struct db *db, struct buf *body, int64_t *ret_lines,
                           struct err *err)
{
    const int64_t size = journal_size(push);
    const int64_t end = size - push->acked > PIECE_LINES ? push->acked + PIECE_LINES : size;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, push->acked);
    stmt_bind_int(q, 2, end);
    int64_t lines = 0;
    while (body->size_bytes < PIECE_BYTES) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        buf_add(body, stmt_text(q, 1), stmt_text_size(q, 1));
        buf_add_char(body, '\n');
        lines++;
    }
    *ret_lines = lines;
    return buf_check(body, err);
}

static enum status read_piece(struct push *push, struct buf *body, int64_t *ret_lines,
                              struct err *err)
{
    struct db *db = dbpool_take(push->kiosk->readers);
    const enum status status = collect(push, db, body, ret_lines, err);
    dbpool_give(push->kiosk->readers, db);
    return status;
}

static enum status read_key(const struct push *push, struct buf *authorization, struct err *err)
{
    AUTO(buf_done) struct buf key;
    buf_init(&key, KEY_LIMIT_BYTES);
    if (file_read(push->key_path, &key, err) != STATUS_OK)
        return err_set(err, STATUS_DENIED,
                       "no hub key can be read from %.200s; save there what "
                       "\"hailong-aggregator join\" prints",
                       push->key_path);
    while (key.size_bytes > 0 && strchr(" \r\n\t", key.data[key.size_bytes - 1]) != NULL)
        buf_cut(&key, key.size_bytes - 1);
    if (key.size_bytes == 0 || strcspn(key.data, " \r\n\t") != key.size_bytes)
        return err_set(err, STATUS_DENIED, "%.200s does not hold one key", push->key_path);
    buf_add_text(authorization, "Bearer ");
    buf_add(authorization, key.data, key.size_bytes);
    crypto_wipe(key.data, key.size_bytes);
    return buf_check(authorization, err);
}

// The hub's own words for staff, or its number when it has none.
static enum status refused(const struct fetch_answer *answer, const json_t *json, struct err *err)
{
    const enum status status = answer->http_status == 401 || answer->http_status == 403
                                   ? STATUS_DENIED
                                   : (answer->http_status >= 500 ? STATUS_BUSY : STATUS_CONFLICT);
    const char *reason = json == NULL ? "" : json_text_or(json, "error", "");
    return err_set(err, status, "the hub refuses (HTTP %u)%s%.300s", answer->http_status,
                   reason[0] == '\0' ? "" : ": ", reason);
}

// Where to go on from: the hub's size, when it makes sense.
static enum status take_answer(struct push *push, const struct fetch_answer *answer, int64_t lines,
                               int *resyncs, struct err *err)
{
    AUTO(json_decrefp) json_t *json = NULL;
    if (json_parse(buf_text(&answer->body), answer->body.size_bytes, ANSWER_LIMIT_BYTES,
                   "the hub's answer", &json, NULL) != STATUS_OK)
        json = NULL;
    const int64_t size = json == NULL ? -1 : json_int_or(json, "size", -1);
    if (answer->http_status == 200) {
        if (size < push->acked + lines || size > journal_size(push))
            return err_set(err, STATUS_CONFLICT, "the hub's answer does not fit what was sent");
        push->acked = size;
        return STATUS_OK;
    }
    const bool elsewhere = answer->http_status == 409 && size >= 0 && size != push->acked &&
                           size <= journal_size(push);
    if (!elsewhere || ++*resyncs > RESYNC_MAX)
        return refused(answer, json, err);
    push->acked = size;
    return STATUS_OK;
}

static enum status send_piece(struct push *push, int *resyncs, struct err *err)
{
    AUTO(buf_done) struct buf body;
    AUTO(buf_done) struct buf authorization;
    AUTO(buf_done) struct buf url;
    buf_init(&body, PIECE_BYTES + ENTRY_LIMIT_BYTES + 1);
    buf_init(&authorization, KEY_LIMIT_BYTES + 8);
    buf_init(&url, KIOSK_URL_BYTES + 80);
    int64_t lines = 0;
    TRY(read_piece(push, &body, &lines, err));
    TRY(read_key(push, &authorization, err));
    buf_addf(&url, "%s/api/v1/lanes/%s/entries", push->url, journal_lane(push->kiosk->journal));
    TRY(buf_check(&url, err));
    struct fetch_answer answer = {0};
    buf_init(&answer.body, ANSWER_LIMIT_BYTES);
    enum status status = fetch_post(url.data, authorization.data, "application/x-ndjson", body.data,
                                    body.size_bytes, &answer, err);
    crypto_wipe(authorization.data, authorization.size_bytes);
    if (status == STATUS_OK) {
        push->contact_s = clock_now_s();
        status = take_answer(push, &answer, lines, resyncs, err);
    }
    buf_done(&answer.body);
    return status;
}

// ---- rounds -------------------------------------------------------------------------------------

// Staff read it in the log once, and on the status page as long as it lasts.
static bool set_problem(struct push *push, const struct err *problem)
{
    const char *text = problem == NULL ? "" : problem->text;
    pthread_mutex_lock(&push->lock);
    const bool news = strcmp(push->problem, text) != 0;
    snprintf(push->problem, sizeof push->problem, "%s", text);
    pthread_mutex_unlock(&push->lock);
    if (news && problem != NULL)
        log_event(LOG_LEVEL_WARNING, "sync_failed", "status", status_name(problem->status),
                  "reason", text, NULL);
    return news;
}

static enum status send_all(struct push *push, int64_t *ret_sent, struct err *err)
{
    // What comes in meanwhile waits for the next round, so a round ends.
    const int64_t goal = journal_size(push);
    int resyncs = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && push->acked < goal) {
        const int64_t before = push->acked;
        status = send_piece(push, &resyncs, err);
        if (status == STATUS_OK)
            status = store_state(push, "", err);
        if (status == STATUS_OK && push->acked > before)
            *ret_sent += push->acked - before;
    }
    return status;
}

enum status push_round(struct push *push, int64_t *ret_sent, struct err *err)
{
    struct err own = {0};
    int64_t sent = 0;
    pthread_mutex_lock(&push->round);
    enum status status = send_all(push, &sent, &own);
    const bool news = set_problem(push, status == STATUS_OK ? NULL : &own);
    if (news && status != STATUS_OK)
        (void)!store_state(push, own.text, NULL); // what cannot be stored is in the log
    pthread_mutex_unlock(&push->round);
    if (status != STATUS_OK) {
        if (err != NULL)
            *err = own;
        return status;
    }
    if (sent > 0) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, sent);
        log_event(LOG_LEVEL_INFO, "synced", "entries", text, NULL);
    }
    *ret_sent = sent;
    return STATUS_OK;
}

bool push_has_news(struct push *push)
{
    return push->kiosk->synced_entries < journal_size(push);
}

void push_problem(struct push *push, char ret_text[PUSH_PROBLEM_BYTES])
{
    pthread_mutex_lock(&push->lock);
    memcpy(ret_text, push->problem, PUSH_PROBLEM_BYTES);
    pthread_mutex_unlock(&push->lock);
}

enum status push_open(struct kiosk *kiosk, const char *url, const char *key_path,
                      struct push **ret_push, struct err *err)
{
    AUTO(push_closep) struct push *push = calloc(1, sizeof *push);
    if (push == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the connection to the hub");
    pthread_mutex_init(&push->round, NULL);
    pthread_mutex_init(&push->lock, NULL);
    push->kiosk = kiosk;
    size_t chars = strlen(url);
    while (chars > 0 && url[chars - 1] == '/')
        chars--;
    if (chars >= sizeof push->url || strlen(key_path) >= sizeof push->key_path)
        return err_set(err, STATUS_USAGE, "the hub's address or its key file's path is too long");
    (void)snprintf(push->url, sizeof push->url, "%.*s", (int)chars, url);
    (void)snprintf(push->key_path, sizeof push->key_path, "%s", key_path);
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = read_state(push, db, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    *ret_push = push;
    push = NULL;
    return STATUS_OK;
}

void push_close(struct push *push)
{
    if (push == NULL)
        return;
    pthread_mutex_destroy(&push->round);
    pthread_mutex_destroy(&push->lock);
    free(push);
}
