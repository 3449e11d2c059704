// SPDX-License-Identifier: MIT
// Builds the database of a lane that follows another one.
#include "newlane.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fact.h"
#include "file.h"
#include "kiosk_setup.h"
#include "kiosk_sql.h"
#include "migrate.h"
#include "snapshot.h"
#include "stmt.h"
#include "timekeeper.h"

enum { KEY_MODE = 0600 };

// Counts that wait for their entries. The old lane has written those of a backup since. After a
// clock that ran ahead those of hours that have not come are left: nobody knows when they were.
static enum status take_counts(struct db *old, struct db *db, const struct newlane *order,
                               struct err *err)
{
    char where[64];
    if (strcmp(order->why, "restore") == 0)
        return STATUS_OK;
    snprintf(where, sizeof where, "hour <= %" PRIu32, clock_hour(clock_wall_s()));
    return snapshot_table(old, db, "offer_count",
                          strcmp(order->why, NEWLANE_CLOCK) == 0 ? where : "", err);
}

// What a visitor, a screen or the desk would miss. Not: keys and checks of the journal, what the
// hub has of it, pages under day keys that are gone, and codes that another box may give out, too.
static enum status take_over(struct db *old, struct db *db, const struct newlane *order,
                             struct err *err)
{
    static const struct {
        const char *table, *where;
    } TAKEN[] = {
        {"slip", ""},      {"slip_day", ""}, {"device", ""},      {"outbox", ""},
        {"free_text", ""}, {"answer", ""},   {"former_lane", ""}, {"fact", "name = 'boot'"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(TAKEN); i++)
        TRY(snapshot_table(old, db, TAKEN[i].table, TAKEN[i].where, err));
    return take_counts(old, db, order, err);
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

static enum status add_former(struct db *db, const struct newlane *order, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FORMER_ADD, &q, err));
    stmt_bind_text(q, 1, order->former);
    stmt_bind_int(q, 2, (int64_t)order->tail_from);
    stmt_bind_int(q, 3, (int64_t)order->tail_end);
    stmt_bind_int(q, 4, order->known ? 1 : 0);
    return stmt_run(q, NULL, err);
}

static enum status next_boot(struct db *db, int64_t *ret_boot, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FACT_COUNT, &q, err));
    stmt_bind_text(q, 1, "boot");
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_boot = found ? stmt_int(q, 0) : 1;
    return stmt_row(q, &found, err);
}

// When the new lane begins, as well as the box knows.
struct moment {
    uint32_t hour;
    bool unset;
};

static enum status find_moment(struct db *old, struct db *db, const struct newlane *order,
                               const struct buf *text, struct moment *ret_moment, struct err *err)
{
    AUTO(setup_done) struct setup setup = {0};
    // What the old lane says of the hour is what was wrong; staff vouch for the clock.
    if (strcmp(order->why, NEWLANE_CLOCK) == 0) {
        *ret_moment = (struct moment){.hour = clock_hour(clock_wall_s())};
        return timekeeper_begin(db, err);
    }
    TRY(setup_parse(buf_text(text), text->size_bytes, &setup, err));
    return timekeeper_follow(old, db, &setup, &ret_moment->hour, &ret_moment->unset, err);
}

static enum status append_boot(struct db *db, struct journal *journal, const struct newlane *order,
                               const struct moment *moment, struct err *err)
{
    AUTO(buf_done) struct buf tail;
    uint8_t id[ENTRY_ID_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    int64_t boot = 0;
    struct jsonw w;
    bool added = false;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    TRY(next_boot(db, &boot, err));
    entry_id_of_hour(moment->hour, id);
    clock_hour_text(moment->hour, hour);
    entry_tail_begin(&w, &tail, ENTRY_BOOT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_int(&w, "boot", boot);
    jsonw_text(&w, "version", HAILONG_VERSION);
    jsonw_object(&w, "after");
    jsonw_text(&w, "lane", order->former);
    jsonw_int(&w, "size", (int64_t)order->size);
    jsonw_hex(&w, "root", order->root, sizeof order->root);
    jsonw_object_end(&w);
    jsonw_text(&w, "why", order->why);
    if (moment->unset)
        jsonw_text(&w, "clock", "unset");
    entry_tail_end(&w);
    return journal_append(db, journal, id, 0, NULL, &tail, &added, err);
}

static enum status begin_journal(struct db *old, struct db *db, const struct newlane *order,
                                 struct err *err)
{
    AUTO(buf_done) struct buf setup;
    AUTO(journal_closep) struct journal *journal = NULL;
    buf_init(&setup, SETUP_LIMIT_BYTES);
    TRY(kiosk_setup_newest(old, &setup, err));
    struct moment moment = {0};
    TRY(find_moment(old, db, order, &setup, &moment, err));
    TRY(add_head(db, order->lane, err));
    TRY(journal_open(db, order->lane, &journal, err));
    const struct writer_hooks hooks = journal_hooks(journal);
    hooks.begin(hooks.context);
    TRY(append_boot(db, journal, order, &moment, err));
    TRY(kiosk_setup_append(db, journal, buf_text(&setup), setup.size_bytes, err));
    return hooks.commit(db, hooks.context, err);
}

enum status newlane_make(struct db *old, const struct newlane *order, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    if (file_exists(order->path))
        return err_set(err, STATUS_CONFLICT, "there is a database already: %.200s", order->path);
    TRY(db_open(order->path, DB_CREATE, &kiosk_schema, &db, err));
    TRY(migrate_up(db, err));
    TRY(db_exec(db, "BEGIN IMMEDIATE", err)); // a failure leaves a database without a journal
    TRY(take_over(old, db, order, err));
    TRY(begin_journal(old, db, order, err));
    TRY(add_former(db, order, err));
    TRY(fact_set(db, KIOSK_SLIPS_WAITING, order->slips_waiting ? 1 : 0, err));
    return db_exec(db, "COMMIT", err);
}

static enum status run(struct db *db, int statement, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, statement, &q, err));
    return stmt_run(q, NULL, err);
}

// secure_delete (core/dbopen.c) overwrites what goes; the WAL goes as a whole.
enum status newlane_strip(struct db *old, struct err *err)
{
    TRY(db_exec(old, "BEGIN IMMEDIATE", err)); // closing takes it back
    TRY(run(old, KIOSK_FORMER_TEXTS, err));
    TRY(run(old, KIOSK_OUTBOX_CLEAR, err));
    TRY(run(old, KIOSK_FORMER_ANSWERS, err));
    TRY(db_exec(old, "COMMIT", err));
    return db_checkpoint(old, true, err);
}

enum status newlane_key(const char *path, char ret_lane[ENTRY_LANE_CHARS + 1], struct err *err)
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
    crypto_sign_keys(public_key, secret);
    const enum status status = file_write(path, secret, sizeof secret, KEY_MODE, err);
    crypto_wipe(secret, sizeof secret);
    TRY(status);
    entry_lane_of_key(public_key, sizeof public_key, ret_lane);
    return STATUS_OK;
}
