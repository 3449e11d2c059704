// SPDX-License-Identifier: MIT
// Holds the database against its ledger.
#include "hub_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hub_sql.h"
#include "ledger.h"
#include "migrate.h"
#include "projection.h"
#include "stmt.h"

// ---- the scratch database --------------------------------------------------------------------

struct scratch {
    char folder[HUB_PATH_BYTES];
    char path[HUB_PATH_BYTES];
    struct db *db;
};

static void scratch_done(struct scratch *scratch)
{
    static const char *const files[] = {"", "-wal", "-shm", "-journal"};
    char name[HUB_PATH_BYTES + 16];
    db_close(scratch->db);
    if (scratch->folder[0] == '\0')
        return;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        snprintf(name, sizeof name, "%s%s", scratch->path, files[i]);
        unlink(name);
    }
    rmdir(scratch->folder);
}

static enum status scratch_open(struct scratch *scratch, struct err *err)
{
    const char *under = getenv("TMPDIR");
    TRY(hub_path(under != NULL && under[0] != '\0' ? under : "/tmp", "hailong-verify-XXXXXX",
                 scratch->folder, err));
    if (mkdtemp(scratch->folder) == NULL) {
        scratch->folder[0] = '\0';
        return err_errno(err, "no scratch folder under $TMPDIR or /tmp");
    }
    TRY(hub_path(scratch->folder, "hub.db", scratch->path, err));
    TRY(db_open(scratch->path, DB_CREATE, &hub_schema, &scratch->db, err));
    TRY(migrate_up(scratch->db, err));
    // Never committed: it is read on the same connection and thrown away.
    return db_exec(scratch->db, "BEGIN", err);
}

// ---- lanes -----------------------------------------------------------------------------------

struct walk {
    const struct hub *hub;
    struct db *db, *rebuilt;
    char lane[ENTRY_LANE_CHARS + 1];
    struct merkle tree;
    struct entry_join import, setup;
    // What the lane's setups so far say.
    char unit[RESPONSE_UNIT_CHARS + 1];
    bool trial, sample;
};

static void walk_done(struct walk *walk)
{
    buf_done(&walk->import.whole);
    buf_done(&walk->setup.whole);
}

static void setup_free(struct setup *setup)
{
    setup_done(setup);
    free(setup);
}
AUTO_POINTER(struct setup, setup_free)

