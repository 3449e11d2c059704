// SPDX-License-Identifier: MIT
// Reads CSV files of paper results row by row and takes them into the hub's lane.
#include "paper.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "csv.h"
#include "hub_sql.h"
#include "paper_again.h"
#include "projection.h"
#include "stmt.h"
#include "text.h"

enum {
    FIRST_CAPACITY = 256,
    // About 60 bytes a row at most: a document stays below the 4 MiB that a journal takes.
    ROWS_PER_DOCUMENT = 50000,
    CELL_BYTES = 64, // longer cells fit no column
    FAULTS_LIMIT_BYTES = 16 * 1024,
};

enum column { UNIT, DAY, AREA, ITEM, LEVEL, COUNT, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"unit", "day",   "area",
                                                       "item", "level", "count"};

struct reading {
    struct paper *paper;
    struct csv csv;
    int at[COLUMN_COUNT]; // index of each column in the file
    int32_t today;
    bool overall_only;
    char cell[CELL_BYTES];
};

static void reading_done(struct reading *reading)
{
    csv_close(&reading->csv);
}

// The cell without blanks around it; "" when it is too long for any column, which fits none.
static const char *cell(struct reading *reading, enum column column)
{
    const char *text = reading->csv.cells[reading->at[column]];
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        size--;
    if (size >= sizeof reading->cell)
        size = 0;
    memcpy(reading->cell, text, size);
    reading->cell[size] = '\0';
    return reading->cell;
}

// ---- one row ---------------------------------------------------------------------------------
// Each check returns NULL, or in Vietnamese what the cell must be.

static const char *check_place(struct reading *reading, struct paper_row *row)
{
    const struct hub *hub = reading->paper->hub;
    const char *code = cell(reading, UNIT);
    if (!text_is_code(code, RESPONSE_UNIT_CHARS) || unit_newest(hub->units, code) == NULL)
        return "cột unit: mã đơn vị không có trong thiết lập";
    memcpy(row->unit, code, strlen(code) + 1);
    if (clock_parse_day(cell(reading, DAY), &row->day, NULL) != STATUS_OK)
        return "cột day: ngày phải viết như 2026-11-03";
    if (row->day > reading->today)
        return "cột day: ngày chưa đến";
    if (unit_find(hub->units, row->unit, row->day) == NULL)
        return "cột day: đơn vị chưa thành lập hoặc đã kết thúc vào ngày này";
    code = cell(reading, AREA);
    if (setup_area(&hub->setup, code) == NULL)
        return "cột area: mã lĩnh vực không có trong thiết lập";
    memcpy(row->area, code, strlen(code) + 1);
    return NULL;
}

static const char *check_answer(struct reading *reading, struct paper_row *row)
{
    const struct form *form = form_newest(projection_paper_form(false));
    const char *id = cell(reading, ITEM);
    const struct form_item *item = form != NULL ? form_item(form, id) : NULL;
    int64_t level = 0;
    if (item == NULL)
        return "cột item: phải là overall, agency hoặc F1 đến F5";
    memcpy(row->item, item->id, sizeof row->item);
    if (text_int(cell(reading, LEVEL), 1, item->levels, "level", &level, NULL) != STATUS_OK)
        return "cột level: mức phải là số nguyên từ 1 đến 5";
    row->level = (int)level;
    if (text_int(cell(reading, COUNT), 0, PAPER_COUNT_MAX, "count", &row->count, NULL) != STATUS_OK)
        return "cột count: số phiếu phải là số nguyên từ 0 đến 1000000";
    return NULL;
}

static const char *check_row(struct reading *reading, struct paper_row *row)
{
    if (reading->csv.cell_count != COLUMN_COUNT)
        return "phải có đúng 6 cột như dòng đầu";
    const char *fault = check_place(reading, row);
    return fault != NULL ? fault : check_answer(reading, row);
}

