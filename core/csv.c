// SPDX-License-Identifier: MIT
// Reads and writes comma-separated values.
#include "csv.h"

#include <string.h>

#include "text.h"

// ---- reading -----------------------------------------------------------------------------------

// Cells become C strings and reach the database: NUL and other control bytes end here.
static enum status csv_check_text(const char *text, size_t size_bytes, struct err *err)
{
    long long line = 1;
    for (size_t at = 0; at < size_bytes; line++) {
        const char *feed = memchr(text + at, '\n', size_bytes - at);
        size_t next = feed == NULL ? size_bytes : (size_t)(feed - text) + 1;
        size_t end = feed == NULL ? next : next - 1;
        if (end > at && text[end - 1] == '\r')
            end--;
        if (!text_is_clean(text + at, end - at, true))
            return err_set(err, STATUS_BAD_INPUT,
                           "line %lld: not UTF-8 text; save the file as CSV UTF-8", line);
        at = next;
    }
    return STATUS_OK;
}

// Vietnamese spreadsheets write ';' because their decimal sign is the comma.
static char csv_find_separator(const char *text, size_t size_bytes)
{
    size_t commas = 0, semicolons = 0;
    bool quoted = false;
    for (size_t i = 0; i < size_bytes && (quoted || text[i] != '\n'); i++) {
        quoted = quoted != (text[i] == '"');
        commas += !quoted && text[i] == ',' ? 1 : 0;
        semicolons += !quoted && text[i] == ';' ? 1 : 0;
    }
    return semicolons > commas ? ';' : ',';
}

static bool csv_at_end(const struct csv *csv)
{
    return csv->offset >= csv->size_bytes;
}

// Takes a line's end: LF, CRLF, or the CR that ends the text.
static bool csv_take_break(struct csv *csv)
{
    size_t at = csv->offset;
    if (at < csv->size_bytes && csv->text[at] == '\r' &&
        (at + 1 == csv->size_bytes || csv->text[at + 1] == '\n'))
        at++;
    if (at < csv->size_bytes && csv->text[at] == '\n')
        at++;
    if (at == csv->offset)
        return false;
    csv->offset = at;
    csv->next_line++;
    return true;
}

static enum status csv_quoted(struct csv *csv, struct err *err)
{
    for (csv->offset++; !csv_at_end(csv); csv->offset++) {
        char c = csv->text[csv->offset];
        bool doubled =
            c == '"' && csv->offset + 1 < csv->size_bytes && csv->text[csv->offset + 1] == '"';
        if (c == '"' && !doubled) {
            csv->offset++;
            return STATUS_OK;
        }
        csv->offset += doubled ? 1 : 0;
        csv->next_line += c == '\n' ? 1 : 0;
        buf_add_char(&csv->store, c);
    }
    return err_set(err, STATUS_BAD_INPUT, "line %lld: a quote is opened and never closed",
                   (long long)csv->line);
}

static void csv_plain(struct csv *csv)
{
    size_t start = csv->offset;
    while (!csv_at_end(csv) && csv->text[csv->offset] != csv->separator &&
           csv->text[csv->offset] != '\n' && csv->text[csv->offset] != '\r')
        csv->offset++;
    buf_add(&csv->store, csv->text + start, csv->offset - start);
}

// One cell and what ends it; *ret_more says that another follows in the row.
static enum status csv_cell(struct csv *csv, bool *ret_more, struct err *err)
{
    if (!csv_at_end(csv) && csv->text[csv->offset] == '"')
        TRY(csv_quoted(csv, err));
    else
        csv_plain(csv);
    buf_add_char(&csv->store, '\0');
    *ret_more = !csv_at_end(csv) && csv->text[csv->offset] == csv->separator;
    if (*ret_more)
        csv->offset++;
    else if (!csv_at_end(csv) && !csv_take_break(csv))
        return err_set(err, STATUS_BAD_INPUT,
                       "line %lld: something stands behind a closing quote, or a stray line end",
                       (long long)csv->line);
    return STATUS_OK;
}

