// SPDX-License-Identifier: MIT
// CSV (RFC 4180) in and out. Reads ',' or ';' (found from the header line), a UTF-8 BOM, CRLF or
// LF; writes ',' and CRLF with cells that a spreadsheet would take for a formula defused.
#ifndef HAILONG_CSV_H
#define HAILONG_CSV_H

#include "buf.h"

enum { CSV_COLUMN_MAX = 64 };

struct csv {
    const char *text; // borrowed
    size_t size_bytes, offset;
    char separator;
    int64_t line;      // of the row last read (its first line), 1 is the header
    int64_t next_line; // private: line of what is read next
    struct buf store;
    const char *cells[CSV_COLUMN_MAX]; // of the row last read, borrowed until the next
    size_t cell_count;
};

// Reads the header row into `cells`. STATUS_BAD_INPUT when the text is empty or not UTF-8.
enum status csv_open(struct csv *csv, const char *text, size_t size_bytes,
                     struct err *err) MUST_USE;
void csv_close(struct csv *csv);
// Reads the next row that is not empty; *ret_row is false at the end. STATUS_BAD_INPUT (with the
// line) for an open quote, characters behind a closing quote, too many columns.
enum status csv_next(struct csv *csv, bool *ret_row, struct err *err) MUST_USE;
// Index of the column with that header name, or -1. Call before csv_next.
int csv_column(const struct csv *csv, const char *name);
// Appends one cell (with the separator when it is not the row's first) and the row's end.
void csv_add(struct buf *out, bool first, const char *text);
void csv_add_int(struct buf *out, bool first, int64_t value);
void csv_end(struct buf *out);

#endif
