// SPDX-License-Identifier: MIT
// The three tables of counts: A (a unit and its ancestors by half-month), B (own unit, counter,
// day), C (own unit, half-month, by channel). A and B hold the headline only: its channels
// (IND-01) and nothing flagged; C holds everything.
#ifndef HAILONG_TALLY_H
#define HAILONG_TALLY_H

#include "db.h"
#include "response.h"
#include "unit.h"

struct tally_counts {
    int64_t n[FORM_LEVELS]; // n[0] answers of level 1, the worst
};

// Where an answer is counted. Strings are borrowed.
struct tally_cell {
    const char *unit, *counter, *area, *item;
    const char *form; // id without version
    int32_t day;
    enum response_channel channel;
    enum response_step step;
    bool linked, flagged;
};

enum tally_way { TALLY_ADD, TALLY_TAKE };

// Adds the counts to every cell that the answer belongs to, or takes them away again.
// STATUS_BAD_INPUT when the unit is not in the tree on that day. Taking what was never added is
// a BUG.
enum status tally_move(struct db *db, const struct unit_tree *units, const struct tally_cell *cell,
                       const struct tally_counts *counts, enum tally_way way,
                       struct err *err) MUST_USE;
// In table A of one unit of the lineage only: for whoever changes lineages (retree.h).
enum status tally_move_a(struct db *db, const char *unit, const struct tally_cell *cell,
                         const struct tally_counts *counts, enum tally_way way,
                         struct err *err) MUST_USE;
// The counts of one answer of that level, 1…5.
struct tally_counts tally_of_level(int level);

// A sum over cells as read back; text is borrowed for the call.
struct tally_row {
    const char *area, *item, *form;
    const char *channel; // "" where the table does not tell channels apart (A, B)
    bool linked, flagged;
    struct tally_counts counts;
};
typedef void (*tally_row_fn)(void *context, const struct tally_row *row);
// Reads the sums of one unit; `from` and `to` are half-open half-months (A, C) or days (B).
enum status tally_read_a(struct db *db, const char *unit, int32_t from, int32_t to,
                         tally_row_fn each, void *context, struct err *err) MUST_USE;
enum status tally_read_b(struct db *db, const char *unit, int32_t from, int32_t to,
                         tally_row_fn each, void *context, struct err *err) MUST_USE;
enum status tally_read_c(struct db *db, const char *unit, int32_t from, int32_t to,
                         tally_row_fn each, void *context, struct err *err) MUST_USE;

#endif
