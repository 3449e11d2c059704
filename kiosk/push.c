// SPDX-License-Identifier: MIT
// Rounds with the hub: pieces in order, each answer checked, the way back after a broken one.
#include "push.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deposit.h"
#include "hubstate.h"
#include "inbox.h"
#include "kiosk_sql.h"
#include "log.h"
#include "piece.h"
#include "relane.h"
#include "stmt.h"
#include "tail.h"
#include "text.h"
#include "timekeeper.h"
#include "witnessed.h"

enum {
    // "I have N" is followed once or twice; a hub that keeps saying it is not getting anywhere.
    RESYNC_MAX = 3,
    // Broken pieces in a row before a round gives up; between two of them the hub has answered.
    BREAKS_MAX = 3,
    RETRY_FIRST_S = 30,
    RETRY_MOST_S = 3600,
    TRIAL_RETRY_S = 5, // as often as a trial syncs
    BODY_LIMIT_BYTES = PIECE_MOST_BYTES + ENTRY_LIMIT_BYTES + NOTE_LIMIT_BYTES,
};

struct push {
    struct kiosk *kiosk;
    char url[KIOSK_URL_BYTES];
    pthread_mutex_t round; // one round at a time; guards what follows
    struct hubstate state;
    bool sure; // the hub's last answer said so
    size_t piece_bytes;
    int64_t offset_s;
    _Atomic uint64_t quiet_size; // a journal of this size has but our own ack for the hub
    pthread_mutex_t lock;        // guards what follows
    char problem[PUSH_PROBLEM_BYTES];
    unsigned failures; // in a row
    int64_t due_ms;    // not before this after a failure
};

// What lives as long as a round.
struct round {
    struct hubkeys keys;
    struct hubcall call;
    struct buf ack_note; // the last one of this round
    int64_t hub_time_s;  // in its cosignature
    bool restart;
    bool forget; // the hub asks for what it had beside the journal
    int64_t sent;
    int resyncs, breaks;
    struct err unread; // why messages of the hub wait; status OK: none does
};

static void round_done(struct round *round)
{
    hubcall_done(&round->call);
    buf_done(&round->ack_note);
}

static uint64_t journal_size(const struct push *push)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(push->kiosk->journal, &size, root);
    return size;
}

// ---- where the hub is ---------------------------------------------------------------------------

static void show_state(const struct push *push)
{
    push->kiosk->synced_entries = (int64_t)push->state.tree.size;
    push->kiosk->last_contact_s = push->state.contact_s;
}

// The hub has the lines up to that tree: in the database first. `checkpoint` and `note` are its
// acknowledgement, NULL when none came.
static enum status advance(struct push *push, const struct merkle *tree, bool news,
                           const struct note_checkpoint *checkpoint, const struct buf *note,
                           struct err *err)
{
    struct hubstate state = {.ack_owed = push->state.ack_owed || news,
                             .contact_s = push->state.contact_s};
    merkle_copy(&state.tree, tree);
    TRY(hubstate_store(push->kiosk, &state, checkpoint, note, err));
    push->state = state;
    push->sure = true;
    show_state(push);
    return STATUS_OK;
}

static enum status walk_to(struct push *push, struct merkle *tree, uint64_t size, bool *ret_news,
                           struct err *err)
{
    struct db *db = dbpool_take(push->kiosk->readers);
    const enum status status = piece_walk(db, tree, size, ret_news, err);
    dbpool_give(push->kiosk->readers, db);
    return status;
}

static bool root_is(const struct merkle *tree, const json_t *answer)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    merkle_root(tree, root);
    text_hex(root, sizeof root, hex);
    return strcmp(hex, json_text_or(answer, "root", "")) == 0;
}

// The hub says that it has other entries of this lane than we, or more. When it shows that, this
// box goes on in a new one.
static enum status forked(struct push *push, struct round *round, const json_t *answer,
                          struct err *err)
{
    TRY(relane_fork(push->kiosk, answer, &round->keys.cosigner, &round->restart, err));
    return err_set(err, STATUS_CONFLICT,
                   "the hub has other entries of this lane than this kiosk; was it restored from a "
                   "copy, or does another box run with its data? It goes on in a new lane");
}

// Follows what the hub says of itself, when it is the beginning of our journal.
static enum status follow(struct push *push, struct round *round, const json_t *answer,
                          struct err *err)
{
    const int64_t said = json_int_or(answer, "size", -1);
    if (said < 0)
        return err_set(err, STATUS_CONFLICT, "the hub's answer does not say what it has");
    const uint64_t size = (uint64_t)said;
    if (size > journal_size(push))
        return forked(push, round, answer, err);
    struct merkle tree;
    merkle_init(&tree);
    if (size >= push->state.tree.size)
        merkle_copy(&tree, &push->state.tree);
    const uint64_t before = tree.size;
    bool news = false;
    TRY(walk_to(push, &tree, size, &news, err));
    if (size > 0 && !root_is(&tree, answer))
        return forked(push, round, answer, err);
    // What went in an exchange whose answer did not come.
    if (size > push->state.tree.size && before == push->state.tree.size)
        round->sent += (int64_t)(size - before);
    return advance(push, &tree, news, NULL, NULL, err);
}

