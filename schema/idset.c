// SPDX-License-Identifier: MIT
// The ids of a lane in a hash table with open addressing.
#include "idset.h"

#include <stdlib.h>
#include <string.h>

#include "crypto.h"

enum {
    WORDS = ENTRY_ID_BYTES / 4 + 1, // the id and the part
    FIRST_SLOTS = 4096,
    // Of ten slots at most seven are taken: beyond, open addressing gets slow.
    LOAD_TENTHS = 7,
    CLASS_BITS = 2,
    SEQ_MAX = (1 << 30) - 2, // a place is a seq and a class in 32 bits; 0 is a free slot
};

struct idset {
    // Two hashes of 32 bits: of each sum the upper half is universal.
    uint64_t multiplier[2][WORDS + 1];
    size_t slots, taken;
    uint64_t *prints;
    uint32_t *places; // (seq + 1) << CLASS_BITS | class; 0: free
    uint8_t *levels;
};

static void free_slots(struct idset *set)
{
    free(set->prints);
    free(set->places);
    free(set->levels);
}

static enum status make_slots(struct idset *set, size_t slots, struct err *err)
{
    set->slots = slots;
    set->prints = calloc(slots, sizeof *set->prints);
    set->places = calloc(slots, sizeof *set->places);
    set->levels = calloc(slots, sizeof *set->levels);
    if (set->prints != NULL && set->places != NULL && set->levels != NULL)
        return STATUS_OK;
    free_slots(set);
    set->prints = NULL;
    set->places = NULL;
    set->levels = NULL;
    return err_set(err, STATUS_NO_MEMORY, "no memory for a lane's ids");
}

enum status idset_open(struct idset **ret_set, struct err *err)
{
    AUTO(idset_closep) struct idset *set = calloc(1, sizeof *set);
    if (set == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a lane's ids");
    TRY(make_slots(set, FIRST_SLOTS, err));
    crypto_random(set->multiplier, sizeof set->multiplier);
    *ret_set = set;
    set = NULL;
    return STATUS_OK;
}

void idset_close(struct idset *set)
{
    if (set == NULL)
        return;
    free_slots(set);
    free(set);
}

static uint64_t print_of(const struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part)
{
    uint32_t words[WORDS];
    uint64_t sums[2];
    memcpy(words, id, ENTRY_ID_BYTES);
    words[WORDS - 1] = (uint32_t)part; // entry_read keeps parts below 2^31
    for (int half = 0; half < 2; half++) {
        sums[half] = set->multiplier[half][WORDS];
        for (int i = 0; i < WORDS; i++)
            sums[half] += set->multiplier[half][i] * words[i];
    }
    return (sums[0] >> 32) << 32 | sums[1] >> 32;
}

// The slot that holds the print, or the free one where it would go.
static size_t slot_of(const struct idset *set, uint64_t print)
{
    size_t slot = (size_t)print & (set->slots - 1);
    while (set->places[slot] != 0 && set->prints[slot] != print)
        slot = (slot + 1) & (set->slots - 1);
    return slot;
}

static enum status grow(struct idset *set, struct err *err)
{
    struct idset larger = *set;
    TRY(make_slots(&larger, set->slots * 2, err));
    for (size_t i = 0; i < set->slots; i++)
        if (set->places[i] != 0) {
            size_t slot = slot_of(&larger, set->prints[i]);
            larger.prints[slot] = set->prints[i];
            larger.places[slot] = set->places[i];
            larger.levels[slot] = set->levels[i];
        }
    free_slots(set);
    *set = larger;
    return STATUS_OK;
}

static struct idset_place unpack(const struct idset *set, size_t slot)
{
    const uint32_t place = set->places[slot];
    return (struct idset_place){.seq = (int64_t)(place >> CLASS_BITS) - 1,
                                .class = (enum idset_class)(place & ((1U << CLASS_BITS) - 1)),
                                .level = set->levels[slot]};
}

enum status idset_add(struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part,
                      const struct idset_place *place, bool *ret_added,
                      struct idset_place *ret_place, struct err *err)
{
    if (place->seq > SEQ_MAX)
        return err_set(err, STATUS_TOO_LARGE, "a lane of more than %d entries cannot be verified",
                       SEQ_MAX);
    if ((set->taken + 1) * 10 > set->slots * LOAD_TENTHS)
        TRY(grow(set, err));
    uint64_t print = print_of(set, id, part);
    size_t slot = slot_of(set, print);
    *ret_added = set->places[slot] == 0;
    if (!*ret_added) {
        *ret_place = unpack(set, slot);
        return STATUS_OK;
    }
    set->prints[slot] = print;
    set->places[slot] = (uint32_t)(place->seq + 1) << CLASS_BITS | (uint32_t)place->class;
    set->levels[slot] = place->level;
    set->taken++;
    return STATUS_OK;
}

bool idset_find(const struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part,
                struct idset_place *ret_place)
{
    size_t slot = slot_of(set, print_of(set, id, part));
    if (set->places[slot] == 0)
        return false;
    *ret_place = unpack(set, slot);
    return true;
}

void idset_set_level(struct idset *set, const uint8_t id[ENTRY_ID_BYTES], int64_t part,
                     uint8_t level)
{
    size_t slot = slot_of(set, print_of(set, id, part));
    if (set->places[slot] != 0)
        set->levels[slot] = level;
}
