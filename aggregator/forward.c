// SPDX-License-Identifier: MIT
// Sends heads to a witness and keeps its cosignatures.
#include "forward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "hub_sql.h"
#include "log.h"
#include "stmt.h"
#include "text.h"
#include "witness.h"
#include "witnessing.h"

enum {
    URL_BYTES = 320, // the setup's 200 and "/add-checkpoint"
    ANSWER_LIMIT_BYTES = WITNESS_LINES_LIMIT_BYTES,
    // A size that the witness names is tried once: a second one would be a race of two of us.
    TRIES = 2,
};

struct forward {
    const struct hub *hub;
    struct note_key key;
    char url[URL_BYTES];
    struct fetch *fetch;
};

enum status forward_open(const struct hub *hub, const char *url, const struct note_key *key,
                         struct forward **ret_forward, struct err *err)
{
    AUTO(forward_closep) struct forward *forward = calloc(1, sizeof *forward);
    if (forward == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the way to the witness");
    forward->hub = hub;
    forward->key = *key;
    const int size = snprintf(forward->url, sizeof forward->url, "%s/add-checkpoint", url);
    if (size < 0 || (size_t)size >= sizeof forward->url ||
        (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
        return err_set(
            err, STATUS_USAGE,
            "the witness's address must be as https://host/path, at most 300 characters");
    TRY(fetch_open(&forward->fetch, err));
    *ret_forward = forward;
    forward = NULL;
    return STATUS_OK;
}

void forward_close(struct forward *forward)
{
    if (forward == NULL)
        return;
    fetch_close(forward->fetch);
    free(forward);
}

// ---- what there is to send -------------------------------------------------------------------

enum status forward_lanes(struct db *db, json_t *lanes, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_LANE_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        if (stmt_int(q, 4) > 0 && json_array_append_new(lanes, json_string(stmt_text(q, 0))) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for the lanes");
    }
}

enum status forward_newest(struct db *db, const char *lane, uint64_t *ret_size, struct buf *note,
                           bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_CHECKPOINT_NEWEST, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    *ret_size = (uint64_t)stmt_int(q, 0);
    buf_add(note, stmt_text(q, 2), stmt_text_size(q, 2));
    return buf_check(note, err);
}

// One lane's head on its way.
struct sending {
    char lane[ENTRY_LANE_CHARS + 1];
    uint64_t size, old_size;
    struct buf note, body;
    bool wanted;      // there is a head that the witness has not cosigned, or has refused
    bool unreachable; // it did not answer at all
    bool refused;     // it answered that it will not
};

static void sending_done(struct sending *sending)
{
    buf_done(&sending->note);
    buf_done(&sending->body);
}

static enum status find_head(struct forward *forward, struct db *db, struct sending *sending,
                             struct err *err)
{
    const struct witness_keys one = {.count = 1, .key = {forward->key}};
    struct witness_cover cover;
    bool found = false;
    TRY(forward_newest(db, sending->lane, &sending->size, &sending->note, &found, err));
    TRY(witness_of(db, &one, sending->lane, &cover, err));
    sending->old_size = cover.cosigned ? (uint64_t)cover.size : 0;
    sending->wanted =
        found && (!cover.cosigned || sending->old_size < sending->size || cover.refuser[0] != '\0');
    return STATUS_OK;
}

static enum status make_body(struct forward *forward, struct sending *sending, struct err *err)
{
    struct db *db = dbpool_take(forward->hub->readers);
    buf_clear(&sending->body);
    const enum status status =
        witnessing_write(db, sending->lane, sending->old_size, sending->note.data,
                         sending->note.size_bytes, &sending->body, err);
    dbpool_give(forward->hub->readers, db);
    return status;
}

// ---- what comes back -------------------------------------------------------------------------

enum status forward_take(struct db *db, const struct note_key *key, const char *lane,
                         const struct buf *note, const char *lines, size_t lines_bytes,
                         struct err *err)
{
    AUTO(buf_done) struct buf whole;
    struct note_checkpoint checkpoint;
    int64_t time_s = 0;
    buf_init(&whole, NOTE_LIMIT_BYTES);
    buf_add(&whole, note->data, note->size_bytes);
    buf_add(&whole, lines, lines_bytes);
    TRY(buf_check(&whole, err));
    TRY(note_verify(whole.data, whole.size_bytes, key, &time_s, err));
    TRY(note_read(whole.data, whole.size_bytes, &checkpoint, err));
    return witness_keep(db, lane, (int64_t)checkpoint.size, key, lines, lines_bytes, err);
}

struct take_job {
    struct writer_job job; // first
    const struct forward *forward;
    const struct sending *sending;
    const struct buf *lines;
};

static enum status apply_take(struct db *db, struct writer_job *job, struct err *err)
{
    const struct take_job *take = (const struct take_job *)job;
    return forward_take(db, &take->forward->key, take->sending->lane, &take->sending->note,
                        take->lines->data, take->lines->size_bytes, err);
}

static enum status take_answer(struct forward *forward, struct sending *sending,
                               const struct fetch_answer *answer, struct err *err)
{
    struct take_job take = {
        .job.apply = apply_take, .forward = forward, .sending = sending, .lines = &answer->body};
    if (answer->body.size_bytes == 0)
        return err_set(err, STATUS_CHECK_FAILED, "the witness's answer is empty");
    return writer_run(forward->hub->writer, &take.job, err);
}

// The size in the body of a 409.
static bool read_size(const struct fetch_answer *answer, uint64_t *ret_size)
{
    char digits[24];
    int64_t size = 0;
    const char *text = buf_text(&answer->body);
    const size_t chars = strcspn(text, "\n");
    if (chars == 0 || chars >= sizeof digits)
        return false;
    memcpy(digits, text, chars);
    digits[chars] = '\0';
    if (text_int(digits, 0, INT64_MAX, "size", &size, NULL) != STATUS_OK)
        return false;
    *ret_size = (uint64_t)size;
    return true;
}

// *ret_again: go on from the size that the witness has.
static enum status conflict(struct sending *sending, const struct fetch_answer *answer,
                            bool *ret_again, struct err *err)
{
    uint64_t size = 0;
    if (!read_size(answer, &size))
        return err_set(err, STATUS_CONFLICT, "the witness answered 409 without a size");
    if (size > sending->size)
        return err_set(err, STATUS_CONFLICT,
                       "the witness has cosigned %llu entries, here are only %llu: this is an old "
                       "copy, or entries were cut off",
                       (unsigned long long)size, (unsigned long long)sending->size);
    *ret_again = size != sending->old_size;
    sending->old_size = size;
    if (*ret_again)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "the witness has cosigned another root of %llu entries: the lane was rewritten "
                   "or forked",
                   (unsigned long long)size);
}

// An answer about this lane; others say that the witness is not well, or too busy.
static bool is_refusal(unsigned http_status)
{
    return http_status >= 400 && http_status < 500 && http_status != 408 && http_status != 429;
}

static enum status refused(const struct fetch_answer *answer, struct err *err)
{
    switch (answer->http_status) {
    case 403:
    case 404:
        return err_set(err, STATUS_DENIED,
                       "the witness does not know this lane's key (HTTP %u); give its operator "
                       "the lines of `hailong-aggregator witness keys`",
                       answer->http_status);
    case 422:
        return err_set(err, STATUS_CONFLICT,
                       "the witness has cosigned entries that are no beginning of these: the lane "
                       "was rewritten or forked");
    default:
        break;
    }
    return err_set(err, is_refusal(answer->http_status) ? STATUS_CONFLICT : STATUS_BUSY,
                   "the witness answered HTTP %u", answer->http_status);
}

static void answer_done(struct fetch_answer *answer)
{
    buf_done(&answer->body);
}

// STATUS_BUSY: the witness cannot be reached, or is not well.
static enum status send_head(struct forward *forward, struct sending *sending, struct err *err)
{
    bool again = true;
    for (int i = 0; again && i < TRIES; i++) {
        AUTO(answer_done) struct fetch_answer answer = {.http_status = 0};
        buf_init(&answer.body, ANSWER_LIMIT_BYTES);
        again = false;
        TRY(make_body(forward, sending, err));
        sending->unreachable = true;
        TRY(fetch_send(forward->fetch, forward->url, NULL, "text/plain; charset=utf-8",
                       sending->body.data, sending->body.size_bytes, &answer, err));
        sending->unreachable = false;
        if (answer.http_status == 200)
            return take_answer(forward, sending, &answer, err);
        sending->refused = is_refusal(answer.http_status);
        if (answer.http_status != 409)
            return refused(&answer, err);
        TRY(conflict(sending, &answer, &again, err));
    }
    return err_set(err, STATUS_CONFLICT, "the witness names another size at each try");
}

struct refuse_job {
    struct writer_job job; // first
    const struct forward *forward;
    const struct sending *sending;
    const char *reason;
};

static enum status apply_refuse(struct db *db, struct writer_job *job, struct err *err)
{
    const struct refuse_job *refuse = (const struct refuse_job *)job;
    return witness_refuse(db, refuse->sending->lane, (int64_t)refuse->sending->size,
                          refuse->forward->key.name, refuse->reason, err);
}

static enum status try_lane(struct forward *forward, struct sending *sending, struct err *err)
{
    struct db *db = dbpool_take(forward->hub->readers);
    const enum status status = find_head(forward, db, sending, err);
    dbpool_give(forward->hub->readers, db);
    TRY(status);
    return sending->wanted ? send_head(forward, sending, err) : STATUS_OK;
}

// STATUS_BUSY: this and the other lanes must wait. What is wrong with this one alone is counted.
static enum status send_lane(struct forward *forward, const char *lane,
                             struct forward_figures *figures, struct err *err)
{
    AUTO(sending_done) struct sending sending = {.size = 0};
    struct err why = {.text = ""};
    snprintf(sending.lane, sizeof sending.lane, "%s", lane);
    buf_init(&sending.note, NOTE_LIMIT_BYTES);
    buf_init(&sending.body, WITNESSING_LIMIT_BYTES);
    enum status status = try_lane(forward, &sending, &why);
    if (status == STATUS_OK) {
        figures->sent += sending.wanted;
        return STATUS_OK;
    }
    if (sending.unreachable)
        return err_set(err, status, "%.390s", why.text);
    log_event(LOG_LEVEL_WARNING, sending.refused ? "witness_refused" : "witness_failed", "lane",
              lane, "reason", why.text, (char *)NULL);
    if (!sending.refused) {
        figures->failed++;
        return STATUS_OK;
    }
    struct refuse_job refuse = {
        .job.apply = apply_refuse, .forward = forward, .sending = &sending, .reason = why.text};
    figures->refused++;
    return writer_run(forward->hub->writer, &refuse.job, err);
}

enum status forward_round(struct forward *forward, struct forward_figures *ret_figures,
                          struct err *err)
{
    AUTO(json_decrefp) json_t *lanes = json_array();
    struct forward_figures figures = {.sent = 0};
    size_t index = 0;
    const json_t *lane = NULL;
    if (lanes == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the lanes");
    struct db *db = dbpool_take(forward->hub->readers);
    enum status status = forward_lanes(db, lanes, err);
    dbpool_give(forward->hub->readers, db);
    TRY(status);
    json_array_foreach(lanes, index, lane)
        TRY(send_lane(forward, json_string_value(lane), &figures, err));
    *ret_figures = figures;
    if (figures.failed == 0)
        return STATUS_OK;
    return err_set(err, STATUS_BUSY, "heads of %lld lanes could not be sent; see the log",
                   (long long)figures.failed);
}
