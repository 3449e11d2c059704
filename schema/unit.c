// SPDX-License-Identifier: MIT
// The dated tree of units: read from JSON or CSV, checked, looked up by code and day.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "csv.h"
#include "field.h"
#include "text.h"

enum {
    UNIT_MAX = 200000,    // every unit of the country with all its earlier forms, ten times over
    UNIT_FIRST_DAY = 0,   // no valid_from: since the first day that clock.h counts
    UNIT_KIND_BYTES = 40, // "đặc khu" has 10
};

struct unit_tree {
    struct unit *units; // in the order of the source
    size_t count, capacity;
    const struct unit **sorted; // by code, then by valid_from
};

void unit_tree_free(struct unit_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        free((char *)(uintptr_t)tree->units[i].name);
        free((char *)(uintptr_t)tree->units[i].kind);
    }
    free(tree->units);
    free(tree->sorted);
    free(tree);
}

// What a row of either source says, still as text.
struct row {
    const char *code, *name, *kind, *parent, *valid_from, *valid_to;
    const json_t *predecessors; // NULL in a CSV
    char where[32];             // "units[3]", "line 4"
};

static enum status row_text(const struct row *row, const char *key, const char *text,
                            size_t limit_bytes, struct err *err)
{
    size_t size_bytes = strlen(text);
    if (size_bytes == 0 || size_bytes > limit_bytes || !text_is_clean(text, size_bytes, false))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be one line of text, 1 to %zu bytes",
                       row->where, key, limit_bytes);
    return STATUS_OK;
}

static enum status row_code(const struct row *row, const char *key, const char *text,
                            char ret_code[UNIT_CODE_CHARS + 1], struct err *err)
{
    if (!text_is_code(text, UNIT_CODE_CHARS))
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"%s\" must be a unit code, 1 to %d of A-Z, 0-9 and '-'", row->where,
                       key, UNIT_CODE_CHARS);
    memcpy(ret_code, text, strlen(text) + 1);
    return STATUS_OK;
}

static enum status row_day(const struct row *row, const char *key, const char *text,
                           int32_t fallback, int32_t add_days, int32_t *ret_day, struct err *err)
{
    int32_t day = fallback;
    if (text[0] != '\0') {
        if (clock_parse_day(text, &day, NULL) != STATUS_OK)
            return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be a day as 2025-07-01",
                           row->where, key);
        day += add_days;
    }
    *ret_day = day;
    return STATUS_OK;
}

static enum status row_predecessors(const struct row *row, struct unit *unit, struct err *err)
{
    size_t count = json_array_size(row->predecessors);
    if (row->predecessors != NULL &&
        (!json_is_array(row->predecessors) || count > UNIT_PREDECESSOR_MAX))
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"predecessors\" must be a list of at most %d unit codes", row->where,
                       UNIT_PREDECESSOR_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *code = json_string_value(json_array_get(row->predecessors, i));
        TRY(row_code(row, "predecessors", code != NULL ? code : "", unit->predecessors[i], err));
    }
    unit->predecessor_count = count;
    return STATUS_OK;
}

