// SPDX-License-Identifier: MIT
// Backups of the hub, and kits handed on by hand.
#include "hub_keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "copied.h"
#include "enrolment.h"
#include "hub_cli.h"
#include "hub_sql.h"
#include "note.h"
#include "snapshot.h"
#include "stmt.h"

enum { BASE64_LIMIT_BYTES = 2 * ENROLMENT_KIT_LIMIT_BYTES };

// ---- backup ------------------------------------------------------------------------------------

struct backup {
    bool shown; // a progress line stands on the terminal
};

// Whoever finds the file must not be able to enrol a kiosk with a phrase that still waits.
static enum status fill(struct db *copy, void *context, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(stmt_releasep) struct stmt *f = NULL;
    (void)context;
    TRY(stmt_use(copy, HUB_ENROLMENT_SWEEP, &q, err));
    stmt_bind_int(q, 1, INT64_MAX);
    TRY(stmt_run(q, NULL, err));
    TRY(stmt_use(copy, HUB_FACT_SET, &f, err));
    stmt_bind_text(f, 1, "backup");
    stmt_bind_int(f, 2, clock_now_s());
    return stmt_run(f, NULL, err);
}

static void show(int64_t done_bytes, int64_t all_bytes, void *context)
{
    struct backup *backup = context;
    const int64_t percent = all_bytes > 0 ? done_bytes * 100 / all_bytes : 0;
    backup->shown = true;
    fprintf(stderr, "\rbackup: %3" PRId64 " %%", percent < 99 ? percent : 99);
}

enum status hub_keep_backup(const struct option_set *options, struct err *err)
{
    struct backup backup = {.shown = false};
    char path[HUB_PATH_BYTES];
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "to", err));
    TRY(hub_check(option_text(options, "data"), err));
    TRY(hub_path(option_text(options, "data"), "hub.db", path, err));
    const struct snapshot_order order = {.from = path,
                                         .to = option_text(options, "to"),
                                         .schema = &hub_schema,
                                         .fill = fill,
                                         .progress = show,
                                         .context = &backup};
    const enum status status = snapshot_write(&order, err);
    if (backup.shown)
        fputs("\rbackup: done \n", stderr);
    return status;
}

// ---- kits --------------------------------------------------------------------------------------

enum { KIOSK_KIT, KIOSK_LANE };
// All that this program has to know of a kiosk's database.
static const struct db_statement KIOSK_STATEMENTS[] = {
    {"kit", "SELECT sealed FROM kit WHERE one = 1", "", "sealed blob", "aggregator/hub_keep.c",
     false},
    {"lane", "SELECT lane FROM head WHERE one = 1", "", "lane text", "aggregator/hub_keep.c",
     false},
};
static const struct db_schema KIOSK_BACKUP = {.name = "kiosk backup",
                                              .statements = KIOSK_STATEMENTS,
                                              .statement_count = ARRAY_SIZE(KIOSK_STATEMENTS)};

static enum status copy_blob(struct stmt *q, struct buf *out, struct err *err)
{
    bool found = false;
    size_t size_bytes = 0;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND,
                       "there is no kit: the kiosk was not enrolled, or has never synced since");
    const void *kit = stmt_blob(q, 0, &size_bytes);
    buf_add(out, kit, size_bytes);
    return buf_check(out, err);
}

static enum status lane_of_file(struct db *db, char ret_lane[ENTRY_LANE_CHARS + 1], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, KIOSK_LANE, &q, err));
    TRY(stmt_row(q, &found, err));
    snprintf(ret_lane, ENTRY_LANE_CHARS + 1, "%s", found ? stmt_text(q, 0) : "");
    return STATUS_OK;
}

