// SPDX-License-Identifier: MIT
// Leaves a lane for a new one: asked for while serving, done at the next start.
#include "relane.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "clockmemory.h"
#include "copied.h"
#include "file.h"
#include "kiosk_setup.h"
#include "kiosk_sql.h"
#include "log.h"
#include "migrate.h"
#include "newlane.h"
#include "parting.h"
#include "stmt.h"
#include "text.h"

enum {
    FOLDER_MODE = 0700,
    SECRET_MODE = 0600,
    SETUP_MODE = 0644,
    REQUEST_LIMIT_BYTES = 1024,
    ROOT_HEX_CHARS = 2 * CRYPTO_HASH_BYTES,
    PATH_ROOM = KIOSK_PATH_BYTES + 64,
};

// ---- asking ------------------------------------------------------------------------------------

struct common {
    uint64_t size; // of the last head that both have
    uint8_t root[CRYPTO_HASH_BYTES];
};

static enum status path_in(const char *folder, const char *name, char ret_path[PATH_ROOM],
                           struct err *err)
{
    if (snprintf(ret_path, PATH_ROOM, "%s/%s", folder, name) >= PATH_ROOM)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    return STATUS_OK;
}

static enum status write_request(const char *folder, const struct common *common, const char *why,
                                 struct err *err)
{
    AUTO(buf_done) struct buf text;
    char path[PATH_ROOM];
    struct jsonw w;
    buf_init(&text, REQUEST_LIMIT_BYTES);
    jsonw_init(&w, &text);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "size", (int64_t)common->size);
    jsonw_hex(&w, "root", common->root, sizeof common->root);
    jsonw_text(&w, "why", why);
    jsonw_object_end(&w);
    TRY(buf_check(&text, err));
    TRY(path_in(folder, "relane.json", path, err));
    return file_write(path, text.data, text.size_bytes, SECRET_MODE, err);
}

// The hub's word alone is a reason to say so and to ask again, not to leave.
static enum status unproven(const struct parting *parting, struct err *err)
{
    if (parting->against_ack)
        return err_set(err, STATUS_CONFLICT,
                       "máy tổng hợp báo khác với xác nhận mà chính nó đã ký cho làn sổ này; giữ "
                       "nguyên làn sổ, sẽ gửi lại (the hub contradicts a head of this lane that it "
                       "has acknowledged; the lane is kept, the next round tries again)");
    return err_set(err, STATUS_CONFLICT,
                   "máy tổng hợp báo có dòng khác của làn sổ này, nhưng không có chữ ký của làn sổ "
                   "này; giữ nguyên làn sổ, sẽ gửi lại (the hub claims other entries without this "
                   "lane's signature; the lane is kept, the next round tries again)");
}

enum status relane_fork(struct kiosk *kiosk, const json_t *hub_head,
                        const struct note_key *cosigner, bool *ret_restart, struct err *err)
{
    struct parting parting;
    TRY(parting_find(kiosk, hub_head, cosigner, &parting, err));
    if (!parting.proven || parting.against_ack)
        return unproven(&parting, err);
    struct common common = {.size = parting.size};
    memcpy(common.root, parting.root, sizeof common.root);
    const char *why = parting.behind ? "clone" : "fork";
    TRY(write_request(kiosk->folder, &common, why, err));
    log_event(LOG_LEVEL_WARNING, "lane_left", "lane", journal_lane(kiosk->journal), "why", why,
              NULL);
    *ret_restart = true;
    return STATUS_OK;
}

static enum status find_sent(struct db *db, struct common *ret_common, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    struct merkle tree;
    size_t frontier_bytes = 0;
    TRY(stmt_use(db, KIOSK_SYNC_GET, &q, err));
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "the table sync has lost its row");
    const void *frontier = stmt_blob(q, 3, &frontier_bytes);
    TRY(merkle_read((uint64_t)stmt_int(q, 0), frontier, frontier_bytes, &tree, err));
    ret_common->size = tree.size;
    merkle_root(&tree, ret_common->root);
    return STATUS_OK;
}

static enum status find_back(struct db *db, struct common *ret_common, struct err *err)
{
    uint32_t build = 0, last = 0;
    const uint32_t now = clock_hour(clock_wall_s());
    TRY(clockmemory_build(&build, err));
    TRY(clockmemory_floor(db, &last, err));
    if (now < build)
        return err_set(err, STATUS_CONFLICT,
                       "the clock stands before this version was made; set it first");
    if (now >= last)
        return err_set(
            err, STATUS_CONFLICT,
            "the clock does not stand before the last entry: there is nothing to go back "
            "behind; `hailong-kiosk clock --confirm` says that it is right");
    return find_sent(db, ret_common, err);
}

