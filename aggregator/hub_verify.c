// SPDX-License-Identifier: MIT
// Holds the database against its ledger.
#include "hub_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "correction.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "laneverify.h"
#include "ledger.h"
#include "migrate.h"
#include "projection.h"
#include "stmt.h"
#include "textstore.h"

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
    struct note_key key;       // of that lane
    struct laneverify *verify; // … and its walk
    struct laneverify_witness witnesses[WITNESS_KEYS_MAX];
    struct witness_keys keys;
    struct entry_join import, setup;
    // What the lane's setups so far say.
    char unit[RESPONSE_UNIT_CHARS + 1];
    bool trial, sample;
};

static void walk_done(struct walk *walk)
{
    laneverify_close(walk->verify);
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
    if (correction_is_idle(&walk->hub->setup, entry))
        return STATUS_OK;
    if (correction_is(entry->kind))
        return correction_reapply(walk->db, walk->rebuilt, walk->hub->units, walk->lane, entry,
                                  err);
    if (entry->kind != ENTRY_RESPONSE && entry->kind != ENTRY_DETAIL)
        return STATUS_OK;
    TRY(response_read(entry, &response, err));
    correction_of_trial(&walk->hub->setup, &response);
    return entry->kind == ENTRY_RESPONSE
               ? projection_response(walk->rebuilt, walk->hub->units, &response, err)
               : projection_detail(walk->rebuilt, walk->hub->units, &response, err);
}

static bool check_columns(struct stmt *q, const struct entry *entry)
{
    size_t id_bytes = 0;
    const void *id = stmt_blob(q, 1, &id_bytes);
    return entry->part == stmt_int(q, 2) && id_bytes == ENTRY_ID_BYTES &&
           memcmp(id, entry->id, ENTRY_ID_BYTES) == 0;
}

// Names the entry that could not be projected.
static enum status at_entry(int64_t seq, struct err *err)
{
    const struct err inner = *err;
    if (inner.status == STATUS_IO || inner.status == STATUS_NO_MEMORY ||
        inner.status == STATUS_FULL)
        return inner.status;
    return err_set(err, STATUS_CHECK_FAILED, "entry %lld: %.300s", (long long)seq, inner.text);
}

static enum status check_entry(struct walk *walk, struct stmt *q, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    const int64_t next = laneverify_next(walk->verify);
    if (stmt_int(q, 0) != next) // the table's key keeps the order
        return err_set(err, STATUS_CHECK_FAILED, "entry %lld: missing (delete)", (long long)next);
    TRY(laneverify_line(walk->verify, stmt_text(q, 3), stmt_text_size(q, 3), &entry, err));
    if (!check_columns(q, &entry))
        return err_set(err, STATUS_CHECK_FAILED,
                       "entry %lld: is filed under another id or part than its own (edit)",
                       (long long)next);
    return rebuild(walk, &entry, err) == STATUS_OK ? STATUS_OK : at_entry(next, err);
}

// Names the lane.
static enum status fail_at(const struct walk *walk, struct err *err)
{
    const struct err inner = *err;
    if (inner.status == STATUS_IO || inner.status == STATUS_NO_MEMORY ||
        inner.status == STATUS_FULL)
        return inner.status;
    return err_set(err, STATUS_CHECK_FAILED, "lane %s, %.330s", walk->lane, inner.text);
}

// q: HUB_CHECKPOINT_WALK. The note with what witnesses have signed of it.
static enum status check_note(struct walk *walk, struct stmt *q, const char *where, struct err *err)
{
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    buf_add(&note, stmt_text(q, 1), stmt_text_size(q, 1));
    if (!stmt_is_null(q, 2))
        buf_add(&note, stmt_text(q, 2), stmt_text_size(q, 2));
    TRY(buf_check(&note, err));
    return laneverify_note(walk->verify, note.data, note.size_bytes, where,
                           (uint64_t)stmt_int(q, 0), false, err);
}

