// SPDX-License-Identifier: MIT
// Makes and opens a hub's data directory.
#include "hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "area.h"
#include "copied.h"
#include "crypto.h"
#include "file.h"
#include "hub_assets.h"
#include "hub_sql.h"
#include "ledger.h"
#include "log.h"
#include "migrate.h"

enum {
    // Pushes and commands that wait; each kiosk has at most one on its way.
    QUEUE_LIMIT = 256,
    WAL_LIMIT_BYTES = 64 * 1024 * 1024,
    WAL_SOFT_BYTES = 4 * 1024 * 1024,
};

enum status hub_path(const char *folder, const char *name, char ret_path[HUB_PATH_BYTES],
                     struct err *err)
{
    int size = snprintf(ret_path, HUB_PATH_BYTES, "%s/%s", folder, name);
    if (size < 0 || size >= HUB_PATH_BYTES)
        return err_set(err, STATUS_TOO_LARGE, "the path of the data directory is too long");
    return STATUS_OK;
}

enum status hub_rules(struct err *err)
{
    TRY(crypto_open(err));
    TRY(area_open(err));
    TRY(form_open(err));
    return plan_open(err);
}

static enum status read_setup(const char *path, struct buf *text, struct setup *setup,
                              struct err *err)
{
    TRY(file_read(path, text, err));
    return setup_parse(buf_text(text), text->size_bytes, setup, err);
}

// ---- init ------------------------------------------------------------------------------------

static enum status make_keys(const char *folder, struct err *err)
{
    char keys[HUB_PATH_BYTES], key[HUB_PATH_BYTES];
    TRY(hub_path(folder, "keys", keys, err));
    TRY(hub_path(folder, "keys/lane.key", key, err));
    TRY(file_make_folder(keys, 0700, err));
    // An init that was cut short before setup.json stood is simply run again.
    if (!file_exists(key))
        TRY(hublane_make(keys, err));
    return hublane_make_box(keys, err);
}

static enum status lane_holds(struct db *db, const struct hublane *lane, enum ledger_setup which,
                              const uint8_t setup_sha256[CRYPTO_HASH_BYTES], bool *ret_same,
                              struct err *err)
{
    AUTO(buf_done) struct buf held;
    uint8_t hash[CRYPTO_HASH_BYTES];
    bool found = false;
    buf_init(&held, SETUP_LIMIT_BYTES);
    TRY(ledger_setup_find(db, hublane_name(lane), which, &held, &found, err));
    crypto_sha256(buf_text(&held), held.size_bytes, hash);
    *ret_same = found && memcmp(hash, setup_sha256, sizeof hash) == 0;
    return STATUS_OK;
}

// A lane that an init which was cut short has begun.
static enum status go_on_with_lane(struct db *db, const struct hublane *lane,
                                   const struct buf *document, struct err *err)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    bool same = false;
    crypto_sha256(document->data, document->size_bytes, hash);
    TRY(lane_holds(db, lane, LEDGER_SETUP_NEWEST, hash, &same, err));
    if (same)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "an init with another setup was cut short in this folder; run it again with "
                   "that setup, or choose another folder with --data");
}

static enum status begin_lane(struct db *db, const struct hublane *lane, const struct setup *setup,
                              const struct buf *document, struct err *err)
{
    struct ledger_head head;
    uint8_t id[ENTRY_ID_BYTES];
    bool found = false;
    TRY(ledger_head_find(db, hublane_name(lane), &head, &found, err));
    if (found)
        return go_on_with_lane(db, lane, document, err);
    hublane_new_id(id);
    const struct ledger_new_lane own = {
        .lane = hublane_name(lane),
        .unit = setup->unit,
        .how = "own",
        .enrolled_unit = "",
        .public_key = hublane_own_key(lane)->public_key,
    };
    TRY(ledger_lane_add(db, &own, err));
    TRY(ledger_setup_store(db, hublane_name(lane), setup, id, err));
    return hublane_append_document(db, lane, ENTRY_SETUP, document, id, err);
}

