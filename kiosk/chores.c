// SPDX-License-Identifier: MIT
// The kiosk's clockwork thread.
#include "chores.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checkpoint.h"
#include "clock.h"
#include "counts.h"
#include "fact.h"
#include "kiosk_sql.h"
#include "log.h"
#include "outbox.h"
#include "seal.h"
#include "stmt.h"
#include "timekeeper.h"
#include "truncation.h"

enum {
    TRIAL_SYNC_S = 5,
    HOUR_S = 3600,
    JITTER_S = 600,
    // The wall clock may be set at any time, so it is looked at this often.
    TICK_S = 5,
    // A truncation waits for readers for some seconds and holds the writer up meanwhile, so what
    // could not be done is not tried again at once.
    RETRY_S = 60,
    // One job clears about this many rows (a few milliseconds), so that no tap waits long.
    CLEARED_AT_ONCE = 2000,
    // A folder holds some 30 keys.
    UNSURE_DAYS = 14,
    HOURS_AGAIN = DAYKEY_LIFE_DAYS * 24, // start_of() says why
    // A key goes 24 hours after its day's seal, at most this much later.
    EXPIRE_PERIOD_S = 600,
};

// In the table `fact`: the hour up to which request MACs were looked for.
#define CLEARED_FACT "macs_cleared_until"

struct chores {
    struct kiosk *kiosk;
    struct push *push;
    pthread_t thread;
    pthread_mutex_t looking; // one look at a time
    pthread_mutex_t lock;    // guards stopping
    pthread_cond_t wake;
    bool stopping;
    int64_t next_sync_s;
    int64_t round_s;      // of the last sync
    int64_t expired_slot; // EXPIRE_PERIOD_S in which the keys were last looked through
    bool trusted;         // the clock, at that time: keys wait for that
    uint32_t counted_hour;
    uint64_t signed_size; // of the last hourly checkpoint
    int32_t sealed_day;   // on which the seal was looked after
    int32_t looked_day;   // the civil day of the last look, so that none is passed over
    // Not before these (clock_mono_ms) after one of them failed.
    int64_t expire_retry_ms, count_retry_ms, seal_retry_ms, clock_retry_ms;
};

// ---- day keys -----------------------------------------------------------------------------------

struct clear_job {
    struct writer_job job;
    int32_t day; // the oldest whose key is there
    uint32_t end_hour;
    int64_t cleared;
};

static void bind_hours(struct stmt *q, uint8_t prefix[2][ENTRY_ID_BYTES], uint32_t from,
                       uint32_t end)
{
    memset(prefix, 0, 2 * sizeof prefix[0]);
    entry_hour_prefix(from, prefix[0]);
    entry_hour_prefix(end, prefix[1]);
    stmt_bind_blob(q, 1, prefix[0], sizeof prefix[0]);
    stmt_bind_blob(q, 2, prefix[1], sizeof prefix[1]);
}

// The hour of the oldest request MAC in [from, end); `end` when there is none.
static enum status first_hour(struct db *db, uint32_t from, uint32_t end, uint32_t *ret_hour,
                              struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_MAC_FIRST, &q, err));
    uint8_t prefix[2][ENTRY_ID_BYTES];
    bind_hours(q, prefix, from, end);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_hour = end;
    size_t size_bytes = 0;
    const uint8_t *id = found ? stmt_blob(q, 0, &size_bytes) : NULL;
    if (size_bytes == ENTRY_ID_BYTES)
        *ret_hour = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
    return STATUS_OK;
}

static enum status clear_hour(struct db *db, uint32_t hour, int64_t *cleared, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_MAC_CLEAR, &q, err));
    uint8_t prefix[2][ENTRY_ID_BYTES];
    bind_hours(q, prefix, hour, hour + 1);
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    *cleared += changes;
    return STATUS_OK;
}

// Where to look from: not through the whole journal. A rating that was on its way when its day
// ended may have come behind the last round, so its hours are looked at again; and a clock that was
// set back let MACs come under hours that had been done.
static uint32_t start_of(int64_t cleared_until, uint32_t end_hour)
{
    const int64_t until = cleared_until < end_hour ? cleared_until : end_hour;
    return until > HOURS_AGAIN ? (uint32_t)(until - HOURS_AGAIN) : 0;
}

