// SPDX-License-Identifier: MIT
// The last taps of each counter, and the rules that look at them.
#include "judge.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    SECOND_MS = 1000,
    MINUTE_S = 60,
    DAY_S = 24 * 3600,
    PLACES = SETUP_COUNTER_MAX + 1, // the last: no counter (the office's own poster)
    KINDS = 2,                      // screen, poster
};

const char *const judge_pace_name[JUDGE_PACES] = {"burst", "streak"};

struct tap {
    uint8_t id[ENTRY_ID_BYTES];
    int64_t at_ms;
    int level;
    // The number of the tap with which this one was told to belong to a burst or streak (its own
    // when it came later); 0: not yet.
    uint64_t told[JUDGE_PACES];
    uint64_t number; // of this tap, from 1
};

// The newest tap last.
struct ring {
    struct tap taps[JUDGE_TAPS_MAX];
    size_t count;
};

struct judge {
    const struct setup *setup;
    pthread_mutex_t lock; // guards what follows
    struct ring rings[PLACES][KINDS];
    uint64_t last_number;
};

enum status judge_open(const struct setup *setup, struct judge **ret_judge, struct err *err)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the live flags");
    pthread_mutex_init(&judge->lock, NULL);
    judge->setup = setup;
    *ret_judge = judge;
    return STATUS_OK;
}

void judge_close(struct judge *judge)
{
    if (judge == NULL)
        return;
    pthread_mutex_destroy(&judge->lock);
    free(judge);
}

// ---- opening hours ------------------------------------------------------------------------------

// Whether a moment of [from_s, to_s] lies in the opening hours of the civil day.
static bool meets_day(const struct opening *opening, int32_t day, int64_t from_s, int64_t to_s)
{
    if (opening_minutes(opening, day) == 0)
        return false;
    const int64_t begin_s = (int64_t)day * DAY_S - CLOCK_OFFSET_S;
    const size_t weekday = (size_t)clock_date_of_day(day).weekday - 1;
    for (size_t i = 0; i < opening->range_count[weekday]; i++) {
        const struct opening_range *range = &opening->ranges[weekday][i];
        if (begin_s + (int64_t)range->from_minute * MINUTE_S <= to_s &&
            from_s < begin_s + (int64_t)range->to_minute * MINUTE_S)
            return true;
    }
    return false;
}

static bool is_outside(const struct judge *judge, int64_t now_s)
{
    const struct opening *opening = &judge->setup->opening;
    if (!opening->known)
        return false;
    const int64_t margin_s = judge->setup->flags.hours_margin_minutes * MINUTE_S;
    const int32_t last = clock_day(now_s + margin_s);
    for (int32_t day = clock_day(now_s - margin_s); day <= last; day++)
        if (meets_day(opening, day, now_s - margin_s, now_s + margin_s))
            return false;
    return true;
}

// ---- pace ---------------------------------------------------------------------------------------

// How many of the newest taps follow each other closely enough.
static size_t burst_length(const struct ring *ring, const struct setup_flags *flags)
{
    size_t length = 1;
    for (size_t i = ring->count - 1; i > 0; i--, length++)
        if (ring->taps[i].at_ms - ring->taps[i - 1].at_ms >= flags->burst_gap_s * SECOND_MS)
            break;
    return length;
}

// How many of the newest taps, none older than the rule's time, have one level.
static size_t streak_length(const struct ring *ring, const struct setup_flags *flags)
{
    const struct tap *newest = &ring->taps[ring->count - 1];
    const int64_t oldest_ms = newest->at_ms - flags->streak_minutes * MINUTE_S * SECOND_MS;
    size_t length = 1;
    for (size_t i = ring->count - 1; i > 0; i--, length++)
        if (ring->taps[i - 1].level != newest->level || ring->taps[i - 1].at_ms < oldest_ms)
            break;
    return length;
}

static void add_flag(struct response *response, const char *flag)
{
    snprintf(response->flags[response->flag_count++], sizeof response->flags[0], "%s", flag);
}

// `length` of the newest taps belong together; from `least` on they are told so.
static void tell(struct ring *ring, enum judge_pace pace, size_t length, int64_t least,
                 struct response *response, struct judge_earlier *earlier)
{
    struct tap *newest = &ring->taps[ring->count - 1];
    if (least == 0 || length < (size_t)least)
        return;
    add_flag(response, judge_pace_name[pace]);
    newest->told[pace] = newest->number;
    for (struct tap *tap = newest - (length - 1); tap < newest; tap++) {
        if (tap->told[pace] != 0)
            continue;
        tap->told[pace] = newest->number;
        memcpy(earlier->ids[earlier->count++], tap->id, ENTRY_ID_BYTES);
    }
}