static void list_fault(struct paper *paper, int64_t line, const char *fault)
{
    paper->bad_count++;
    if (paper->bad_count > PAPER_LISTED_MAX)
        return;
    buf_add_text(&paper->faults, "dòng ");
    buf_add_int(&paper->faults, line);
    buf_add_text(&paper->faults, ": ");
    buf_add_text(&paper->faults, fault);
    buf_add_char(&paper->faults, '\n');
}

static void list_more(struct paper *paper, int64_t count)
{
    if (count <= PAPER_LISTED_MAX)
        return;
    buf_add_text(&paper->faults, "và ");
    buf_add_int(&paper->faults, count - PAPER_LISTED_MAX);
    buf_add_text(&paper->faults, " dòng khác\n");
}

static enum status keep_row(struct paper *paper, const struct paper_row *row, struct err *err)
{
    if (paper->row_count == paper->row_capacity) {
        size_t capacity = paper->row_capacity == 0 ? FIRST_CAPACITY : 2 * paper->row_capacity;
        void *rows = realloc(paper->rows, capacity * sizeof *row);
        if (rows == NULL)
            return err_set(err, STATUS_NO_MEMORY, "no memory for the rows of the file");
        paper->rows = rows;
        paper->row_capacity = capacity;
    }
    paper->rows[paper->row_count++] = *row;
    paper->answers += row->count;
    return STATUS_OK;
}

// ---- the file --------------------------------------------------------------------------------

static enum status find_columns(struct reading *reading, struct err *err)
{
    bool used[CSV_COLUMN_MAX] = {false};
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        reading->at[i] = csv_column(&reading->csv, column_names[i]);
        if (reading->at[i] < 0)
            return err_set(err, STATUS_BAD_INPUT,
                           "the file has no column \"%s\"; its first line must be "
                           "unit,day,area,item,level,count",
                           column_names[i]);
        used[reading->at[i]] = true;
    }
    for (size_t i = 0; i < reading->csv.cell_count; i++)
        if (!used[i])
            return err_set(err, STATUS_BAD_INPUT,
                           "column %zu is none that we know, or stands twice; the first line must "
                           "be unit,day,area,item,level,count",
                           i + 1);
    return STATUS_OK;
}

static enum status read_rows(struct reading *reading, struct err *err)
{
    struct paper *paper = reading->paper;
    bool more = false;
    for (;;) {
        struct paper_row row = {.count = 0};
        TRY(csv_next(&reading->csv, &more, err));
        if (!more)
            break;
        const char *fault = check_row(reading, &row);
        if (fault != NULL) {
            list_fault(paper, reading->csv.line, fault);
            continue;
        }
        row.line = reading->csv.line;
        reading->overall_only = reading->overall_only && strcmp(row.item, "overall") == 0;
        TRY(keep_row(paper, &row, err));
    }
    list_more(paper, paper->bad_count);
    if (paper->row_count == 0 && paper->bad_count == 0)
        return err_set(err, STATUS_BAD_INPUT, "the file has no row below its first line");
    paper->form = projection_paper_form(reading->overall_only);
    return buf_check(&paper->faults, err);
}