// Hour by hour until the end or until it is enough for one job.
static enum status apply_clear(struct db *db, struct writer_job *job, struct err *err)
{
    struct clear_job *clear = (struct clear_job *)job;
    int64_t until = 0;
    TRY(fact_get(db, CLEARED_FACT, &until, err));
    uint32_t hour = start_of(until, clear->end_hour);
    while (clear->cleared < CLEARED_AT_ONCE) {
        TRY(first_hour(db, hour, clear->end_hour, &hour, err));
        if (hour == clear->end_hour)
            break;
        TRY(clear_hour(db, hour, &clear->cleared, err));
        hour++;
    }
    if (hour != until)
        TRY(fact_set(db, CLEARED_FACT, hour, err));
    int64_t pages = 0;
    TRY(outbox_forget_pages(db, clear->day, &pages, err));
    // Old pages stay in the WAL: whether they still have to be truncated away is remembered with
    // the clearing itself, so that neither a busy reader nor a crash makes us forget it.
    return clear->cleared + pages == 0 ? STATUS_OK : truncation_owe(db, err);
}

static enum status clear_before(struct kiosk *kiosk, int32_t day, struct err *err)
{
    // A day begins at midnight of UTC+7, which is a full hour.
    const uint32_t end_hour = (uint32_t)(((int64_t)day * 24 * HOUR_S - CLOCK_OFFSET_S) / HOUR_S);
    for (;;) {
        struct clear_job clear = {.job.apply = apply_clear, .day = day, .end_hour = end_hour};
        TRY(writer_run(kiosk->writer, &clear.job, err));
        if (clear.cleared == 0)
            return STATUS_OK;
    }
}

static enum status find_day_over(struct kiosk *kiosk, bool *ret_found, int32_t *ret_day,
                                 struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = seal_day_over(db, clock_now_s(), ret_found, ret_day, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

enum status chores_expire(struct kiosk *kiosk, struct err *err)
{
    const int32_t today = clock_day(clock_now_s());
    int32_t oldest_day = 0, day_over = 0, expiry_day = today;
    bool over = false;
    TRY(find_day_over(kiosk, &over, &day_over, err));
    // A day that seems to be over may not be. Two weeks by any count are: a box that never learns
    // the time again must not gather keys for ever.
    if (!timekeeper_is_trusted(kiosk->timekeeper)) {
        expiry_day = today - UNSURE_DAYS;
        over = false;
    }
    // What was sealed 24 hours ago goes now; without a seal it goes when the next day is over.
    if (over && day_over < today && day_over + DAYKEY_LIFE_DAYS > today)
        expiry_day = day_over + DAYKEY_LIFE_DAYS;
    TRY(daykey_expire(kiosk->daykeys, expiry_day, &oldest_day, err));
    // Today's key may not have been needed yet, but its MACs stay.
    if (oldest_day > today)
        oldest_day = today;
    TRY(clear_before(kiosk, oldest_day, err));
    return truncation_pay(kiosk, err);
}

// ---- the schedule -------------------------------------------------------------------------------

int64_t chores_next_sync_s(const char *lane, bool trial, int64_t now_s)
{
    if (trial)
        return now_s + TRIAL_SYNC_S;
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(lane, strlen(lane), hash);
    const int64_t jitter_s = ((int64_t)hash[0] << 8 | hash[1]) % JITTER_S;
    int64_t next_s = now_s / HOUR_S * HOUR_S + jitter_s;
    return next_s > now_s ? next_s : next_s + HOUR_S;
}

// Once an hour also without news: a quiet kiosk must not look like a dead one.
static bool wants_round(const struct chores *chores, int64_t now_s)
{
    return !chores->kiosk->setup.trial || push_has_news(chores->push) ||
           push_failed(chores->push) || now_s >= chores->round_s + HOUR_S ||
           now_s < chores->round_s;
}

static void sync_when_due(struct chores *chores, int64_t now_s)
{
    if (chores->push == NULL || !push_due(chores->push, clock_mono_ms()) ||
        (now_s < chores->next_sync_s && !push_failed(chores->push)))
        return;
    int64_t sent = 0;
    if (wants_round(chores, now_s) || push_failed(chores->push)) {
        (void)!push_round(chores->push, &sent, NULL); // it logs and keeps the reason itself
        chores->round_s = now_s;
    }
    chores->next_sync_s = chores_next_sync_s(journal_lane(chores->kiosk->journal),
                                             chores->kiosk->setup.trial, clock_now_s());
}

static void fail(const char *event, const struct err *err, int64_t *ret_retry_ms)
{
    log_err(event, err);
    *ret_retry_ms = clock_mono_ms() + INT64_C(1000) * RETRY_S;
}

static void expire_when_due(struct chores *chores, int64_t now_s)
{
    const int64_t slot = now_s / EXPIRE_PERIOD_S;
    const bool trusted = timekeeper_is_trusted(chores->kiosk->timekeeper);
    if ((slot == chores->expired_slot && trusted == chores->trusted) ||
        clock_mono_ms() < chores->expire_retry_ms)
        return;
    struct err err;
    if (chores_expire(chores->kiosk, &err) == STATUS_OK) {
        chores->expired_slot = slot;
        chores->trusted = trusted;
    } else
        fail("expire_failed", &err, &chores->expire_retry_ms);
}

// Counts of the hours before `end_hour`, and a signed head when it is another than the last one.
static enum status write_up(struct kiosk *kiosk, uint32_t end_hour, uint64_t *signed_size,
                            struct err *err)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    TRY(counts_write(kiosk, end_hour, err));
    journal_head(kiosk->journal, &size, root);
    return size == *signed_size ? STATUS_OK : checkpoint_make(kiosk, signed_size, err);
}

static void write_up_when_due(struct chores *chores, int64_t now_s)
{
    const uint32_t hour = clock_hour(now_s);
    if (hour == chores->counted_hour || clock_mono_ms() < chores->count_retry_ms)
        return;
    struct err err;
    if (write_up(chores->kiosk, hour, &chores->signed_size, &err) == STATUS_OK)
        chores->counted_hour = hour;
    else
        fail("hourly_checkpoint_failed", &err, &chores->count_retry_ms);
}

static void look_at_the_clock(struct chores *chores)
{
    struct err err;
    if (chores->kiosk->timekeeper == NULL || clock_mono_ms() < chores->clock_retry_ms)
        return;
    if (timekeeper_tick(chores->kiosk, &err) != STATUS_OK)
        fail("clock_failed", &err, &chores->clock_retry_ms);
}

static void seal_when_due(struct chores *chores, int64_t now_s)
{
    const int32_t today = clock_day(now_s);
    const bool due =
        today != chores->sealed_day && seal_is_due(&chores->kiosk->setup.opening, now_s);
    // The PC slept over the end of a day, or sealing failed until midnight.
    const bool missed = today != chores->looked_day;
    if ((!due && !missed) || clock_mono_ms() < chores->seal_retry_ms ||
        !timekeeper_is_trusted(chores->kiosk->timekeeper))
        return;
    struct err err;
    bool made = false;
    if (seal_at_close(chores->kiosk, missed, &made, &err) != STATUS_OK) {
        fail("seal_failed", &err, &chores->seal_retry_ms);
        return;
    }
    chores->looked_day = today;
    if (due)
        chores->sealed_day = today;
    if (made)
        chores->next_sync_s = now_s;
}

enum status chores_begin(struct kiosk *kiosk, struct err *err)
{
    bool made = false;
    TRY(seal_at_close(kiosk, true, &made, err));
    return chores_expire(kiosk, err);
}

enum status chores_end(struct kiosk *kiosk, struct err *err)
{
    uint64_t signed_size = 0;
    return write_up(kiosk, clock_hour(clock_now_s()) + 1, &signed_size, err);
}

static bool wait_tick(struct chores *chores)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TICK_S;
    pthread_mutex_lock(&chores->lock);
    int waited = 0;
    while (!chores->stopping && waited == 0)
        waited = pthread_cond_timedwait(&chores->wake, &chores->lock, &until);
    const bool go_on = !chores->stopping;
    pthread_mutex_unlock(&chores->lock);
    return go_on;
}

