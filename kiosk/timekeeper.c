// SPDX-License-Identifier: MIT
// Trust in the clock: what proves it, what ends it, and the entry that makes up for its absence.
#include "timekeeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "clockmemory.h"
#include "counts.h"
#include "log.h"

enum {
    SECOND_MS = 1000,
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    // What a crash forgets at most of the time that has passed; more often would write for nothing.
    REMEMBER_MS = 5 * 60 * SECOND_MS,
    // An answer of the hub may be some minutes under way, and hours are what counts.
    HUB_APART_S = 15 * 60,
};

struct timekeeper {
    int64_t gap_s;
    int64_t boot;         // names this machine's start
    pthread_mutex_t lock; // guards what follows
    bool trusted;
    bool doubted;                  // and the log says so
    enum timekeeper_source source; // of the last proof
    bool proved_here;              // it was in this start, so both clocks can be compared with it
    int64_t base_s, base_ms;       // what clock_now_s is steered by
    uint32_t floor_hour;           // no entry is of a later hour, nor is the build
    int64_t wait_ms;               // boot clock when entries began to wait, not later
    int64_t tick_ms;               // … at the last tick
    int64_t remembered_ms;         // … when the facts were written; 0: not yet
    bool owing;                    // a `clock` entry may be owed
    int64_t hub_s, hub_ms;         // the hub's time at that moment of the boot clock; 0: not known
};

static void raise_to(uint32_t *hour, uint32_t other)
{
    *hour = other > *hour ? other : *hour;
}

enum status timekeeper_begin(struct db *db, struct err *err)
{
    const struct clockmemory memory = {.wall_s = clock_wall_s(),
                                       .boot_ms = clock_boot_ms(),
                                       .boot = clock_start(),
                                       .source = TIMEKEEPER_STAFF + 1};
    return clockmemory_prove(db, &memory, err);
}

// ---- trust (the lock is held) -------------------------------------------------------------------

static void steer(struct timekeeper *keeper, int64_t now_s, int64_t boot_ms)
{
    keeper->base_s = now_s;
    keeper->base_ms = boot_ms;
    clock_steer(now_s, boot_ms);
}

// The wall clock is where the last proof and the boot clock say.
static bool agrees(const struct timekeeper *keeper, int64_t wall_s)
{
    const int64_t passed_ms = clock_boot_ms() - keeper->base_ms;
    const int64_t apart_s = wall_s - keeper->base_s - passed_ms / SECOND_MS;
    return apart_s >= -CLOCK_TOLERANCE_S && apart_s <= CLOCK_TOLERANCE_S;
}

static bool is_possible(const struct timekeeper *keeper, int64_t wall_s)
{
    return wall_s >= (int64_t)keeper->floor_hour * HOUR_S;
}

static void gain(struct timekeeper *keeper, enum timekeeper_source source, int64_t wall_s)
{
    steer(keeper, wall_s, clock_boot_ms());
    keeper->trusted = true;
    keeper->proved_here = true;
    keeper->source = source;
    keeper->remembered_ms = 0;
    if (keeper->doubted)
        log_event(LOG_LEVEL_INFO, "clock_trusted", NULL);
    keeper->doubted = false;
}

static void doubt(struct timekeeper *keeper, const char *reason)
{
    keeper->trusted = false;
    keeper->doubted = true;
    // Not the moment at which it was found: that may be a tap's.
    keeper->wait_ms = keeper->tick_ms;
    log_event(LOG_LEVEL_WARNING, "clock_not_trusted", "reason", reason, NULL);
}

static void check(struct timekeeper *keeper)
{
    const int64_t wall_s = clock_wall_s();
    if (!keeper->trusted || agrees(keeper, wall_s))
        return;
    if (clock_is_synced() && is_possible(keeper, wall_s))
        gain(keeper, TIMEKEEPER_NTP, wall_s);
    else
        doubt(keeper, "it has jumped; set it and run `hailong-kiosk clock --confirm`");
}

// Trust may come by itself, too.
static void look_for_proof(struct timekeeper *keeper)
{
    const int64_t wall_s = clock_wall_s();
    if (keeper->trusted || !is_possible(keeper, wall_s))
        return;
    if (clock_is_synced())
        gain(keeper, TIMEKEEPER_NTP, wall_s);
    else if (keeper->proved_here && agrees(keeper, wall_s))
        gain(keeper, keeper->source, wall_s);
}

// ---- opening ------------------------------------------------------------------------------------

