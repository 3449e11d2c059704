// SPDX-License-Identifier: MIT
// Writes a report's model as CSV.
#include <stdio.h>

#include "csv.h"
#include "report.h"

// Percentage, target, verdict, by_plan and the five levels.
enum { NUMBER_BYTES = 24, NAME_LIMIT_BYTES = 64, COLUMNS_EMPTY = 9 };

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
    csv_add(out, false,
            json_bool_or(model, "witness", false) ? json_text_or(model, "witness_time", "")
                                                  : "chưa có nhân chứng bên ngoài");
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

// What is left out or uncertain: a number of answers or responses, and no figure.
static void csv_count(struct buf *out, const char *kind, const char *name, const json_t *model,
                      int64_t count)
{
    if (count == 0)
        return;
    csv_add(out, true, kind);
    csv_add(out, false, "");
    csv_add(out, false, name);
    csv_add(out, false, "");
    csv_add_int(out, false, count);
    for (int i = 0; i < COLUMNS_EMPTY; i++)
        csv_add(out, false, "");
    csv_origin(out, model);
    csv_end(out);
}

static enum status csv_left_out(struct buf *out, const json_t *model, struct err *err)
{
    size_t index = 0;
    const json_t *range = NULL;
    csv_count(out, "flagged", "Có dấu hiệu bất thường, không tính vào kết quả chính", model,
              json_int_or(model, "flagged_count", 0));
    csv_count(out, "void", "Đã hủy, không tính vào kết quả chính", model,
              json_int_or(model, "voided", 0));
    json_array_foreach(json_object_get(model, "time_ranges"), index, range)
    {
        AUTO(buf_done) struct buf name;
        buf_init(&name, NAME_LIMIT_BYTES);
        buf_add_text(&name, json_text_or(range, "first", ""));
        buf_add_text(&name, " – ");
        buf_add_text(&name, json_text_or(range, "last", ""));
        TRY(buf_check(&name, err));
        csv_count(out, "time_range", buf_text(&name), model, json_int_or(range, "count", 0));
    }
    return STATUS_OK;
}

enum status report_csv(const json_t *model, struct buf *out, struct err *err)
{
    static const char *const header[] = {"kind",    "code",   "name",    "satisfied", "answered",
                                         "percent", "target", "verdict", "by_plan",   "n1",
                                         "n2",      "n3",     "n4",      "n5",        "unit",
                                         "from",    "to",     "mark",    "witness"};
    size_t index = 0;
    const json_t *row = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(header); i++)
        csv_add(out, i == 0, header[i]);
    csv_end(out);
    json_array_foreach(json_object_get(model, "groups"), index, row)
        csv_row(out, "group", model, row);
    json_array_foreach(json_object_get(model, "areas"), index, row)
        csv_row(out, "area", model, row);
    TRY(csv_left_out(out, model, err));
    return buf_check(out, err);
}
