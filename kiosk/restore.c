// SPDX-License-Identifier: MIT
// Makes a kiosk from a backup.
#include "restore.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "copied.h"
#include "fact.h"
#include "file.h"
#include "kiosk_setup.h"
#include "kiosk_sql.h"
#include "kit.h"
#include "migrate.h"
#include "newlane.h"
#include "relane.h"
#include "stmt.h"

enum {
    FOLDER_MODE = 0700,
    SECRET_MODE = 0600,
    SETUP_MODE = 0644,
    OLD_MODE = 0600, // as long as it is worked on
    PATH_ROOM = KIOSK_PATH_BYTES + 64,
};

struct restore {
    const char *folder, *from;
    char part[PATH_ROOM]; // the backup's copy, until its lane is known
    struct restored restored;
    uint64_t hub_size; // what the hub had, when the backup was made
    struct buf setup;
};

static void restore_done(struct restore *restore)
{
    buf_done(&restore->setup);
}

static enum status path_in(const char *folder, const char *name, char ret_path[PATH_ROOM],
                           struct err *err)
{
    if (snprintf(ret_path, PATH_ROOM, "%s/%s", folder, name) >= PATH_ROOM)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    return STATUS_OK;
}

static enum status need_empty(const char *folder, struct err *err)
{
    static const char *const names[] = {"setup.json", "kiosk.db", "keys/lane.key"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[PATH_ROOM];
        TRY(path_in(folder, names[i], path, err));
        if (file_exists(path))
            return err_set(err, STATUS_CONFLICT,
                           "%.200s holds a kiosk already, or a restore that was cut short; choose "
                           "another folder",
                           folder);
    }
    return STATUS_OK;
}

static enum status make_folders(struct restore *restore, struct err *err)
{
    char path[PATH_ROOM];
    TRY(file_make_folder(restore->folder, FOLDER_MODE, err));
    TRY(path_in(restore->folder, "keys/day", path, err));
    TRY(file_make_folder(path, FOLDER_MODE, err));
    TRY(path_in(restore->folder, "keys", path, err));
    TRY(path_in(restore->folder, "old", path, err));
    TRY(file_make_folder(path, FOLDER_MODE, err));
    TRY(path_in(restore->folder, "old/part.db", restore->part, err));
    char wal[PATH_ROOM + 8], part_wal[PATH_ROOM + 8];
    snprintf(part_wal, sizeof part_wal, "%s-wal", restore->part);
    TRY(file_destroy(restore->part, err));
    TRY(file_destroy(part_wal, err));
    TRY(file_copy(restore->from, restore->part, OLD_MODE, err));
    // A whole copy of a kiosk that was cut off has one.
    snprintf(wal, sizeof wal, "%s-wal", restore->from);
    return file_exists(wal) ? file_copy(wal, part_wal, OLD_MODE, err) : STATUS_OK;
}

static enum status read_head(struct db *old, struct restore *restore, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(stmt_releasep) struct stmt *s = NULL;
    bool found = false;
    TRY(stmt_use(old, KIOSK_HEAD_GET, &q, err));
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the backup has no journal");
    snprintf(restore->restored.former, sizeof restore->restored.former, "%s", stmt_text(q, 0));
    restore->restored.size = stmt_int(q, 1);
    TRY(stmt_use(old, KIOSK_SYNC_GET, &s, err));
    TRY(stmt_row(s, &found, err));
    restore->hub_size = found ? (uint64_t)stmt_int(s, 0) : 0;
    return STATUS_OK;
}

static enum status make_keys(struct restore *restore, struct err *err)
{
    char path[PATH_ROOM];
    uint8_t slip_key[CRYPTO_KEY_BYTES];
    TRY(path_in(restore->folder, "keys/lane.key", path, err));
    TRY(newlane_key(path, restore->restored.lane, err));
    TRY(path_in(restore->folder, "keys/slip.key", path, err));
    crypto_random(slip_key, sizeof slip_key);
    const enum status status = file_write(path, slip_key, sizeof slip_key, SECRET_MODE, err);
    crypto_wipe(slip_key, sizeof slip_key);
    return status;
}