static enum status kit_of_file(const char *path, struct buf *out,
                               char ret_lane[ENTRY_LANE_CHARS + 1], struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    enum copied_mark mark;
    TRY(copied_read(path, &mark, err));
    if (mark != COPIED_BACKUP)
        return err_set(err, STATUS_BAD_INPUT, "the file is no backup of a kiosk");
    TRY(db_open(path, DB_READ, &KIOSK_BACKUP, &db, err));
    TRY(lane_of_file(db, ret_lane, err));
    TRY(stmt_use(db, KIOSK_KIT, &q, err));
    return copy_blob(q, out, err);
}

static enum status kit_of_lane(const struct hub *hub, const char *lane, struct buf *out,
                               struct err *err)
{
    struct db *db = dbpool_take(hub->readers);
    struct stmt *q = NULL;
    enum status status = stmt_use(db, HUB_KIT_FIND, &q, err);
    if (status == STATUS_OK) {
        stmt_bind_text(q, 1, lane);
        status = copy_blob(q, out, err);
    }
    stmt_release(q);
    dbpool_give(hub->readers, db);
    return status;
}

static void wipe_done(struct buf *buf)
{
    if (buf->data != NULL)
        crypto_wipe(buf->data, buf->size_bytes);
    buf_done(buf);
}

// Opens it with the hub's key and seals it to the other lane's.
static enum status hand_on(const struct hub *hub, const struct buf *kit, const char *vkey,
                           struct buf *out, char ret_lane[ENTRY_LANE_CHARS + 1], struct err *err)
{
    AUTO(wipe_done) struct buf plain;
    AUTO(buf_done) struct buf sealed;
    struct note_key key;
    uint8_t box[CRYPTO_BOX_PUBLIC_BYTES];
    const struct hublane_box *own = hublane_box(hub->lane);
    buf_init(&plain, ENROLMENT_KIT_LIMIT_BYTES);
    buf_init(&sealed, ENROLMENT_KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    TRY(note_vkey_read(vkey, strlen(vkey), &key, err));
    if (key.algorithm != NOTE_ED25519 || !note_key_lane(&key, ret_lane))
        return err_set(err, STATUS_BAD_INPUT, "--for is not the key of a kiosk's lane");
    if (own == NULL)
        return err_set(err, STATUS_IO, "keys/box.key is missing");
    if (crypto_unseal(own->public_key, own->secret, kit->data, kit->size_bytes, &plain, NULL) !=
        STATUS_OK)
        return err_set(err, STATUS_BAD_INPUT, "the kit is not sealed to this hub's key");
    TRY(crypto_box_of_sign_public(key.public_key, box, err));
    TRY(crypto_seal(box, plain.data, plain.size_bytes, &sealed, err));
    crypto_base64(sealed.data, sealed.size_bytes, out);
    buf_add_char(out, '\n');
    return buf_check(out, err);
}

enum status hub_keep_kit(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(buf_done) struct buf kit;
    AUTO(buf_done) struct buf out;
    AUTO(json_decrefp) json_t *reply = NULL;
    char former[ENTRY_LANE_CHARS + 1], to[ENTRY_LANE_CHARS + 1];
    const char *lane = option_text(options, "lane"), *from = option_text(options, "from");
    buf_init(&kit, ENROLMENT_KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    buf_init(&out, BASE64_LIMIT_BYTES);
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "for", err));
    if ((lane == NULL) == (from == NULL))
        return err_set(err, STATUS_USAGE, "either --lane or --from is needed");
    TRY(hub_cli_open(options, &hub, err));
    snprintf(former, sizeof former, "%s", lane != NULL ? lane : "");
    TRY(from != NULL ? kit_of_file(from, &kit, former, err) : kit_of_lane(hub, lane, &kit, err));
    TRY(hand_on(hub, &kit, option_text(options, "for"), &out, to, err));
    // Nobody can take back what is printed.
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:s, s:b}", "command", "kit", "lane", former, "to", to,
                              "again", (int)option_flag(options, "again")),
                    &reply, err));
    return hub_cli_print(out.data, out.size_bytes, err);
}