static enum status ask_head(struct push *push, struct round *round, struct err *err)
{
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    TRY(hubcall_post(&round->call, "head", "{}", 2, &answer, err));
    push->state.contact_s = clock_now_s();
    if (answer.http_status != 200)
        return hubcall_refused(&answer, err);
    return follow(push, round, answer.json, err);
}

// ---- one piece ----------------------------------------------------------------------------------

static enum status unfit(struct err *err)
{
    return err_set(err, STATUS_CONFLICT, "the hub's answer does not fit what was sent");
}

// Whether the note is our head of that tree, signed by us and cosigned by the hub.
static enum status check_ack(const struct push *push, struct round *round,
                             const struct merkle *tree, const char *note,
                             struct note_checkpoint *ret_checkpoint, struct err *err)
{
    uint8_t root[CRYPTO_HASH_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    struct note_key own;
    const size_t size_bytes = strlen(note);
    crypto_sign_public(push->kiosk->lane_secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &own);
    merkle_root(tree, root);
    struct note_checkpoint checkpoint;
    if (note_read(note, size_bytes, &checkpoint, NULL) != STATUS_OK ||
        strcmp(checkpoint.origin, own.name) != 0 || checkpoint.size != tree->size ||
        memcmp(checkpoint.root, root, sizeof root) != 0 ||
        note_verify(note, size_bytes, &own, NULL, NULL) != STATUS_OK)
        return err_set(err, STATUS_CONFLICT, "the hub's acknowledgement is not of what was sent");
    if (note_verify(note, size_bytes, &round->keys.cosigner, &round->hub_time_s, NULL) != STATUS_OK)
        return err_set(err, STATUS_CONFLICT,
                       "the hub's acknowledgement is not signed by the key of the hub that this "
                       "kiosk was enrolled at");
    *ret_checkpoint = checkpoint;
    return STATUS_OK;
}

// The first that cannot be taken stops those behind it, and the round says so at its end: nothing
// that goes up has to wait for that.
static void take_messages(struct push *push, struct round *round, const json_t *answer)
{
    const json_t *messages = json_object_get(answer, "messages");
    round->unread.status = STATUS_OK; // what waited after another piece comes again
    for (size_t i = 0; i < json_array_size(messages); i++) {
        struct err fault = {.status = STATUS_OK};
        if (inbox_apply(push->kiosk, &round->keys.cosigner, json_array_get(messages, i),
                        &round->restart, &fault) == STATUS_OK)
            continue;
        round->unread = fault;
        return;
    }
}

static enum status taken(struct push *push, struct round *round, const struct merkle *tree,
                         bool news, const json_t *answer, struct err *err)
{
    const char *note = json_text_or(answer, "ack", "");
    struct note_checkpoint checkpoint;
    const int64_t said = json_int_or(answer, "size", -1);
    // A hub that was restored has less than it once acknowledged: `head` says from where on.
    if (said >= 0 && said < (int64_t)push->state.tree.size && ++round->resyncs <= RESYNC_MAX) {
        push->sure = false;
        return STATUS_OK;
    }
    if (said != (int64_t)tree->size || !root_is(tree, answer))
        return unfit(err);
    round->forget |= json_bool_or(answer, "again", false);
    TRY(check_ack(push, round, tree, note, &checkpoint, err));
    buf_clear(&round->ack_note);
    buf_add_text(&round->ack_note, note);
    TRY(buf_check(&round->ack_note, err));
    round->sent += (int64_t)(tree->size - push->state.tree.size);
    TRY(advance(push, tree, news, &checkpoint, &round->ack_note, err));
    TRY(witnessed_tell(push->kiosk, &round->keys.cosigner, answer, err));
    take_messages(push, round, answer);
    return STATUS_OK;
}

static enum status refused(struct push *push, struct round *round,
                           const struct hubcall_answer *answer, struct err *err)
{
    const bool elsewhere =
        json_object_get(answer->json, "size") != NULL || json_bool_or(answer->json, "fork", false);
    // The next round looks where the hub is, whatever it was that it did not like.
    push->sure = false;
    if (answer->http_status != 409 || !elsewhere)
        return hubcall_refused(answer, err);
    // The heads that the hub knows come with `head`, which also tells a fork from a gap.
    if (++round->resyncs <= RESYNC_MAX)
        return STATUS_OK;
    return hubcall_refused(answer, err);
}

static void broken(struct push *push)
{
    push->sure = false;
    push->piece_bytes /= 2;
    if (push->piece_bytes < PIECE_LEAST_BYTES)
        push->piece_bytes = PIECE_LEAST_BYTES;
}

static enum status send_piece(struct push *push, struct round *round, uint64_t goal,
                              struct err *err)
{
    AUTO(buf_done) struct buf body;
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    struct merkle tree;
    bool news = false;
    buf_init(&body, BODY_LIMIT_BYTES);
    merkle_copy(&tree, &push->state.tree);
    struct db *db = dbpool_take(push->kiosk->readers);
    enum status status =
        piece_collect(push->kiosk, db, &tree, goal, push->piece_bytes, &body, &news, err);
    dbpool_give(push->kiosk->readers, db);
    TRY(status);
    status = hubcall_post(&round->call, "entries", body.data, body.size_bytes, &answer, err);
    if (status == STATUS_BUSY) {
        broken(push);
        return ++round->breaks <= BREAKS_MAX ? STATUS_OK : status;
    }
    TRY(status);
    push->state.contact_s = clock_now_s();
    if (answer.http_status != 200)
        return refused(push, round, &answer, err);
    round->breaks = 0;
    push->piece_bytes *= 2;
    if (push->piece_bytes > PIECE_MOST_BYTES)
        push->piece_bytes = PIECE_MOST_BYTES;
    return taken(push, round, &tree, news, answer.json, err);
}

// ---- rounds -------------------------------------------------------------------------------------

struct ack_job {
    struct writer_job job;
    struct push *push;
    const struct buf *note;
};

static enum status write_ack(const struct buf *note, struct buf *tail,
                             uint8_t ret_id[ENTRY_ID_BYTES], struct err *err)
{
    struct note_checkpoint checkpoint;
    struct jsonw w;
    TRY(note_read(buf_text(note), note->size_bytes, &checkpoint, err));
    kiosk_random_id(ret_id);
    entry_tail_begin(&w, tail, ENTRY_ACK, ret_id);
    jsonw_int(&w, "part", 0);
    jsonw_int(&w, "size", (int64_t)checkpoint.size);
    jsonw_hex(&w, "root", checkpoint.root, sizeof checkpoint.root);
    jsonw_text_n(&w, "note", note->data, note->size_bytes);
    entry_tail_end(&w);
    return buf_check(tail, err);
}

static enum status apply_ack(struct db *db, struct writer_job *job, struct err *err)
{
    const struct ack_job *ack = (const struct ack_job *)job;
    const struct push *push = ack->push;
    AUTO(buf_done) struct buf tail;
    uint8_t id[ENTRY_ID_BYTES];
    bool added = false;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    TRY(write_ack(ack->note, &tail, id, err));
    TRY(journal_append(db, push->kiosk->journal, id, 0, NULL, &tail, &added, err));
    struct hubstate state = push->state;
    state.ack_owed = false;
    return hubstate_write(db, &state, err);
}

// One for each round that brought anything but acks; it goes with the next one.
static enum status append_ack(struct push *push, const struct round *round, struct err *err)
{
    if (!push->state.ack_owed || round->ack_note.size_bytes == 0)
        return STATUS_OK;
    struct ack_job ack = {.job.apply = apply_ack, .push = push, .note = &round->ack_note};
    TRY(writer_run(push->kiosk->writer, &ack.job, err));
    push->state.ack_owed = false;
    push->quiet_size = push->state.tree.size + 1;
    return STATUS_OK;
}

// What comes in meanwhile waits for the next round, so a round ends. Without anything new the head
// goes alone: a quiet kiosk is told apart from a dead one.
static enum status send_all(struct push *push, struct round *round, struct err *err)
{
    const uint64_t goal = journal_size(push);
    while (round->ack_note.size_bytes == 0 || push->state.tree.size < goal) {
        if (push->sure)
            TRY(send_piece(push, round, goal, err));
        else
            TRY(ask_head(push, round, err));
    }
    return STATUS_OK;
}

// The hub's signed time vouches for our clock, or does not.
static void confirm_time(const struct push *push, const struct round *round)
{
    struct err err;
    if (push->kiosk->timekeeper != NULL &&
        timekeeper_confirm(push->kiosk, TIMEKEEPER_HUB, round->hub_time_s, &err) != STATUS_OK)
        log_err("clock_not_confirmed", &err);
}

static enum status run_round(struct push *push, struct round *round, struct err *err)
{
    TRY(hubkeys_read(push->kiosk->folder, &round->keys, err));
    round->call.url = push->url;
    round->call.lane = journal_lane(push->kiosk->journal);
    round->call.secret = push->kiosk->lane_secret;
    round->call.offset_s = push->offset_s;
    TRY(tail_announce(push->kiosk, &round->call, err));
    enum status status = send_all(push, round, err);
    push->offset_s = round->call.offset_s;
    TRY(status);
    confirm_time(push, round);
    TRY(append_ack(push, round, err));
    TRY(tail_send(push->kiosk, &round->call, err)); // first: its texts are among the deposit's
    if (round->forget)
        TRY(deposit_forget(push->kiosk, err));
    TRY(deposit_send(push->kiosk, &round->keys, &round->call, err));
    if (round->unread.status != STATUS_OK && err != NULL)
        *err = round->unread;
    return round->unread.status;
}

static int64_t retry_ms(unsigned failures, bool trial)
{
    int64_t most_s = RETRY_FIRST_S;
    for (unsigned i = 1; i < failures && most_s < RETRY_MOST_S; i++)
        most_s *= 2;
    if (most_s > RETRY_MOST_S)
        most_s = RETRY_MOST_S;
    if (trial)
        most_s = TRIAL_RETRY_S;
    uint32_t random = 0;
    crypto_random(&random, sizeof random);
    return random % (most_s * 1000 + 1);
}

// Staff read it in the log once, and on the status page as long as it lasts.
static bool set_problem(struct push *push, const struct err *problem)
{
    const char *text = problem == NULL ? "" : problem->text;
    pthread_mutex_lock(&push->lock);
    const bool news = strcmp(push->problem, text) != 0;
    snprintf(push->problem, sizeof push->problem, "%s", text);
    push->failures = problem == NULL ? 0 : push->failures + 1;
    push->due_ms =
        problem == NULL ? 0 : clock_mono_ms() + retry_ms(push->failures, push->kiosk->setup.trial);
    pthread_mutex_unlock(&push->lock);
    if (news && problem != NULL)
        log_event(LOG_LEVEL_WARNING, "sync_failed", "status", status_name(problem->status),
                  "reason", text, NULL);
    return news;
}

static void log_sent(int64_t sent)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, sent);
    log_event(LOG_LEVEL_INFO, "synced", "entries", text, NULL);
}