static enum status read_setup(struct walk *walk, const struct entry *entry, struct err *err)
{
    bool complete = false;
    TRY(entry_join_add(&walk->setup, entry, &complete, err));
    if (!complete)
        return STATUS_OK;
    AUTO(setup_freep) struct setup *setup = calloc(1, sizeof *setup);
    if (setup == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a setup");
    TRY(setup_parse(buf_text(&walk->setup.whole), walk->setup.whole.size_bytes, setup, err));
    memcpy(walk->unit, setup->unit, sizeof walk->unit);
    walk->trial = setup->trial;
    walk->sample = setup->sample;
    return STATUS_OK;
}

static enum status rebuild(struct walk *walk, const struct entry *entry, struct err *err)
{
    struct response response;
    bool complete = false;
    if (entry->kind == ENTRY_IMPORT) {
        TRY(entry_join_add(&walk->import, entry, &complete, err));
        return complete
                   ? projection_import(walk->rebuilt, walk->hub->units, entry->id,
                                       walk->import.whole.data, walk->import.whole.size_bytes, err)
                   : STATUS_OK;
    }
    if (entry->kind == ENTRY_SETUP)
        return read_setup(walk, entry, err);
    if (entry->kind != ENTRY_RESPONSE && entry->kind != ENTRY_DETAIL)
        return STATUS_OK;
    TRY(response_read(entry, &response, err));
    return entry->kind == ENTRY_RESPONSE
               ? projection_response(walk->rebuilt, walk->hub->units, &response, err)
               : projection_detail(walk->rebuilt, walk->hub->units, &response, err);
}

static enum status check_columns(const struct walk *walk, struct stmt *q, const struct entry *entry,
                                 struct err *err)
{
    size_t id_bytes = 0;
    const void *id = stmt_blob(q, 1, &id_bytes);
    bool fits = stmt_int(q, 0) == (int64_t)walk->tree.size && entry->seq == stmt_int(q, 0) &&
                entry->part == stmt_int(q, 2) && id_bytes == ENTRY_ID_BYTES &&
                memcmp(id, entry->id, ENTRY_ID_BYTES) == 0 && strcmp(entry->lane, walk->lane) == 0;
    return fits ? STATUS_OK
                : err_set(err, STATUS_CHECK_FAILED,
                          "its place, id or lane is not what its line "
                          "says");
}

static enum status check_entry(struct walk *walk, struct stmt *q, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    uint8_t leaf[CRYPTO_HASH_BYTES];
    TRY(entry_read(stmt_text(q, 3), stmt_text_size(q, 3), &entry, err));
    TRY(check_columns(walk, q, &entry, err));
    TRY(rebuild(walk, &entry, err));
    merkle_leaf(stmt_text(q, 3), stmt_text_size(q, 3), leaf);
    merkle_add(&walk->tree, leaf);
    return STATUS_OK;
}

static enum status fail_at(const struct walk *walk, struct err *err)
{
    struct err inner = *err;
    if (inner.status == STATUS_IO || inner.status == STATUS_NO_MEMORY ||
        inner.status == STATUS_FULL)
        return inner.status;
    return err_set(err, STATUS_CHECK_FAILED, "lane %s, entry %llu: %.300s", walk->lane,
                   (unsigned long long)walk->tree.size, inner.text);
}

static enum status walk_lane(struct walk *walk, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    merkle_init(&walk->tree);
    walk->import.parts = 0;
    walk->setup.parts = 0;
    walk->unit[0] = '\0';
    walk->trial = walk->sample = false;
    TRY(stmt_use(walk->db, HUB_LEDGER_WALK, &q, err));
    stmt_bind_text(q, 1, walk->lane);
    stmt_bind_int(q, 2, 0);
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        if (check_entry(walk, q, err) != STATUS_OK)
            return fail_at(walk, err);
    }
}

// The stored head (size, frontier) of the lane that was walked.
static enum status check_head(const struct walk *walk, int64_t size, const void *frontier,
                              size_t frontier_bytes, struct err *err)
{
    uint8_t computed[MERKLE_WIRE_LIMIT_BYTES];
    size_t computed_bytes = merkle_write(&walk->tree, computed);
    if (size != (int64_t)walk->tree.size)
        return err_set(err, STATUS_CHECK_FAILED,
                       "lane %s: its head counts %lld entries, the ledger has %llu", walk->lane,
                       (long long)size, (unsigned long long)walk->tree.size);
    if (computed_bytes != frontier_bytes || memcmp(computed, frontier, frontier_bytes) != 0)
        return err_set(err, STATUS_CHECK_FAILED,
                       "lane %s: its entries do not give its stored tree; an entry was changed, "
                       "added, removed or moved",
                       walk->lane);
    return STATUS_OK;
}

// What stands beside the lane and decides whose answers it may bring (q: HUB_LANE_LIST).
static enum status check_facts(const struct walk *walk, struct stmt *q, struct err *err)
{
    bool same = strcmp(stmt_text(q, 1), walk->unit) == 0 && (stmt_int(q, 8) != 0) == walk->trial &&
                (stmt_int(q, 9) != 0) == walk->sample;
    return same ? STATUS_OK
                : err_set(err, STATUS_CHECK_FAILED,
                          "lane %s: its unit, trial or sample is not what its setup says",
                          walk->lane);
}

static enum status walk_lanes(struct walk *walk, struct hub_verify_figures *figures,
                              struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(walk->db, HUB_LANE_LIST, &q, err));
    for (;;) {
        size_t frontier_bytes = 0;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        snprintf(walk->lane, sizeof walk->lane, "%s", stmt_text(q, 0));
        TRY(walk_lane(walk, err));
        const void *frontier = stmt_blob(q, 5, &frontier_bytes);
        TRY(check_head(walk, stmt_int(q, 4), frontier, frontier_bytes, err));
        TRY(check_facts(walk, q, err));
        figures->lanes++;
        figures->entries += (int64_t)walk->tree.size;
    }
}

