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
    char name[ENTRY_LANE_CHARS + 1], known_as[ENTRY_LANE_CHARS + 1];
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], own_secret[CRYPTO_SIGN_SECRET_BYTES];
    struct note_key key, own_key;
    struct hublane_box box;
    bool has_box;
};

static void wipe_secret(uint8_t (*secret)[CRYPTO_SIGN_SECRET_BYTES])
{
    crypto_wipe(*secret, sizeof *secret);
}

static void wipe_box(struct hublane_box *box)
{
    crypto_wipe(box, sizeof *box);
}

static enum status make_key(const char *keys_folder, const char *name, struct err *err)
{
    char path[PATH_BYTES];
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    AUTO(wipe_secret) uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    snprintf(path, sizeof path, "%s/%s", keys_folder, name);
    if (file_exists(path))
        return err_set(err, STATUS_CONFLICT, "there is a lane key already; it is not replaced");
    crypto_sign_keys(public_key, secret);
    return file_write(path, secret, sizeof secret, 0600, err);
}

enum status hublane_make(const char *keys_folder, struct err *err)
{
    return make_key(keys_folder, "lane.key", err);
}

enum status hublane_make_own(const char *keys_folder, struct err *err)
{
    return make_key(keys_folder, "own.key", err);
}

enum status hublane_make_box(const char *keys_folder, struct err *err)
{
    char path[PATH_BYTES];
    AUTO(wipe_box) struct hublane_box box;
    snprintf(path, sizeof path, "%s/box.key", keys_folder);
    if (file_exists(path))
        return STATUS_OK;
    crypto_box_keys(box.public_key, box.secret);
    return file_write(path, &box, sizeof box, 0600, err);
}

// Exactly that many bytes.
static enum status read_key(const char *keys_folder, const char *name, void *ret_key,
                            size_t key_bytes, struct err *err)
{
    char path[PATH_BYTES];
    AUTO(buf_done) struct buf key;
    snprintf(path, sizeof path, "%s/%s", keys_folder, name);
    buf_init(&key, key_bytes);
    TRY(file_read(path, &key, err));
    if (key.size_bytes != key_bytes)
        return err_set(err, STATUS_IO, "keys/%s is damaged: it must have %zu bytes", name,
                       key_bytes);
    memcpy(ret_key, key.data, key_bytes);
    crypto_wipe(key.data, key.size_bytes);
    return STATUS_OK;
}

static void name_key(const uint8_t *secret, struct note_key *ret_key,
                     char ret_lane[ENTRY_LANE_CHARS + 1])
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    crypto_sign_public(secret, public_key);
    entry_lane_of_key(public_key, sizeof public_key, ret_lane);
    note_key_of_lane(public_key, NOTE_ED25519, ret_key);
}

static enum status read_keys(const char *keys_folder, struct hublane *lane, struct err *err)
{
    TRY(read_key(keys_folder, "lane.key", lane->secret, sizeof lane->secret, err));
    name_key(lane->secret, &lane->key, lane->known_as);
    enum status status =
        read_key(keys_folder, "own.key", lane->own_secret, sizeof lane->own_secret, err);
    if (status == STATUS_NOT_FOUND)
        memcpy(lane->own_secret, lane->secret, sizeof lane->own_secret);
    else
        TRY(status);
    name_key(lane->own_secret, &lane->own_key, lane->name);
    status = read_key(keys_folder, "box.key", &lane->box, sizeof lane->box, err);
    lane->has_box = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status hublane_open(const char *keys_folder, struct hublane **ret_lane, struct err *err)
{
    AUTO(hublane_closep) struct hublane *lane = calloc(1, sizeof *lane);
    if (lane == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the hub's lane");
    TRY(read_keys(keys_folder, lane, err));
    *ret_lane = lane;
    lane = NULL;
    return STATUS_OK;
}

void hublane_close(struct hublane *lane)
{
    if (lane == NULL)
        return;
    crypto_wipe(lane, sizeof *lane);
    free(lane);
}

const char *hublane_name(const struct hublane *lane)
{
    return lane->name;
}

const char *hublane_known_as(const struct hublane *lane)
{
    return lane->known_as;
}

const struct note_key *hublane_own_key(const struct hublane *lane)
{
    return &lane->own_key;
}

const uint8_t *hublane_own_secret(const struct hublane *lane)
{
    return lane->own_secret;
}

const struct note_key *hublane_key(const struct hublane *lane)
{
    return &lane->key;
}

const uint8_t *hublane_secret(const struct hublane *lane)
{
    return lane->secret;
}

const struct hublane_box *hublane_box(const struct hublane *lane)
{
    return lane->has_box ? &lane->box : NULL;
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

enum status hublane_append(struct db *db, const struct hublane *lane, const struct buf *tail,
                           struct entry *ret_entry, struct err *err)
{
    AUTO(buf_done) struct buf line;
    AUTO(entry_done) struct entry entry = {.json = NULL};
    struct ledger_head head;
    buf_init(&line, ENTRY_LIMIT_BYTES);
    TRY(own_head(db, lane, &head, err));
    TRY(entry_line(head.lane, (int64_t)head.tree.size, tail, &line, err));
    TRY(entry_read(line.data, line.size_bytes, &entry, err));
    TRY(ledger_append(db, &head, entry.id, entry.part, line.data, line.size_bytes, err));
    TRY(ledger_head_store(db, &head, err));
    *ret_entry = entry;
    entry.json = NULL;
    return STATUS_OK;
}

enum status hublane_audit_by(struct db *db, const struct hublane *lane, const char *act,
                             const char *unit, const char *detail, const char *const *by,
                             struct err *err)
{
    AUTO(buf_done) struct buf tail;
    AUTO(entry_done) struct entry entry = {.json = NULL};
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    hublane_new_id(id);
    clock_hour_text(clock_hour(clock_now_s()), hour);
    entry_tail_begin(&w, &tail, ENTRY_AUDIT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_text(&w, "act", act);
    jsonw_text(&w, "unit", unit);
    jsonw_text(&w, "detail", detail);
    if (by[0] != NULL) {
        jsonw_array(&w, "by");
        for (; *by != NULL; by++)
            jsonw_text(&w, NULL, *by);
        jsonw_array_end(&w);
    }
    entry_tail_end(&w);
    return hublane_append(db, lane, &tail, &entry, err);
}

enum status hublane_audit(struct db *db, const struct hublane *lane, const char *act,
                          const char *unit, const char *detail, struct err *err)
{
    const char *const nobody[] = {NULL};
    return hublane_audit_by(db, lane, act, unit, detail, nobody, err);
}