// ---- a tap --------------------------------------------------------------------------------------

static struct ring *ring_of(struct judge *judge, const struct response *response)
{
    const struct setup_counter *counter = setup_counter(judge->setup, response->counter);
    const size_t place = counter == NULL ? PLACES - 1 : (size_t)(counter - judge->setup->counters);
    return &judge->rings[place][response->channel == RESPONSE_SCREEN ? 0 : 1];
}

static struct tap *find(struct ring *ring, const uint8_t id[ENTRY_ID_BYTES])
{
    for (size_t i = ring->count; i > 0; i--)
        if (memcmp(ring->taps[i - 1].id, id, ENTRY_ID_BYTES) == 0)
            return &ring->taps[i - 1];
    return NULL;
}

static void drop(struct ring *ring, size_t index)
{
    ring->count--;
    memmove(&ring->taps[index], &ring->taps[index + 1],
            (ring->count - index) * sizeof ring->taps[0]);
}

static int level_of(const struct response *response)
{
    for (size_t i = 0; i < response->answer_count; i++)
        if (strcmp(response->answers[i].item, "overall") == 0)
            return response->answers[i].level;
    return 0;
}

static void push(struct judge *judge, struct ring *ring, const struct response *response,
                 int64_t now_ms)
{
    if (ring->count == JUDGE_TAPS_MAX)
        drop(ring, 0);
    struct tap tap = {.at_ms = now_ms, .level = level_of(response), .number = ++judge->last_number};
    memcpy(tap.id, response->id, ENTRY_ID_BYTES);
    // Two threads may have taken their moments in another order than their places in the queue.
    if (ring->count > 0 && ring->taps[ring->count - 1].at_ms > tap.at_ms)
        tap.at_ms = ring->taps[ring->count - 1].at_ms;
    ring->taps[ring->count++] = tap;
}

static void look(struct judge *judge, struct ring *ring, struct response *response, int64_t now_s,
                 struct judge_earlier *earlier)
{
    const struct setup_flags *flags = &judge->setup->flags;
    const bool screen = response->channel == RESPONSE_SCREEN;
    const struct tap *newest = &ring->taps[ring->count - 1];
    response->flag_count = 0;
    // Many people may scan one poster at once.
    if (screen && ring->count > 1 && newest->at_ms - newest[-1].at_ms < flags->repeat_s * SECOND_MS)
        add_flag(response, "repeat");
    tell(ring, JUDGE_BURST, burst_length(ring, flags), flags->burst_count, response,
         &earlier[JUDGE_BURST]);
    tell(ring, JUDGE_STREAK, streak_length(ring, flags), flags->streak_count, response,
         &earlier[JUDGE_STREAK]);
    if (screen && !response->clock_unset && is_outside(judge, now_s))
        add_flag(response, "hours");
    response->flag_rule = response->flag_count > 0 ? JUDGE_RULE_VERSION : 0;
}

bool judge_look(struct judge *judge, struct response *response, int64_t now_ms, int64_t now_s,
                struct judge_earlier ret_earlier[JUDGE_PACES])
{
    for (size_t i = 0; i < JUDGE_PACES; i++)
        ret_earlier[i].count = 0;
    if (response->channel != RESPONSE_SCREEN && response->channel != RESPONSE_POSTER)
        return false;
    struct ring *ring = ring_of(judge, response);
    pthread_mutex_lock(&judge->lock);
    const bool known = find(ring, response->id) != NULL;
    if (!known) {
        push(judge, ring, response, now_ms);
        look(judge, ring, response, now_s, ret_earlier);
    }
    pthread_mutex_unlock(&judge->lock);
    return !known;
}

static void forget_in(struct ring *ring, const uint8_t id[ENTRY_ID_BYTES])
{
    const struct tap *tap = find(ring, id);
    if (tap == NULL)
        return;
    const uint64_t number = tap->number;
    drop(ring, (size_t)(tap - ring->taps));
    for (size_t i = 0; i < ring->count; i++)
        for (size_t pace = 0; pace < JUDGE_PACES; pace++)
            if (ring->taps[i].told[pace] == number)
                ring->taps[i].told[pace] = 0;
}

void judge_forget(struct judge *judge, const uint8_t id[ENTRY_ID_BYTES])
{
    pthread_mutex_lock(&judge->lock);
    for (size_t place = 0; place < PLACES; place++)
        for (size_t kind = 0; kind < KINDS; kind++)
            forget_in(&judge->rings[place][kind], id);
    pthread_mutex_unlock(&judge->lock);
}
