// SPDX-License-Identifier: MIT
// The lane in the database: appending with the tree, checking its end, verifying it whole.
#include "journal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
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

// The newest signed head beside the journal; `size` is 0 when there is none.
static enum status read_checkpoint(struct db *db, uint64_t size,
                                   struct note_checkpoint *ret_checkpoint, struct err *err)
{
    AUTO(buf_done) struct buf note;
    struct note_checkpoint checkpoint = {.size = 0};
    struct err fault;
    bool found = false;
    buf_init(&note, NOTE_LIMIT_BYTES);
    TRY(checkpoint_last(db, UINT64_MAX, false, &note, &found, err));
    if (found && note_read(buf_text(&note), note.size_bytes, &checkpoint, &fault) != STATUS_OK)
        return err_set(err, STATUS_CHECK_FAILED, "the newest stored checkpoint: %.300s",
                       fault.text);
    if (checkpoint.size > size)
        return wrong(err, (int64_t)size,
                     "missing; the newest checkpoint counts more entries: an old backup was put "
                     "back, or the end was cut off");
    *ret_checkpoint = checkpoint;
    return STATUS_OK;
}

// Goes on to the checkpoint's size and compares: what the entries before the walk are is said by
// the frontier, which the root then proves. A checkpoint of before the walk waits for `verify`.
static enum status check_against(struct db *db, struct walk *walk,
                                 const struct note_checkpoint *checkpoint, struct err *err)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    if (checkpoint->size == 0 || checkpoint->size < walk->tree.size)
        return STATUS_OK;
    TRY(walk_rows(db, walk, (int64_t)checkpoint->size, true, err));
    merkle_root(&walk->tree, root);
    if (memcmp(root, checkpoint->root, sizeof root) == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   "the journal does not give the root of its newest checkpoint (%" PRIu64
                   " entries): an entry or the head was changed; `verify` says which",
                   checkpoint->size);
}

// Sequence and place of the last 1,000; the bytes of those whose subtrees are small.
static enum status check_end(struct db *db, const struct head *head, struct err *err)
{
    struct note_checkpoint checkpoint;
    TRY(check_last(db, head->tree.size, err));
    TRY(read_checkpoint(db, head->tree.size, &checkpoint, err));
    const int64_t size = (int64_t)head->tree.size;
    const int64_t hashed_from = size - (size & ((1 << CHECKED_LEVELS) - 1));
    const int64_t from = size > CHECKED_AT_START ? size - CHECKED_AT_START : 0;
    struct walk walk = {.lane = head->lane, .next = from};
    if (from < hashed_from)
        TRY(walk_rows(db, &walk, hashed_from, false, err));
    walk.next = hashed_from;
    merkle_copy(&walk.tree, &head->tree);
    walk.tree.size = (uint64_t)hashed_from; // what is above the small subtrees is taken as it is
    TRY(check_against(db, &walk, &checkpoint, err));
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

static enum status verify_rows(struct db *db, struct laneverify *verify, int64_t *ret_misplaced,
                               struct err *err)
{
    int64_t misplaced = -1;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, INT64_MAX);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        if (misplaced < 0 && stmt_int(q, 0) != laneverify_next(verify))
            misplaced = laneverify_next(verify);
        TRY(laneverify_line(verify, stmt_text(q, 1), stmt_text_size(q, 1), NULL, err));
    }
    *ret_misplaced = misplaced;
    return STATUS_OK;
}

static enum status verify_notes(struct db *db, struct laneverify *verify, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_CHECKPOINT_LIST, &q, err));
    for (;;) {
        bool found = false;
        char where[64];
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        snprintf(where, sizeof where, "the stored checkpoint of %" PRId64 " entries",
                 stmt_int(q, 0));
        for (int column = 1; column <= 2; column++)
            if (!stmt_is_null(q, column))
                TRY(laneverify_note(verify, stmt_text(q, column), stmt_text_size(q, column), where,
                                    (uint64_t)stmt_int(q, 0), false, err));
    }
}

static enum status find_unfiled(struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_UNFILED, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "an entry without its key was counted and is not there");
    return wrong(err, stmt_int(q, 0), "it is not filed under its id and part (delete)");
}

// Every entry has its key, and no key is of none.
static enum status verify_keys(struct db *db, const struct laneverify *verify, struct err *err)
{
    int64_t count = 0;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_LIST, &q, err));
    for (;; count++) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        size_t id_bytes = 0; // the table sees to 16
        const uint8_t *id = stmt_blob(q, 0, &id_bytes);
        TRY(laneverify_filed(verify, id, stmt_int(q, 1), stmt_int(q, 2), err));
    }
    return count == laneverify_next(verify) ? STATUS_OK : find_unfiled(db, err);
}

static enum status verify_texts(struct db *db, struct laneverify *verify, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_TEXT_LIST, &q, err));
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return laneverify_texts_end(verify, err);
        size_t id_bytes = 0;
        const uint8_t *id = stmt_blob(q, 0, &id_bytes);
        struct lanetext_row row = {.field = stmt_text(q, 1)};
        row.salt = stmt_is_null(q, 2) ? NULL : stmt_blob(q, 2, &row.salt_bytes);
        row.payload = stmt_is_null(q, 3) ? NULL : stmt_blob(q, 3, &row.payload_bytes);
        TRY(laneverify_text(verify, id, &row, err));
    }
}

static enum status verify_snapshot(struct db *db, struct laneverify *verify,
                                   struct laneverify_figures *ret_figures, struct err *err)
{
    struct head head;
    int64_t misplaced = -1;
    TRY(read_head(db, &head, err));
    if (strcmp(head.lane, laneverify_lane(verify)) != 0)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the journal's head is that of another lane (another key, or a clone)");
    TRY(verify_notes(db, verify, err));
    TRY(verify_rows(db, verify, &misplaced, err));
    TRY(laneverify_end(verify, &head.tree, ret_figures, err));
    if (misplaced >= 0) // its line is right, so laneverify has not minded
        return wrong(err, misplaced, "is filed under another place (edit)");
    TRY(verify_keys(db, verify, err));
    return verify_texts(db, verify, err);
}

enum status journal_verify_all(struct db *db, struct laneverify *verify,
                               struct laneverify_figures *ret_figures, struct err *err)
{
    TRY(db_exec(db, "BEGIN", err)); // one snapshot, while the kiosk goes on writing
    enum status status = verify_snapshot(db, verify, ret_figures, err);
    enum status ended = db_exec(db, "ROLLBACK", status == STATUS_OK ? err : NULL);
    return status != STATUS_OK ? status : ended;
}

enum status journal_verify(struct db *db, const char *lane, uint64_t *ret_size,
                           uint8_t ret_root[CRYPTO_HASH_BYTES], struct err *err)
{
    const struct laneverify_options options = {.lane = lane};
    struct laneverify_figures figures;
    AUTO(laneverify_closep) struct laneverify *verify = NULL;
    TRY(laneverify_open(&options, &verify, err));
    TRY(journal_verify_all(db, verify, &figures, err));
    *ret_size = figures.size;
    memcpy(ret_root, figures.root, sizeof figures.root);
    return STATUS_OK;
}
