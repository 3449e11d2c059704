// SPDX-License-Identifier: MIT
// Makes, keeps and loads kits.
#include "kit.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fact.h"
#include "file.h"
#include "kiosk_sql.h"
#include "slip.h"
#include "stmt.h"
#include "text.h"

enum { HASH_BYTES = 16, KEY_MODE = 0600, PATH_ROOM = KIOSK_PATH_BYTES + 24 };

// ---- making -------------------------------------------------------------------------------------

static void write_hash(struct jsonw *w, struct stmt *q, int column)
{
    size_t size_bytes = 0;
    const void *hash = stmt_blob(q, column, &size_bytes);
    if (stmt_is_null(q, column))
        jsonw_null(w, NULL);
    else
        jsonw_hex(w, NULL, hash, size_bytes);
}

// [hash, area, counter, step, state, issued day, last day, dossier hash or null]
static void write_slip(struct jsonw *w, struct stmt *q)
{
    jsonw_array(w, NULL);
    write_hash(w, q, 0);
    jsonw_text(w, NULL, stmt_text(q, 1));
    jsonw_text(w, NULL, stmt_text(q, 2));
    for (int column = 3; column <= 6; column++)
        jsonw_int(w, NULL, stmt_int(q, column));
    write_hash(w, q, 7);
    jsonw_array_end(w);
}

static enum status write_kit(struct db *db, const uint8_t slip_key[CRYPTO_KEY_BYTES],
                             struct buf *out, struct err *err)
{
    AUTO(buf_done) struct buf base64;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct jsonw w;
    buf_init(&base64, 2 * (size_t)CRYPTO_KEY_BYTES);
    crypto_base64(slip_key, CRYPTO_KEY_BYTES, &base64);
    jsonw_init(&w, out);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "v", 1);
    jsonw_text(&w, "slip_key", buf_text(&base64));
    crypto_wipe(base64.data, base64.size_bytes);
    jsonw_array(&w, "slips");
    TRY(stmt_use(db, KIOSK_KIT_SLIPS, &q, err));
    stmt_bind_int(q, 1, clock_day(clock_now_s()));
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        write_slip(&w, q);
    }
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    return buf_check(out, err);
}

static void wipe_done(struct buf *buf)
{
    if (buf->data != NULL)
        crypto_wipe(buf->data, buf->size_bytes);
    buf_done(buf);
}

enum status kit_make(struct db *db, const uint8_t slip_key[CRYPTO_KEY_BYTES],
                     const uint8_t box[CRYPTO_BOX_PUBLIC_BYTES], const uint8_t *mark,
                     struct buf *sealed, uint8_t ret_mark[KIT_MARK_BYTES], bool *ret_news,
                     struct err *err)
{
    AUTO(wipe_done) struct buf text;
    uint8_t key[CRYPTO_KEY_BYTES], now[KIT_MARK_BYTES];
    buf_init(&text, KIT_LIMIT_BYTES);
    TRY(write_kit(db, slip_key, &text, err));
    // Under the slip key: the mark lies in the database and must say nothing about its content.
    crypto_derive(slip_key, "kit", key);
    crypto_hmac(key, text.data, text.size_bytes, now);
    crypto_wipe(key, sizeof key);
    const bool news = mark == NULL || !crypto_equal(mark, now, sizeof now);
    if (news)
        TRY(crypto_seal(box, text.data, text.size_bytes, sealed, err));
    memcpy(ret_mark, now, sizeof now);
    *ret_news = news;
    return STATUS_OK;
}

// ---- loading ------------------------------------------------------------------------------------

static enum status open_kit(const uint8_t lane_secret[CRYPTO_SIGN_SECRET_BYTES], const void *sealed,
                            size_t size_bytes, struct buf *text, struct err *err)
{
    uint8_t sign_public[CRYPTO_SIGN_PUBLIC_BYTES], public_key[CRYPTO_BOX_PUBLIC_BYTES];
    uint8_t secret[CRYPTO_BOX_SECRET_BYTES];
    crypto_sign_public(lane_secret, sign_public);
    TRY(crypto_box_of_sign_public(sign_public, public_key, err));
    crypto_box_of_sign_secret(lane_secret, secret);
    const enum status status = crypto_unseal(public_key, secret, sealed, size_bytes, text, err);
    crypto_wipe(secret, sizeof secret);
    return status;
}

static void kept_path(const char *folder, const char *name, char ret_path[PATH_ROOM])
{
    snprintf(ret_path, PATH_ROOM, "%s/keys/%s", folder, name);
}

enum status kit_keep(const char *folder, const uint8_t lane_secret[CRYPTO_SIGN_SECRET_BYTES],
                     const void *sealed, size_t size_bytes, struct err *err)
{
    char path[PATH_ROOM];
    AUTO(wipe_done) struct buf text;
    buf_init(&text, KIT_LIMIT_BYTES);
    TRY(open_kit(lane_secret, sealed, size_bytes, &text, err));
    kept_path(folder, "kit.sealed", path);
    return file_write(path, sealed, size_bytes, KEY_MODE, err);
}

