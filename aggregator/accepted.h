// SPDX-License-Identifier: MIT
// The responses that count from the tail of a left lane, once two people have accepted it: what an
// `import` document of kind "quarantine" does. It can be rebuilt from the ledger.
#ifndef HAILONG_ACCEPTED_H
#define HAILONG_ACCEPTED_H

#include "projection.h"

// {"kind":"quarantine","lane":…,"by":[…],"lines":[…]}: its responses, their details, flags and set
// clocks. STATUS_BAD_INPUT names what does not fit.
enum status accepted_import(struct db *db, const struct unit_tree *units, const json_t *document,
                            struct err *err) MUST_USE;
// Whether a response counts by such a document.
enum status accepted_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES], bool *ret_found,
                          struct err *err) MUST_USE;

#endif