enum status push_round(struct push *push, int64_t *ret_sent, struct err *err)
{
    struct err own = {0};
    AUTO(round_done) struct round round = {.sent = 0};
    buf_init(&round.ack_note, NOTE_LIMIT_BYTES);
    pthread_mutex_lock(&push->round);
    const enum status status = run_round(push, &round, &own);
    // What cannot be stored is in the log.
    if (set_problem(push, status == STATUS_OK ? NULL : &own))
        (void)!hubstate_refuse(push->kiosk, push->state.contact_s,
                               status == STATUS_OK ? "" : own.text, NULL);
    show_state(push);
    pthread_mutex_unlock(&push->round);
    if (round.sent > 0)
        log_sent(round.sent);
    if (round.restart && push->kiosk->again != NULL)
        push->kiosk->again();
    if (status != STATUS_OK) {
        if (err != NULL)
            *err = own;
        return status;
    }
    *ret_sent = round.sent;
    return STATUS_OK;
}

bool push_has_news(struct push *push)
{
    const uint64_t size = journal_size(push);
    return (uint64_t)push->kiosk->synced_entries < size && size != push->quiet_size;
}

bool push_due(struct push *push, int64_t mono_ms)
{
    pthread_mutex_lock(&push->lock);
    const bool due = mono_ms >= push->due_ms;
    pthread_mutex_unlock(&push->lock);
    return due;
}

