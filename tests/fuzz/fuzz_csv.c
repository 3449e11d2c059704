// SPDX-License-Identifier: MIT
// Property: rows that csv_next gives have at most CSV_COLUMN_MAX cells, rising line numbers, and
// written back with csv_add they read as the same cells, a formula's apostrophe aside.
#include <stdlib.h>
#include <string.h>

#include "csv.h"

// Whether `again` is the cell as csv_add wrote it.
static bool same(const char *cell, const char *again)
{
    return strcmp(cell, again) == 0 || (again[0] == '\'' && strcmp(cell, again + 1) == 0);
}

static void check_row(const struct csv *csv)
{
    struct buf out;
    struct csv again;
    struct err err;
    // a header of one cell gives ',' as the separator; an empty row would be skipped
    buf_init(&out, 1 << 20);
    buf_add_text(&out, "a,b\r\n");
    csv_add(&out, true, "first");
    for (size_t i = 0; i < csv->cell_count && i < CSV_COLUMN_MAX - 1; i++)
        csv_add(&out, false, csv->cells[i]);
    csv_end(&out);
    bool row = false;
    if (csv_open(&again, out.data, out.size_bytes, &err) != STATUS_OK ||
        csv_next(&again, &row, &err) != STATUS_OK || !row)
        abort();
    for (size_t i = 1; i < again.cell_count; i++)
        if (!same(csv->cells[i - 1], again.cells[i]))
            abort();
    csv_close(&again);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv csv;
    struct err err = {0};
    if (csv_open(&csv, (const char *)data, size, &err) == STATUS_OK) {
        bool row = true;
        int64_t line = 0;
        while (csv_next(&csv, &row, &err) == STATUS_OK && row) {
            if (csv.cell_count > CSV_COLUMN_MAX || csv.line <= line)
                abort();
            line = csv.line;
            check_row(&csv);
        }
    }
    csv_close(&csv);
    return 0;
}
