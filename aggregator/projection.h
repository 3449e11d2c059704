// SPDX-License-Identifier: MIT
// What entries mean for figures: responses, details and imports become rows and counts, in the
// transaction that takes the entry. Everything here can be rebuilt from the ledger.
#ifndef HAILONG_PROJECTION_H
#define HAILONG_PROJECTION_H

#include "tally.h"

// The document of an `import` entry; a larger file is several documents.
enum { PROJECTION_IMPORT_LIMIT_BYTES = 4 * 1024 * 1024 };

// A new response: its row and its answers. STATUS_BAD_INPUT: unknown unit.
enum status projection_response(struct db *db, const struct unit_tree *units,
                                const struct response *response, struct err *err) MUST_USE;
// A detail: an answer to an item that has one replaces it (the last one counts), another adds to
// it. STATUS_BAD_INPUT when its response is not there, or its form does not ask the item.
enum status projection_detail(struct db *db, const struct unit_tree *units,
                              const struct response *detail, struct err *err) MUST_USE;
// The whole document of an import (docs/JOURNAL.md) and the id of its entries: its counts, and the
// row by which the same file is known again.
enum status projection_import(struct db *db, const struct unit_tree *units,
                              const uint8_t id[ENTRY_ID_BYTES], const char *text, size_t size_bytes,
                              struct err *err) MUST_USE;
// Form (id) that paper counts of a file belong to: "mot-cau" when it asks `overall` only.
const char *projection_paper_form(bool overall_only);

#endif
