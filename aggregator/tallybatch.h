// SPDX-License-Identifier: MIT
// Gathers what a push moves in the tallies and writes each cell once: thousands of answers of one
// push belong to a few cells. While a batch is open on a connection, tally_move fills it.
#ifndef HAILONG_TALLYBATCH_H
#define HAILONG_TALLYBATCH_H

#include "tally.h"

struct tallybatch;
// Only one per connection at a time.
enum status tallybatch_open(struct db *db, const struct unit_tree *units,
                            struct tallybatch **ret_batch, struct err *err) MUST_USE;
// Writes everything, inside the transaction in which it was gathered; the batch is empty and closed
// for further moves afterwards.
enum status tallybatch_flush(struct tallybatch *batch, struct err *err) MUST_USE;
// Forgets what was not flushed (the transaction was undone).
void tallybatch_close(struct tallybatch *batch);
AUTO_POINTER(struct tallybatch, tallybatch_close)
// For tally_move: as that, into the batch.
enum status tallybatch_move(struct tallybatch *batch, const struct tally_cell *cell,
                            const struct tally_counts *counts, enum tally_way way,
                            struct err *err) MUST_USE;

#endif
