// SPDX-License-Identifier: MIT
// The kiosk as one object: making its data directory, opening it, closing it.
#include "kiosk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "copied.h"
#include "fact.h"
#include "file.h"
#include "judge.h"
#include "kiosk_assets.h"
#include "kiosk_setup.h"
#include "kiosk_sql.h"
#include "kit.h"
#include "log.h"
#include "migrate.h"
#include "plan.h"
#include "relane.h"
#include "stmt.h"
#include "timekeeper.h"
#include "witnessed.h"

enum {
    FOLDER_MODE = 0700,
    SECRET_MODE = 0600,
    PUBLIC_MODE = 0644,
    // About ten seconds of what an office PC commits; whoever waits longer has gone.
    QUEUE_LIMIT = 20000,
    WAL_SOFT_BYTES = 8 * 1024 * 1024,
    // The promise is 64 MiB; a batch in flight and its restart stand between. Much smaller would
    // copy the same pages back more often.
    WAL_LIMIT_BYTES = 32 * 1024 * 1024,
    EXIT_IO = 74,
};

static enum status path_in(const char *folder, const char *name, char ret_path[KIOSK_PATH_BYTES],
                           struct err *err)
{
    if (snprintf(ret_path, KIOSK_PATH_BYTES, "%s/%s", folder, name) >= KIOSK_PATH_BYTES)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    return STATUS_OK;
}

static enum status read_key(const char *folder, const char *name, size_t size_bytes,
                            uint8_t *ret_key, struct err *err)
{
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, name, path, err));
    AUTO(buf_done) struct buf bytes;
    buf_init(&bytes, CRYPTO_SIGN_SECRET_BYTES);
    TRY(file_read(path, &bytes, err));
    if (bytes.size_bytes != size_bytes)
        return err_set(err, STATUS_CHECK_FAILED, "%s is damaged: it has the wrong size", name);
    memcpy(ret_key, bytes.data, size_bytes);
    crypto_wipe(bytes.data, bytes.size_bytes);
    return STATUS_OK;
}

static enum status read_setup(const char *path, struct buf *text, struct setup *ret_setup,
                              struct err *err)
{
    buf_init(text, SETUP_LIMIT_BYTES);
    TRY(file_read(path, text, err));
    return setup_parse(buf_text(text), text->size_bytes, ret_setup, err);
}

enum status kiosk_registries(struct err *err)
{
    TRY(crypto_open(err));
    TRY(form_open(err));
    return plan_open(err);
}

// ---- init ---------------------------------------------------------------------------------------

static enum status make_keys(const char *folder, char ret_lane[ENTRY_LANE_CHARS + 1],
                             struct err *err)
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
    uint8_t slip_key[CRYPTO_KEY_BYTES];
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "keys/lane.key", path, err));
    crypto_sign_keys(public_key, secret);
    enum status status = file_write(path, secret, sizeof secret, SECRET_MODE, err);
    crypto_wipe(secret, sizeof secret);
    TRY(status);
    entry_lane_of_key(public_key, sizeof public_key, ret_lane);
    TRY(path_in(folder, "keys/slip.key", path, err));
    crypto_random(slip_key, sizeof slip_key);
    status = file_write(path, slip_key, sizeof slip_key, SECRET_MODE, err);
    crypto_wipe(slip_key, sizeof slip_key);
    return status;
}

static enum status has_head(struct db *db, bool *ret_has, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_GET, &q, err));
    return stmt_row(q, ret_has, err);
}

static enum status add_head(struct db *db, const char *lane, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_ADD, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, 0);
    stmt_bind_blob(q, 3, "", 0);
    return stmt_run(q, NULL, err);
}

