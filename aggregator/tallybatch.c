// SPDX-License-Identifier: MIT
// A hash of cells with what was added and taken, flushed through tally_move.
#include "tallybatch.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_SLOTS = 256, // a power of two; a day of one counter has some ten cells
    ITEM_BYTES = FORM_ID_CHARS + 1,
};

// A cell with strings of its own.
struct slot {
    uint64_t hash;
    char unit[RESPONSE_UNIT_CHARS + 1];
    char counter[RESPONSE_CODE_CHARS + 1];
    char area[RESPONSE_CODE_CHARS + 1];
    char item[ITEM_BYTES], form[ITEM_BYTES];
    struct tally_cell cell; // points to them
    int64_t n[FORM_LEVELS]; // added less taken
};

struct tallybatch {
    struct db *db;                 // borrowed
    const struct unit_tree *units; // borrowed
    struct slot **slots;
    size_t room, count; // room is a power of two
};

enum status tallybatch_open(struct db *db, const struct unit_tree *units,
                            struct tallybatch **ret_batch, struct err *err)
{
    struct tallybatch *batch = calloc(1, sizeof *batch);
    if (batch != NULL)
        batch->slots = calloc(FIRST_SLOTS, sizeof(struct slot *));
    if (batch == NULL || batch->slots == NULL) {
        free(batch);
        return err_set(err, STATUS_NO_MEMORY, "no memory for counts");
    }
    batch->db = db;
    batch->units = units;
    batch->room = FIRST_SLOTS;
    db_keep(db, batch);
    *ret_batch = batch;
    return STATUS_OK;
}

void tallybatch_close(struct tallybatch *batch)
{
    if (batch == NULL)
        return;
    db_keep(batch->db, NULL);
    for (size_t i = 0; i < batch->room; i++)
        free(batch->slots[i]);
    free(batch->slots);
    free(batch);
}

// FNV-1a over the strings with their ends.
static uint64_t add_text(uint64_t hash, const char *text)
{
    do {
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    } while (*text++ != '\0');
    return hash;
}

static uint64_t hash_of(const struct tally_cell *cell)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash = add_text(hash, cell->unit);
    hash = add_text(hash, cell->counter);
    hash = add_text(hash, cell->area);
    hash = add_text(hash, cell->item);
    hash = add_text(hash, cell->form);
    const uint64_t rest = (uint64_t)(uint32_t)cell->day << 16 | (uint64_t)cell->channel << 8 |
                          (uint64_t)cell->step << 2 | (uint64_t)cell->linked << 1 |
                          (uint64_t)cell->flagged;
    // The low bits choose the slot: let the day reach them.
    hash = (hash ^ rest) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static bool same_cell(const struct tally_cell *a, const struct tally_cell *b)
{
    return a->day == b->day && a->channel == b->channel && a->step == b->step &&
           a->linked == b->linked && a->flagged == b->flagged && strcmp(a->item, b->item) == 0 &&
           strcmp(a->area, b->area) == 0 && strcmp(a->counter, b->counter) == 0 &&
           strcmp(a->unit, b->unit) == 0 && strcmp(a->form, b->form) == 0;
}

// The slot of the cell, or the free one where it belongs.
static struct slot **place_of(const struct tallybatch *batch, uint64_t hash,
                              const struct tally_cell *cell)
{
    size_t at = (size_t)hash & (batch->room - 1);
    while (batch->slots[at] != NULL) {
        if (batch->slots[at]->hash == hash && same_cell(&batch->slots[at]->cell, cell))
            break;
        at = (at + 1) & (batch->room - 1);
    }
    return &batch->slots[at];
}

