// SPDX-License-Identifier: MIT
// Watches sockets by deadline and shuts down those that are late.
#include "reaper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

// How often the slots are looked at: late by at most an eighth of the deadline, and never so
// often that an idle office PC notices.
enum { PERIOD_SHARE = 8, PERIOD_MIN_MS = 20, PERIOD_MAX_MS = 500 };

struct slot {
    int socket_fd;                  // -1: free
    int next_free;                  // -1: the last one
    atomic_int_least64_t due_at_ms; // on the monotonic clock; 0: nothing is due
};

struct reaper {
    pthread_t thread;
    // Held while a socket is shut down, so that it is not closed and given away meanwhile.
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct slot *slots;
    size_t limit, watched;
    int first_free;
    unsigned deadline_ms, period_ms;
    bool stop;
};

// The coarse clock: some milliseconds behind, far below the period, and asked for at each step of
// each request, where the exact one would cost four times as much.
static int64_t now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void cut_late(struct reaper *reaper)
{
    int64_t now_ms = now();
    for (size_t i = 0; i < reaper->limit; i++) {
        struct slot *slot = &reaper->slots[i];
        int64_t due_at_ms = atomic_load_explicit(&slot->due_at_ms, memory_order_relaxed);
        if (slot->socket_fd < 0 || due_at_ms == 0 || due_at_ms > now_ms)
            continue;
        (void)shutdown(slot->socket_fd, SHUT_RDWR);
        atomic_store_explicit(&slot->due_at_ms, 0, memory_order_relaxed);
    }
}

static struct timespec period_end(unsigned period_ms)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)period_ms * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    return end;
}

static void *watch(void *context)
{
    struct reaper *reaper = context;
    pthread_mutex_lock(&reaper->mutex);
    while (!reaper->stop) {
        if (reaper->watched == 0) {
            pthread_cond_wait(&reaper->changed, &reaper->mutex);
            continue;
        }
        struct timespec end = period_end(reaper->period_ms);
        (void)pthread_cond_timedwait(&reaper->changed, &reaper->mutex, &end);
        cut_late(reaper);
    }
    pthread_mutex_unlock(&reaper->mutex);
    return NULL;
}

static void free_reaper(struct reaper *reaper)
{
    free(reaper->slots);
    free(reaper);
}
AUTO_POINTER(struct reaper, free_reaper)

static enum status start(struct reaper *reaper, struct err *err)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&reaper->mutex, NULL);
    (void)pthread_cond_init(&reaper->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&reaper->thread, NULL, watch, reaper) != 0)
        return err_set(err, STATUS_NO_MEMORY, "cannot start the deadline thread");
    return STATUS_OK;
}

static unsigned period_of(unsigned deadline_ms)
{
    unsigned period_ms = deadline_ms / PERIOD_SHARE;
    if (period_ms < PERIOD_MIN_MS)
        return PERIOD_MIN_MS;
    return period_ms > PERIOD_MAX_MS ? PERIOD_MAX_MS : period_ms;
}

enum status reaper_open(size_t limit, unsigned deadline_ms, struct reaper **ret_reaper,
                        struct err *err)
{
    AUTO(free_reaperp) struct reaper *reaper = calloc(1, sizeof(*reaper));
    if (reaper == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the deadlines");
    reaper->slots = calloc(limit + 1, sizeof(*reaper->slots));
    if (reaper->slots == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the deadlines");
    reaper->limit = limit;
    reaper->deadline_ms = deadline_ms;
    reaper->period_ms = period_of(deadline_ms);
    reaper->first_free = limit == 0 ? -1 : 0;
    for (size_t i = 0; i < limit; i++) {
        reaper->slots[i].socket_fd = -1;
        reaper->slots[i].next_free = i + 1 == limit ? -1 : (int)i + 1;
    }
    TRY(start(reaper, err));
    *ret_reaper = reaper;
    reaper = NULL;
    return STATUS_OK;
}

void reaper_close(struct reaper *reaper)
{
    if (reaper == NULL)
        return;
    pthread_mutex_lock(&reaper->mutex);
    reaper->stop = true;
    pthread_cond_signal(&reaper->changed);
    pthread_mutex_unlock(&reaper->mutex);
    (void)pthread_join(reaper->thread, NULL);
    (void)pthread_cond_destroy(&reaper->changed);
    (void)pthread_mutex_destroy(&reaper->mutex);
    free_reaper(reaper);
}

int reaper_add(struct reaper *reaper, int socket_fd)
{
    pthread_mutex_lock(&reaper->mutex);
    int index = reaper->first_free;
    if (index >= 0) {
        reaper->first_free = reaper->slots[index].next_free;
        reaper->slots[index].socket_fd = socket_fd;
        reaper_due(reaper, index);
        if (reaper->watched++ == 0)
            pthread_cond_signal(&reaper->changed);
    }
    pthread_mutex_unlock(&reaper->mutex);
    return index;
}

void reaper_due_in(struct reaper *reaper, int slot, int64_t delay_ms)
{
    if (slot < 0)
        return;
    atomic_store_explicit(&reaper->slots[slot].due_at_ms, now() + delay_ms, memory_order_relaxed);
}

void reaper_due(struct reaper *reaper, int slot)
{
    reaper_due_in(reaper, slot, reaper->deadline_ms);
}

void reaper_idle(struct reaper *reaper, int slot)
{
    if (slot >= 0)
        atomic_store_explicit(&reaper->slots[slot].due_at_ms, 0, memory_order_relaxed);
}

void reaper_remove(struct reaper *reaper, int slot)
{
    if (slot < 0)
        return;
    pthread_mutex_lock(&reaper->mutex);
    reaper_idle(reaper, slot);
    reaper->slots[slot].socket_fd = -1;
    reaper->slots[slot].next_free = reaper->first_free;
    reaper->first_free = slot;
    reaper->watched--;
    pthread_mutex_unlock(&reaper->mutex);
}