bool push_failed(struct push *push)
{
    pthread_mutex_lock(&push->lock);
    const bool failed = push->failures > 0;
    pthread_mutex_unlock(&push->lock);
    return failed;
}

void push_problem(struct push *push, char ret_text[PUSH_PROBLEM_BYTES])
{
    pthread_mutex_lock(&push->lock);
    memcpy(ret_text, push->problem, PUSH_PROBLEM_BYTES);
    pthread_mutex_unlock(&push->lock);
}

enum status push_open(struct kiosk *kiosk, const char *url, struct push **ret_push, struct err *err)
{
    AUTO(push_closep) struct push *push = calloc(1, sizeof *push);
    if (push == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the connection to the hub");
    pthread_mutex_init(&push->round, NULL);
    pthread_mutex_init(&push->lock, NULL);
    push->kiosk = kiosk;
    push->piece_bytes = PIECE_FIRST_BYTES;
    size_t chars = strlen(url);
    while (chars > 0 && url[chars - 1] == '/')
        chars--;
    if (chars >= sizeof push->url)
        return err_set(err, STATUS_USAGE, "the hub's address is too long");
    (void)snprintf(push->url, sizeof push->url, "%.*s", (int)chars, url);
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = hubstate_read(db, &push->state, push->problem, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    show_state(push);
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