static enum status csv_row(struct csv *csv, struct err *err)
{
    buf_clear(&csv->store);
    csv->line = csv->next_line;
    size_t count = 0;
    for (bool more = true; more; count++) {
        if (count == CSV_COLUMN_MAX)
            return err_set(err, STATUS_BAD_INPUT, "line %lld: more than %d columns",
                           (long long)csv->line, CSV_COLUMN_MAX);
        TRY(csv_cell(csv, &more, err));
    }
    TRY(buf_check(&csv->store, err));
    // The store may have moved while it grew: cells point into it only now.
    const char *at = csv->store.data;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        csv->cells[i] = at;
    csv->cell_count = count;
    return STATUS_OK;
}

enum status csv_open(struct csv *csv, const char *text, size_t size_bytes, struct err *err)
{
    *csv = (struct csv){.text = text, .size_bytes = size_bytes, .next_line = 1};
    // Every cell is shorter than its text, but for the closing NUL.
    buf_init(&csv->store, size_bytes + CSV_COLUMN_MAX);
    if (size_bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        csv->offset = 3;
    TRY(csv_check_text(text, size_bytes, err));
    csv->separator = csv_find_separator(text + csv->offset, size_bytes - csv->offset);
    bool row = false;
    TRY(csv_next(csv, &row, err));
    if (!row)
        return err_set(err, STATUS_BAD_INPUT, "the table is empty; its first line names columns");
    return STATUS_OK;
}

void csv_close(struct csv *csv)
{
    buf_done(&csv->store);
    csv->cell_count = 0;
}

enum status csv_next(struct csv *csv, bool *ret_row, struct err *err)
{
    while (csv_take_break(csv)) {
    }
    if (csv_at_end(csv)) {
        csv->cell_count = 0;
        *ret_row = false;
        return STATUS_OK;
    }
    TRY(csv_row(csv, err));
    *ret_row = true;
    return STATUS_OK;
}

int csv_column(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->cell_count; i++) {
        if (strcmp(csv->cells[i], name) == 0)
            return (int)i;
    }
    return -1;
}

// ---- writing -----------------------------------------------------------------------------------

static const char *csv_skip(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strncmp(text, *words, strlen(*words)) == 0)
            return text + strlen(*words);
    }
    return NULL;
}

// "-3", "12", "-0.25": a number of ours that a spreadsheet should count with.
static bool csv_is_number(const char *text)
{
    text += text[0] == '-' ? 1 : 0;
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || text[whole] == '\0')
        return whole > 0;
    size_t part = strspn(text + whole + 1, "0123456789");
    return text[whole] == '.' && part > 0 && text[whole + 1 + part] == '\0';
}

// What spreadsheets take for a formula, also behind spaces that they trim, and in the full-width
// forms that some of them fold to ASCII.
static bool csv_is_formula(const char *text)
{
    static const char *const spaces[] = {
        " ", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\n", "\xEF\xBB\xBF", NULL};
    static const char *const starts[] = {"=",
                                         "+",
                                         "-",
                                         "@",
                                         "\t",
                                         "\r",
                                         "\xEF\xBC\x9D",
                                         "\xEF\xBC\x8B",
                                         "\xEF\xBC\x8D",
                                         "\xEF\xBC\xA0",
                                         NULL};
    if (csv_is_number(text))
        return false;
    for (const char *next = text; next != NULL; next = csv_skip(text, spaces))
        text = next;
    return csv_skip(text, starts) != NULL;
}

void csv_add(struct buf *out, bool first, const char *text)
{
    if (!first)
        buf_add_char(out, ',');
    const char *mark = csv_is_formula(text) ? "'" : "";
    if (strpbrk(text, ",;\"\r\n\t") == NULL) {
        buf_add_text(out, mark);
        buf_add_text(out, text);
        return;
    }
    buf_add_char(out, '"');
    buf_add_text(out, mark);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_add_char(out, '"');
        buf_add_char(out, *text);
    }
    buf_add_char(out, '"');
}

void csv_add_int(struct buf *out, bool first, int64_t value)
{
    if (!first)
        buf_add_char(out, ',');
    buf_add_int(out, value);
}

void csv_end(struct buf *out)
{
    buf_add_text(out, "\r\n");
}
