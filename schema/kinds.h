// SPDX-License-Identifier: MIT
// Which keys an entry of each kind has, and what they may say (docs/JOURNAL.md): one table.
// Responses, details and documents in pieces have readers of their own.
#ifndef HAILONG_KINDS_H
#define HAILONG_KINDS_H

#include "entry.h"

enum {
    KINDS_OF_MAX = 64,      // ids that one flag or void names: they fit one entry
    KINDS_COUNTS_MAX = 500, // rows of an hour's counts
    KINDS_BY_MAX = 4,       // people
    KINDS_NAME_CHARS = 64,  // of a person
    KINDS_REASON_CHARS = 400,
    KINDS_LEVELS_LEAST = 10, // answers behind published levels
};

// `what` names the entry in errors. STATUS_BAD_INPUT: a key too many or missing, or a wrong value.
enum status kinds_check(const struct entry *entry, const char *what, struct err *err) MUST_USE;

#endif