static enum status bad(struct err *err)
{
    return err_set(err, STATUS_BAD_INPUT, "the kit is not one that this program knows");
}

struct kit_slip {
    uint8_t hash[HASH_BYTES], dossier[HASH_BYTES];
    bool has_dossier;
    const char *area, *counter;
    int64_t number[4]; // step, state, issued day, last day
};

static bool read_hash(const json_t *value, uint8_t ret_hash[HASH_BYTES])
{
    const char *hex = json_string_value(value);
    return hex != NULL && text_unhex(hex, json_string_length(value), ret_hash, HASH_BYTES);
}

static bool read_slip(const json_t *row, struct kit_slip *ret_slip)
{
    struct kit_slip slip = {0};
    const json_t *dossier = json_array_get(row, 7);
    slip.area = json_string_value(json_array_get(row, 1));
    slip.counter = json_string_value(json_array_get(row, 2));
    slip.has_dossier = !json_is_null(dossier);
    if (json_array_size(row) != 8 || slip.area == NULL || slip.counter == NULL ||
        !read_hash(json_array_get(row, 0), slip.hash) ||
        (slip.has_dossier && !read_hash(dossier, slip.dossier)))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(slip.number); i++) {
        const json_t *number = json_array_get(row, 3 + i);
        if (!json_is_integer(number))
            return false;
        slip.number[i] = json_integer_value(number);
    }
    *ret_slip = slip;
    return true;
}

static enum status add_slip(struct db *db, const struct kit_slip *slip, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KIT_SLIP_ADD, &q, err));
    stmt_bind_blob(q, 1, slip->hash, sizeof slip->hash);
    stmt_bind_text(q, 2, slip->area);
    stmt_bind_text(q, 3, slip->counter);
    for (int i = 0; i < (int)ARRAY_SIZE(slip->number); i++)
        stmt_bind_int(q, 4 + i, slip->number[i]);
    if (slip->has_dossier)
        stmt_bind_blob(q, 8, slip->dossier, sizeof slip->dossier);
    else
        stmt_bind_null(q, 8);
    return stmt_run(q, NULL, err);
}

// Withdrawn ones first: they give their dossier up, which another slip may have got.
static enum status add_slips(struct db *db, const json_t *slips, struct err *err)
{
    for (int withdrawn = 1; withdrawn >= 0; withdrawn--) {
        for (size_t i = 0; i < json_array_size(slips); i++) {
            struct kit_slip slip;
            if (!read_slip(json_array_get(slips, i), &slip))
                return bad(err);
            if ((slip.number[1] == SLIP_WITHDRAWN) == (withdrawn == 1))
                TRY(add_slip(db, &slip, err));
        }
    }
    return STATUS_OK;
}

static enum status store(const char *folder, struct db *db, const json_t *kit, struct err *err)
{
    char path[PATH_ROOM];
    AUTO(wipe_done) struct buf key;
    const json_t *slips = json_object_get(kit, "slips");
    const char *base64 = json_text_or(kit, "slip_key", "");
    buf_init(&key, CRYPTO_KEY_BYTES);
    if (json_int_or(kit, "v", 0) != 1 || !json_is_array(slips) ||
        crypto_unbase64(base64, strlen(base64), &key, NULL) != STATUS_OK ||
        key.size_bytes != CRYPTO_KEY_BYTES)
        return bad(err);
    TRY(db_exec(db, "BEGIN IMMEDIATE", err));
    enum status status = add_slips(db, slips, err);
    if (status == STATUS_OK)
        status = fact_set(db, KIOSK_SLIPS_WAITING, 0, err);
    if (status != STATUS_OK) {
        (void)!db_exec(db, "ROLLBACK", NULL);
        return status;
    }
    TRY(db_exec(db, "COMMIT", err));
    // Slips of another key are not found by anybody until its key is here, too.
    kept_path(folder, "slip.key", path);
    return file_write(path, key.data, key.size_bytes, KEY_MODE, err);
}

enum status kit_load(const char *folder, const uint8_t lane_secret[CRYPTO_SIGN_SECRET_BYTES],
                     struct db *db, bool *ret_loaded, struct err *err)
{
    char path[PATH_ROOM];
    kept_path(folder, "kit.sealed", path);
    *ret_loaded = false;
    if (!file_exists(path))
        return STATUS_OK;
    AUTO(buf_done) struct buf sealed;
    AUTO(wipe_done) struct buf text;
    AUTO(json_decrefp) json_t *kit = NULL;
    buf_init(&sealed, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    buf_init(&text, KIT_LIMIT_BYTES);
    TRY(file_read(path, &sealed, err));
    TRY(open_kit(lane_secret, buf_text(&sealed), sealed.size_bytes, &text, err));
    TRY(json_parse(buf_text(&text), text.size_bytes, KIT_LIMIT_BYTES, "the kit", &kit, err));
    TRY(store(folder, db, kit, err));
    TRY(file_destroy(path, err));
    *ret_loaded = true;
    return STATUS_OK;
}