static void look(struct chores *chores)
{
    look_at_the_clock(chores);
    const int64_t now_s = clock_now_s();
    // A clock that was set back must not postpone the next sync for ever.
    if (chores->next_sync_s > now_s + HOUR_S)
        chores->next_sync_s = now_s;
    write_up_when_due(chores, now_s);
    seal_when_due(chores, now_s);
    expire_when_due(chores, now_s);
    sync_when_due(chores, now_s);
}

void chores_look(struct chores *chores)
{
    pthread_mutex_lock(&chores->looking);
    look(chores);
    pthread_mutex_unlock(&chores->looking);
}

static void *run(void *argument)
{
    struct chores *chores = argument;
    while (wait_tick(chores))
        chores_look(chores);
    return NULL;
}

enum status chores_open(struct kiosk *kiosk, struct push *push, struct chores **ret_chores,
                        struct err *err)
{
    struct chores *chores = calloc(1, sizeof *chores);
    if (chores == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the kiosk's chores");
    chores->kiosk = kiosk;
    chores->push = push;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&chores->lock, NULL);
    pthread_mutex_init(&chores->looking, NULL);
    pthread_cond_init(&chores->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&chores->thread, NULL, run, chores) != 0) {
        free(chores);
        return err_set(err, STATUS_NO_MEMORY, "the thread for the kiosk's chores cannot start");
    }
    *ret_chores = chores;
    return STATUS_OK;
}

void chores_close(struct chores *chores)
{
    if (chores == NULL)
        return;
    pthread_mutex_lock(&chores->lock);
    chores->stopping = true;
    pthread_cond_signal(&chores->wake);
    pthread_mutex_unlock(&chores->lock);
    pthread_join(chores->thread, NULL);
    pthread_cond_destroy(&chores->wake);
    pthread_mutex_destroy(&chores->lock);
    pthread_mutex_destroy(&chores->looking);
    free(chores);
}
