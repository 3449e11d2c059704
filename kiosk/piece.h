// SPDX-License-Identifier: MIT
// Pieces of the journal on their way to the hub: lines with the signed head at exactly their end.
#ifndef HAILONG_PIECE_H
#define HAILONG_PIECE_H

#include "kiosk.h"

enum {
    // Small enough for a slow uplink within the client's time-out; what a broken connection costs
    // is half of one on average.
    PIECE_FIRST_BYTES = 128 * 1024,
    PIECE_LEAST_BYTES = 16 * 1024,
    PIECE_MOST_BYTES = 1024 * 1024,
};

// Goes over the lines from tree->size to `size` and adds their leaves. *ret_news (may be NULL) is
// set when one of them is no `ack`, else left alone. STATUS_CHECK_FAILED when a line is missing.
enum status piece_walk(struct db *db, struct merkle *tree, uint64_t size, bool *ret_news,
                       struct err *err) MUST_USE;
// Appends lines from tree->size on, at most to `end` and about `limit_bytes` (one line at least,
// when there is one), and moves the tree to their end; then the signed head and the lane's key.
enum status piece_collect(const struct kiosk *kiosk, struct db *db, struct merkle *tree,
                          uint64_t end, size_t limit_bytes, struct buf *body, bool *ret_news,
                          struct err *err) MUST_USE;

#endif
