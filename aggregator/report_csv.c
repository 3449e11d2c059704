// SPDX-License-Identifier: MIT
// Writes a report's model as CSV.
#include <stdio.h>

#include "csv.h"
#include "report.h"

enum { NUMBER_BYTES = 24 };

static void csv_number(struct buf *out, const json_t *value)
{
    char text[NUMBER_BYTES] = "";
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, sizeof text, "%.2f", json_real_value(value));
    csv_add(out, false, text);
}

// A row is copied out of its file: what the file is about goes with it.
static void csv_origin(struct buf *out, const json_t *model)
{
    static const char *const marks[] = {"", "CHẠY THỬ", "DỮ LIỆU MẪU", "CHẠY THỬ; DỮ LIỆU MẪU"};
    const json_t *period = json_object_get(model, "period");
    size_t mark = (json_bool_or(model, "trial", false) ? 1U : 0U) +
                  (json_bool_or(model, "sample", false) ? 2U : 0U);
    csv_add(out, false, json_text_or(json_object_get(model, "unit"), "code", ""));
    csv_add(out, false, json_text_or(period, "from", ""));
    csv_add(out, false, json_text_or(period, "to", ""));
    csv_add(out, false, marks[mark]);
}

static void csv_row(struct buf *out, const char *kind, const json_t *model, const json_t *row)
{
    static const char *const counts[] = {"satisfied", "answered"};
    csv_add(out, true, kind);
    csv_add(out, false, json_text_or(row, "code", ""));
    csv_add(out, false, json_text_or(row, "name", ""));
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        csv_add_int(out, false, json_int_or(row, counts[i], 0));
    csv_add(out, false, json_text_or(row, "percent", ""));
    csv_number(out, json_object_get(row, "target"));
    csv_add(out, false, json_text_or(row, "verdict", ""));
    csv_add(out, false, json_text_or(row, "by_plan", ""));
    for (size_t i = 0; i < FORM_LEVELS; i++)
        csv_add_int(out, false,
                    json_integer_value(json_array_get(json_object_get(row, "levels"), i)));
    csv_origin(out, model);
    csv_end(out);
}

enum status report_csv(const json_t *model, struct buf *out, struct err *err)
{
    static const char *const header[] = {
        "kind", "code", "name", "satisfied", "answered", "percent", "target", "verdict", "by_plan",
        "n1",   "n2",   "n3",   "n4",        "n5",       "unit",    "from",   "to",      "mark"};
    size_t index = 0;
    const json_t *row = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(header); i++)
        csv_add(out, i == 0, header[i]);
    csv_end(out);
    json_array_foreach(json_object_get(model, "groups"), index, row)
        csv_row(out, "group", model, row);
    json_array_foreach(json_object_get(model, "areas"), index, row)
        csv_row(out, "area", model, row);
    return buf_check(out, err);
}