static enum status make_room(struct unit_tree *tree, struct err *err)
{
    if (tree->count < tree->capacity)
        return STATUS_OK;
    if (tree->count >= UNIT_MAX)
        return err_set(err, STATUS_TOO_LARGE, "more than %d units", UNIT_MAX);
    size_t capacity = tree->capacity == 0 ? 64 : tree->capacity * 2;
    struct unit *grown = realloc(tree->units, capacity * sizeof *grown);
    if (grown == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the units");
    tree->units = grown;
    tree->capacity = capacity;
    return STATUS_OK;
}

static enum status add_row(struct unit_tree *tree, const struct row *row, struct err *err)
{
    struct unit unit = {.parent = ""};
    TRY(row_code(row, "code", row->code, unit.code, err));
    TRY(row_text(row, "name", row->name, FIELD_LINE_BYTES, err));
    TRY(row_text(row, "kind", row->kind, UNIT_KIND_BYTES, err));
    if (row->parent[0] != '\0')
        TRY(row_code(row, "parent", row->parent, unit.parent, err));
    TRY(row_day(row, "valid_from", row->valid_from, UNIT_FIRST_DAY, 0, &unit.valid_from, err));
    TRY(row_day(row, "valid_to", row->valid_to, INT32_MAX, 1, &unit.valid_to, err));
    if (unit.valid_from >= unit.valid_to)
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"valid_to\" is the last day in force and must not lie before "
                       "\"valid_from\"",
                       row->where);
    TRY(row_predecessors(row, &unit, err));
    TRY(make_room(tree, err));
    unit.name = strdup(row->name);
    unit.kind = strdup(row->kind);
    tree->units[tree->count++] = unit;
    if (unit.name == NULL || unit.kind == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the units");
    return STATUS_OK;
}

static int compare_units(const void *left, const void *right)
{
    const struct unit *const *a = left, *const *b = right;
    int codes = strcmp((*a)->code, (*b)->code);
    if (codes != 0)
        return codes;
    return ((*a)->valid_from > (*b)->valid_from) - ((*a)->valid_from < (*b)->valid_from);
}

static enum status sort_units(struct unit_tree *tree, struct err *err)
{
    if (tree->count == 0)
        return err_set(err, STATUS_BAD_INPUT, "there must be at least one unit");
    tree->sorted = malloc(tree->count * sizeof(struct unit *));
    if (tree->sorted == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the units");
    for (size_t i = 0; i < tree->count; i++)
        tree->sorted[i] = &tree->units[i];
    qsort(tree->sorted, tree->count, sizeof(struct unit *), compare_units);
    for (size_t i = 1; i < tree->count; i++) {
        const struct unit *before = tree->sorted[i - 1], *unit = tree->sorted[i];
        if (strcmp(before->code, unit->code) == 0 && unit->valid_from < before->valid_to)
            return err_set(err, STATUS_BAD_INPUT,
                           "units[%zu] and units[%zu] bear one code on one day; end the earlier "
                           "one before the later begins",
                           (size_t)(before - tree->units), (size_t)(unit - tree->units));
    }
    return STATUS_OK;
}

static bool reaches_root(const struct unit_tree *tree, const struct unit *unit, int32_t day)
{
    const struct unit *lineage[UNIT_DEPTH_MAX];
    size_t count = unit_lineage(tree, unit->code, day, lineage);
    return count > 0 && lineage[count - 1]->parent[0] == '\0';
}

static enum status check_unit(const struct unit_tree *tree, const struct unit *unit,
                              struct err *err)
{
    size_t index = (size_t)(unit - tree->units);
    // Both ends: a parent may have been replaced meanwhile, under the same code.
    if (!reaches_root(tree, unit, unit->valid_from) ||
        !reaches_root(tree, unit, unit->valid_to - 1))
        return err_set(err, STATUS_BAD_INPUT,
                       "units[%zu]: its parents must be units of the same days and end, within %d "
                       "steps, at one without a parent",
                       index, UNIT_DEPTH_MAX);
    for (size_t i = 0; i < unit->predecessor_count; i++)
        if (unit_find(tree, unit->predecessors[i], unit->valid_from - 1) == NULL)
            return err_set(err, STATUS_BAD_INPUT,
                           "units[%zu]: predecessors[%zu] was no unit on the day before "
                           "\"valid_from\"",
                           index, i);
    return STATUS_OK;
}

static enum status finish(struct unit_tree *tree, struct err *err)
{
    TRY(sort_units(tree, err));
    for (size_t i = 0; i < tree->count; i++)
        TRY(check_unit(tree, &tree->units[i], err));
    return STATUS_OK;
}

static enum status add_json(struct unit_tree *tree, const json_t *object, size_t index,
                            struct err *err)
{
    static const char *const keys[] = {"code",       "name",     "kind",         "parent",
                                       "valid_from", "valid_to", "predecessors", NULL};
    struct row row = {.predecessors = json_object_get(object, "predecessors")};
    field_at("units", index, row.where, sizeof row.where);
    if (!json_is_object(object))
        return err_set(err, STATUS_BAD_INPUT, "%s must be an object", row.where);
    TRY(json_only(object, row.where, keys, err));
    TRY(json_text(object, "code", row.where, &row.code, err));
    TRY(json_text(object, "name", row.where, &row.name, err));
    TRY(json_text(object, "kind", row.where, &row.kind, err));
    TRY(field_line_or(object, "parent", row.where, &row.parent, err));
    TRY(field_line_or(object, "valid_from", row.where, &row.valid_from, err));
    TRY(field_line_or(object, "valid_to", row.where, &row.valid_to, err));
    return add_row(tree, &row, err);
}

static enum status new_tree(struct unit_tree **ret_tree, struct err *err)
{
    *ret_tree = calloc(1, sizeof **ret_tree);
    if (*ret_tree == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the units");
    return STATUS_OK;
}

enum status unit_tree_of_json(const json_t *units, struct unit_tree **ret_tree, struct err *err)
{
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    if (!json_is_array(units))
        return err_set(err, STATUS_BAD_INPUT, "\"units\" must be a list of units");
    TRY(new_tree(&tree, err));
    for (size_t i = 0; i < json_array_size(units); i++)
        TRY(add_json(tree, json_array_get(units, i), i, err));
    TRY(finish(tree, err));
    *ret_tree = tree;
    tree = NULL;
    return STATUS_OK;
}

enum { COLUMN_COUNT = 6 };

static enum status find_columns(const struct csv *csv, int ret_columns[COLUMN_COUNT],
                                struct err *err)
{
    static const char *const names[COLUMN_COUNT] = {"code",   "name",       "kind",
                                                    "parent", "valid_from", "valid_to"};
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        ret_columns[i] = csv_column(csv, names[i]);
        if (ret_columns[i] < 0)
            return err_set(err, STATUS_BAD_INPUT, "the units' table needs a column \"%s\"",
                           names[i]);
    }
    return STATUS_OK;
}

static const char *cell(const struct csv *csv, int column)
{
    return (size_t)column < csv->cell_count ? csv->cells[column] : "";
}

static enum status add_csv(struct unit_tree *tree, const struct csv *csv,
                           const int columns[COLUMN_COUNT], struct err *err)
{
    struct row row = {
        .code = cell(csv, columns[0]),
        .name = cell(csv, columns[1]),
        .kind = cell(csv, columns[2]),
        .parent = cell(csv, columns[3]),
        .valid_from = cell(csv, columns[4]),
        .valid_to = cell(csv, columns[5]),
    };
    snprintf(row.where, sizeof row.where, "line %lld", (long long)csv->line);
    return add_row(tree, &row, err);
}

enum status unit_tree_of_csv(const char *text, size_t size_bytes, struct unit_tree **ret_tree,
                             struct err *err)
{
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    AUTO(csv_close) struct csv csv = {.text = NULL};
    int columns[COLUMN_COUNT];
    TRY(csv_open(&csv, text, size_bytes, err));
    TRY(find_columns(&csv, columns, err));
    TRY(new_tree(&tree, err));
    for (;;) {
        bool row = false;
        TRY(csv_next(&csv, &row, err));
        if (!row)
            break;
        TRY(add_csv(tree, &csv, columns, err));
    }
    TRY(finish(tree, err));
    *ret_tree = tree;
    tree = NULL;
    return STATUS_OK;
}

size_t unit_count(const struct unit_tree *tree)
{
    return tree->count;
}

const struct unit *unit_at_index(const struct unit_tree *tree, size_t index)
{
    return index < tree->count ? &tree->units[index] : NULL;
}

// The last unit with that code that began by that day, whether it is still in force or not.
static const struct unit *last_begun(const struct unit_tree *tree, const char *code, int32_t day)
{
    size_t low = 0, high = tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct unit *unit = tree->sorted[middle];
        int codes = strcmp(unit->code, code);
        if (codes < 0 || (codes == 0 && unit->valid_from <= day))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || strcmp(tree->sorted[low - 1]->code, code) != 0)
        return NULL;
    return tree->sorted[low - 1];
}

const struct unit *unit_find(const struct unit_tree *tree, const char *code, int32_t day)
{
    const struct unit *unit = last_begun(tree, code, day);
    return unit != NULL && day < unit->valid_to ? unit : NULL;
}

const struct unit *unit_newest(const struct unit_tree *tree, const char *code)
{
    return last_begun(tree, code, INT32_MAX);
}

size_t unit_lineage(const struct unit_tree *tree, const char *code, int32_t day,
                    const struct unit *ret_units[UNIT_DEPTH_MAX])
{
    size_t count = 0;
    const struct unit *unit = unit_find(tree, code, day);
    while (unit != NULL && count < UNIT_DEPTH_MAX) {
        ret_units[count++] = unit;
        unit = unit_find(tree, unit->parent, day);
    }
    return count;
}

bool unit_is_below(const struct unit_tree *tree, const char *code, const char *ancestor,
                   int32_t day)
{
    const struct unit *lineage[UNIT_DEPTH_MAX];
    size_t count = unit_lineage(tree, code, day, lineage);
    for (size_t i = 0; i < count; i++)
        if (strcmp(lineage[i]->code, ancestor) == 0)
            return true;
    return false;
}