enum status paper_read(const struct hub *hub, const char *text, size_t size_bytes,
                       struct paper **ret_paper, struct err *err)
{
    AUTO(paper_freep) struct paper *paper = calloc(1, sizeof *paper);
    if (paper == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the file");
    AUTO(reading_done)
    struct reading reading = {
        .paper = paper, .today = clock_day(clock_now_s()), .overall_only = true};
    buf_init(&paper->faults, FAULTS_LIMIT_BYTES);
    paper->hub = hub;
    crypto_sha256(text, size_bytes, paper->sha256);
    TRY(csv_open(&reading.csv, text, size_bytes, err));
    TRY(find_columns(&reading, err));
    TRY(read_rows(&reading, err));
    *ret_paper = paper;
    paper = NULL;
    return STATUS_OK;
}

void paper_free(struct paper *paper)
{
    buf_done(&paper->faults);
    free(paper->rows);
    free(paper);
}

// ---- taking it -------------------------------------------------------------------------------

static void write_rows(struct jsonw *w, const struct paper_row *rows, size_t count)
{
    char day[CLOCK_DAY_TEXT_SIZE];
    jsonw_array(w, "rows");
    for (size_t i = 0; i < count; i++) {
        clock_day_text(rows[i].day, day);
        jsonw_array(w, NULL);
        jsonw_text(w, NULL, rows[i].unit);
        jsonw_text(w, NULL, day);
        jsonw_text(w, NULL, rows[i].area);
        jsonw_text(w, NULL, rows[i].item);
        jsonw_int(w, NULL, rows[i].level);
        jsonw_int(w, NULL, rows[i].count);
        jsonw_array_end(w);
    }
    jsonw_array_end(w);
}

// The file's name is left out: people put names of people into file names.
static enum status write_document(const struct paper *paper, size_t from, size_t count,
                                  struct buf *out, struct err *err)
{
    struct jsonw w;
    jsonw_init(&w, out);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "kind", "paper");
    jsonw_hex(&w, "sha256", paper->sha256, sizeof paper->sha256);
    jsonw_text(&w, "entered_by", paper->by);
    jsonw_text(&w, "form", paper->form);
    jsonw_int(&w, "skipped", paper->bad_count);
    jsonw_int(&w, "from_row", (int64_t)from);
    write_rows(&w, paper->rows + from, count);
    jsonw_object_end(&w);
    return buf_check(out, err);
}

static enum status take_rows(struct db *db, const struct paper *paper, size_t from, size_t count,
                             const uint8_t *id, struct err *err)
{
    AUTO(buf_done) struct buf document;
    buf_init(&document, PROJECTION_IMPORT_LIMIT_BYTES);
    TRY(write_document(paper, from, count, &document, err));
    TRY(hublane_append_document(db, paper->hub->lane, ENTRY_IMPORT, &document, id, err));
    // From the document, not from our rows: what a rebuild will read is what counts now.
    return projection_import(db, paper->hub->units, id, document.data, document.size_bytes, err);
}

static enum status is_known(struct db *db, const struct paper *paper, bool *ret_known,
                            struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_IMPORT_FIND, &q, err));
    stmt_bind_blob(q, 1, paper->sha256, sizeof paper->sha256);
    return stmt_row(q, ret_known, err);
}

// The corrected file must not count the rows again that its first version brought.
static enum status list_again(struct paper *paper, struct err *err)
{
    int64_t listed = 0;
    buf_clear(&paper->faults);
    for (size_t i = 0; i < paper->row_count && listed < PAPER_LISTED_MAX; i++) {
        if (!paper->rows[i].again)
            continue;
        buf_add_text(&paper->faults, "dòng ");
        buf_add_int(&paper->faults, paper->rows[i].line);
        buf_add_text(&paper->faults, ": ô này (unit, day, area, item, level) đã được nhận từ một "
                                     "tệp nhập với --skip-bad\n");
        listed++;
    }
    list_more(paper, paper->again_count);
    return buf_check(&paper->faults, err);
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct paper *paper = (struct paper *)job;
    uint8_t id[ENTRY_ID_BYTES];
    TRY(is_known(db, paper, &paper->known, err));
    if (paper->known)
        return STATUS_OK;
    TRY(paper_again_mark(db, paper, err));
    if (paper->again_count > 0)
        return list_again(paper, err);
    for (size_t from = 0; from < paper->row_count; from += ROWS_PER_DOCUMENT) {
        size_t rest = paper->row_count - from;
        hublane_new_id(id);
        TRY(take_rows(db, paper, from, rest < ROWS_PER_DOCUMENT ? rest : ROWS_PER_DOCUMENT, id,
                      err));
    }
    return STATUS_OK;
}

enum status paper_take(struct paper *paper, struct err *err)
{
    paper->job.apply = apply;
    return writer_run(paper->hub->writer, &paper->job, err);
}
