// SPDX-License-Identifier: MIT
// Taking one entry of a kiosk's lane: against the lane so far and this hub's setup, into ledger
// and figures, inside the caller's transaction.
#ifndef HAILONG_TAKING_H
#define HAILONG_TAKING_H

#include "hub.h"
#include "ledger.h"
#include "quickline.h"

struct taking {
    struct db *db;
    const struct hub *hub;
    struct ledger_head head;
    char enrolled_unit[RESPONSE_UNIT_CHARS + 1]; // "" by hand
    struct quickline_memory quick;
};

// The entry, without json when it is a plain response, must be the next of the lane.
// STATUS_BAD_INPUT, STATUS_DENIED or STATUS_CONFLICT: the text says why; what was done before that
// is for the caller to undo.
enum status taking_entry(struct taking *taking, const struct entry *entry, const char *line,
                         size_t size_bytes, struct err *err) MUST_USE;

#endif
