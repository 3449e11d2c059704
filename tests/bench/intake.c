// SPDX-License-Identifier: MIT
// How fast a hub takes pushes, for `make bench`: LANES kiosks push ENTRIES responses each through
// the hub's own intake, beside the same rows by bare SQLite with the same statements, as many to a
// transaction. Then the hub is filled up to ROWS responses, and as much is pushed once more.
//
//   intake FOLDER SETUP.json SCHEMA.sql LANES ENTRIES ROWS
//
// Prints one JSON object: rows per second "bare", "ours", "filled" (0 when ROWS is 0).
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "crypto.h"
#include "file.h"
#include "hub.h"
#include "hub_sql.h"
#include "intake.h"
#include "ledger.h"
#include "merkle.h"
#include "period.h"
#include "transfer.h"

enum {
    NOW_DAY = 22000, // 2030-03-27: later than the last response of the largest run
    FIRST_DAY = 20300,
    PER_HOUR = 10,      // responses of one kiosk
    READERS = 2,        // threads that read pushes, as the server's do; the writer is one more
    FILL_ENTRIES = 300, // in the order of time, as kiosks push day by day
};

static struct setup *setup;

static void die(const char *what)
{
    fprintf(stderr, "intake: %s\n", what);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// ---- kiosks ----------------------------------------------------------------------------------

struct kiosk {
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
    struct note_key key;
    int64_t seq, number; // next entry, next response
    struct merkle tree;
    struct buf lines;
    struct response *responses; // of the present push, for bare SQLite
    size_t count;
    bool made; // its first push is the setup
};

static void add_line(struct kiosk *kiosk, const struct buf *tail)
{
    struct err err = {.text = ""};
    uint8_t leaf[CRYPTO_HASH_BYTES];
    const size_t from = kiosk->lines.size_bytes;
    if (entry_line(kiosk->lane, kiosk->seq++, tail, &kiosk->lines, &err) != STATUS_OK)
        die(err.text);
    merkle_leaf(kiosk->lines.data + from, kiosk->lines.size_bytes - from, leaf);
    merkle_add(&kiosk->tree, leaf);
    buf_add_char(&kiosk->lines, '\n');
}

static enum status add_piece(void *context, const struct buf *tail, struct err *err)
{
    (void)err;
    add_line(context, tail);
    return STATUS_OK;
}

static void make_response(int64_t number, struct response *response)
{
    const struct setup_counter *counter = &setup->counters[(size_t)number % setup->counter_count];
    const struct setup_area *area = counter->areas[(size_t)(number / 7) % counter->area_count];
    // Ten an hour, eight hours a day.
    const int64_t hour = number / PER_HOUR, day = FIRST_DAY + hour / 8;
    memset(response, 0, sizeof *response);
    response->hour = (uint32_t)(day * 24 + 1 + hour % 8);
    entry_id_of_hour(response->hour, response->id);
    snprintf(response->unit, sizeof response->unit, "%s", setup->unit);
    snprintf(response->counter, sizeof response->counter, "%s", counter->id);
    snprintf(response->area, sizeof response->area, "%s", area->code);
    snprintf(response->form, sizeof response->form, "%s", area->form->name);
    response->channel = RESPONSE_SCREEN;
    response->step = RESPONSE_STEP_RESULT;
    response->answer_count = 1;
    snprintf(response->answers[0].item, sizeof response->answers[0].item, "overall");
    response->answers[0].level = (int)(number * 11 % 5) + 1;
}

static void kiosk_begin(struct kiosk *kiosk)
{
    crypto_sign_keys(kiosk->public_key, kiosk->secret);
    entry_lane_of_key(kiosk->public_key, sizeof kiosk->public_key, kiosk->lane);
    note_key_of_lane(kiosk->public_key, NOTE_ED25519, &kiosk->key);
    merkle_init(&kiosk->tree);
    buf_init(&kiosk->lines, 64 * 1024 * 1024);
}

static void kiosk_setup(struct kiosk *kiosk, const struct buf *document)
{
    struct err err = {.text = ""};
    uint8_t id[ENTRY_ID_BYTES];
    entry_id_of_hour(FIRST_DAY * 24, id);
    buf_clear(&kiosk->lines);
    if (entry_split(ENTRY_SETUP, id, document->data, document->size_bytes, add_piece, kiosk,
                    &err) != STATUS_OK)
        die(err.text);
}

static void kiosk_fill(struct kiosk *kiosk, size_t count, struct buf *tail)
{
    buf_clear(&kiosk->lines);
    kiosk->responses = realloc(kiosk->responses, count * sizeof *kiosk->responses);
    if (kiosk->responses == NULL)
        die("no memory");
    kiosk->count = count;
    for (size_t i = 0; i < count; i++) {
        make_response(kiosk->number++, &kiosk->responses[i]);
        buf_clear(tail);
        response_tail(&kiosk->responses[i], tail);
        add_line(kiosk, tail);
    }
}

// The whole body: lines, note, key.
static void kiosk_end(struct kiosk *kiosk)
{
    AUTO(buf_done) struct buf note;
    struct err err = {.text = ""};
    struct note_checkpoint checkpoint = {.size = kiosk->tree.size, .hour = "2026-09-03T09+07"};
    buf_init(&note, NOTE_LIMIT_BYTES);
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "hailong/%s", kiosk->lane);
    merkle_root(&kiosk->tree, checkpoint.root);
    if (note_sign(&checkpoint, kiosk->secret, &note, &err) != STATUS_OK)
        die(err.text);
    transfer_end(&kiosk->lines, note.data, note.size_bytes, &kiosk->key);
}

