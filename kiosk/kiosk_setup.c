// SPDX-License-Identifier: MIT
// Finds the setup's pieces in the lane, compares them, appends new ones.
#include "kiosk_setup.h"

#include <string.h>

#include "fact.h"
#include "kiosk.h"
#include "kiosk_sql.h"
#include "stmt.h"
#include "text.h"

// In the table `fact`: where the newest document begins, and the one before it. 0: at the lane's
// start.
#define NEWEST_FACT "setup_seq"
#define BEFORE_FACT "setup_before_seq"

// What has been read of a document so far.
struct reading {
    struct entry_join join;
    bool complete;
    int64_t next; // behind the last line that was read
};

static void reading_done(struct reading *reading)
{
    buf_done(&reading->join.whole);
}

// *ret_more is false for the first entry that belongs to no setup.
static enum status read_row(struct reading *reading, struct stmt *q, bool *ret_more,
                            struct err *err)
{
    AUTO(entry_done) struct entry entry = {0};
    TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
    reading->next = entry.seq + 1;
    // A lane that goes on from another one begins with a boot that names it.
    const bool succession = entry.seq == 0 && entry.kind == ENTRY_BOOT;
    *ret_more = entry.kind == ENTRY_SETUP || succession;
    return entry.kind == ENTRY_SETUP
               ? entry_join_add(&reading->join, &entry, &reading->complete, err)
               : STATUS_OK;
}

// The document that begins at `from`.
static enum status read_pieces(struct db *db, int64_t from, struct reading *reading,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, from);
    stmt_bind_int(q, 2, INT64_MAX); // rows come one by one, and we stop with the document
    for (bool more = true; more && !reading->complete;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        struct err fault;
        const enum status status = read_row(reading, q, &more, &fault);
        if (status == STATUS_BAD_INPUT || status == STATUS_TOO_LARGE)
            return err_set(err, STATUS_CHECK_FAILED, "the setup in the journal: %.300s",
                           fault.text);
        if (status != STATUS_OK)
            *err = fault;
        TRY(status);
    }
    if (!reading->complete)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the journal has no setup where it should stand; it was not made by "
                       "`hailong-kiosk init`");
    return STATUS_OK;
}

static bool is_setup(const char *line)
{
    static const char key[] = "\"kind\":\"";
    static const char setup[] = "setup\"";
    const char *kind = strstr(line, key);
    return kind != NULL && strncmp(kind + sizeof key - 1, setup, sizeof setup - 1) == 0;
}

static enum status check_newest(struct db *db, int64_t from, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, from);
    stmt_bind_int(q, 2, INT64_MAX);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        if (is_setup(stmt_text(q, 1)))
            return err_set(err, STATUS_CHECK_FAILED,
                           "setup.json is older than the newest setup in the journal, at entry "
                           "%lld",
                           (long long)stmt_int(q, 0));
    }
}

static bool is_text(const struct reading *reading, const struct buf *text)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    crypto_sha256(buf_text(text), text->size_bytes, hash);
    text_hex(hash, sizeof hash, hex);
    return strcmp(hex, reading->join.sha256) == 0;
}

enum status kiosk_setup_check(struct db *db, const struct buf *text, bool whole, struct buf *newer,
                              struct err *err)
{
    int64_t newest = 0, before = 0;
    AUTO(reading_done) struct reading last = {0};
    AUTO(reading_done) struct reading old = {0};
    buf_init(&last.join.whole, SETUP_LIMIT_BYTES);
    buf_init(&old.join.whole, SETUP_LIMIT_BYTES);
    TRY(fact_get(db, NEWEST_FACT, &newest, err));
    TRY(fact_get(db, BEFORE_FACT, &before, err));
    TRY(read_pieces(db, newest, &last, err));
    if (whole)
        TRY(check_newest(db, last.next, err));
    if (is_text(&last, text))
        return STATUS_OK;
    if (before < newest)
        TRY(read_pieces(db, before, &old, err));
    if (before >= newest || !is_text(&old, text))
        return err_set(err, STATUS_CHECK_FAILED,
                       "setup.json is not the one in the journal: it was changed by hand. Put the "
                       "original file back; a new setup is taken by `hailong-kiosk setup`");
    buf_add(newer, buf_text(&last.join.whole), last.join.whole.size_bytes);
    return buf_check(newer, err);
}

enum status kiosk_setup_newest(struct db *db, struct buf *text, struct err *err)
{
    int64_t newest = 0;
    AUTO(reading_done) struct reading last = {0};
    buf_init(&last.join.whole, SETUP_LIMIT_BYTES);
    TRY(fact_get(db, NEWEST_FACT, &newest, err));
    TRY(read_pieces(db, newest, &last, err));
    buf_add(text, buf_text(&last.join.whole), last.join.whole.size_bytes);
    return buf_check(text, err);
}

struct setup_writing {
    struct db *db;
    struct journal *journal;
    uint8_t id[ENTRY_ID_BYTES];
    int64_t part;
};

static enum status write_piece(void *context, const struct buf *tail, struct err *err)
{
    struct setup_writing *writing = context;
    bool added = false;
    return journal_append(writing->db, writing->journal, writing->id, writing->part++, NULL, tail,
                          &added, err);
}

enum status kiosk_setup_append(struct db *db, struct journal *journal, const char *text,
                               size_t size_bytes, struct err *err)
{
    struct setup_writing writing = {.db = db, .journal = journal};
    uint8_t root[CRYPTO_HASH_BYTES];
    uint64_t size = 0;
    int64_t newest = 0;
    journal_pending(journal, &size, root);
    TRY(fact_get(db, NEWEST_FACT, &newest, err));
    TRY(fact_set(db, BEFORE_FACT, newest, err));
    TRY(fact_set(db, NEWEST_FACT, (int64_t)size, err));
    kiosk_random_id(writing.id);
    return entry_split(ENTRY_SETUP, writing.id, text, size_bytes, write_piece, &writing, err);
}
