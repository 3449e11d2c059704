// SPDX-License-Identifier: MIT
// Moves counts in the tables A, B and C and reads their sums.
#include "tally.h"

#include "hub_sql.h"
#include "period.h"
#include "stmt.h"
#include "tallybatch.h"

struct tally_counts tally_of_level(int level)
{
    struct tally_counts counts = {.n = {0}};
    counts.n[level - 1] = 1;
    return counts;
}

static void bind_counts(struct stmt *q, int parameter, const struct tally_counts *counts)
{
    for (int i = 0; i < FORM_LEVELS; i++)
        stmt_bind_int(q, parameter + i, counts->n[i]);
}

static enum status run(struct stmt *q, enum tally_way way, struct err *err)
{
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    if (way == TALLY_TAKE && changes != 1)
        return BUG(err, "a tally was to give back what it does not hold");
    return STATUS_OK;
}

enum status tally_move_a(struct db *db, const char *unit, const struct tally_cell *cell,
                         const struct tally_counts *counts, enum tally_way way, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, way == TALLY_ADD ? HUB_TALLY_A_ADD : HUB_TALLY_A_TAKE, &q, err));
    stmt_bind_text(q, 1, unit);
    stmt_bind_text(q, 2, cell->area);
    stmt_bind_text(q, 3, cell->item);
    stmt_bind_text(q, 4, cell->form);
    stmt_bind_int(q, 5, period_half(cell->day));
    bind_counts(q, 6, counts);
    return run(q, way, err);
}

static enum status move_b(struct db *db, const struct tally_cell *cell,
                          const struct tally_counts *counts, enum tally_way way, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, way == TALLY_ADD ? HUB_TALLY_B_ADD : HUB_TALLY_B_TAKE, &q, err));
    stmt_bind_text(q, 1, cell->unit);
    stmt_bind_text(q, 2, cell->counter);
    stmt_bind_text(q, 3, cell->area);
    stmt_bind_text(q, 4, cell->item);
    stmt_bind_text(q, 5, cell->form);
    stmt_bind_int(q, 6, cell->day);
    bind_counts(q, 7, counts);
    return run(q, way, err);
}

static enum status move_c(struct db *db, const struct tally_cell *cell,
                          const struct tally_counts *counts, enum tally_way way, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, way == TALLY_ADD ? HUB_TALLY_C_ADD : HUB_TALLY_C_TAKE, &q, err));
    stmt_bind_text(q, 1, cell->unit);
    stmt_bind_text(q, 2, cell->area);
    stmt_bind_text(q, 3, cell->item);
    stmt_bind_text(q, 4, cell->form);
    stmt_bind_int(q, 5, period_half(cell->day));
    stmt_bind_text(q, 6, response_channel_name(cell->channel));
    stmt_bind_text(q, 7, response_step_name(cell->step));
    stmt_bind_int(q, 8, cell->linked);
    stmt_bind_int(q, 9, cell->flagged);
    bind_counts(q, 10, counts);
    return run(q, way, err);
}

enum status tally_move(struct db *db, const struct unit_tree *units, const struct tally_cell *cell,
                       const struct tally_counts *counts, enum tally_way way, struct err *err)
{
    struct tallybatch *batch = db_kept(db);
    if (batch != NULL)
        return tallybatch_move(batch, cell, counts, way, err);
    const struct unit *lineage[UNIT_DEPTH_MAX]; // IND-13
    size_t depth = unit_lineage(units, cell->unit, cell->day, lineage);
    if (depth == 0)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code on that day");
    TRY(move_c(db, cell, counts, way, err));
    if (cell->flagged || !response_channel_headline(cell->channel))
        return STATUS_OK;
    TRY(move_b(db, cell, counts, way, err));
    for (size_t i = 0; i < depth; i++)
        TRY(tally_move_a(db, lineage[i]->code, cell, counts, way, err));
    return STATUS_OK;
}

// Columns: area, item, form, [channel, linked, flagged,] n1…n5.
static enum status read_rows(struct stmt *q, bool channels, tally_row_fn each, void *context,
                             struct err *err)
{
    bool found = false;
    for (;;) {
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        int first = channels ? 6 : 3;
        struct tally_row row = {
            .area = stmt_text(q, 0),
            .item = stmt_text(q, 1),
            .form = stmt_text(q, 2),
            .channel = channels ? stmt_text(q, 3) : "",
            .linked = channels && stmt_int(q, 4) != 0,
            .flagged = channels && stmt_int(q, 5) != 0,
        };
        for (int i = 0; i < FORM_LEVELS; i++)
            row.counts.n[i] = stmt_int(q, first + i);
        each(context, &row);
    }
}

static enum status read_table(struct db *db, int statement, const char *unit, int32_t from,
                              int32_t to, tally_row_fn each, void *context, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, statement, &q, err));
    stmt_bind_text(q, 1, unit);
    stmt_bind_int(q, 2, from);
    stmt_bind_int(q, 3, to);
    return read_rows(q, statement == HUB_TALLY_C_READ, each, context, err);
}

enum status tally_read_a(struct db *db, const char *unit, int32_t from, int32_t to,
                         tally_row_fn each, void *context, struct err *err)
{
    return read_table(db, HUB_TALLY_A_READ, unit, from, to, each, context, err);
}

enum status tally_read_b(struct db *db, const char *unit, int32_t from, int32_t to,
                         tally_row_fn each, void *context, struct err *err)
{
    return read_table(db, HUB_TALLY_B_READ, unit, from, to, each, context, err);
}

enum status tally_read_c(struct db *db, const char *unit, int32_t from, int32_t to,
                         tally_row_fn each, void *context, struct err *err)
{
    return read_table(db, HUB_TALLY_C_READ, unit, from, to, each, context, err);
}