// After a start of the machine nothing but the clock itself says how long it was off.
static bool survives_start(const struct timekeeper *keeper, const struct clockmemory *memory,
                           int64_t wall_s)
{
    int64_t last_s = (int64_t)keeper->floor_hour * HOUR_S;
    if (memory->wall_s > last_s)
        last_s = memory->wall_s;
    return memory->source != 0 && wall_s >= last_s && wall_s - last_s < keeper->gap_s;
}

static void begin(struct timekeeper *keeper, const struct clockmemory *memory)
{
    const int64_t wall_s = clock_wall_s(), boot_ms = clock_boot_ms();
    int64_t guess_s = (int64_t)keeper->floor_hour * HOUR_S;
    keeper->tick_ms = keeper->wait_ms = boot_ms;
    keeper->owing = memory->wait_seq != 0;
    keeper->source =
        memory->source > 0 ? (enum timekeeper_source)(memory->source - 1) : TIMEKEEPER_STAFF;
    keeper->proved_here = memory->boot == keeper->boot && boot_ms >= memory->boot_ms;
    if (memory->wall_s > guess_s)
        guess_s = memory->wall_s;
    if (keeper->proved_here)
        steer(keeper, memory->wall_s, memory->boot_ms);
    else
        steer(keeper, guess_s, boot_ms);
    look_for_proof(keeper);
    if (!keeper->trusted && !keeper->proved_here && survives_start(keeper, memory, wall_s))
        gain(keeper, keeper->source, wall_s);
    if (!keeper->trusted)
        doubt(keeper, "the box was off; look at it and run `hailong-kiosk clock --confirm`");
}

enum status timekeeper_open(struct db *db, const struct setup *setup,
                            struct timekeeper **ret_keeper, struct err *err)
{
    struct clockmemory memory = {0};
    uint32_t hour = 0;
    TRY(clockmemory_read(db, &memory, err));
    TRY(clockmemory_floor(db, &hour, err));
    struct timekeeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the clock");
    pthread_mutex_init(&keeper->lock, NULL);
    keeper->gap_s = setup->clock_gap_days * DAY_S;
    keeper->boot = clock_start();
    keeper->floor_hour = hour;
    begin(keeper, &memory);
    *ret_keeper = keeper;
    return STATUS_OK;
}