static enum status grow(struct tallybatch *batch, struct err *err)
{
    struct tallybatch larger = *batch;
    larger.room = 2 * batch->room;
    larger.slots = calloc(larger.room, sizeof(struct slot *));
    if (larger.slots == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for counts");
    for (size_t i = 0; i < batch->room; i++)
        if (batch->slots[i] != NULL)
            *place_of(&larger, batch->slots[i]->hash, &batch->slots[i]->cell) = batch->slots[i];
    free(batch->slots);
    *batch = larger;
    return STATUS_OK;
}

static const char *keep_text(char *to, size_t room, const char *from)
{
    size_t size = strnlen(from, room - 1);
    memcpy(to, from, size);
    to[size] = '\0';
    return to;
}

static struct slot *make_slot(uint64_t hash, const struct tally_cell *cell)
{
    struct slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    slot->hash = hash;
    slot->cell = *cell;
    slot->cell.unit = keep_text(slot->unit, sizeof slot->unit, cell->unit);
    slot->cell.counter = keep_text(slot->counter, sizeof slot->counter, cell->counter);
    slot->cell.area = keep_text(slot->area, sizeof slot->area, cell->area);
    slot->cell.item = keep_text(slot->item, sizeof slot->item, cell->item);
    slot->cell.form = keep_text(slot->form, sizeof slot->form, cell->form);
    return slot;
}

static enum status add_cell(struct tallybatch *batch, uint64_t hash, const struct tally_cell *cell,
                            struct slot **ret_slot, struct err *err)
{
    const struct unit *lineage[UNIT_DEPTH_MAX];
    // Now, so that the entry to blame is still known.
    if (unit_lineage(batch->units, cell->unit, cell->day, lineage) == 0)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code on that day");
    if (4 * (batch->count + 1) > 3 * batch->room)
        TRY(grow(batch, err));
    struct slot *slot = make_slot(hash, cell);
    if (slot == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for counts");
    *place_of(batch, hash, cell) = slot;
    batch->count++;
    *ret_slot = slot;
    return STATUS_OK;
}

enum status tallybatch_move(struct tallybatch *batch, const struct tally_cell *cell,
                            const struct tally_counts *counts, enum tally_way way, struct err *err)
{
    const uint64_t hash = hash_of(cell);
    struct slot *slot = *place_of(batch, hash, cell);
    if (slot == NULL)
        TRY(add_cell(batch, hash, cell, &slot, err));
    for (int i = 0; i < FORM_LEVELS; i++)
        slot->n[i] += way == TALLY_ADD ? counts->n[i] : -counts->n[i];
    return STATUS_OK;
}

// Additions first: a level may be taken that was added in the same push, but never one that
// nothing added.
static enum status flush_slot(const struct tallybatch *batch, const struct slot *slot,
                              enum tally_way way, struct err *err)
{
    struct tally_counts counts = {.n = {0}};
    bool any = false;
    for (int i = 0; i < FORM_LEVELS; i++) {
        int64_t n = way == TALLY_ADD ? slot->n[i] : -slot->n[i];
        counts.n[i] = n > 0 ? n : 0;
        any = any || n > 0;
    }
    return any ? tally_move(batch->db, batch->units, &slot->cell, &counts, way, err) : STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
    const struct tally_cell *x = &(*(struct slot *const *)a)->cell;
    const struct tally_cell *y = &(*(struct slot *const *)b)->cell;
    int order = strcmp(x->unit, y->unit);
    if (order == 0)
        order = strcmp(x->area, y->area);
    if (order == 0)
        order = strcmp(x->item, y->item);
    if (order == 0)
        order = strcmp(x->form, y->form);
    return order != 0 ? order : (x->day > y->day) - (x->day < y->day);
}

// The slots in use to the front, in the order of the tables' keys.
static void sort_slots(struct tallybatch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->room; i++) {
        struct slot *slot = batch->slots[i];
        batch->slots[i] = NULL;
        if (slot != NULL)
            batch->slots[count++] = slot;
    }
    qsort(batch->slots, count, sizeof(struct slot *), by_key);
}

enum status tallybatch_flush(struct tallybatch *batch, struct err *err)
{
    db_keep(batch->db, NULL); // from here tally_move writes
    sort_slots(batch);
    for (size_t i = 0; i < batch->count; i++)
        TRY(flush_slot(batch, batch->slots[i], TALLY_ADD, err));
    for (size_t i = 0; i < batch->count; i++)
        TRY(flush_slot(batch, batch->slots[i], TALLY_TAKE, err));
    return STATUS_OK;
}
