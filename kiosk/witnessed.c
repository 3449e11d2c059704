// SPDX-License-Identifier: MIT
// Checks and keeps whether there is an outside witness.
#include "witnessed.h"

#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "fact.h"
#include "file.h"
#include "hubkeys.h"

#define WITNESSED_FACT "witnessed"

enum {
    KEY_MODE = 0600,
    PATH_ROOM = KIOSK_PATH_BYTES + 24,
    FILE_LIMIT_BYTES = WITNESSED_KEYS_MAX * NOTE_VKEY_BYTES,
};

// ---- keys ---------------------------------------------------------------------------------------

struct keys {
    size_t count;
    struct note_key key[WITNESSED_KEYS_MAX];
};

static enum status read_key(const char *text, size_t size_bytes, struct note_key *ret_key,
                            struct err *err)
{
    struct note_key key;
    char lane[ENTRY_LANE_CHARS + 1];
    TRY(note_vkey_read(text, size_bytes, &key, err));
    // A hub's line is that of its lane; it cosigns with the same key.
    if (note_key_lane(&key, lane))
        note_key_of_lane(key.public_key, NOTE_COSIGNATURE, &key);
    if (key.algorithm != NOTE_COSIGNATURE)
        return err_set(err, STATUS_BAD_INPUT,
                       "this key is for signatures; of a witness its cosignature key (type 4) is "
                       "needed");
    *ret_key = key;
    return STATUS_OK;
}

static void find_path(const struct kiosk *kiosk, char ret_path[PATH_ROOM])
{
    (void)snprintf(ret_path, PATH_ROOM, "%s/keys/witness.vkeys", kiosk->folder);
}

// Lines that are no keys are passed over; no file is no keys.
static enum status read_keys(const struct kiosk *kiosk, struct keys *ret_keys, struct err *err)
{
    AUTO(buf_done) struct buf text;
    char path[PATH_ROOM];
    buf_init(&text, FILE_LIMIT_BYTES);
    find_path(kiosk, path);
    ret_keys->count = 0;
    if (!file_exists(path))
        return STATUS_OK;
    TRY(file_read(path, &text, err));
    for (const char *at = buf_text(&text); *at != '\0' && ret_keys->count < WITNESSED_KEYS_MAX;) {
        const size_t size_bytes = strcspn(at, "\n");
        if (read_key(at, size_bytes, &ret_keys->key[ret_keys->count], NULL) == STATUS_OK)
            ret_keys->count++;
        at += size_bytes + (at[size_bytes] != '\0');
    }
    return STATUS_OK;
}

static bool same_key(const struct note_key *one, const uint8_t other[CRYPTO_SIGN_PUBLIC_BYTES])
{
    return memcmp(one->public_key, other, CRYPTO_SIGN_PUBLIC_BYTES) == 0;
}

static bool is_own(const struct kiosk *kiosk, const struct note_key *key)
{
    uint8_t own[CRYPTO_SIGN_PUBLIC_BYTES];
    crypto_sign_public(kiosk->lane_secret, own);
    return same_key(key, own);
}

static enum status check_outside(const struct kiosk *kiosk, const struct note_key *key,
                                 struct err *err)
{
    struct hubkeys hub;
    const enum status status = hubkeys_read(kiosk->folder, &hub, err);
    if (status != STATUS_OK && status != STATUS_DENIED) // not enrolled yet
        return status;
    if (is_own(kiosk, key))
        return err_set(err, STATUS_BAD_INPUT,
                       "the key is this kiosk's own; a witness is another organisation");
    if (status == STATUS_OK && same_key(key, hub.cosigner.public_key))
        return err_set(err, STATUS_BAD_INPUT,
                       "the key is that of this kiosk's hub; a witness is another organisation");
    return STATUS_OK;
}

static enum status write_keys(const struct kiosk *kiosk, const struct keys *keys, struct err *err)
{
    AUTO(buf_done) struct buf text;
    char path[PATH_ROOM], vkey[NOTE_VKEY_BYTES];
    buf_init(&text, FILE_LIMIT_BYTES);
    for (size_t i = 0; i < keys->count; i++) {
        note_vkey(&keys->key[i], vkey);
        buf_addf(&text, "%s\n", vkey);
    }
    TRY(buf_check(&text, err));
    find_path(kiosk, path);
    return file_write(path, text.data, text.size_bytes, KEY_MODE, err);
}

