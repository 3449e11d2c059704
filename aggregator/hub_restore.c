// SPDX-License-Identifier: MIT
// Makes a hub from a backup.
#include "hub_restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "copied.h"
#include "file.h"
#include "hub_cli.h"
#include "hub_sql.h"
#include "hubfact.h"
#include "lanestate.h"
#include "ledger.h"
#include "migrate.h"
#include "outgoing.h"
#include "stmt.h"

struct restore {
    const char *folder, *from, *keys;
    char part[HUB_PATH_BYTES]; // the backup's copy, until the new lane stands
    char own_keys[HUB_PATH_BYTES];
    struct ledger_head former;
    struct buf setup;
    struct hublane *lane; // owned
};

static void restore_done(struct restore *restore)
{
    buf_done(&restore->setup);
    hublane_close(restore->lane);
}

static void setup_free(struct setup *setup)
{
    setup_done(setup);
    free(setup);
}
AUTO_POINTER(struct setup, setup_free)

// ---- files -----------------------------------------------------------------------------------

static enum status need_empty(const char *folder, struct err *err)
{
    static const char *const names[] = {"setup.json", "hub.db", "keys/lane.key"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[HUB_PATH_BYTES];
        TRY(hub_path(folder, names[i], path, err));
        if (file_exists(path))
            return err_set(err, STATUS_CONFLICT,
                           "%.200s holds a hub already, or a restore that was cut short; choose "
                           "another folder",
                           folder);
    }
    return STATUS_OK;
}

static enum status copy_key(const struct restore *restore, const char *name, bool needed,
                            struct err *err)
{
    char from[HUB_PATH_BYTES], to[HUB_PATH_BYTES];
    TRY(hub_path(restore->keys, name, from, err));
    TRY(hub_path(restore->own_keys, name, to, err));
    if (!file_exists(from))
        return needed ? err_set(err, STATUS_NOT_FOUND,
                                "there is no %s in the folder of --keys; name the folder \"keys\" "
                                "of the hub that was lost",
                                name)
                      : STATUS_OK;
    return file_copy(from, to, 0600, err);
}

static enum status make_keys(struct restore *restore, struct err *err)
{
    TRY(hub_path(restore->folder, "keys", restore->own_keys, err));
    TRY(file_make_folder(restore->own_keys, 0700, err));
    if (restore->keys == NULL) {
        TRY(hublane_make(restore->own_keys, err));
    } else {
        TRY(copy_key(restore, "lane.key", true, err));
        TRY(copy_key(restore, "box.key", false, err));
        TRY(hublane_make_own(restore->own_keys, err));
    }
    TRY(hublane_make_box(restore->own_keys, err));
    return hublane_open(restore->own_keys, &restore->lane, err);
}

static enum status copy_backup(struct restore *restore, struct err *err)
{
    char wal[HUB_PATH_BYTES + 8], part_wal[HUB_PATH_BYTES + 8];
    TRY(file_make_folder(restore->folder, 0700, err));
    TRY(hub_path(restore->folder, "part.db", restore->part, err));
    snprintf(part_wal, sizeof part_wal, "%s-wal", restore->part);
    TRY(file_destroy(restore->part, err));
    TRY(file_destroy(part_wal, err));
    TRY(file_copy(restore->from, restore->part, 0600, err));
    // A whole copy of a hub that was cut off has one.
    snprintf(wal, sizeof wal, "%s-wal", restore->from);
    return file_exists(wal) ? file_copy(wal, part_wal, 0600, err) : STATUS_OK;
}

// ---- the new lane ----------------------------------------------------------------------------

static enum status find_former(struct db *db, struct restore *restore, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_LANE_OWN_NOW, &q, err));
    TRY(stmt_row(q, &found, err));
    if (found)
        TRY(ledger_head_find(db, stmt_text(q, 0), &restore->former, &found, err));
    if (found)
        TRY(ledger_setup_find(db, restore->former.lane, LEDGER_SETUP_NEWEST, &restore->setup,
                              &found, err));
    return found ? STATUS_OK : err_set(err, STATUS_BAD_INPUT, "the file is no backup of a hub");
}

// One of the lanes that the hub has had is that of the key.
static enum status check_keys(struct db *db, const struct restore *restore, struct err *err)
{
    struct lanestate state = {.own = false};
    bool found = false;
    if (restore->keys == NULL)
        return STATUS_OK;
    TRY(lanestate_find(db, hublane_known_as(restore->lane), &state, &found, err));
    return found && state.own ? STATUS_OK
                              : err_set(err, STATUS_BAD_INPUT,
                                        "the keys are not those of the hub that the backup is of");
}

