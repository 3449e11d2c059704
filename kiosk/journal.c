// SPDX-License-Identifier: MIT
// The lane in the database: appending with the tree, checking its end, verifying it whole.
#include "journal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kiosk_sql.h"
#include "stmt.h"

enum {
    CHECKED_AT_START = 1000, // at the start so much of the end is read; `verify` reads all
    // The subtrees up to this level are recomputed at the start: 2^9 = 512 ≤ 1,000 entries.
    CHECKED_LEVELS = 10,
};

struct journal {
    char lane[ENTRY_LANE_CHARS + 1];
    struct merkle tree;  // with what the open transaction has appended
    struct merkle saved; // before the current job
    struct merkle begun; // before the current batch
    struct buf line;
    pthread_mutex_t lock; // guards what follows
    struct merkle committed;
};

struct head {
    char lane[ENTRY_LANE_CHARS + 1];
    struct merkle tree;
};

static void publish(void *context)
{
    struct journal *journal = context;
    pthread_mutex_lock(&journal->lock);
    merkle_copy(&journal->committed, &journal->tree);
    pthread_mutex_unlock(&journal->lock);
}

static enum status read_head(struct db *db, struct head *ret_head, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the database has no journal; run init first");
    size_t frontier_bytes = 0;
    const void *frontier = stmt_blob(q, 2, &frontier_bytes);
    struct err fault;
    struct head head = {0};
    if (stmt_text_size(q, 0) != ENTRY_LANE_CHARS ||
        merkle_read((uint64_t)stmt_int(q, 1), frontier, frontier_bytes, &head.tree, &fault) !=
            STATUS_OK)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the journal's head is damaged: its size and its "
                       "frontier do not belong together");
    memcpy(head.lane, stmt_text(q, 0), ENTRY_LANE_CHARS);
    *ret_head = head;
    return STATUS_OK;
}

// ---- the end, at the start ----------------------------------------------------------------------

// Walks entries from `next` on; `tree` gets a leaf for each.
struct walk {
    const char *lane;
    int64_t next;
    struct merkle tree;
};

static enum status wrong(struct err *err, int64_t seq, const char *what)
{
    return err_set(err, STATUS_CHECK_FAILED, "entry %" PRId64 ": %s", seq, what);
}

// The line's beginning says which lane and seq it was written for.
static enum status check_line(const struct walk *walk, struct stmt *q, struct err *err)
{
    if (stmt_int(q, 0) != walk->next)
        return wrong(err, walk->next, "missing");
    AUTO(buf_done) struct buf expected;
    buf_init(&expected, ENTRY_LIMIT_BYTES);
    const struct buf empty = {0};
    TRY(entry_line(walk->lane, walk->next, &empty, &expected, err));
    const char *line = stmt_text(q, 1);
    if (strncmp(line, expected.data, expected.size_bytes) != 0)
        return wrong(err, walk->next, "was written for another place or lane");
    return STATUS_OK;
}

static enum status walk_rows(struct db *db, struct walk *walk, int64_t end, bool hashing,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, walk->next);
    stmt_bind_int(q, 2, end);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        TRY(check_line(walk, q, err));
        if (hashing) {
            uint8_t leaf[CRYPTO_HASH_BYTES];
            merkle_leaf(stmt_text(q, 1), stmt_text_size(q, 1), leaf);
            merkle_add(&walk->tree, leaf);
        }
        walk->next++;
    }
    return walk->next == end ? STATUS_OK : wrong(err, walk->next, "missing");
}

static enum status check_last(struct db *db, uint64_t size, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LAST, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    const int64_t entries = stmt_is_null(q, 0) ? 0 : stmt_int(q, 0) + 1;
    if ((uint64_t)entries < size)
        return wrong(err, entries, "missing; the journal was cut");
    if ((uint64_t)entries > size)
        return wrong(err, (int64_t)size, "stands behind the journal's head");
    return STATUS_OK;
}