// The lane's head and its first entries, the setup, in the transaction that is open.
static enum status begin_lane(struct db *db, const char *lane, const struct buf *setup,
                              struct err *err)
{
    TRY(add_head(db, lane, err));
    TRY(timekeeper_begin(db, err));
    AUTO(journal_closep) struct journal *journal = NULL;
    TRY(journal_open(db, lane, &journal, err));
    const struct writer_hooks hooks = journal_hooks(journal);
    hooks.begin(hooks.context);
    TRY(kiosk_setup_append(db, journal, buf_text(setup), setup->size_bytes, err));
    return hooks.commit(db, hooks.context, err);
}

static enum status init_database(const char *folder, const struct buf *setup, struct err *err)
{
    char path[KIOSK_PATH_BYTES], lane[ENTRY_LANE_CHARS + 1];
    TRY(path_in(folder, "kiosk.db", path, err));
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_CREATE, &kiosk_schema, &db, err));
    TRY(migrate_up(db, err));
    bool has = false;
    TRY(has_head(db, &has, err)); // an interrupted init leaves none, and is done again
    if (has)
        return err_set(err, STATUS_CONFLICT,
                       "%.200s is a kiosk's data directory already; choose "
                       "another one",
                       folder);
    TRY(make_keys(folder, lane, err));
    TRY(path_in(folder, "setup.json", path, err));
    TRY(file_write(path, buf_text(setup), setup->size_bytes, PUBLIC_MODE, err));
    TRY(db_exec(db, "BEGIN IMMEDIATE", err));
    TRY(begin_lane(db, lane, setup, err));
    return db_exec(db, "COMMIT", err);
}

enum status kiosk_init(const char *folder, const char *setup_path, struct err *err)
{
    TRY(kiosk_registries(err));
    AUTO(buf_done) struct buf text;
    AUTO(setup_done) struct setup setup = {0};
    TRY(read_setup(setup_path, &text, &setup, err));
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "keys/day", path, err));
    TRY(file_make_folder(folder, FOLDER_MODE, err));
    TRY(file_make_folder(path, FOLDER_MODE, err));
    return init_database(folder, &text, err);
}

enum status kiosk_check(const char *folder, struct err *err)
{
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "setup.json", path, err));
    if (!file_exists(path))
        return err_set(err, STATUS_NOT_FOUND,
                       "there is no kiosk in that folder; make one with `hailong-kiosk init`");
    return STATUS_OK;
}

// ---- open ---------------------------------------------------------------------------------------

// A failed sync cannot be tried again: whoever waits gets no answer, and the supervisor starts us
// anew on what is really on the disk.
static void fatal(void *context, const struct err *err)
{
    (void)context;
    log_err("fatal", err);
    _exit(EXIT_IO);
}

static void lane_of_secret(const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                           char ret_lane[ENTRY_LANE_CHARS + 1])
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    crypto_sign_public(secret, public_key);
    entry_lane_of_key(public_key, sizeof public_key, ret_lane);
}

static enum status open_keys(struct kiosk *kiosk, char ret_lane[ENTRY_LANE_CHARS + 1],
                             struct err *err)
{
    char path[KIOSK_PATH_BYTES];
    TRY(read_key(kiosk->folder, "keys/slip.key", CRYPTO_KEY_BYTES, kiosk->slip_key, err));
    TRY(read_key(kiosk->folder, "keys/lane.key", sizeof kiosk->lane_secret, kiosk->lane_secret,
                 err));
    TRY(path_in(kiosk->folder, "keys", path, err));
    TRY(daykey_open(path, &kiosk->daykeys, err));
    lane_of_secret(kiosk->lane_secret, ret_lane);
    return STATUS_OK;
}

// A new setup was journalled, and the box stopped before its file was written: finishes that.
static enum status finish_setup(struct kiosk *kiosk, const struct buf *newer, struct err *err)
{
    if (newer->size_bytes == 0)
        return STATUS_OK;
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(kiosk->folder, "setup.json", path, err));
    TRY(file_write(path, newer->data, newer->size_bytes, PUBLIC_MODE, err));
    setup_done(&kiosk->setup);
    return setup_parse(newer->data, newer->size_bytes, &kiosk->setup, err);
}

