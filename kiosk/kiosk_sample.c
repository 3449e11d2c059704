// SPDX-License-Identifier: MIT
// Makes up a year of a one-stop office: believable in its shape, marked as sample everywhere.
#include "kiosk_sample.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chores.h"
#include "clock.h"
#include "kiosk_sql.h"
#include "lock.h"
#include "rating.h"
#include "sample_visit.h"
#include "seal.h"
#include "slip.h"
#include "stmt.h"

enum {
    FORM_BYTES = 512,
    HOUR_S = 3600,
    SETUP_ENTRIES_MAX = 200, // 256 KiB in pieces of 3,500 bytes, with room
};

struct sample {
    struct kiosk *kiosk;
    struct sample_office *office;
    struct sample_visit visits[SAMPLE_VISIT_MAX];
    struct slip_job slips[SAMPLE_VISIT_MAX];
    bool armed[SETUP_COUNTER_MAX]; // since the last flush
    pthread_mutex_t lock;          // guards what follows
    pthread_cond_t empty;
    size_t waiting;
    struct err failure; // the first
};

// ---- jobs in flight -----------------------------------------------------------------------------

// The writer's `done` has no context of ours beside the job; there is one sample at a time.
static struct sample *running;

static void note(const struct writer_job *job)
{
    pthread_mutex_lock(&running->lock);
    if (job->status != STATUS_OK && running->failure.status == STATUS_OK)
        running->failure = job->err;
    if (--running->waiting == 0)
        pthread_cond_signal(&running->empty);
    pthread_mutex_unlock(&running->lock);
}

static void rating_done(struct writer_job *job)
{
    struct writer_job outcome = {.status = job->status, .err = job->err};
    rating_job_free(job);
    note(&outcome);
}

static void slip_done(struct writer_job *job)
{
    note(job);
}

static enum status submit(struct sample *sample, struct writer_job *job, struct err *err)
{
    pthread_mutex_lock(&sample->lock);
    sample->waiting++;
    pthread_mutex_unlock(&sample->lock);
    const enum status status = writer_submit(sample->kiosk->writer, job, err);
    if (status == STATUS_OK)
        return STATUS_OK;
    pthread_mutex_lock(&sample->lock);
    sample->waiting--;
    pthread_mutex_unlock(&sample->lock);
    return status;
}

static enum status flush(struct sample *sample, struct err *err)
{
    memset(sample->armed, 0, sizeof sample->armed);
    pthread_mutex_lock(&sample->lock);
    while (sample->waiting > 0)
        pthread_cond_wait(&sample->empty, &sample->lock);
    const struct err failure = sample->failure;
    pthread_mutex_unlock(&sample->lock);
    if (failure.status == STATUS_OK)
        return STATUS_OK;
    *err = failure;
    return failure.status;
}

// ---- one visit ----------------------------------------------------------------------------------

static enum status rate(struct sample *sample, const struct buf *text, struct err *err)
{
    TRY(buf_check(text, err));
    struct urlform *form = malloc(sizeof *form);
    if (form == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a form");
    struct rating *rating = NULL;
    enum status status = urlform_read(buf_text(text), text->size_bytes, rating_fields, form, err);
    if (status == STATUS_OK)
        status = rating_new(sample->kiosk, form, &rating, err);
    free(form);
    TRY(status);
    rating->job.done = rating_done;
    status = submit(sample, &rating->job, err);
    if (status != STATUS_OK)
        rating_job_free(&rating->job);
    return status;
}

// An arming lasts until the next one on its screen, so the answer to the former must be in first.
static enum status arm(struct sample *sample, const struct sample_visit *visit, struct token *token,
                       struct err *err)
{
    const size_t index = (size_t)(visit->counter - sample->kiosk->setup.counters);
    if (sample->armed[index])
        TRY(flush(sample, err));
    sample->armed[index] = true;
    token->arming =
        arming_set(sample->kiosk->armings, visit->counter->id, visit->area->code, visit->step);
    return STATUS_OK;
}

static enum status make_token(struct sample *sample, const struct sample_visit *visit,
                              const char *code, char ret_text[TOKEN_TEXT_CHARS + 1],
                              struct err *err)
{
    struct token token = {.channel = visit->channel, .step = visit->step};
    (void)snprintf(token.counter, sizeof token.counter, "%s", visit->counter->id);
    (void)snprintf(token.area, sizeof token.area, "%s", visit->area->code);
    if (visit->channel == RESPONSE_SLIP) {
        token.linked = true;
        (void)snprintf(token.code, sizeof token.code, "%s", code);
    } else if (visit->channel == RESPONSE_POSTER) {
        slip_poster_code(sample->kiosk, token.counter, token.code);
    } else if (visit->linked) {
        TRY(arm(sample, visit, &token, err));
    }
    return token_make(sample->kiosk->daykeys, &token, ret_text, err);
}

static enum status live(struct sample *sample, const struct sample_visit *visit, const char *code,
                        struct err *err)
{
    char token[TOKEN_TEXT_CHARS + 1];
    TRY(make_token(sample, visit, code, token, err));
    AUTO(buf_done) struct buf text;
    buf_init(&text, FORM_BYTES);
    buf_addf(&text, "token=%s&part=0&page=overall&overall=%d", token, visit->level);
    TRY(rate(sample, &text, err));
    for (int part = 1; sample_visit_detail(visit, part, token, &text); part++)
        TRY(rate(sample, &text, err));
    return STATUS_OK;
}

// ---- one day ------------------------------------------------------------------------------------

static enum status issue_slips(struct sample *sample, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct sample_visit *visit = &sample->visits[i];
        if (visit->channel != RESPONSE_SLIP)
            continue;
        const struct slip_order order = {.area = visit->area->code,
                                         .counter = visit->counter->id,
                                         .step = visit->step,
                                         .dossier = ""};
        TRY(slip_prepare(sample->kiosk, &order, &sample->slips[i], err));
        sample->slips[i].job.done = slip_done;
        TRY(submit(sample, &sample->slips[i].job, err));
    }
    return flush(sample, err);
}