void timekeeper_close(struct timekeeper *keeper)
{
    if (keeper == NULL)
        return;
    clock_steer(0, 0);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

enum status timekeeper_follow(struct db *old, struct db *db, const struct setup *setup,
                              uint32_t *ret_hour, bool *ret_unset, struct err *err)
{
    AUTO(timekeeper_closep) struct timekeeper *keeper = NULL;
    struct clockmemory memory = {0};
    TRY(timekeeper_open(old, setup, &keeper, err));
    timekeeper_hour(keeper, ret_hour, ret_unset);
    TRY(clockmemory_read(old, &memory, err));
    TRY(clockmemory_prove(db, &memory, err));
    const struct clockmemory wait = {.wait_seq = *ret_unset ? 1 : 0};
    return clockmemory_wait(db, &wait, err);
}

// ---- asking -------------------------------------------------------------------------------------

// The lock is held.
static int64_t guess_s(struct timekeeper *keeper)
{
    check(keeper);
    const int64_t now_s = clock_now_s(), floor_s = (int64_t)keeper->floor_hour * HOUR_S;
    return keeper->trusted || now_s > floor_s ? now_s : floor_s;
}

void timekeeper_hour(struct timekeeper *keeper, uint32_t *ret_hour, bool *ret_unset)
{
    pthread_mutex_lock(&keeper->lock);
    *ret_hour = clock_hour(guess_s(keeper));
    *ret_unset = !keeper->trusted;
    raise_to(&keeper->floor_hour, *ret_hour);
    pthread_mutex_unlock(&keeper->lock);
}

int64_t timekeeper_now_s(struct timekeeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    const int64_t now_s = guess_s(keeper);
    pthread_mutex_unlock(&keeper->lock);
    return now_s;
}

bool timekeeper_is_trusted(struct timekeeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    check(keeper);
    const bool trusted = keeper->trusted;
    pthread_mutex_unlock(&keeper->lock);
    return trusted;
}

// ---- waiting, and the entry that ends it --------------------------------------------------------

enum status timekeeper_wait(struct kiosk *kiosk, struct db *db, struct err *err)
{
    struct timekeeper *keeper = kiosk->timekeeper;
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    pthread_mutex_lock(&keeper->lock);
    const int64_t wait_ms = keeper->wait_ms;
    keeper->owing = true;
    pthread_mutex_unlock(&keeper->lock);
    struct clockmemory memory = {0};
    TRY(clockmemory_read(db, &memory, err));
    if (memory.wait_seq != 0)
        return STATUS_OK;
    journal_pending(kiosk->journal, &size, root);
    memory.wait_seq = (int64_t)size + 1;
    memory.wait_ms = wait_ms;
    memory.wait_boot = keeper->boot;
    return clockmemory_wait(db, &memory, err);
}

struct remember_job {
    struct writer_job job;
    struct kiosk *kiosk;
    struct clockmemory proof;
};

// The first hour in which the entries that waited can have happened.
static uint32_t first_hour(const struct clockmemory *before, const struct clockmemory *proof)
{
    uint32_t hour = clock_hour(before->wall_s);
    const int64_t passed_ms = proof->boot_ms - before->wait_ms;
    if (before->wait_boot == proof->boot && passed_ms >= 0)
        raise_to(&hour, clock_hour(proof->wall_s - passed_ms / SECOND_MS - CLOCK_TOLERANCE_S));
    const uint32_t last = clock_hour(proof->wall_s);
    return hour < last ? hour : last;
}

static enum status append_clock(struct db *db, const struct remember_job *job,
                                const struct clockmemory *before, struct err *err)
{
    static const char *const sources[] = {"ntp", "hub", "staff"};
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES], id[ENTRY_ID_BYTES];
    char first[CLOCK_HOUR_TEXT_SIZE], last[CLOCK_HOUR_TEXT_SIZE];
    clock_hour_text(first_hour(before, &job->proof), first);
    clock_hour_text(clock_hour(job->proof.wall_s), last);
    kiosk_random_id(id);
    journal_pending(job->kiosk->journal, &size, root);
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    struct jsonw w;
    entry_tail_begin(&w, &tail, ENTRY_CLOCK, id);
    jsonw_int(&w, "part", 0);
    jsonw_int(&w, "from_seq", before->wait_seq - 1);
    jsonw_int(&w, "to_seq", (int64_t)size);
    jsonw_text(&w, "first", first);
    jsonw_text(&w, "last", last);
    jsonw_text(&w, "by", sources[job->proof.source - 1]);
    entry_tail_end(&w);
    TRY(buf_check(&tail, err));
    bool added = false;
    return journal_append(db, job->kiosk->journal, id, 0, NULL, &tail, &added, err);
}

// Nothing has come when the only page was one that had been answered before.
static enum status end_wait(struct db *db, const struct remember_job *job,
                            const struct clockmemory *before, struct err *err)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    TRY(counts_flush_unset(job->kiosk, db, err));
    journal_pending(job->kiosk->journal, &size, root);
    if ((int64_t)size >= before->wait_seq)
        TRY(append_clock(db, job, before, err));
    const struct clockmemory none = {0};
    return clockmemory_wait(db, &none, err);
}

static enum status apply_remember(struct db *db, struct writer_job *writer_job, struct err *err)
{
    struct remember_job *job = (struct remember_job *)writer_job;
    struct clockmemory before = {0};
    TRY(clockmemory_read(db, &before, err));
    if (before.wait_seq != 0)
        TRY(end_wait(db, job, &before, err));
    return clockmemory_prove(db, &job->proof, err);
}

// False when there is nothing to write. The lock is held.
static bool prepare(struct timekeeper *keeper, struct clockmemory *ret_proof)
{
    const int64_t wall_s = clock_wall_s(), boot_ms = clock_boot_ms();
    keeper->tick_ms = boot_ms;
    if (!keeper->trusted || !agrees(keeper, wall_s))
        return false;
    const bool due = keeper->remembered_ms == 0 || boot_ms - keeper->remembered_ms >= REMEMBER_MS;
    if (!due && !keeper->owing)
        return false;
    // Small corrections add up; from here on they are counted anew.
    steer(keeper, wall_s, boot_ms);
    keeper->remembered_ms = boot_ms;
    keeper->owing = false;
    *ret_proof = (struct clockmemory){.wall_s = keeper->base_s,
                                      .boot_ms = keeper->base_ms,
                                      .boot = keeper->boot,
                                      .source = (int64_t)keeper->source + 1};
    return true;
}