enum status relane_back(struct kiosk *kiosk, struct err *err)
{
    struct common common = {.size = 0};
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = find_back(db, &common, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    TRY(write_request(kiosk->folder, &common, NEWLANE_CLOCK, err));
    log_event(LOG_LEVEL_WARNING, "lane_left", "lane", journal_lane(kiosk->journal), "why",
              NEWLANE_CLOCK, NULL);
    return STATUS_OK;
}

// ---- doing -------------------------------------------------------------------------------------

struct relane {
    const char *folder;
    int steps; // left; for tests
    char db[PATH_ROOM], next[PATH_ROOM], next_db[PATH_ROOM], next_key[PATH_ROOM], ready[PATH_ROOM];
    char old[PATH_ROOM], old_db[PATH_ROOM], request[PATH_ROOM], key[PATH_ROOM], old_key[PATH_ROOM];
    char why[16];
    char former[ENTRY_LANE_CHARS + 1], lane[ENTRY_LANE_CHARS + 1];
    struct common common;
};

static enum status step(struct relane *relane, struct err *err)
{
    if (relane->steps-- > 0)
        return STATUS_OK;
    return err_set(err, STATUS_BUSY, "stopped between two steps");
}

static enum status remove_file(const char *path, struct err *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return err_errno(err, "%s: cannot be removed", path);
    return STATUS_OK;
}

static enum status remove_database(const char *path, struct err *err)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        char beside[PATH_ROOM + 8];
        snprintf(beside, sizeof beside, "%s%s", path, ends[i]);
        TRY(remove_file(beside, err));
    }
    return STATUS_OK;
}

static enum status read_request(struct relane *relane, struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(json_decrefp) json_t *json = NULL;
    buf_init(&text, REQUEST_LIMIT_BYTES);
    TRY(file_read(relane->request, &text, err));
    TRY(json_parse(buf_text(&text), text.size_bytes, REQUEST_LIMIT_BYTES, "relane.json", &json,
                   err));
    const char *root = json_text_or(json, "root", "");
    const int64_t size = json_int_or(json, "size", -1);
    if (size < 0 || strlen(root) != ROOT_HEX_CHARS ||
        !text_unhex(root, ROOT_HEX_CHARS, relane->common.root, CRYPTO_HASH_BYTES))
        return err_set(err, STATUS_CHECK_FAILED, "relane.json is damaged");
    relane->common.size = (uint64_t)size;
    snprintf(relane->why, sizeof relane->why, "%s", json_text_or(json, "why", ""));
    return STATUS_OK;
}

static enum status find_paths(struct relane *relane, struct err *err)
{
    const char *folder = relane->folder;
    TRY(path_in(folder, "relane.json", relane->request, err));
    TRY(path_in(folder, "kiosk.db", relane->db, err));
    TRY(path_in(folder, "keys/lane.key", relane->key, err));
    TRY(path_in(folder, "next", relane->next, err));
    TRY(path_in(folder, "next/kiosk.db", relane->next_db, err));
    TRY(path_in(folder, "next/lane.key", relane->next_key, err));
    TRY(path_in(folder, "next/ready", relane->ready, err));
    return path_in(folder, "old", relane->old, err);
}

static enum status end_size(struct db *db, struct relane *relane, uint64_t *ret_size,
                            struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found || strcmp(stmt_text(q, 0), relane->former) != 0)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the journal belongs to another key than keys/lane.key");
    *ret_size = (uint64_t)stmt_int(q, 1);
    return STATUS_OK;
}

static enum status write_setup(const char *folder, struct db *old, struct err *err)
{
    AUTO(buf_done) struct buf text;
    char path[PATH_ROOM];
    buf_init(&text, SETUP_LIMIT_BYTES);
    TRY(kiosk_setup_newest(old, &text, err));
    TRY(path_in(folder, "setup.json", path, err));
    return file_write(path, text.data, text.size_bytes, SETUP_MODE, err);
}

static enum status build_from(struct relane *relane, struct err *err)
{
    AUTO(db_closep) struct db *old = NULL;
    uint64_t end = 0;
    TRY(db_open(relane->db, DB_WRITE, &kiosk_schema, &old, err));
    TRY(migrate_up(old, err));
    TRY(end_size(old, relane, &end, err));
    const struct newlane order = {
        .path = relane->next_db,
        .lane = relane->lane,
        .former = relane->former,
        .size = relane->common.size,
        .why = relane->why,
        .tail_from = relane->common.size,
        .tail_end = end,
    };
    struct newlane with_root = order;
    memcpy(with_root.root, relane->common.root, sizeof with_root.root);
    TRY(newlane_make(old, &with_root, err));
    return write_setup(relane->folder, old, err);
}

static enum status keep_old_key(struct relane *relane, struct err *err)
{
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    TRY(kiosk_secret(relane->folder, secret, err));
    const enum status status = file_write(relane->old_key, secret, sizeof secret, SECRET_MODE, err);
    crypto_wipe(secret, sizeof secret);
    return status;
}