// q: HUB_LANE_LIST. The heads that the lane has signed are held against it.
static enum status begin_lane(struct walk *walk, struct stmt *lanes, struct err *err)
{
    struct note_key key;
    size_t key_bytes = 0;
    const struct laneverify_options options = {.lane = walk->lane,
                                               .hub = strcmp(stmt_text(lanes, 2), "hub") == 0,
                                               .key = &walk->key,
                                               .witnesses = walk->witnesses,
                                               .witness_count = walk->keys.count};
    note_key_of_lane(stmt_blob(lanes, 15, &key_bytes), NOTE_ED25519, &key);
    walk->key = key;
    laneverify_close(walk->verify);
    walk->verify = NULL;
    TRY(laneverify_open(&options, &walk->verify, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(walk->db, HUB_CHECKPOINT_WALK, &q, err));
    stmt_bind_text(q, 1, walk->lane);
    for (;;) {
        bool more = false;
        char where[64];
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        snprintf(where, sizeof where, "its checkpoint of %lld entries", (long long)stmt_int(q, 0));
        TRY(check_note(walk, q, where, err));
    }
}

static enum status walk_entries(struct walk *walk, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
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
        TRY(check_entry(walk, q, err));
    }
}

// q: HUB_LANE_LIST, with the stored head (size, frontier).
static enum status walk_lane(struct walk *walk, struct stmt *q,
                             struct laneverify_figures *ret_figures, struct err *err)
{
    struct merkle stored;
    size_t frontier_bytes = 0;
    const void *frontier = stmt_blob(q, 5, &frontier_bytes);
    struct err fault;
    if (merkle_read((uint64_t)stmt_int(q, 4), frontier, frontier_bytes, &stored, &fault) !=
        STATUS_OK)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the stored head is damaged: size and tree do not belong together");
    TRY(begin_lane(walk, q, err));
    TRY(walk_entries(walk, err));
    return laneverify_end(walk->verify, &stored, ret_figures, err);
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

// `own` NULL: all lanes of kiosks, else that one.
static enum status walk_lanes(struct walk *walk, const char *own,
                              struct hub_verify_figures *figures, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(walk->db, HUB_LANE_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        const bool is_own = strcmp(stmt_text(q, 2), "hub") == 0;
        if (own == NULL ? is_own : strcmp(stmt_text(q, 0), own) != 0)
            continue;
        snprintf(walk->lane, sizeof walk->lane, "%s", stmt_text(q, 0));
        struct laneverify_figures lane;
        struct witness_cover cover;
        if (walk_lane(walk, q, &lane, err) != STATUS_OK)
            return fail_at(walk, err);
        TRY(witness_of(walk->db, &walk->keys, walk->lane, &cover, err));
        witness_sum_add(&figures->witness, &cover, laneverify_next(walk->verify));
        figures->cosigned += lane.cosigned;
        TRY(check_facts(walk, q, err));
        figures->lanes++;
        figures->entries += laneverify_next(walk->verify);
    }
}

// The hub's own lane speaks of entries in all others: it comes after them. Before that the ones
// that it had until it was restored, which it may speak of, too.
static enum status walk_own(struct walk *walk, struct hub_verify_figures *figures, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct lanestate state = {.own = true};
    char lane[ENTRY_LANE_CHARS + 1] = "";
    bool found = false;
    TRY(stmt_use(walk->db, HUB_LANE_OWN_FIRST, &q, err));
    TRY(stmt_row(q, &found, err));
    if (found)
        snprintf(lane, sizeof lane, "%s", stmt_text(q, 0));
    while (found && lane[0] != '\0') {
        TRY(walk_lanes(walk, lane, figures, err));
        TRY(lanestate_find(walk->db, lane, &state, &found, err));
        memcpy(lane, state.replaced_by, sizeof lane);
    }
    return strcmp(walk->lane, hublane_name(walk->hub->lane)) == 0
               ? STATUS_OK
               : err_set(err, STATUS_CHECK_FAILED,
                         "the lane of keys/ is not the last one of this hub's own");
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
    TRY(compare_table(stored, rebuilt, HUB_ACCEPTED_WALK, "accepted", err));
    TRY(compare_table(stored, rebuilt, HUB_TIME_RANGE_WALK, "time_range", err));
    TRY(compare_table(stored, rebuilt, HUB_REDACTION_WALK, "redaction", err));
    TRY(compare_table(stored, rebuilt, HUB_REDACTION_LANE_WALK, "redaction_lane", err));
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
    TRY(witness_keys(hub, db, &walk.keys, err));
    for (size_t i = 0; i < walk.keys.count; i++)
        walk.witnesses[i].key = walk.keys.key[i];
    TRY(walk_lanes(&walk, NULL, figures, err));
    TRY(walk_own(&walk, figures, err));
    TRY(compare_tables(db, scratch.db, err));
    return textstore_verify(db, err);
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