// Whatever was stamped before trust came is in front of this job or asks again (rating.c).
static enum status remember(struct kiosk *kiosk, struct err *err)
{
    struct timekeeper *keeper = kiosk->timekeeper;
    struct remember_job job = {.job.apply = apply_remember, .kiosk = kiosk};
    pthread_mutex_lock(&keeper->lock);
    const bool news = prepare(keeper, &job.proof);
    pthread_mutex_unlock(&keeper->lock);
    if (!news)
        return STATUS_OK;
    const enum status status = writer_run(kiosk->writer, &job.job, err);
    if (status == STATUS_OK)
        return STATUS_OK;
    pthread_mutex_lock(&keeper->lock);
    keeper->remembered_ms = 0;
    keeper->owing = true;
    pthread_mutex_unlock(&keeper->lock);
    return status;
}

enum status timekeeper_tick(struct kiosk *kiosk, struct err *err)
{
    struct timekeeper *keeper = kiosk->timekeeper;
    pthread_mutex_lock(&keeper->lock);
    check(keeper);
    look_for_proof(keeper);
    pthread_mutex_unlock(&keeper->lock);
    return remember(kiosk, err);
}

static bool is_near(int64_t wall_s, int64_t hub_s)
{
    return wall_s - hub_s >= -HUB_APART_S && wall_s - hub_s <= HUB_APART_S;
}

// Whether staff may vouch for the clock by one press; the lock is held. The guess is what the boot
// clock makes of what was known last.
static enum status check_distance(struct timekeeper *keeper, int64_t wall_s, struct err *err)
{
    const int64_t since_hub_s = (clock_boot_ms() - keeper->hub_ms) / SECOND_MS;
    if (keeper->hub_s != 0 && !is_near(wall_s, keeper->hub_s + since_hub_s))
        return err_set(err, STATUS_DENIED,
                       "the clock differs from the hub's by more than 15 minutes; look at day, "
                       "month, year and hour and set it; if the hub is wrong, run `hailong-kiosk "
                       "clock --confirm --date YYYY-MM-DD` with today's date");
    if (wall_s - guess_s(keeper) <= keeper->gap_s)
        return STATUS_OK;
    return err_set(
        err, STATUS_DENIED,
        "the clock stands more than %d days after the last entry; look at day, month and "
        "year and set it if they are wrong; if they are right, run `hailong-kiosk clock "
        "--confirm --date YYYY-MM-DD` with today's date",
        (int)(keeper->gap_s / DAY_S));
}

// The lock is held.
static enum status vouch(struct timekeeper *keeper, enum timekeeper_source source, bool dated,
                         struct err *err)
{
    const int64_t wall_s = clock_wall_s();
    if (source == TIMEKEEPER_HUB && !is_near(wall_s, keeper->hub_s))
        return err_set(err, STATUS_CONFLICT,
                       "the box's clock and the hub's differ by more than 15 minutes; set the "
                       "box's");
    if (!is_possible(keeper, wall_s))
        return err_set(err, STATUS_CONFLICT,
                       "the clock stands before the journal's last entry or before this version "
                       "was made; set it first");
    check(keeper);
    if (keeper->trusted)
        return STATUS_OK;
    if (source == TIMEKEEPER_STAFF && !dated)
        TRY(check_distance(keeper, wall_s, err));
    gain(keeper, source, wall_s);
    return STATUS_OK;
}

enum status timekeeper_vouch(struct timekeeper *keeper, struct err *err)
{
    pthread_mutex_lock(&keeper->lock);
    const enum status status = vouch(keeper, TIMEKEEPER_STAFF, false, err);
    pthread_mutex_unlock(&keeper->lock);
    return status;
}

enum status timekeeper_confirm(struct kiosk *kiosk, enum timekeeper_source source, int64_t time_s,
                               struct err *err)
{
    struct timekeeper *keeper = kiosk->timekeeper;
    pthread_mutex_lock(&keeper->lock);
    if (source == TIMEKEEPER_HUB) {
        keeper->hub_s = time_s;
        keeper->hub_ms = clock_boot_ms();
    }
    const enum status status = vouch(keeper, source, false, err);
    pthread_mutex_unlock(&keeper->lock);
    TRY(status);
    return remember(kiosk, err);
}

enum status timekeeper_confirm_day(struct kiosk *kiosk, int32_t day, struct err *err)
{
    struct timekeeper *keeper = kiosk->timekeeper;
    if (day != clock_day(clock_wall_s()))
        return err_set(err, STATUS_CONFLICT,
                       "the box's clock says another day than --date; set it first");
    pthread_mutex_lock(&keeper->lock);
    const enum status status = vouch(keeper, TIMEKEEPER_STAFF, true, err);
    pthread_mutex_unlock(&keeper->lock);
    TRY(status);
    return remember(kiosk, err);
}
