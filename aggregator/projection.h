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
// What was said of a response afterwards.
enum projection_ruling { PROJECTION_UNRULED, PROJECTION_FLAGGED, PROJECTION_CLEARED };
struct projection_standing {
    uint32_t hour; // in which it counts
    bool flagged;  // by its kiosk's rules
    enum projection_ruling ruling;
    bool voided;
};
// *ret_found is false when there is no such response; `ret_unit` may be NULL.
enum status projection_standing_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                     struct projection_standing *ret_standing,
                                     char ret_unit[RESPONSE_UNIT_CHARS + 1], bool *ret_found,
                                     struct err *err) MUST_USE;
// Moves its answers from the cells where they stand to those where they belong now: a void one is
// in none, a flagged one only in tally C. STATUS_BAD_INPUT: its unit is not there on that day.
enum status projection_stand(struct db *db, const struct unit_tree *units,
                             const uint8_t id[ENTRY_ID_BYTES],
                             const struct projection_standing *standing, struct err *err) MUST_USE;
// The whole document of an import (docs/JOURNAL.md) and the id of its entries: its counts, and the
// row by which the same file is known again.
enum status projection_import(struct db *db, const struct unit_tree *units,
                              const uint8_t id[ENTRY_ID_BYTES], const char *text, size_t size_bytes,
                              struct err *err) MUST_USE;
// Form (id) that paper counts of a file belong to: "mot-cau" when it asks `overall` only.
const char *projection_paper_form(bool overall_only);

#endif