// A kit that came with an enrolment: its slip key is ours from now on.
static enum status load_kit(struct kiosk *kiosk, struct db *db, struct err *err)
{
    bool loaded = false;
    TRY(kit_load(kiosk->folder, kiosk->lane_secret, db, &loaded, err));
    return loaded ? read_key(kiosk->folder, "keys/slip.key", CRYPTO_KEY_BYTES, kiosk->slip_key, err)
                  : STATUS_OK;
}

// The marks of a file that is written to, and of slips that nobody may use yet.
static enum status begin_marks(struct kiosk *kiosk, struct db *db, const char *path,
                               struct err *err)
{
    int64_t waiting = 0;
    TRY(fact_get(db, KIOSK_SLIPS_WAITING, &waiting, err));
    kiosk->slips_waiting = waiting != 0;
    return copied_begin(db, path, err);
}

static enum status apply_end(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return copied_end(db, err);
}

// SQLite takes any -wal file that is whole, also one of another moment; the journal's end shows it.
static enum status open_journal(struct kiosk *kiosk, struct db *db, const char *lane, bool cut_off,
                                struct err *err)
{
    struct err fault = {.text = ""};
    const enum status status = journal_open(db, lane, &kiosk->journal, &fault);
    if (status == STATUS_CHECK_FAILED && cut_off)
        return err_set(err, status,
                       "%.200s. If kiosk.db or its -wal file was copied by hand while the kiosk "
                       "ran, they do not belong together: take a copy that `backup` has made",
                       fault.text);
    return status == STATUS_OK ? STATUS_OK : err_set(err, status, "%.390s", fault.text);
}

static enum status open_database(struct kiosk *kiosk, const char *lane, const struct buf *setup,
                                 struct err *err)
{
    AUTO(buf_done) struct buf newer;
    buf_init(&newer, SETUP_LIMIT_BYTES);
    char path[KIOSK_PATH_BYTES];
    enum copied_mark mark = COPIED_IDLE;
    TRY(path_in(kiosk->folder, "kiosk.db", path, err));
    TRY(copied_check(path, err));
    const bool cut_off = copied_read(path, &mark, NULL) == STATUS_OK && mark == COPIED_RUNNING;
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_WRITE, &kiosk_schema, &db, err));
    TRY(migrate_up(db, err));
    TRY(open_journal(kiosk, db, lane, cut_off, err));
    TRY(kiosk_setup_check(db, setup, false, &newer, err));
    TRY(finish_setup(kiosk, &newer, err));
    TRY(timekeeper_open(db, &kiosk->setup, &kiosk->timekeeper, err));
    TRY(load_kit(kiosk, db, err));
    TRY(device_open(db, &kiosk->devices, err));
    TRY(dbpool_open(path, &kiosk_schema, KIOSK_DB_READERS, &kiosk->readers, err));
    TRY(begin_marks(kiosk, db, path, err));
    const struct writer_hooks hooks = journal_hooks(kiosk->journal);
    const struct writer_config config = {
        .queue_limit = QUEUE_LIMIT,
        .wal_limit_bytes = WAL_LIMIT_BYTES,
        .wal_soft_bytes = WAL_SOFT_BYTES,
        .fatal = fatal,
    };
    TRY(writer_open(db, path, &hooks, &config, &kiosk->writer, err));
    db = NULL; // the writer's
    return STATUS_OK;
}

static enum status open_all(struct kiosk *kiosk, struct err *err)
{
    char path[KIOSK_PATH_BYTES], lane[ENTRY_LANE_CHARS + 1];
    TRY(kiosk_registries(err));
    TRY(path_in(kiosk->folder, "setup.json", path, err));
    AUTO(buf_done) struct buf text;
    TRY(read_setup(path, &text, &kiosk->setup, err));
    TRY(open_keys(kiosk, lane, err));
    TRY(open_database(kiosk, lane, &text, err));
    TRY(arming_open(&kiosk->armings, err));
    TRY(judge_open(&kiosk->setup, &kiosk->judge, err));
    TRY(prepared_open(&kiosk->prepared, err));
    return page_open(&kiosk_assets, "kiosk", &kiosk->pages, err);
}