static enum status append_boot(struct db *db, const struct restore *restore, struct err *err)
{
    AUTO(buf_done) struct buf tail;
    AUTO(entry_done) struct entry entry = {.json = NULL};
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES], root[CRYPTO_HASH_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    hublane_new_id(id);
    clock_hour_text(clock_hour(clock_now_s()), hour);
    merkle_root(&restore->former.tree, root);
    entry_tail_begin(&w, &tail, ENTRY_BOOT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_int(&w, "boot", 0);
    jsonw_text(&w, "version", HAILONG_VERSION);
    jsonw_object(&w, "after");
    jsonw_text(&w, "lane", restore->former.lane);
    jsonw_int(&w, "size", (int64_t)restore->former.tree.size);
    jsonw_hex(&w, "root", root, sizeof root);
    jsonw_object_end(&w);
    jsonw_text(&w, "why", "restore");
    entry_tail_end(&w);
    return hublane_append(db, restore->lane, &tail, &entry, err);
}

static enum status begin_lane(struct db *db, const struct restore *restore, struct err *err)
{
    AUTO(setup_freep) struct setup *setup = calloc(1, sizeof *setup);
    const char *name = hublane_name(restore->lane);
    uint8_t id[ENTRY_ID_BYTES];
    if (setup == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the setup");
    TRY(setup_parse(buf_text(&restore->setup), restore->setup.size_bytes, setup, err));
    const struct ledger_new_lane own = {
        .lane = name,
        .unit = setup->unit,
        .how = "own",
        .enrolled_unit = "",
        .public_key = hublane_own_key(restore->lane)->public_key,
    };
    TRY(ledger_lane_add(db, &own, err));
    TRY(append_boot(db, restore, err));
    hublane_new_id(id);
    TRY(hublane_append_document(db, restore->lane, ENTRY_SETUP, &restore->setup, id, err));
    TRY(ledger_setup_store(db, name, setup, id, err));
    TRY(lanestate_set(db, restore->former.lane, LANESTATE_RETIRED, name, err));
    return hublane_audit(db, restore->lane, "restore", setup->unit, restore->former.lane, err);
}

static enum status change(struct db *db, const struct restore *restore, struct err *err)
{
    TRY(begin_lane(db, restore, err));
    TRY(outgoing_unsure(db, err));
    // The new lane has no seal yet.
    TRY(hubfact_set(db, "sealed_day", 0, err));
    return hubfact_set(db, "sealed_size", 0, err);
}

static enum status take_backup(struct restore *restore, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    TRY(db_open(restore->part, DB_WRITE, &hub_schema, &db, err));
    TRY(migrate_up(db, err));
    TRY(db_check(db, err));
    TRY(find_former(db, restore, err));
    TRY(make_keys(restore, err));
    TRY(check_keys(db, restore, err));
    TRY(db_exec(db, "BEGIN IMMEDIATE", err));
    TRY(change(db, restore, err));
    TRY(db_exec(db, "COMMIT", err));
    return copied_end(db, err);
}

enum status hub_restore(const char *folder, const char *from, const char *keys,
                        struct hub_restored *ret_restored, struct err *err)
{
    AUTO(restore_done)
    struct restore restore = {.folder = folder, .from = from, .keys = keys};
    char path[HUB_PATH_BYTES];
    buf_init(&restore.setup, SETUP_LIMIT_BYTES);
    TRY(hub_rules(err));
    TRY(copied_check_backup(from, err));
    TRY(need_empty(folder, err));
    TRY(copy_backup(&restore, err));
    TRY(take_backup(&restore, err));
    TRY(hub_path(folder, "hub.db", path, err));
    TRY(file_move(restore.part, path, err));
    // Last: where it stands, all the rest does.
    TRY(hub_path(folder, "setup.json", path, err));
    TRY(file_write(path, restore.setup.data, restore.setup.size_bytes, 0600, err));
    snprintf(ret_restored->former, sizeof ret_restored->former, "%s", restore.former.lane);
    ret_restored->size = (int64_t)restore.former.tree.size;
    return STATUS_OK;
}

// ---- the command -----------------------------------------------------------------------------

static void tell(const struct hub_restored *restored, bool keys)
{
    fprintf(stderr,
            "The hub's own journal in the backup ends after %lld entries (lane %s). What this hub "
            "itself wrote after that (paper imports, confirmed proposals, answers and setups not "
            "yet fetched, people, enrolled lanes) is gone from it: do it again. Its own entries go "
            "on in a new lane, which names the former one; give the line of `checkpoint` to those "
            "who witness it.\n",
            (long long)restored->size, restored->former);
    fputs(keys
              ? "Kiosks know this hub by its old key: at their next push they send again what came "
                "after the backup.\n"
              : "Without --keys this hub has new keys. Lost: petitioners' contacts and kiosks' "
                "kits that were sealed to the old ones, and files sealed to it. Kiosks refuse this "
                "hub until each is enrolled again (`join`, then `hailong-kiosk enrol`); then they "
                "send again what came after the backup.\n",
          stderr);
}

enum status hub_restore_command(const struct option_set *options, struct err *err)
{
    struct hub_restored restored;
    const char *keys = option_text(options, "keys");
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "from", err));
    TRY(hub_restore(option_text(options, "data"), option_text(options, "from"), keys, &restored,
                    err));
    tell(&restored, keys != NULL);
    return STATUS_OK;
}