static enum status make_database(const char *folder, const struct setup *setup,
                                 const struct buf *document, struct err *err)
{
    AUTO(hublane_closep) struct hublane *lane = NULL;
    AUTO(db_closep) struct db *db = NULL;
    char keys[HUB_PATH_BYTES], path[HUB_PATH_BYTES];
    TRY(hub_path(folder, "keys", keys, err));
    TRY(hub_path(folder, "hub.db", path, err));
    TRY(hublane_open(keys, &lane, err));
    TRY(db_open(path, DB_CREATE, &hub_schema, &db, err));
    TRY(migrate_up(db, err));
    TRY(db_exec(db, "BEGIN IMMEDIATE", err));
    TRY(begin_lane(db, lane, setup, document, err));
    return db_exec(db, "COMMIT", err);
}

static void setup_free(struct setup *setup)
{
    setup_done(setup);
    free(setup);
}
AUTO_POINTER(struct setup, setup_free)

enum status hub_init(const char *folder, const char *setup_path, struct err *err)
{
    AUTO(buf_done) struct buf document;
    AUTO(setup_freep) struct setup *setup = calloc(1, sizeof *setup);
    char path[HUB_PATH_BYTES];
    buf_init(&document, SETUP_LIMIT_BYTES);
    if (setup == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the setup");
    TRY(hub_rules(err));
    TRY(hub_path(folder, "setup.json", path, err));
    if (file_exists(path))
        return err_set(err, STATUS_CONFLICT,
                       "the folder holds a hub already; choose another with --data");
    TRY(read_setup(setup_path, &document, setup, err));
    TRY(file_make_folder(folder, 0700, err));
    TRY(make_keys(folder, err));
    TRY(make_database(folder, setup, &document, err));
    // Last: where it stands, all the rest does.
    return file_write(path, document.data, document.size_bytes, 0600, err);
}

// ---- open ------------------------------------------------------------------------------------

enum status hub_check_setup(const struct hub *hub, struct db *db, struct err *err)
{
    bool same = false, before = false;
    TRY(lane_holds(db, hub->lane, LEDGER_SETUP_NEWEST, hub->setup_sha256, &same, err));
    if (same)
        return STATUS_OK;
    TRY(lane_holds(db, hub->lane, LEDGER_SETUP_BEFORE, hub->setup_sha256, &before, err));
    if (before)
        return err_set(err, STATUS_BUSY,
                       "a change of the setup was cut short after it stood in the journal; start "
                       "the hub once (`hailong-aggregator serve`), which finishes it");
    return err_set(err, STATUS_CHECK_FAILED,
                   "setup.json is not the setup that the journal of this hub holds; put the "
                   "original file back, or take the changed one with `hailong-aggregator setup` "
                   "(it needs a larger \"version\")");
}

// Writes the journal's newest setup over the one before it.
static enum status finish_setup(const struct hub *hub, struct db *db, bool *ret_again,
                                struct err *err)
{
    AUTO(buf_done) struct buf newest;
    char path[HUB_PATH_BYTES];
    bool before = false, found = false;
    buf_init(&newest, SETUP_LIMIT_BYTES);
    TRY(lane_holds(db, hub->lane, LEDGER_SETUP_BEFORE, hub->setup_sha256, &before, err));
    TRY(ledger_setup_find(db, hublane_name(hub->lane), LEDGER_SETUP_NEWEST, &newest, &found, err));
    *ret_again = before && found;
    if (!*ret_again)
        return STATUS_OK;
    TRY(hub_path(hub->folder, "setup.json", path, err));
    return file_write(path, newest.data, newest.size_bytes, 0600, err);
}

static void stop_process(void *context, const struct err *err)
{
    (void)context;
    log_err("commit_failed", err);
    // A failed sync cannot be retried: whoever supervises us starts us again.
    _exit(status_exit(STATUS_IO));
}

enum status hub_check(const char *folder, struct err *err)
{
    char path[HUB_PATH_BYTES];
    TRY(hub_path(folder, "setup.json", path, err));
    if (!file_exists(path))
        return err_set(err, STATUS_NOT_FOUND,
                       "there is no hub in that folder; make one with `hailong-aggregator init`");
    return STATUS_OK;
}

static enum status open_setup(struct hub *hub, enum hub_mode mode, struct err *err)
{
    AUTO(buf_done) struct buf document;
    char path[HUB_PATH_BYTES];
    buf_init(&document, SETUP_LIMIT_BYTES);
    TRY(hub_check(hub->folder, err));
    TRY(hub_path(hub->folder, "setup.json", path, err));
    TRY(read_setup(path, &document, &hub->setup, err));
    crypto_sha256(document.data, document.size_bytes, hub->setup_sha256);
    hub->units = hub->setup.units;
    hub->plan = plan_find(hub->setup.plan);
    if (hub->plan == NULL)
        return BUG(err, "a checked setup names a plan that is not there");
    TRY(hub_path(hub->folder, "keys", path, err));
    // A folder of before there were box keys.
    if (mode == HUB_WRITE)
        TRY(hublane_make_box(path, err));
    return hublane_open(path, &hub->lane, err);
}

static enum status open_writer(struct hub *hub, const char *path, struct err *err)
{
    const struct writer_config config = {
        .queue_limit = QUEUE_LIMIT,
        .wal_limit_bytes = WAL_LIMIT_BYTES,
        .wal_soft_bytes = WAL_SOFT_BYTES,
        .fatal = stop_process,
    };
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(path, DB_WRITE, &hub_schema, &db, err));
    TRY(migrate_up(db, err));
    TRY(copied_begin(db, path, err));
    TRY(writer_open(db, path, NULL, &config, &hub->writer, err));
    db = NULL;
    return page_open(&hub_assets, "aggregator", &hub->pages, err);
}