static int64_t second_of(int32_t day, int hour)
{
    return (int64_t)day * 24 * HOUR_S - CLOCK_OFFSET_S + (int64_t)hour * HOUR_S;
}

// The visits of an hour are spread over it, so that they do not look like one hand that taps.
static int64_t second_within(const struct sample_visit *visits, size_t count, size_t index)
{
    size_t first = index, end = index + 1;
    while (first > 0 && visits[first - 1].hour == visits[index].hour)
        first--;
    while (end < count && visits[end].hour == visits[index].hour)
        end++;
    return (int64_t)(index - first) * HOUR_S / (int64_t)(end - first);
}

static enum status live_day(struct sample *sample, int32_t day, double progress, struct err *err)
{
    const size_t count = sample_visit_day(sample->office, day, progress, sample->visits);
    if (count > 0) {
        clock_fix(second_of(day, sample->visits[0].hour));
        TRY(issue_slips(sample, count, err));
    }
    for (size_t i = 0; i < count; i++) {
        clock_fix(second_of(day, sample->visits[i].hour) + second_within(sample->visits, count, i));
        TRY(live(sample, &sample->visits[i], sample->slips[i].code, err));
    }
    TRY(flush(sample, err));
    clock_fix(second_of(day, 24) - 1);
    bool made = false;
    if (count > 0)
        TRY(seal_at_close(sample->kiosk, false, &made, err));
    return sample_visit_week_ends(day) ? chores_expire(sample->kiosk, err) : STATUS_OK;
}

static void show_progress(int64_t done, int64_t days)
{
    enum { CELLS = 40 };
    if (isatty(STDERR_FILENO) == 0)
        return;
    const int cells = (int)(done * CELLS / days);
    fprintf(stderr, "\rDữ liệu mẫu [%.*s%*s] %3d %%%s", cells,
            "########################################", CELLS - cells, "", (int)(done * 100 / days),
            done == days ? "\n" : "");
}

static enum status live_days(struct sample *sample, int64_t days, struct err *err)
{
    const int32_t today = clock_day(clock_now_s());
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < days && status == STATUS_OK; i++) {
        const int32_t day = today - (int32_t)(days - i);
        status = live_day(sample, day, (double)i / (double)days, err);
        show_progress(i + 1, days);
    }
    clock_fix(0);
    TRY(status);
    return chores_expire(sample->kiosk, err);
}

// ---- the whole ----------------------------------------------------------------------------------

static enum status only_setup(struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, SETUP_ENTRIES_MAX + 1);
    for (int64_t rows = 0;; rows++) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        AUTO(entry_done) struct entry entry = {0};
        TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
        if (entry.kind != ENTRY_SETUP || rows >= SETUP_ENTRIES_MAX)
            return err_set(err, STATUS_CONFLICT,
                           "the journal is in use; sample data go into a "
                           "data directory fresh from init");
    }
}

static enum status check_allowed(struct kiosk *kiosk, struct err *err)
{
    if (!kiosk->setup.sample)
        return err_set(err, STATUS_DENIED,
                       "sample data need a setup with \"sample\": true; they "
                       "must never mix with real ones");
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = only_setup(db, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

static void sample_free(struct sample *sample)
{
    // Jobs in flight point into this; their outcome no longer matters.
    struct err ignored;
    (void)!flush(sample, &ignored);
    pthread_mutex_destroy(&sample->lock);
    pthread_cond_destroy(&sample->empty);
    sample_visit_close(sample->office);
    free(sample);
    running = NULL;
}
AUTO_POINTER(struct sample, sample_free)

enum status kiosk_sample(const char *folder, int64_t days, struct err *err)
{
    AUTO(lock_freep) struct lock *lock = NULL;
    TRY(lock_take(folder, &lock, err));
    AUTO(kiosk_closep) struct kiosk *kiosk = NULL;
    TRY(kiosk_open(folder, &kiosk, err));
    TRY(check_allowed(kiosk, err));
    AUTO(sample_freep) struct sample *sample = calloc(1, sizeof *sample);
    if (sample == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the sample");
    pthread_mutex_init(&sample->lock, NULL);
    pthread_cond_init(&sample->empty, NULL);
    running = sample;
    sample->kiosk = kiosk;
    TRY(sample_visit_open(&kiosk->setup, &sample->office, err));
    return live_days(sample, days, err);
}
