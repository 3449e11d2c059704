// SPDX-License-Identifier: MIT
// The hub's clockwork.
#include "hubchores.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "enrolment.h"
#include "forward.h"
#include "hubfact.h"
#include "hubhead.h"
#include "log.h"
#include "witness.h"

enum {
    // The wall clock may be set at any time, so it is looked at this often.
    TICK_S = 5,
    HOUR_S = 3600,
    // Kiosks push within the first ten minutes of an hour; their heads go up in the same hour.
    FORWARD_AFTER_S = 15 * 60,
    JITTER_S = 600, // communes of a province do not all call at once
    RETRY_S = 60,   // doubled with each failure, up to an hour
};

struct hubchores {
    const struct hub *hub;
    struct forward *forward; // NULL without an address
    pthread_t thread;
    pthread_mutex_t lock; // guards stopping
    pthread_cond_t wake;
    bool stopping;
    uint32_t signed_hour, swept_hour;
    int32_t day_due;
    int64_t forward_slot, retry_ms, forward_retry_ms;
    int failures; // of the witness, in a row
};

// ---- which witness ---------------------------------------------------------------------------

struct trust_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *vkey;
};

static enum status apply_trust(struct db *db, struct writer_job *job, struct err *err)
{
    const struct trust_job *trust = (const struct trust_job *)job;
    return witness_add(trust->hub, db, trust->vkey, WITNESS_COUNTS, err);
}

enum status hubchores_choose(const struct hub *hub, const char *url, const char *vkey,
                             struct hubchores_witness *ret_witness, struct err *err)
{
    struct hubchores_witness witness = {.url = ""};
    if (url == NULL && vkey == NULL) {
        url = hub->setup.witness_url;
        vkey = hub->setup.witness_key;
    }
    witness.url = url != NULL ? url : "";
    if (vkey == NULL || vkey[0] == '\0') {
        if (witness.url[0] != '\0')
            return err_set(err, STATUS_USAGE,
                           "--witness needs --witness-key: the line that the witness publishes "
                           "(another hub prints it with `hailong-aggregator key`)");
        *ret_witness = witness;
        return STATUS_OK;
    }
    TRY(witness_key_read(vkey, WITNESS_COUNTS, &witness.key, err));
    struct trust_job trust = {.job.apply = apply_trust, .hub = hub, .vkey = vkey};
    TRY(writer_run(hub->writer, &trust.job, err));
    *ret_witness = witness;
    return STATUS_OK;
}

// ---- the schedule ----------------------------------------------------------------------------

int64_t hubchores_wait_s(int failures)
{
    int64_t wait_s = RETRY_S;
    for (int i = 1; i < failures && wait_s < HOUR_S; i++)
        wait_s *= 2;
    return wait_s < HOUR_S ? wait_s : HOUR_S;
}

static int64_t jitter_s(const struct hub *hub)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    const char *lane = hublane_name(hub->lane);
    crypto_sha256(lane, strlen(lane), hash);
    return ((int64_t)hash[0] << 8 | hash[1]) % JITTER_S;
}

static void sign_when_due(struct hubchores *chores, int64_t now_s)
{
    const uint32_t hour = clock_hour(now_s);
    const int32_t due = hubhead_day_due(now_s);
    struct err err;
    if ((hour == chores->signed_hour && due == chores->day_due && !chores->hub->setup.trial) ||
        clock_mono_ms() < chores->retry_ms)
        return;
    if (hubhead_round(chores->hub, &err) == STATUS_OK) {
        chores->signed_hour = hour;
        chores->day_due = due;
        return;
    }
    log_err("hub_checkpoint_failed", &err);
    chores->retry_ms = clock_mono_ms() + INT64_C(1000) * RETRY_S;
}

static void forward_when_due(struct hubchores *chores, int64_t now_s)
{
    const int64_t slot = (now_s - FORWARD_AFTER_S - jitter_s(chores->hub)) / HOUR_S;
    struct forward_figures figures = {.sent = 0};
    struct err err;
    if (chores->forward == NULL || clock_mono_ms() < chores->forward_retry_ms ||
        (slot == chores->forward_slot && chores->failures == 0 && !chores->hub->setup.trial))
        return;
    chores->forward_slot = slot;
    if (forward_round(chores->forward, &figures, &err) == STATUS_OK) {
        chores->failures = 0;
        // A lane that is refused in a trial would be asked for every few seconds.
        if (figures.refused > 0)
            chores->forward_retry_ms = clock_mono_ms() + INT64_C(1000) * RETRY_S;
        return;
    }
    chores->failures++;
    chores->forward_retry_ms = clock_mono_ms() + INT64_C(1000) * hubchores_wait_s(chores->failures);
    log_err("witness_unreachable", &err);
}

// A reader holds it up for a moment only; it is tried at each tick.
static void truncate_when_owed(struct hubchores *chores)
{
    struct err err;
    const enum status status = hubfact_pay(chores->hub, &err);
    if (status != STATUS_OK && status != STATUS_BUSY)
        log_err("truncation_failed", &err);
}

static enum status apply_sweep(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return enrolment_sweep(db, err);
}

static void sweep_when_due(struct hubchores *chores, int64_t now_s)
{
    struct writer_job job = {.apply = apply_sweep};
    struct err err;
    const uint32_t hour = clock_hour(now_s);
    if (hour == chores->swept_hour)
        return;
    chores->swept_hour = hour;
    if (writer_run(chores->hub->writer, &job, &err) != STATUS_OK)
        log_err("enrolment_sweep_failed", &err);
}

static bool wait_tick(struct hubchores *chores)
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
    struct hubchores *chores = argument;
    do {
        sign_when_due(chores, clock_now_s());
        forward_when_due(chores, clock_now_s());
        sweep_when_due(chores, clock_now_s());
        truncate_when_owed(chores);
    } while (wait_tick(chores));
    return NULL;
}

enum status hubchores_open(const struct hub *hub, const struct hubchores_witness *witness,
                           struct hubchores **ret_chores, struct err *err)
{
    pthread_condattr_t monotonic;
    struct hubchores *chores = calloc(1, sizeof *chores);
    if (chores == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the hub's chores");
    chores->hub = hub;
    if (witness->url[0] != '\0') {
        const enum status status =
            forward_open(hub, witness->url, &witness->key, &chores->forward, err);
        if (status != STATUS_OK) {
            free(chores);
            return status;
        }
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&chores->lock, NULL);
    pthread_cond_init(&chores->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&chores->thread, NULL, run, chores) != 0) {
        forward_close(chores->forward);
        free(chores);
        return err_set(err, STATUS_NO_MEMORY, "the thread for the hub's chores cannot start");
    }
    *ret_chores = chores;
    return STATUS_OK;
}

void hubchores_close(struct hubchores *chores)
{
    struct err err;
    if (chores == NULL)
        return;
    pthread_mutex_lock(&chores->lock);
    chores->stopping = true;
    pthread_cond_signal(&chores->wake);
    pthread_mutex_unlock(&chores->lock);
    pthread_join(chores->thread, NULL);
    if (hubhead_round(chores->hub, &err) != STATUS_OK)
        log_err("hub_checkpoint_failed", &err);
    pthread_cond_destroy(&chores->wake);
    pthread_mutex_destroy(&chores->lock);
    forward_close(chores->forward);
    free(chores);
}
