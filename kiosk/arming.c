// SPDX-License-Identifier: MIT
// Armed counter screens: one slot per counter under one mutex.
#include "arming.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "setup.h"

struct slot {
    char counter[RESPONSE_CODE_CHARS + 1];
    struct arming arming; // number 0: none has been set
    int64_t ends_ms;      // on the clock that only moves forward
    bool ended;           // answered or cancelled
    uint32_t version;     // of the last change that was seen or made
};

struct armings {
    pthread_mutex_t lock;
    struct slot slots[SETUP_COUNTER_MAX];
    size_t count;
    uint32_t last_number;
};

enum status arming_open(struct armings **ret_armings, struct err *err)
{
    struct armings *armings = calloc(1, sizeof *armings);
    if (armings == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the armed screens");
    pthread_mutex_init(&armings->lock, NULL);
    // Begins anywhere, so that a page of before a restart does not fit an arming of after it.
    crypto_random(&armings->last_number, sizeof armings->last_number);
    *ret_armings = armings;
    return STATUS_OK;
}

void arming_close(struct armings *armings)
{
    if (armings == NULL)
        return;
    pthread_mutex_destroy(&armings->lock);
    free(armings);
}

static struct slot *find(struct armings *armings, const char *counter)
{
    for (size_t i = 0; i < armings->count; i++)
        if (strcmp(armings->slots[i].counter, counter) == 0)
            return &armings->slots[i];
    return NULL;
}

static struct slot *find_or_add(struct armings *armings, const char *counter)
{
    struct slot *slot = find(armings, counter);
    if (slot != NULL || armings->count == SETUP_COUNTER_MAX)
        return slot;
    slot = &armings->slots[armings->count++];
    strncpy(slot->counter, counter, RESPONSE_CODE_CHARS);
    // A screen that remembers a version of before a restart must see a change.
    slot->version = armings->last_number & 0xffffffU;
    return slot;
}

// Ends an arming whose time is over, which is news for the screen.
static bool in_force(struct slot *slot)
{
    if (slot->arming.number == 0 || slot->ended)
        return false;
    if (clock_mono_ms() < slot->ends_ms)
        return true;
    slot->ended = true;
    slot->version++;
    return false;
}

uint32_t arming_set(struct armings *armings, const char *counter, const char *area,
                    enum response_step step)
{
    pthread_mutex_lock(&armings->lock);
    uint32_t number = 0;
    struct slot *slot = find_or_add(armings, counter);
    if (slot != NULL) {
        if (++armings->last_number == 0)
            armings->last_number = 1;
        number = armings->last_number;
        slot->arming = (struct arming){.number = number, .step = step};
        strncpy(slot->arming.area, area, RESPONSE_CODE_CHARS);
        slot->ends_ms = clock_mono_ms() + ARMING_LIFE_S * INT64_C(1000);
        slot->ended = false;
        slot->version++;
    }
    pthread_mutex_unlock(&armings->lock);
    return number;
}

void arming_cancel(struct armings *armings, const char *counter)
{
    pthread_mutex_lock(&armings->lock);
    struct slot *slot = find(armings, counter);
    if (slot != NULL && in_force(slot)) {
        slot->ended = true;
        slot->arming.number = 0; // a failing answer must not bring it back
        slot->version++;
    }
    pthread_mutex_unlock(&armings->lock);
}

struct arming arming_now(struct armings *armings, const char *counter)
{
    struct arming now = {0};
    pthread_mutex_lock(&armings->lock);
    struct slot *slot = find(armings, counter);
    if (slot != NULL && in_force(slot))
        now = slot->arming;
    pthread_mutex_unlock(&armings->lock);
    return now;
}

bool arming_spend(struct armings *armings, const char *counter, uint32_t number)
{
    pthread_mutex_lock(&armings->lock);
    struct slot *slot = find(armings, counter);
    const bool spent = slot != NULL && in_force(slot) && slot->arming.number == number;
    if (spent) {
        slot->ended = true;
        slot->version++;
    }
    pthread_mutex_unlock(&armings->lock);
    return spent;
}

void arming_restore(struct armings *armings, const char *counter, uint32_t number)
{
    pthread_mutex_lock(&armings->lock);
    struct slot *slot = find(armings, counter);
    if (slot != NULL && slot->ended && number != 0 && slot->arming.number == number) {
        slot->ended = false;
        slot->version++;
    }
    pthread_mutex_unlock(&armings->lock);
}

uint32_t arming_version(struct armings *armings, const char *counter)
{
    pthread_mutex_lock(&armings->lock);
    struct slot *slot = find_or_add(armings, counter);
    uint32_t version = 0;
    if (slot != NULL) {
        in_force(slot);
        version = slot->version;
    }
    pthread_mutex_unlock(&armings->lock);
    return version;
}
