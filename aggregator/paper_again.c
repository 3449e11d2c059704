// SPDX-License-Identifier: MIT
// Holds a file's rows against the documents of files that were taken in part.
#include "paper_again.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "projection.h"
#include "stmt.h"
#include "text.h"

struct looking {
    struct db *db;
    struct paper *paper;
    struct paper_row **sorted;         // by their cells
    uint8_t sha256[CRYPTO_HASH_BYTES]; // the earlier file
    struct entry_join join;
};

static void looking_done(struct looking *looking)
{
    free(looking->sorted);
    buf_done(&looking->join.whole);
}

static int by_cell(const void *a, const void *b)
{
    const struct paper_row *x = *(struct paper_row *const *)a;
    const struct paper_row *y = *(struct paper_row *const *)b;
    int order = strcmp(x->unit, y->unit);
    if (order == 0)
        order = (x->day > y->day) - (x->day < y->day);
    if (order == 0)
        order = strcmp(x->area, y->area);
    if (order == 0)
        order = strcmp(x->item, y->item);
    return order != 0 ? order : x->level - y->level;
}

static enum status sort_rows(struct looking *looking, struct err *err)
{
    struct paper *paper = looking->paper;
    if (paper->row_count == 0)
        return STATUS_OK;
    looking->sorted = calloc(paper->row_count, sizeof(struct paper_row *));
    if (looking->sorted == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the rows of the file");
    for (size_t i = 0; i < paper->row_count; i++)
        looking->sorted[i] = &paper->rows[i];
    qsort(looking->sorted, paper->row_count, sizeof(struct paper_row *), by_cell);
    return STATUS_OK;
}

// All rows of the file with that cell; they stand together and are marked together.
static void mark_cell(struct looking *looking, struct paper_row *taken)
{
    struct paper *paper = looking->paper;
    struct paper_row **sorted = looking->sorted, **end = sorted + paper->row_count;
    struct paper_row **at =
        bsearch(&taken, sorted, paper->row_count, sizeof(struct paper_row *), by_cell);
    if (at == NULL || (*at)->again)
        return;
    while (at > sorted && by_cell(at - 1, &taken) == 0)
        at--;
    for (; at < end && by_cell(at, &taken) == 0; at++) {
        (*at)->again = true;
        paper->again_count++;
    }
}

static bool read_text(const json_t *row, size_t index, char *ret_text, size_t room)
{
    const char *text = json_string_value(json_array_get(row, index));
    if (text == NULL || strlen(text) >= room)
        return false;
    memcpy(ret_text, text, strlen(text) + 1);
    return true;
}

static enum status mark_row(struct looking *looking, const json_t *row, struct err *err)
{
    struct paper_row taken = {.level = (int)json_integer_value(json_array_get(row, 4))};
    const char *day = json_string_value(json_array_get(row, 1));
    if (!read_text(row, 0, taken.unit, sizeof taken.unit) ||
        !read_text(row, 2, taken.area, sizeof taken.area) ||
        !read_text(row, 3, taken.item, sizeof taken.item) || day == NULL)
        return BUG(err, "an import that was taken has a row that we never write");
    TRY(clock_parse_day(day, &taken.day, err));
    mark_cell(looking, &taken);
    return STATUS_OK;
}

// *ret_more is false when the document belongs to the next file.
static enum status mark_document(struct looking *looking, bool *ret_more, struct err *err)
{
    AUTO(json_decrefp) json_t *document = NULL;
    const struct buf *whole = &looking->join.whole;
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    size_t index = 0;
    const json_t *row = NULL;
    TRY(json_parse(buf_text(whole), whole->size_bytes, PROJECTION_IMPORT_LIMIT_BYTES, "import",
                   &document, err));
    text_hex(looking->sha256, sizeof looking->sha256, hex);
    *ret_more = strcmp(json_text_or(document, "sha256", ""), hex) == 0;
    json_array_foreach(json_object_get(document, "rows"), index, row)
    {
        if (*ret_more)
            TRY(mark_row(looking, row, err));
    }
    return STATUS_OK;
}

// A file's entries were written in one transaction: they follow each other.
static enum status mark_from(struct looking *looking, const char *lane, int64_t seq,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    looking->join.parts = 0;
    TRY(stmt_use(looking->db, HUB_LEDGER_WALK, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, seq);
    for (;;) {
        AUTO(entry_done) struct entry entry = {.json = NULL};
        bool complete = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(entry_read(stmt_text(q, 3), stmt_text_size(q, 3), &entry, err));
        if (entry.kind != ENTRY_IMPORT)
            return STATUS_OK;
        TRY(entry_join_add(&looking->join, &entry, &complete, err));
        if (complete)
            TRY(mark_document(looking, &more, err));
        if (!more)
            return STATUS_OK;
    }
}

static enum status mark_file(struct looking *looking, const void *id, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(looking->db, HUB_LEDGER_ORIGIN, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, 0);
    TRY(stmt_row(q, &found, err));
    // Not always this hub's own lane: after a restore there is one before it.
    return found ? mark_from(looking, stmt_text(q, 0), stmt_int(q, 1), err) : STATUS_OK;
}

enum status paper_again_mark(struct db *db, struct paper *paper, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(looking_done) struct looking looking = {.db = db, .paper = paper};
    bool more = false;
    buf_init(&looking.join.whole, PROJECTION_IMPORT_LIMIT_BYTES);
    paper->again_count = 0;
    TRY(sort_rows(&looking, err));
    TRY(stmt_use(db, HUB_IMPORT_PARTIAL, &q, err));
    for (;;) {
        size_t sha256_bytes = 0, id_bytes = 0;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        const void *sha256 = stmt_blob(q, 0, &sha256_bytes);
        const void *id = stmt_blob(q, 1, &id_bytes);
        if (sha256_bytes != sizeof looking.sha256 || id_bytes != ENTRY_ID_BYTES)
            return BUG(err, "a stored import has an id or a hash of another length");
        memcpy(looking.sha256, sha256, sizeof looking.sha256);
        TRY(mark_file(&looking, id, err));
    }
}
