// SPDX-License-Identifier: MIT
// Makes a backup: a copy of the database without what must not travel, with the kit sealed.
#include "backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fact.h"
#include "hubkeys.h"
#include "kiosk_sql.h"
#include "kit.h"
#include "snapshot.h"
#include "stmt.h"

struct backup {
    const char *folder;
    bool has_kit;
    bool shown; // a progress line stands on the terminal
    int64_t size;
    char lane[ENTRY_LANE_CHARS + 1];
};

static enum status run(struct db *db, int statement, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, statement, &q, err));
    return stmt_run(q, NULL, err);
}

static enum status clear_macs(struct db *copy, struct err *err)
{
    uint8_t first[ENTRY_ID_BYTES], last[ENTRY_ID_BYTES];
    memset(first, 0x00, sizeof first);
    memset(last, 0xff, sizeof last); // an hour that no entry has
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(copy, KIOSK_MAC_CLEAR, &q, err));
    stmt_bind_blob(q, 1, first, sizeof first);
    stmt_bind_blob(q, 2, last, sizeof last);
    return stmt_run(q, NULL, err);
}

static enum status add_kit(struct db *copy, struct backup *backup, struct err *err)
{
    AUTO(buf_done) struct buf sealed;
    struct hubkeys keys;
    uint8_t slip_key[CRYPTO_KEY_BYTES], mark[KIT_MARK_BYTES];
    bool news = false;
    buf_init(&sealed, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    const enum status known = hubkeys_read(backup->folder, &keys, err);
    if (known == STATUS_DENIED)
        return STATUS_OK; // not enrolled: nobody could open it
    TRY(known);
    TRY(kiosk_slip_key(backup->folder, slip_key, err));
    const enum status status =
        kit_make(copy, slip_key, keys.box.public_key, NULL, &sealed, mark, &news, err);
    crypto_wipe(slip_key, sizeof slip_key);
    TRY(status);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(copy, KIOSK_BACKUP_KIT, &q, err));
    stmt_bind_blob(q, 1, sealed.data, sealed.size_bytes);
    TRY(stmt_run(q, NULL, err));
    backup->has_kit = true;
    return STATUS_OK;
}

static enum status read_head(struct db *copy, struct backup *backup, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(copy, KIOSK_HEAD_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the database has no journal; run init first");
    (void)snprintf(backup->lane, sizeof backup->lane, "%s", stmt_text(q, 0));
    backup->size = stmt_int(q, 1);
    return STATUS_OK;
}

static enum status fill(struct db *copy, void *context, struct err *err)
{
    struct backup *backup = context;
    TRY(read_head(copy, backup, err));
    TRY(clear_macs(copy, err));
    TRY(run(copy, KIOSK_BACKUP_PAGES, err));
    TRY(run(copy, KIOSK_BACKUP_INVITATIONS, err));
    TRY(run(copy, KIOSK_BACKUP_CODES, err));
    TRY(fact_set(copy, "backup", clock_now_s(), err));
    TRY(fact_set(copy, "backup_size", backup->size, err));
    return add_kit(copy, backup, err);
}

static void show(int64_t done_bytes, int64_t all_bytes, void *context)
{
    struct backup *backup = context;
    const int64_t percent = all_bytes > 0 ? done_bytes * 100 / all_bytes : 0;
    backup->shown = true;
    fprintf(stderr, "\rbackup: %3" PRId64 " %%", percent < 99 ? percent : 99);
}

enum status backup_command(const struct option_set *set, struct err *err)
{
    const char *folder = option_text(set, "data"), *to = option_text(set, "to");
    if (folder == NULL || to == NULL)
        return err_set(err, STATUS_USAGE, "--data and --to are needed");
    TRY(kiosk_check(folder, err));
    TRY(crypto_open(err));
    char path[KIOSK_PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/kiosk.db", folder) >= (int)sizeof path)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    struct backup backup = {.folder = folder};
    const struct snapshot_order order = {.from = path,
                                         .to = to,
                                         .schema = &kiosk_schema,
                                         .fill = fill,
                                         .progress = show,
                                         .context = &backup};
    const enum status status = snapshot_write(&order, err);
    if (backup.shown)
        fputs("\rbackup: done \n", stderr);
    TRY(status);
    printf("lane %s, %" PRId64 " entries\n", backup.lane, backup.size);
    if (!backup.has_kit)
        fputs("This kiosk is not enrolled at a hub, so the backup holds no slip key: after a "
              "restore its slips cannot be used.\n",
              stderr);
    return STATUS_OK;
}
