// SPDX-License-Identifier: MIT
// Units as a tree with dates: codes get reused, so a unit is a code and a day.
#ifndef HAILONG_UNIT_H
#define HAILONG_UNIT_H

#include "json.h"

enum { UNIT_CODE_CHARS = 8, UNIT_DEPTH_MAX = 6, UNIT_PREDECESSOR_MAX = 12 };

struct unit {
    char code[UNIT_CODE_CHARS + 1];   // "05533", "19", "VN"
    char parent[UNIT_CODE_CHARS + 1]; // "" for the root
    const char *name;                 // owned by the tree
    const char *kind; // "phường", "xã", "đặc khu", "tỉnh", "thành phố", "quốc gia" …
    int32_t valid_from, valid_to; // days (clock.h), half-open; valid_to INT32_MAX: in force
    // codes of the units it came from, as they were on the day before valid_from
    char predecessors[UNIT_PREDECESSOR_MAX][UNIT_CODE_CHARS + 1];
    size_t predecessor_count;
};

struct unit_tree;
// From the setup's "units" array ({code,name,kind,parent,valid_from,valid_to,predecessors}). Dates
// are written as the first and the last day in force (2025-06-30: gone on 2025-07-01); no
// valid_from is 1970-01-01, no valid_to is "in force". Refused: two units with one code on one
// day, a parent or predecessor that was not there on its day, a circle.
enum status unit_tree_of_json(const json_t *units, struct unit_tree **ret_tree,
                              struct err *err) MUST_USE;
// From a CSV of the columns code,name,kind,parent,valid_from,valid_to, by the same rules.
enum status unit_tree_of_csv(const char *text, size_t size_bytes, struct unit_tree **ret_tree,
                             struct err *err) MUST_USE;
void unit_tree_free(struct unit_tree *tree);
AUTO_POINTER(struct unit_tree, unit_tree_free)
size_t unit_count(const struct unit_tree *tree);
const struct unit *unit_at_index(const struct unit_tree *tree, size_t index);
// The unit that bore the code on that day, or NULL.
const struct unit *unit_find(const struct unit_tree *tree, const char *code, int32_t day);
// The newest unit with that code, or NULL.
const struct unit *unit_newest(const struct unit_tree *tree, const char *code);
// The unit itself and its ancestors of that day, nearest first. Returns how many (0: unknown).
size_t unit_lineage(const struct unit_tree *tree, const char *code, int32_t day,
                    const struct unit *ret_units[UNIT_DEPTH_MAX]);
// True when `code` was `ancestor` or below it on that day.
bool unit_is_below(const struct unit_tree *tree, const char *code, const char *ancestor,
                   int32_t day);

#endif
