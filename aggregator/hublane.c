// SPDX-License-Identifier: MIT
// The hub's own lane: its key, and appending to it.
#include "hublane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "file.h"
#include "ledger.h"

enum { PATH_BYTES = 1100 }; // HUB_PATH_BYTES and the file's name

struct hublane {
    char name[ENTRY_LANE_CHARS + 1];
};

static void wipe_secret(uint8_t (*secret)[CRYPTO_SIGN_SECRET_BYTES])
{
    crypto_wipe(*secret, sizeof *secret);
}

enum status hublane_make(const char *keys_folder, struct err *err)
{
    char path[PATH_BYTES];
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    AUTO(wipe_secret) uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    snprintf(path, sizeof path, "%s/lane.key", keys_folder);
    if (file_exists(path))
        return err_set(err, STATUS_CONFLICT, "there is a lane key already; it is not replaced");
    crypto_sign_keys(public_key, secret);
    return file_write(path, secret, sizeof secret, 0600, err);
}

enum status hublane_open(const char *keys_folder, struct hublane **ret_lane, struct err *err)
{
    char path[PATH_BYTES];
    AUTO(buf_done) struct buf key;
    // libsodium's form: the 32-byte seed and then the public key.
    enum { PUBLIC_AT = CRYPTO_SIGN_SECRET_BYTES - CRYPTO_SIGN_PUBLIC_BYTES };
    snprintf(path, sizeof path, "%s/lane.key", keys_folder);
    buf_init(&key, CRYPTO_SIGN_SECRET_BYTES);
    TRY(file_read(path, &key, err));
    if (key.size_bytes != CRYPTO_SIGN_SECRET_BYTES)
        return err_set(err, STATUS_IO, "keys/lane.key is damaged: it must have %d bytes",
                       CRYPTO_SIGN_SECRET_BYTES);
    struct hublane *lane = calloc(1, sizeof *lane);
    if (lane != NULL)
        entry_lane_of_key((const uint8_t *)key.data + PUBLIC_AT, CRYPTO_SIGN_PUBLIC_BYTES,
                          lane->name);
    crypto_wipe(key.data, key.size_bytes);
    if (lane == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the hub's lane");
    *ret_lane = lane;
    return STATUS_OK;
}

void hublane_close(struct hublane *lane)
{
    free(lane);
}

const char *hublane_name(const struct hublane *lane)
{
    return lane->name;
}

void hublane_new_id(uint8_t ret_id[ENTRY_ID_BYTES])
{
    entry_id_of_hour(clock_hour(clock_now_s()), ret_id);
}

static enum status own_head(struct db *db, const struct hublane *lane, struct ledger_head *ret_head,
                            struct err *err)
{
    bool found = false;
    TRY(ledger_head_find(db, lane->name, ret_head, &found, err));
    if (!found)
        return err_set(err, STATUS_IO,
                       "the database does not know keys/lane.key: they are not of "
                       "the same data directory");
    return STATUS_OK;
}

static enum status append_tail(struct db *db, struct ledger_head *head, const uint8_t *id,
                               int64_t part, const struct buf *tail, struct err *err)
{
    AUTO(buf_done) struct buf line;
    buf_init(&line, ENTRY_LIMIT_BYTES);
    TRY(entry_line(head->lane, (int64_t)head->tree.size, tail, &line, err));
    return ledger_append(db, head, id, part, line.data, line.size_bytes, err);
}

struct pieces {
    struct db *db;
    struct ledger_head head;
    const uint8_t *id;
    int64_t part;
};

static enum status append_piece(void *context, const struct buf *tail, struct err *err)
{
    struct pieces *pieces = context;
    return append_tail(pieces->db, &pieces->head, pieces->id, pieces->part++, tail, err);
}

enum status hublane_append_document(struct db *db, const struct hublane *lane, enum entry_kind kind,
                                    const struct buf *document, const uint8_t id[ENTRY_ID_BYTES],
                                    struct err *err)
{
    struct pieces pieces = {.db = db, .id = id};
    TRY(own_head(db, lane, &pieces.head, err));
    TRY(entry_split(kind, id, document->data, document->size_bytes, append_piece, &pieces, err));
    return ledger_head_store(db, &pieces.head, err);
}

enum status hublane_audit(struct db *db, const struct hublane *lane, const char *act,
                          const char *unit, const char *detail, struct err *err)
{
    AUTO(buf_done) struct buf tail;
    struct jsonw w;
    struct ledger_head head;
    uint8_t id[ENTRY_ID_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    hublane_new_id(id);
    clock_hour_text(clock_hour(clock_now_s()), hour);
    entry_tail_begin(&w, &tail, ENTRY_AUDIT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_text(&w, "unit", unit);
    jsonw_text(&w, "act", act);
    jsonw_text(&w, "detail", detail);
    entry_tail_end(&w);
    TRY(own_head(db, lane, &head, err));
    TRY(append_tail(db, &head, id, 0, &tail, err));
    return ledger_head_store(db, &head, err);
}
