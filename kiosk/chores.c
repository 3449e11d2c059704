// SPDX-License-Identifier: MIT
// The kiosk's clockwork thread.
#include "chores.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "kiosk_sql.h"
#include "log.h"
#include "stmt.h"

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
    HOURS_AGAIN = DAYKEY_LIFE_DAYS * 24, // start_of() says why
};

// In the table `fact`: 1 while the WAL may still hold what was cleared.
#define TRUNCATION_FACT "truncation_owed"
// The hour up to which request MACs were looked for.
#define CLEARED_FACT "macs_cleared_until"

struct chores {
    struct kiosk *kiosk;
    struct push *push;
    pthread_t thread;
    pthread_mutex_t lock; // guards stopping
    pthread_cond_t wake;
    bool stopping;
    int64_t next_sync_s;
    uint32_t expired_hour; // in which the keys were last looked through
    int64_t retry_ms;      // not before this (clock_mono_ms) after it failed
};

// ---- day keys -----------------------------------------------------------------------------------

struct clear_job {
    struct writer_job job;
    uint32_t end_hour;
    int64_t cleared;
};

static enum status get_fact(struct db *db, const char *name, int64_t *ret_value, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FACT_GET, &q, err));
    stmt_bind_text(q, 1, name);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_value = found ? stmt_int(q, 0) : 0;
    return STATUS_OK;
}

static enum status set_fact(struct db *db, const char *name, int64_t value, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FACT_SET, &q, err));
    stmt_bind_text(q, 1, name);
    stmt_bind_int(q, 2, value);
    return stmt_run(q, NULL, err);
}

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
    TRY(get_fact(db, CLEARED_FACT, &until, err));
    uint32_t hour = start_of(until, clear->end_hour);
    while (clear->cleared < CLEARED_AT_ONCE) {
        TRY(first_hour(db, hour, clear->end_hour, &hour, err));
        if (hour == clear->end_hour)
            break;
        TRY(clear_hour(db, hour, &clear->cleared, err));
        hour++;
    }
    if (hour != until)
        TRY(set_fact(db, CLEARED_FACT, hour, err));
    // Old pages stay in the WAL: whether they still have to be truncated away is remembered with
    // the clearing itself, so that neither a busy reader nor a crash makes us forget it.
    return clear->cleared == 0 ? STATUS_OK : set_fact(db, TRUNCATION_FACT, 1, err);
}

static enum status clear_before(struct kiosk *kiosk, uint32_t end_hour, struct err *err)
{
    for (;;) {
        struct clear_job clear = {.job.apply = apply_clear, .end_hour = end_hour};
        TRY(writer_run(kiosk->writer, &clear.job, err));
        if (clear.cleared == 0)
            return STATUS_OK;
    }
}

static enum status apply_paid(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return set_fact(db, TRUNCATION_FACT, 0, err);
}

static enum status is_owed(struct kiosk *kiosk, bool *ret_owed, struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    int64_t owed = 0;
    const enum status status = get_fact(db, TRUNCATION_FACT, &owed, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    *ret_owed = owed != 0;
    return STATUS_OK;
}

static enum status truncate_wal(struct kiosk *kiosk, struct err *err)
{
    char path[KIOSK_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/kiosk.db", kiosk->folder);
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_WRITE, &kiosk_schema, &db, err));
    TRY(db_checkpoint(db, true, err));
    struct writer_job paid = {.apply = apply_paid};
    return writer_run(kiosk->writer, &paid, err);
}

enum status chores_expire(struct kiosk *kiosk, struct err *err)
{
    int32_t oldest_day = 0;
    TRY(daykey_expire(kiosk->daykeys, clock_day(clock_now_s()), &oldest_day, err));
    // A day begins at midnight of UTC+7, which is a full hour.
    const uint32_t end_hour =
        (uint32_t)(((int64_t)oldest_day * 24 * HOUR_S - CLOCK_OFFSET_S) / HOUR_S);
    TRY(clear_before(kiosk, end_hour, err));
    bool owed = false;
    TRY(is_owed(kiosk, &owed, err));
    return owed ? truncate_wal(kiosk, err) : STATUS_OK;
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

static void sync_when_due(struct chores *chores, int64_t now_s)
{
    if (chores->push == NULL || now_s < chores->next_sync_s)
        return;
    int64_t sent = 0;
    if (push_has_news(chores->push))
        (void)!push_round(chores->push, &sent, NULL); // it logs and keeps the reason itself
    chores->next_sync_s = chores_next_sync_s(journal_lane(chores->kiosk->journal),
                                             chores->kiosk->setup.trial, clock_now_s());
}

static void expire_when_due(struct chores *chores, int64_t now_s)
{
    const uint32_t hour = clock_hour(now_s);
    if (hour == chores->expired_hour || clock_mono_ms() < chores->retry_ms)
        return;
    struct err err;
    if (chores_expire(chores->kiosk, &err) == STATUS_OK) {
        chores->expired_hour = hour;
        return;
    }
    log_err("expire_failed", &err);
    chores->retry_ms = clock_mono_ms() + INT64_C(1000) * RETRY_S;
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

static void *run(void *argument)
{
    struct chores *chores = argument;
    while (wait_tick(chores)) {
        const int64_t now_s = clock_now_s();
        // A clock that was set back must not postpone the next sync for ever.
        if (chores->next_sync_s > now_s + HOUR_S)
            chores->next_sync_s = now_s;
        expire_when_due(chores, now_s);
        sync_when_due(chores, now_s);
    }
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
    free(chores);
}