static enum status make_lane(struct db *old, struct restore *restore, struct err *err)
{
    char path[PATH_ROOM];
    uint64_t size = 0;
    struct newlane order = {
        .former = restore->restored.former,
        .why = "restore",
        .tail_from = restore->hub_size,
        .known = true,
        .slips_waiting = true,
    };
    TRY(journal_verify(old, order.former, &size, order.root, err));
    TRY(make_keys(restore, err));
    TRY(path_in(restore->folder, "kiosk.db", path, err));
    order.path = path;
    order.lane = restore->restored.lane;
    order.size = size;
    order.tail_end = size;
    TRY(kiosk_setup_newest(old, &restore->setup, err));
    return newlane_make(old, &order, err);
}

static enum status take_backup(struct restore *restore, struct err *err)
{
    AUTO(db_closep) struct db *old = NULL;
    TRY(db_open(restore->part, DB_WRITE, &kiosk_schema, &old, err));
    TRY(migrate_up(old, err));
    TRY(read_head(old, restore, err));
    TRY(make_lane(old, restore, err));
    TRY(newlane_strip(old, err));
    return copied_end(old, err);
}

enum status restore_make(const char *folder, const char *from, struct restored *ret_restored,
                         struct err *err)
{
    AUTO(restore_done) struct restore restore = {.folder = folder, .from = from};
    char path[PATH_ROOM], name[ENTRY_LANE_CHARS + 16];
    buf_init(&restore.setup, SETUP_LIMIT_BYTES);
    TRY(kiosk_registries(err));
    TRY(copied_check_backup(from, err));
    TRY(need_empty(folder, err));
    TRY(make_folders(&restore, err));
    TRY(take_backup(&restore, err));
    snprintf(name, sizeof name, "old/%s.db", restore.restored.former);
    TRY(path_in(folder, name, path, err));
    TRY(file_move(restore.part, path, err));
    // Last: where it stands, all the rest does.
    TRY(path_in(folder, "setup.json", path, err));
    TRY(file_write(path, restore.setup.data, restore.setup.size_bytes, SETUP_MODE, err));
    *ret_restored = restore.restored;
    return STATUS_OK;
}

// ---- slips -------------------------------------------------------------------------------------

enum status restore_kit(const char *folder, const char *path, struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf sealed;
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    buf_init(&text, 2 * (size_t)KIT_LIMIT_BYTES);
    buf_init(&sealed, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    TRY(crypto_open(err));
    TRY(file_read(path, &text, err));
    size_t chars = text.size_bytes;
    while (chars > 0 && strchr("\r\n \t", text.data[chars - 1]) != NULL)
        chars--;
    if (crypto_unbase64(buf_text(&text), chars, &sealed, NULL) != STATUS_OK)
        return err_set(err, STATUS_BAD_INPUT,
                       "the file is no kit; save there what `hailong-aggregator kit` prints");
    TRY(kiosk_secret(folder, secret, err));
    const enum status status = kit_keep(folder, secret, buf_text(&sealed), sealed.size_bytes, err);
    crypto_wipe(secret, sizeof secret);
    return status;
}

struct gap_job {
    struct writer_job job;
    struct kiosk *kiosk;
};

static enum status apply_gap(struct db *db, struct writer_job *job, struct err *err)
{
    const struct gap_job *gap = (const struct gap_job *)job;
    AUTO(buf_done) struct buf tail;
    uint8_t id[ENTRY_ID_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    int64_t boot = 0;
    struct jsonw w;
    bool added = false;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    TRY(fact_get(db, "boot", &boot, err));
    kiosk_random_id(id);
    clock_hour_text(clock_hour(clock_now_s()), hour);
    entry_tail_begin(&w, &tail, ENTRY_BOOT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_int(&w, "boot", boot);
    jsonw_text(&w, "version", HAILONG_VERSION);
    jsonw_text(&w, "why", "gap");
    entry_tail_end(&w);
    TRY(journal_append(db, gap->kiosk->journal, id, 0, NULL, &tail, &added, err));
    return fact_set(db, KIOSK_SLIPS_WAITING, 0, err);
}

enum status restore_accept_gap(struct kiosk *kiosk, struct err *err)
{
    if (!kiosk->slips_waiting)
        return err_set(err, STATUS_CONFLICT, "no slips are waiting at this kiosk");
    struct gap_job gap = {.job.apply = apply_gap, .kiosk = kiosk};
    TRY(writer_run(kiosk->writer, &gap.job, err));
    kiosk->slips_waiting = false;
    return STATUS_OK;
}