// ---- ours ------------------------------------------------------------------------------------

struct pushing {
    struct hub *hub;
    struct kiosk *kiosks;
    size_t count;
    _Atomic size_t next;
};

static void *push_some(void *context)
{
    struct pushing *pushing = context;
    struct err err = {.text = ""};
    for (;;) {
        const size_t i = pushing->next++;
        if (i >= pushing->count)
            return NULL;
        struct kiosk *kiosk = &pushing->kiosks[i];
        struct intake *intake = NULL;
        if (intake_new(pushing->hub, kiosk->lane, &intake, &err) != STATUS_OK ||
            intake_transfer(intake, kiosk->lines.data, kiosk->lines.size_bytes, &err) !=
                STATUS_OK ||
            writer_run(pushing->hub->writer, &intake->job, &err) != STATUS_OK)
            die(err.text);
        if (intake->outcome != STATUS_OK)
            die(intake->why.text);
        intake_free(intake);
    }
}

// All kiosks' present pushes; the time that it took.
static double push_all(struct hub *hub, struct kiosk *kiosks, size_t count)
{
    struct pushing pushing = {.hub = hub, .kiosks = kiosks, .count = count};
    pthread_t threads[READERS];
    const double begin = now_s();
    for (size_t i = 0; i < READERS; i++)
        if (pthread_create(&threads[i], NULL, push_some, &pushing) != 0)
            die("no thread");
    for (size_t i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    return now_s() - begin;
}

struct enrol_job {
    struct writer_job job; // first
    struct kiosk *kiosks;
    size_t count;
};

static enum status enrol(struct db *db, struct writer_job *job, struct err *err)
{
    const struct enrol_job *enrolling = (const struct enrol_job *)job;
    for (size_t i = 0; i < enrolling->count; i++) {
        const struct ledger_new_lane lane = {
            .lane = enrolling->kiosks[i].lane,
            .unit = "",
            .how = "join",
            .enrolled_unit = "",
            .public_key = enrolling->kiosks[i].public_key,
        };
        TRY(ledger_lane_add(db, &lane, err));
    }
    return STATUS_OK;
}

// Each kiosk's next `entries` responses.
static void next_pushes(struct kiosk *kiosks, size_t count, size_t entries)
{
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    for (size_t i = 0; i < count; i++) {
        kiosk_fill(&kiosks[i], entries, &tail);
        kiosk_end(&kiosks[i]);
    }
}

// ---- bare SQLite -----------------------------------------------------------------------------

static sqlite3 *bare;

static void run_sql(const char *sql)
{
    if (sqlite3_exec(bare, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(bare));
}

static sqlite3_stmt *prepare(int statement)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(bare, hub_schema.statements[statement].sql, -1, &q, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(bare));
    return q;
}

static void step(sqlite3_stmt *q)
{
    if (sqlite3_step(q) != SQLITE_DONE)
        die(sqlite3_errmsg(bare));
    sqlite3_reset(q);
}

// $n may stand at any place.
static int at(sqlite3_stmt *q, int parameter)
{
    char name[8];
    snprintf(name, sizeof name, "$%d", parameter);
    return sqlite3_bind_parameter_index(q, name);
}

struct places {
    int p[16];
};

static struct places places_of(sqlite3_stmt *q)
{
    struct places places = {.p = {0}};
    for (int i = 1; i < 16; i++)
        places.p[i] = at(q, i);
    return places;
}

static void bind_text(sqlite3_stmt *q, int place, const char *text)
{
    sqlite3_bind_text(q, place, text, -1, SQLITE_STATIC);
}

// What the rows of one push add to: by counter, area and day.
struct cell {
    const char *counter, *area, *form;
    int32_t day;
    int64_t n[FORM_LEVELS];
};

static void bind_counts(sqlite3_stmt *q, const struct places *places, int from,
                        const struct cell *cell)
{
    for (int i = 0; i < FORM_LEVELS; i++)
        sqlite3_bind_int64(q, places->p[from + i], cell->n[i]);
}

struct bare {
    sqlite3_stmt *ledger, *response, *a, *b, *c;
    struct places ledger_at, response_at, a_at, b_at, c_at;
};

static void bare_row(const struct bare *bare_db, const struct kiosk *kiosk, int64_t seq,
                     const struct response *response, const char *line, size_t line_bytes)
{
    char answers[32];
    const int *p = bare_db->ledger_at.p;
    sqlite3_stmt *q = bare_db->ledger;
    bind_text(q, p[1], kiosk->lane);
    sqlite3_bind_int64(q, p[2], seq);
    sqlite3_bind_blob(q, p[3], response->id, ENTRY_ID_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64(q, p[4], 0);
    sqlite3_bind_text(q, p[5], line, (int)line_bytes, SQLITE_STATIC);
    step(q);
    snprintf(answers, sizeof answers, "{\"overall\":%d}", response->answers[0].level);
    q = bare_db->response;
    p = bare_db->response_at.p;
    sqlite3_bind_blob(q, p[1], response->id, ENTRY_ID_BYTES, SQLITE_STATIC);
    bind_text(q, p[2], response->unit);
    bind_text(q, p[3], response->counter);
    bind_text(q, p[4], response->area);
    bind_text(q, p[5], response->form);
    sqlite3_bind_int64(q, p[6], response->hour);
    bind_text(q, p[7], response_channel_name(response->channel));
    bind_text(q, p[8], response_step_name(response->step));
    sqlite3_bind_int64(q, p[9], response->linked);
    bind_text(q, p[10], answers);
    sqlite3_bind_int64(q, p[11], 0);
    step(q);
}

static void bare_cell(const struct bare *bare_db, const struct cell *cell)
{
    const struct unit *lineage[UNIT_DEPTH_MAX];
    const size_t depth = unit_lineage(setup->units, setup->unit, cell->day, lineage);
    const int64_t half = period_half(cell->day);
    sqlite3_stmt *const tables[] = {bare_db->b, bare_db->c};
    for (size_t i = 0; i < depth; i++) {
        const int *p = bare_db->a_at.p;
        bind_text(bare_db->a, p[1], lineage[i]->code);
        bind_text(bare_db->a, p[2], cell->area);
        bind_text(bare_db->a, p[3], "overall");
        bind_text(bare_db->a, p[4], cell->form);
        sqlite3_bind_int64(bare_db->a, p[5], half);
        bind_counts(bare_db->a, &bare_db->a_at, 6, cell);
        step(bare_db->a);
    }
    const int *b = bare_db->b_at.p, *c = bare_db->c_at.p;
    bind_text(tables[0], b[1], setup->unit);
    bind_text(tables[0], b[2], cell->counter);
    bind_text(tables[0], b[3], cell->area);
    bind_text(tables[0], b[4], "overall");
    bind_text(tables[0], b[5], cell->form);
    sqlite3_bind_int64(tables[0], b[6], cell->day);
    bind_counts(tables[0], &bare_db->b_at, 7, cell);
    step(tables[0]);
    bind_text(tables[1], c[1], setup->unit);
    bind_text(tables[1], c[2], cell->area);
    bind_text(tables[1], c[3], "overall");
    bind_text(tables[1], c[4], cell->form);
    sqlite3_bind_int64(tables[1], c[5], half);
    bind_text(tables[1], c[6], "screen");
    bind_text(tables[1], c[7], "result");
    sqlite3_bind_int64(tables[1], c[8], 0);
    sqlite3_bind_int64(tables[1], c[9], 0);
    bind_counts(tables[1], &bare_db->c_at, 10, cell);
    step(tables[1]);
}

static void add_cell(struct cell *cells, size_t *count, const struct response *response)
{
    const int32_t day = clock_day_of_hour(response->hour);
    struct cell *cell = NULL;
    // Neighbours in time are neighbours here: the search is short.
    for (size_t i = *count; i-- > 0 && cell == NULL && cells[i].day == day;)
        if (strcmp(cells[i].counter, response->counter) == 0 &&
            strcmp(cells[i].area, response->area) == 0)
            cell = &cells[i];
    if (cell == NULL) {
        cell = &cells[(*count)++];
        *cell = (struct cell){
            .counter = response->counter, .area = response->area, .form = "tthc", .day = day};
    }
    cell->n[response->answers[0].level - 1]++;
}

static void bare_push(const struct bare *bare_db, const struct kiosk *kiosk, struct cell *cells)
{
    size_t count = 0;
    const char *line = kiosk->lines.data;
    run_sql("BEGIN IMMEDIATE");
    for (size_t i = 0; i < kiosk->count; i++) {
        const char *end = strchr(line, '\n');
        bare_row(bare_db, kiosk, (int64_t)i, &kiosk->responses[i], line, (size_t)(end - line));
        add_cell(cells, &count, &kiosk->responses[i]);
        line = end + 1;
    }
    for (size_t i = 0; i < count; i++)
        bare_cell(bare_db, &cells[i]);
    run_sql("COMMIT");
}

static void bare_open(const char *path, const char *schema, struct kiosk *kiosks, size_t count)
{
    AUTO(buf_done) struct buf sql;
    struct err err = {.text = ""};
    buf_init(&sql, 1024 * 1024);
    if (file_read(schema, &sql, &err) != STATUS_OK || sqlite3_open(path, &bare) != SQLITE_OK)
        die("the bare database cannot be made");
    // As core/dbopen.c sets them, where it matters for speed.
    run_sql("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON;"
            "PRAGMA cache_size=-4000; PRAGMA mmap_size=0");
    run_sql(buf_text(&sql));
    for (size_t i = 0; i < count; i++) {
        AUTO(buf_done) struct buf add;
        buf_init(&add, 1024);
        buf_addf(&add,
                 "INSERT INTO lane (lane, unit, kind, how, public_key, state, enrolled_unit, size,"
                 "frontier, trial, sample, announced_size, message_last, message_received) VALUES "
                 "('%s', '', 'kiosk', 'join', zeroblob(32), 'new', '', 0, x'', 0, 0, 0, 0, 0)",
                 kiosks[i].lane);
        run_sql(buf_text(&add));
    }
}

static double bare_all(const char *path, const char *schema, struct kiosk *kiosks, size_t count,
                       size_t entries)
{
    struct cell *cells = calloc(entries, sizeof *cells);
    if (cells == NULL)
        die("no memory");
    bare_open(path, schema, kiosks, count);
    struct bare bare_db = {.ledger = prepare(HUB_LEDGER_ADD),
                           .response = prepare(HUB_RESPONSE_ADD),
                           .a = prepare(HUB_TALLY_A_ADD),
                           .b = prepare(HUB_TALLY_B_ADD),
                           .c = prepare(HUB_TALLY_C_ADD)};
    bare_db.ledger_at = places_of(bare_db.ledger);
    bare_db.response_at = places_of(bare_db.response);
    bare_db.a_at = places_of(bare_db.a);
    bare_db.b_at = places_of(bare_db.b);
    bare_db.c_at = places_of(bare_db.c);
    const double begin = now_s();
    for (size_t i = 0; i < count; i++)
        bare_push(&bare_db, &kiosks[i], cells);
    const double took = now_s() - begin;
    sqlite3_stmt *const all[] = {bare_db.ledger, bare_db.response, bare_db.a, bare_db.b, bare_db.c};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(bare);
    free(cells);
    return took;
}

// ---- the run ---------------------------------------------------------------------------------

static struct hub *open_hub(const char *folder, const char *setup_path)
{
    struct hub *hub = NULL;
    struct err err = {.text = ""};
    if (hub_init(folder, setup_path, &err) != STATUS_OK ||
        hub_open(folder, HUB_WRITE, &hub, &err) != STATUS_OK)
        die(err.text);
    setup = &hub->setup;
    return hub;
}

static struct kiosk *make_kiosks(struct hub *hub, const char *setup_path, size_t count)
{
    AUTO(buf_done) struct buf document;
    struct err err = {.text = ""};
    struct kiosk *kiosks = calloc(count, sizeof *kiosks);
    struct enrol_job job = {.job.apply = enrol, .kiosks = kiosks, .count = count};
    buf_init(&document, SETUP_LIMIT_BYTES);
    if (kiosks == NULL || file_read(setup_path, &document, &err) != STATUS_OK)
        die("the setup cannot be read");
    for (size_t i = 0; i < count; i++) {
        kiosk_begin(&kiosks[i]);
        kiosk_setup(&kiosks[i], &document);
        kiosk_end(&kiosks[i]);
    }
    if (writer_run(hub->writer, &job.job, &err) != STATUS_OK)
        die(err.text);
    push_all(hub, kiosks, count);
    return kiosks;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: intake FOLDER SETUP.json SCHEMA.sql LANES ENTRIES ROWS\n");
        return 2;
    }
    const size_t lanes = (size_t)atoll(argv[4]), entries = (size_t)atoll(argv[5]);
    const int64_t rows = atoll(argv[6]);
    char path[HUB_PATH_BYTES];
    clock_fix((int64_t)NOW_DAY * 86400);
    struct hub *hub = open_hub(argv[1], argv[2]);
    struct kiosk *kiosks = make_kiosks(hub, argv[2], lanes);
    const double each = (double)(lanes * entries);
    next_pushes(kiosks, lanes, entries);
    snprintf(path, sizeof path, "%s/bare.db", argv[1]);
    const double bare_s = bare_all(path, argv[3], kiosks, lanes, entries);
    const double ours_s = push_all(hub, kiosks, lanes);
    double filled_s = 0;
    for (int64_t have = (int64_t)each; have < rows; have += (int64_t)lanes * FILL_ENTRIES) {
        next_pushes(kiosks, lanes, FILL_ENTRIES);
        push_all(hub, kiosks, lanes);
    }
    if (rows > 0) {
        next_pushes(kiosks, lanes, entries);
        filled_s = push_all(hub, kiosks, lanes);
    }
    printf("{\"bare\":%.0f,\"ours\":%.0f,\"filled\":%.0f}\n", each / bare_s, each / ours_s,
           filled_s > 0 ? each / filled_s : 0);
    for (size_t i = 0; i < lanes; i++) {
        buf_done(&kiosks[i].lines);
        free(kiosks[i].responses);
    }
    free(kiosks);
    hub_close(hub);
    return 0;
}