// Sequence and place of the last 1,000; the bytes of those whose subtrees are small.
static enum status check_end(struct db *db, const struct head *head, struct err *err)
{
    TRY(check_last(db, head->tree.size, err));
    const int64_t size = (int64_t)head->tree.size;
    const int64_t hashed_from = size - (size & ((1 << CHECKED_LEVELS) - 1));
    const int64_t from = size > CHECKED_AT_START ? size - CHECKED_AT_START : 0;
    struct walk walk = {.lane = head->lane, .next = from};
    if (from < hashed_from)
        TRY(walk_rows(db, &walk, hashed_from, false, err));
    walk.next = hashed_from;
    walk.tree.size = (uint64_t)hashed_from;
    TRY(walk_rows(db, &walk, size, true, err));
    int64_t first = size;
    for (unsigned level = 0; level < CHECKED_LEVELS; level++) {
        if ((head->tree.size >> level & 1U) == 0)
            continue;
        first -= INT64_C(1) << level;
        if (memcmp(walk.tree.node[level], head->tree.node[level], CRYPTO_HASH_BYTES) != 0)
            return err_set(err, STATUS_CHECK_FAILED,
                           "entries %" PRId64 " to %" PRId64 ": one of them was changed", first,
                           first + (INT64_C(1) << level) - 1);
    }
    return STATUS_OK;
}

enum status journal_open(struct db *db, const char *lane, struct journal **ret_journal,
                         struct err *err)
{
    struct head head;
    TRY(read_head(db, &head, err));
    if (strcmp(head.lane, lane) != 0)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the journal belongs to another key than "
                       "keys/lane.key");
    TRY(check_end(db, &head, err));
    AUTO(journal_closep) struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the journal");
    pthread_mutex_init(&journal->lock, NULL);
    buf_init(&journal->line, ENTRY_LIMIT_BYTES);
    memcpy(journal->lane, head.lane, sizeof head.lane);
    merkle_copy(&journal->tree, &head.tree);
    publish(journal);
    *ret_journal = journal;
    journal = NULL;
    return STATUS_OK;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    pthread_mutex_destroy(&journal->lock);
    buf_done(&journal->line);
    free(journal);
}

const char *journal_lane(const struct journal *journal)
{
    return journal->lane;
}

void journal_head(struct journal *journal, uint64_t *ret_size, uint8_t ret_root[CRYPTO_HASH_BYTES])
{
    struct merkle tree;
    pthread_mutex_lock(&journal->lock);
    merkle_copy(&tree, &journal->committed);
    pthread_mutex_unlock(&journal->lock);
    *ret_size = tree.size;
    merkle_root(&tree, ret_root);
}

void journal_pending(const struct journal *journal, uint64_t *ret_size,
                     uint8_t ret_root[CRYPTO_HASH_BYTES])
{
    *ret_size = journal->tree.size;
    merkle_root(&journal->tree, ret_root);
}

// ---- the writer's transaction -------------------------------------------------------------------

static void save(void *context)
{
    struct journal *journal = context;
    merkle_copy(&journal->saved, &journal->tree);
}

static void restore(void *context)
{
    struct journal *journal = context;
    merkle_copy(&journal->tree, &journal->saved);
}

static void begin(void *context)
{
    struct journal *journal = context;
    merkle_copy(&journal->begun, &journal->tree);
}

static void rollback(void *context)
{
    struct journal *journal = context;
    merkle_copy(&journal->tree, &journal->begun);
}

static enum status commit(struct db *db, void *context, struct err *err)
{
    struct journal *journal = context;
    if (journal->tree.size == journal->begun.size)
        return STATUS_OK;
    uint8_t frontier[MERKLE_WIRE_LIMIT_BYTES];
    const size_t frontier_bytes = merkle_write(&journal->tree, frontier);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_SET, &q, err));
    stmt_bind_int(q, 1, (int64_t)journal->tree.size);
    stmt_bind_blob(q, 2, frontier, frontier_bytes);
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    return changes == 1 ? STATUS_OK : BUG(err, "the journal has lost its head");
}

struct writer_hooks journal_hooks(struct journal *journal)
{
    return (struct writer_hooks){
        .context = journal,
        .save = save,
        .restore = restore,
        .begin = begin,
        .commit = commit,
        .rollback = rollback,
        .committed = publish,
    };
}

static enum status add_key(struct db *db, const uint8_t *id, int64_t part, int64_t seq,
                           const uint8_t *mac, bool *ret_added, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_ADD, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, part);
    stmt_bind_int(q, 3, seq);
    if (mac == NULL)
        stmt_bind_null(q, 4);
    else
        stmt_bind_blob(q, 4, mac, JOURNAL_MAC_BYTES);
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    *ret_added = changes > 0;
    return STATUS_OK;
}