enum status kiosk_open(const char *folder, struct kiosk **ret_kiosk, struct err *err)
{
    AUTO(kiosk_closep) struct kiosk *kiosk = calloc(1, sizeof *kiosk);
    if (kiosk == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the kiosk");
    if (snprintf(kiosk->folder, sizeof kiosk->folder, "%s", folder) >= KIOSK_PATH_BYTES)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    TRY(relane_finish(folder, RELANE_ALL_STEPS, err));
    TRY(open_all(kiosk, err));
    TRY(witnessed_load(kiosk, err));
    *ret_kiosk = kiosk;
    kiosk = NULL;
    return STATUS_OK;
}

void kiosk_close(struct kiosk *kiosk)
{
    if (kiosk == NULL)
        return;
    // A reader that closes last cannot empty the WAL; the writer can. What is still queued needs
    // journal, keys and devices.
    dbpool_close(kiosk->readers);
    struct writer_job end = {.apply = apply_end};
    // Without the mark the file is one that was cut off, which is no harm to this box.
    if (kiosk->writer != NULL)
        (void)!writer_run(kiosk->writer, &end, NULL);
    writer_close(kiosk->writer);
    prepared_close(kiosk->prepared);
    page_close(kiosk->pages);
    judge_close(kiosk->judge);
    arming_close(kiosk->armings);
    device_close(kiosk->devices);
    daykey_close(kiosk->daykeys);
    journal_close(kiosk->journal);
    timekeeper_close(kiosk->timekeeper);
    setup_done(&kiosk->setup);
    crypto_wipe(kiosk->slip_key, sizeof kiosk->slip_key);
    crypto_wipe(kiosk->lane_secret, sizeof kiosk->lane_secret);
    free(kiosk);
}

enum status kiosk_secret(const char *folder, uint8_t ret_secret[CRYPTO_SIGN_SECRET_BYTES],
                         struct err *err)
{
    return read_key(folder, "keys/lane.key", CRYPTO_SIGN_SECRET_BYTES, ret_secret, err);
}

enum status kiosk_slip_key(const char *folder, uint8_t ret_key[CRYPTO_KEY_BYTES], struct err *err)
{
    return read_key(folder, "keys/slip.key", CRYPTO_KEY_BYTES, ret_key, err);
}

enum status kiosk_lane(const char *folder, char ret_lane[ENTRY_LANE_CHARS + 1], struct err *err)
{
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    TRY(kiosk_secret(folder, secret, err));
    lane_of_secret(secret, ret_lane);
    crypto_wipe(secret, sizeof secret);
    return STATUS_OK;
}

enum status kiosk_read_setup(const char *folder, struct setup *ret_setup, struct err *err)
{
    TRY(kiosk_registries(err));
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "setup.json", path, err));
    AUTO(buf_done) struct buf text;
    return read_setup(path, &text, ret_setup, err);
}

enum status kiosk_check_setup(const char *folder, struct db *db, struct err *err)
{
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "setup.json", path, err));
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf newer;
    buf_init(&text, SETUP_LIMIT_BYTES);
    buf_init(&newer, SETUP_LIMIT_BYTES);
    TRY(file_read(path, &text, err));
    // A change that was interrupted is finished when the kiosk next opens.
    return kiosk_setup_check(db, &text, true, &newer, err);
}

enum status kiosk_open_reader(const char *folder, struct db **ret_db, struct err *err)
{
    char path[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "kiosk.db", path, err));
    TRY(copied_check(path, err));
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_READ, &kiosk_schema, &db, err));
    TRY(migrate_check(db, err));
    *ret_db = db;
    db = NULL;
    return STATUS_OK;
}

void kiosk_random_id(uint8_t ret_id[ENTRY_ID_BYTES])
{
    entry_id_of_hour(clock_hour(clock_now_s()), ret_id);
}