enum status witnessed_add_key(const struct kiosk *kiosk, const char *vkey, struct err *err)
{
    struct keys keys;
    struct note_key key;
    TRY(read_key(vkey, strlen(vkey), &key, err));
    TRY(check_outside(kiosk, &key, err));
    TRY(read_keys(kiosk, &keys, err));
    for (size_t i = 0; i < keys.count; i++)
        if (same_key(&keys.key[i], key.public_key))
            return STATUS_OK;
    if (keys.count == WITNESSED_KEYS_MAX)
        return err_set(err, STATUS_BAD_INPUT, "keys/witness.vkeys has %d keys already",
                       WITNESSED_KEYS_MAX);
    keys.key[keys.count++] = key;
    return write_keys(kiosk, &keys, err);
}

// ---- checking -----------------------------------------------------------------------------------

// Whether the note's head is one that this lane has had: its root against the one kept here.
static enum status is_our_head(const struct kiosk *kiosk, const char *note, bool *ret_ours,
                               struct err *err)
{
    AUTO(buf_done) struct buf kept;
    struct note_checkpoint said, own;
    bool found = false;
    buf_init(&kept, NOTE_LIMIT_BYTES);
    *ret_ours = false;
    if (note_read(note, strlen(note), &said, NULL) != STATUS_OK)
        return STATUS_OK;
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = checkpoint_last(db, said.size, false, &kept, &found, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    *ret_ours = found && note_read(buf_text(&kept), kept.size_bytes, &own, NULL) == STATUS_OK &&
                strcmp(own.origin + strlen("hailong/"), journal_lane(kiosk->journal)) == 0 &&
                strcmp(said.origin, own.origin) == 0 && said.size == own.size &&
                memcmp(said.root, own.root, sizeof own.root) == 0;
    return STATUS_OK;
}

static enum status is_cosigned(const struct kiosk *kiosk, const struct note_key *hub,
                               const char *note, bool *ret_good, struct err *err)
{
    struct keys keys;
    bool ours = false;
    *ret_good = false;
    TRY(read_keys(kiosk, &keys, err));
    TRY(is_our_head(kiosk, note, &ours, err));
    for (size_t i = 0; ours && !*ret_good && i < keys.count; i++)
        *ret_good = !is_own(kiosk, &keys.key[i]) && !same_key(&keys.key[i], hub->public_key) &&
                    note_verify(note, strlen(note), &keys.key[i], NULL, NULL) == STATUS_OK;
    return STATUS_OK;
}

// ---- keeping ------------------------------------------------------------------------------------

enum status witnessed_find(struct db *db, enum witnessed *ret_witnessed, struct err *err)
{
    int64_t value = 0;
    TRY(fact_get(db, WITNESSED_FACT, &value, err));
    *ret_witnessed = value == WITNESSED_CHECKED ? WITNESSED_CHECKED
                     : value == WITNESSED_SAID  ? WITNESSED_SAID
                                                : WITNESSED_NO;
    return STATUS_OK;
}

enum status witnessed_load(struct kiosk *kiosk, struct err *err)
{
    enum witnessed witnessed = WITNESSED_NO;
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = witnessed_find(db, &witnessed, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    kiosk->witnessed = witnessed;
    return STATUS_OK;
}

struct tell_job {
    struct writer_job job; // first
    enum witnessed witnessed;
};

static enum status apply_tell(struct db *db, struct writer_job *job, struct err *err)
{
    return fact_set(db, WITNESSED_FACT, ((const struct tell_job *)job)->witnessed, err);
}

enum status witnessed_tell(struct kiosk *kiosk, const struct note_key *hub, const json_t *answer,
                           struct err *err)
{
    struct tell_job tell = {.job.apply = apply_tell, .witnessed = WITNESSED_NO};
    bool good = false;
    if (json_bool_or(answer, "witnessed", false)) {
        TRY(is_cosigned(kiosk, hub, json_text_or(answer, "witness", ""), &good, err));
        tell.witnessed = good ? WITNESSED_CHECKED : WITNESSED_SAID;
    }
    if (kiosk->witnessed == (int)tell.witnessed)
        return STATUS_OK;
    TRY(writer_run(kiosk->writer, &tell.job, err));
    kiosk->witnessed = tell.witnessed;
    return STATUS_OK;
}

const char *witnessed_word(enum witnessed witnessed)
{
    static const char *const words[] = {
        [WITNESSED_NO] = "no_witness",
        [WITNESSED_SAID] = "witness_said",
        [WITNESSED_CHECKED] = "witnessed",
    };
    return words[witnessed];
}