// ---- tables ----------------------------------------------------------------------------------

enum { COLUMN_MAX = 16 }; // the widest table, tally_c, has 14

// Types of the columns a statement gives, from its out: line: 'i', 't' or 'b' each.
static size_t column_types(int statement, char ret_types[COLUMN_MAX])
{
    size_t count = 0;
    // "unit text, half int": the letter behind each name's blank.
    for (const char *at = hub_schema.statements[statement].out; *at != '\0'; at++)
        if (at[0] == ' ' && at[-1] != ',' && count < COLUMN_MAX)
            ret_types[count++] = at[1];
    return count;
}

static bool same_column(struct stmt *a, struct stmt *b, int column, char type)
{
    size_t a_bytes = 0, b_bytes = 0;
    if (type == 'i')
        return stmt_int(a, column) == stmt_int(b, column);
    if (type == 't')
        return strcmp(stmt_text(a, column), stmt_text(b, column)) == 0;
    const void *x = stmt_blob(a, column, &a_bytes), *y = stmt_blob(b, column, &b_bytes);
    return a_bytes == b_bytes && memcmp(x, y, a_bytes) == 0;
}

static bool same_row(struct stmt *a, struct stmt *b, const char *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!same_column(a, b, (int)i, types[i]))
            return false;
    return true;
}

static enum status compare_table(struct db *stored, struct db *rebuilt, int statement,
                                 const char *table, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *a = NULL;
    AUTO(stmt_releasep) struct stmt *b = NULL;
    char types[COLUMN_MAX];
    size_t count = column_types(statement, types);
    TRY(stmt_use(stored, statement, &a, err));
    TRY(stmt_use(rebuilt, statement, &b, err));
    for (int64_t row = 1;; row++) {
        bool more_a = false, more_b = false;
        TRY(stmt_row(a, &more_a, err));
        TRY(stmt_row(b, &more_b, err));
        if (!more_a && !more_b)
            return STATUS_OK;
        if (more_a != more_b || !same_row(a, b, types, count))
            return err_set(err, STATUS_CHECK_FAILED,
                           "table %s, row %lld (in the order of its key) is not what the ledger "
                           "gives",
                           table, (long long)row);
    }
}

static enum status compare_tables(struct db *stored, struct db *rebuilt, struct err *err)
{
    TRY(compare_table(stored, rebuilt, HUB_RESPONSE_WALK, "response", err));
    TRY(compare_table(stored, rebuilt, HUB_IMPORT_WALK, "import", err));
    TRY(compare_table(stored, rebuilt, HUB_TALLY_A_WALK, "tally_a", err));
    TRY(compare_table(stored, rebuilt, HUB_TALLY_B_WALK, "tally_b", err));
    return compare_table(stored, rebuilt, HUB_TALLY_C_WALK, "tally_c", err);
}

static enum status verify_snapshot(const struct hub *hub, struct db *db,
                                   struct hub_verify_figures *figures, struct err *err)
{
    AUTO(scratch_done) struct scratch scratch = {.folder = ""};
    AUTO(walk_done) struct walk walk = {.hub = hub, .db = db};
    buf_init(&walk.import.whole, PROJECTION_IMPORT_LIMIT_BYTES);
    buf_init(&walk.setup.whole, SETUP_LIMIT_BYTES);
    TRY(db_check(db, err));
    TRY(hub_check_setup(hub, db, err));
    TRY(scratch_open(&scratch, err));
    walk.rebuilt = scratch.db;
    TRY(walk_lanes(&walk, figures, err));
    return compare_tables(db, scratch.db, err);
}

enum status hub_verify(const struct hub *hub, struct db *db, struct hub_verify_figures *ret_figures,
                       struct err *err)
{
    struct hub_verify_figures figures = {.lanes = 0};
    TRY(db_exec(db, "BEGIN", err)); // one snapshot, while others go on writing
    enum status status = verify_snapshot(hub, db, &figures, err);
    enum status ended = db_exec(db, "ROLLBACK", status == STATUS_OK ? err : NULL);
    if (status == STATUS_OK)
        status = ended;
    if (status == STATUS_OK)
        *ret_figures = figures;
    return status;
}