static enum status add_line(struct db *db, int64_t seq, const struct buf *line, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_ADD, &q, err));
    stmt_bind_int(q, 1, seq);
    stmt_bind_text_n(q, 2, line->data, line->size_bytes);
    const enum status status = stmt_run(q, NULL, err);
    if (status == STATUS_CONFLICT)
        return BUG(err, "the place of a new journal entry is taken");
    return status;
}

enum status journal_append(struct db *db, struct journal *journal, const uint8_t *id, int64_t part,
                           const uint8_t *mac, const struct buf *tail, bool *ret_added,
                           struct err *err)
{
    const int64_t seq = (int64_t)journal->tree.size;
    bool added = false;
    TRY(add_key(db, id, part, seq, mac, &added, err));
    if (added) {
        buf_clear(&journal->line);
        TRY(entry_line(journal->lane, seq, tail, &journal->line, err));
        TRY(add_line(db, seq, &journal->line, err));
        uint8_t leaf[CRYPTO_HASH_BYTES];
        merkle_leaf(journal->line.data, journal->line.size_bytes, leaf);
        merkle_add(&journal->tree, leaf);
    }
    *ret_added = added;
    return STATUS_OK;
}

// ---- verifying ----------------------------------------------------------------------------------

// The key is unique, so an entry that is found under its own stands there alone.
static enum status verify_key(struct db *db, const struct entry *entry, int64_t seq,
                              struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_GET, &q, err));
    stmt_bind_blob(q, 1, entry->id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, entry->part);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (found && stmt_int(q, 0) == seq)
        return STATUS_OK;
    return wrong(err, seq,
                 found ? "another entry is filed under its id and part"
                       : "it is not filed under its id and part");
}

static enum status verify_row(struct db *db, struct walk *walk, struct stmt *q, struct err *err)
{
    TRY(check_line(walk, q, err));
    AUTO(entry_done) struct entry entry = {0};
    struct err fault;
    const char *line = stmt_text(q, 1);
    const size_t size_bytes = stmt_text_size(q, 1);
    if (entry_read(line, size_bytes, &entry, &fault) != STATUS_OK)
        return err_set(err, STATUS_CHECK_FAILED, "entry %" PRId64 ": %.300s", walk->next,
                       fault.text);
    TRY(verify_key(db, &entry, walk->next, err));
    uint8_t leaf[CRYPTO_HASH_BYTES];
    merkle_leaf(line, size_bytes, leaf);
    merkle_add(&walk->tree, leaf);
    walk->next++;
    return STATUS_OK;
}

static enum status verify_rows(struct db *db, struct walk *walk, int64_t end, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, end);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return walk->next == end ? STATUS_OK : wrong(err, walk->next, "missing");
        TRY(verify_row(db, walk, q, err));
    }
}

// Every entry up to the head has its key, so each further one must be of a further entry.
static enum status verify_count(struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_COUNT, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    const int64_t more = found ? stmt_int(q, 0) - stmt_int(q, 1) : 0;
    if (more == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   more > 0 ? "an id is filed that no entry has"
                            : "an entry behind the journal's head is filed nowhere");
}

// The largest subtrees come first in the lane, so the first that differs holds the first fault.
static enum status compare(const struct merkle *read, const struct merkle *head, struct err *err)
{
    uint64_t first = 0;
    for (unsigned level = MERKLE_LEVELS; level-- > 0;) {
        if ((head->size >> level & 1U) == 0)
            continue;
        const uint64_t past = first + (UINT64_C(1) << level);
        if (memcmp(read->node[level], head->node[level], CRYPTO_HASH_BYTES) != 0)
            return err_set(err, STATUS_CHECK_FAILED,
                           "entries %" PRIu64 " to %" PRIu64 ": one of them was changed after it "
                           "was written",
                           first, past - 1);
        first = past;
    }
    return STATUS_OK;
}

enum status journal_verify(struct db *db, const char *lane, uint64_t *ret_size,
                           uint8_t ret_root[CRYPTO_HASH_BYTES], struct err *err)
{
    struct head head;
    TRY(read_head(db, &head, err));
    if (strcmp(head.lane, lane) != 0)
        return err_set(err, STATUS_CHECK_FAILED, "the journal is that of another lane");
    // Entries may be added while we read: what counts is the head that was read first.
    struct walk walk = {.lane = head.lane};
    TRY(verify_rows(db, &walk, (int64_t)head.tree.size, err));
    TRY(compare(&walk.tree, &head.tree, err));
    TRY(verify_count(db, err));
    *ret_size = head.tree.size;
    merkle_root(&head.tree, ret_root);
    return STATUS_OK;
}