// *ret_again: setup.json has just been brought up to the journal; open once more.
static enum status open_database(struct hub *hub, enum hub_mode mode, bool *ret_again,
                                 struct err *err)
{
    char path[HUB_PATH_BYTES];
    struct err why = {.text = ""};
    TRY(hub_path(hub->folder, "hub.db", path, err));
    TRY(copied_check(path, err));
    if (mode == HUB_WRITE)
        TRY(open_writer(hub, path, err));
    TRY(dbpool_open(path, &hub_schema, mode == HUB_WRITE ? HUB_DB_READERS : 1, &hub->readers, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = migrate_check(db, &why);
    if (status == STATUS_OK)
        status = hub_check_setup(hub, db, &why);
    if (status == STATUS_BUSY && mode == HUB_WRITE)
        status = finish_setup(hub, db, ret_again, &why);
    dbpool_give(hub->readers, db);
    return status == STATUS_OK ? STATUS_OK : err_set(err, status, "%s", why.text);
}

static enum status open_once(const char *folder, enum hub_mode mode, struct hub **ret_hub,
                             bool *ret_again, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = calloc(1, sizeof *hub);
    if (hub == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the hub");
    TRY(hub_path(folder, "keys/lane.key", hub->folder, err)); // that the longest name fits
    snprintf(hub->folder, sizeof hub->folder, "%s", folder);
    TRY(open_setup(hub, mode, err));
    TRY(open_database(hub, mode, ret_again, err));
    *ret_hub = hub;
    hub = NULL;
    return STATUS_OK;
}

enum status hub_open(const char *folder, enum hub_mode mode, struct hub **ret_hub, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    bool again = false;
    TRY(hub_rules(err));
    TRY(open_once(folder, mode, &hub, &again, err));
    if (again) {
        hub_close(hub);
        hub = NULL;
        TRY(open_once(folder, mode, &hub, &again, err));
    }
    *ret_hub = hub;
    hub = NULL;
    return STATUS_OK;
}

static enum status apply_end(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return copied_end(db, err);
}

void hub_close(struct hub *hub)
{
    if (hub == NULL)
        return;
    // A reader that closes last cannot empty the WAL; the writer can.
    dbpool_close(hub->readers);
    struct writer_job end = {.apply = apply_end};
    // Without the mark the file is one that was cut off, which is no harm to this box.
    if (hub->writer != NULL)
        (void)!writer_run(hub->writer, &end, NULL);
    writer_close(hub->writer);
    page_close(hub->pages);
    hublane_close(hub->lane);
    setup_done(&hub->setup);
    free(hub);
}
