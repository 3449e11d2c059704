// SPDX-License-Identifier: MIT
// Rows of a paper file whose cells an earlier file has brought already that was taken in part.
#ifndef HAILONG_PAPER_AGAIN_H
#define HAILONG_PAPER_AGAIN_H

#include "paper.h"

// Sets `again` of each such row and counts them in paper->again_count. A cell is unit, day, area,
// item and level; files that were taken whole are not looked at.
enum status paper_again_mark(struct db *db, struct paper *paper, struct err *err) MUST_USE;

#endif
