// SPDX-License-Identifier: MIT
// Table B holds, by unit and day, exactly the answers that table A holds of units and ancestors.
#include "retree.h"

#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "stmt.h"
#include "tally.h"

struct lineage {
    const struct unit *units[UNIT_DEPTH_MAX];
    size_t depth;
};

static struct lineage lineage_of(const struct unit_tree *tree, const char *unit, int32_t day)
{
    struct lineage lineage;
    lineage.depth = unit_lineage(tree, unit, day, lineage.units);
    return lineage;
}

static bool holds(const struct lineage *lineage, const char *code)
{
    for (size_t i = 0; i < lineage->depth; i++)
        if (strcmp(lineage->units[i]->code, code) == 0)
            return true;
    return false;
}

// ---- places ----------------------------------------------------------------------------------

static enum status check_place(const struct unit_tree *after, const char *unit, int32_t day,
                               struct err *err)
{
    char text[CLOCK_DAY_TEXT_SIZE];
    if (unit_find(after, unit, day) != NULL)
        return STATUS_OK;
    clock_day_text(day, text);
    return err_set(err, STATUS_CONFLICT,
                   "unit %s has answers of %s, but the changed setup has no such unit on that day; "
                   "keep it there, with the days on which it was in force",
                   unit, text);
}

// Answers that do not count (flagged, void) need their unit, too: `verify` follows the ledger.
static enum status check_places(struct db *db, int statement, const struct unit_tree *after,
                                struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, statement, &q, err));
    for (;;) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        const int32_t day = statement == HUB_RESPONSE_PLACES
                                ? clock_day_of_hour((uint32_t)stmt_int(q, 1))
                                : (int32_t)stmt_int(q, 1);
        TRY(check_place(after, stmt_text(q, 0), day, err));
    }
}

// ---- counts ----------------------------------------------------------------------------------

// To or from those of `these` that are not among `others`.
static enum status move(struct db *db, const struct tally_cell *cell,
                        const struct tally_counts *counts, const struct lineage *these,
                        const struct lineage *others, enum tally_way way, struct err *err)
{
    for (size_t i = 0; i < these->depth; i++)
        if (!holds(others, these->units[i]->code))
            TRY(tally_move_a(db, these->units[i]->code, cell, counts, way, err));
    return STATUS_OK;
}

// q: HUB_TALLY_B_WALK.
static enum status move_row(struct db *db, struct stmt *q, const struct unit_tree *before,
                            const struct unit_tree *after, struct err *err)
{
    const struct tally_cell cell = {.unit = stmt_text(q, 0),
                                    .area = stmt_text(q, 2),
                                    .item = stmt_text(q, 3),
                                    .form = stmt_text(q, 4),
                                    .day = (int32_t)stmt_int(q, 5)};
    const struct lineage old = lineage_of(before, cell.unit, cell.day);
    const struct lineage new = lineage_of(after, cell.unit, cell.day);
    struct tally_counts counts;
    for (int i = 0; i < FORM_LEVELS; i++)
        counts.n[i] = stmt_int(q, 6 + i);
    TRY(move(db, &cell, &counts, &old, &new, TALLY_TAKE, err));
    return move(db, &cell, &counts, &new, &old, TALLY_ADD, err);
}

enum status retree(struct db *db, const struct unit_tree *before, const struct unit_tree *after,
                   struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(check_places(db, HUB_RESPONSE_PLACES, after, err));
    TRY(check_places(db, HUB_TALLY_B_PLACES, after, err));
    TRY(stmt_use(db, HUB_TALLY_B_WALK, &q, err));
    for (;;) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(move_row(db, q, before, after, err));
    }
}