// Everything new, aside; begun anew after a crash.
static enum status build(struct relane *relane, struct err *err)
{
    TRY(copied_check(relane->db, err));
    TRY(file_make_folder(relane->next, FOLDER_MODE, err));
    TRY(file_make_folder(relane->old, FOLDER_MODE, err));
    TRY(remove_database(relane->next_db, err));
    TRY(step(relane, err));
    TRY(newlane_key(relane->next_key, relane->lane, err));
    TRY(step(relane, err));
    TRY(build_from(relane, err));
    TRY(keep_old_key(relane, err));
    TRY(step(relane, err));
    // From here on it is finished, never undone.
    return file_write(relane->ready, relane->former, ENTRY_LANE_CHARS, SECRET_MODE, err);
}

// The old database is closed so that the file alone is whole. The new one has its texts by now.
static enum status put_aside(struct relane *relane, struct err *err)
{
    AUTO(db_closep) struct db *old = NULL;
    TRY(db_open(relane->db, DB_WRITE, &kiosk_schema, &old, err));
    TRY(newlane_strip(old, err));
    TRY(copied_end(old, err));
    TRY(db_checkpoint(old, true, err));
    db_close(old);
    old = NULL;
    TRY(step(relane, err));
    TRY(file_move(relane->db, relane->old_db, err));
    if (chmod(relane->old_db, 0400) != 0)
        return err_errno(err, "%s: cannot be made read-only", relane->old_db);
    return STATUS_OK;
}

static enum status switch_database(struct relane *relane, struct err *err)
{
    char beside[PATH_ROOM + 8];
    if (!file_exists(relane->next_db))
        return STATUS_OK;
    if (file_exists(relane->db) && !file_exists(relane->old_db))
        TRY(put_aside(relane, err));
    // Empty since the old database was closed.
    snprintf(beside, sizeof beside, "%s-wal", relane->db);
    TRY(remove_file(beside, err));
    snprintf(beside, sizeof beside, "%s-shm", relane->db);
    TRY(remove_file(beside, err));
    TRY(step(relane, err));
    return file_move(relane->next_db, relane->db, err);
}

static enum status switch_all(struct relane *relane, struct err *err)
{
    TRY(step(relane, err));
    TRY(switch_database(relane, err));
    TRY(step(relane, err));
    TRY(relane_forget_days(relane->folder, err));
    if (file_exists(relane->next_key))
        TRY(file_move(relane->next_key, relane->key, err));
    TRY(step(relane, err));
    TRY(remove_database(relane->next_db, err)); // what is left beside it
    // The request goes before the mark: without the mark it would be begun anew.
    TRY(file_destroy(relane->request, err));
    TRY(step(relane, err));
    TRY(file_destroy(relane->ready, err));
    if (rmdir(relane->next) != 0 && errno != ENOENT)
        return err_errno(err, "%s: cannot be removed", relane->next);
    return STATUS_OK;
}

// Whom the mark names; when it is not there, whom the key does.
static enum status read_ready(struct relane *relane, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, ENTRY_LANE_CHARS);
    if (!file_exists(relane->ready))
        return kiosk_lane(relane->folder, relane->former, err);
    TRY(file_read(relane->ready, &text, err));
    if (text.size_bytes != ENTRY_LANE_CHARS)
        return err_set(err, STATUS_CHECK_FAILED, "next/ready is damaged");
    memcpy(relane->former, text.data, ENTRY_LANE_CHARS);
    return STATUS_OK;
}

enum status relane_finish(const char *folder, int steps, struct err *err)
{
    struct relane relane = {.folder = folder, .steps = steps};
    char name[ENTRY_LANE_CHARS + 16];
    TRY(find_paths(&relane, err));
    const bool asked = file_exists(relane.request), ready = file_exists(relane.ready);
    if (!asked && !ready)
        return STATUS_OK;
    TRY(crypto_open(err));
    TRY(read_ready(&relane, err));
    snprintf(name, sizeof name, "old/%s.db", relane.former);
    TRY(path_in(folder, name, relane.old_db, err));
    snprintf(name, sizeof name, "keys/%s.key", relane.former);
    TRY(path_in(folder, name, relane.old_key, err));
    if (!ready) {
        TRY(read_request(&relane, err));
        TRY(build(&relane, err));
    }
    return switch_all(&relane, err);
}

// ---- day keys ----------------------------------------------------------------------------------

static enum status forget_day(const char *name, void *context, struct err *err)
{
    const char *folder = context;
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/keys/day/%.40s", folder, name) >= (int)sizeof path)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    return file_destroy(path, err);
}

enum status relane_forget_days(const char *folder, struct err *err)
{
    char path[PATH_ROOM], copy[KIOSK_PATH_BYTES];
    TRY(path_in(folder, "keys/day", path, err));
    snprintf(copy, sizeof copy, "%s", folder);
    return file_list(path, forget_day, copy, err);
}
