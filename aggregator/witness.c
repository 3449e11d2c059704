// SPDX-License-Identifier: MIT
// Keeps keys of witnesses and witnessed logs, and says how far lanes are covered.
#include "witness.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "stmt.h"

enum {
    ORIGINS_MAX = 4096, // lanes of a province
    TIME_BYTES = 40,
};

static const char *const role_names[] = {
    [WITNESS_ORIGIN] = "origin",
    [WITNESS_COUNTS] = "witness",
};

// ---- keys ------------------------------------------------------------------------------------

enum status witness_key_read(const char *text, enum witness_role role, struct note_key *ret_key,
                             struct err *err)
{
    const uint8_t algorithm = role == WITNESS_ORIGIN ? NOTE_ED25519 : NOTE_COSIGNATURE;
    struct note_key key;
    char lane[ENTRY_LANE_CHARS + 1];
    TRY(note_vkey_read(text, strlen(text), &key, err));
    // The key of a lane is one pair with two uses.
    if (key.algorithm != algorithm && note_key_lane(&key, lane))
        note_key_of_lane(key.public_key, algorithm, &key);
    if (key.algorithm != algorithm)
        return err_set(err, STATUS_BAD_INPUT,
                       role == WITNESS_ORIGIN
                           ? "this key is for cosignatures; of a log its signing key is needed"
                           : "this key is for signatures; of a witness its cosignature key (type "
                             "4) is needed");
    *ret_key = key;
    return STATUS_OK;
}

static enum status check_outside(struct db *db, const struct note_key *key, struct err *err)
{
    char lane[ENTRY_LANE_CHARS + 1];
    struct lanestate state;
    bool found = false;
    entry_lane_of_key(key->public_key, sizeof key->public_key, lane);
    TRY(lanestate_find(db, lane, &state, &found, err));
    if (found)
        return err_set(err, STATUS_BAD_INPUT,
                       "the key is this hub's own or that of one of its lanes; a witness is "
                       "another organisation");
    return STATUS_OK;
}

static enum status count_of(struct db *db, const char *role, size_t *ret_count, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    size_t count = 0;
    bool more = false;
    TRY(stmt_use(db, HUB_WITNESS_KEY_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            break;
        count += strcmp(stmt_text(q, 1), role) == 0;
    }
    *ret_count = count;
    return STATUS_OK;
}

static enum status audit(const struct hub *hub, struct db *db, const char *act,
                         const struct note_key *key, struct err *err)
{
    return hublane_audit(db, hub->lane, act, hub->setup.unit, key->name, err);
}

enum status witness_add(const struct hub *hub, struct db *db, const char *vkey,
                        enum witness_role role, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct note_key key;
    char text[NOTE_VKEY_BYTES];
    size_t count = 0;
    int changes = 0;
    TRY(witness_key_read(vkey, role, &key, err));
    TRY(check_outside(db, &key, err));
    TRY(count_of(db, role_names[role], &count, err));
    note_vkey(&key, text);
    TRY(stmt_use(db, HUB_WITNESS_KEY_ADD, &q, err));
    stmt_bind_text(q, 1, text);
    stmt_bind_text(q, 2, role_names[role]);
    stmt_bind_int(q, 3, clock_now_s());
    TRY(stmt_run(q, &changes, err));
    if (changes == 0)
        return STATUS_OK;
    if (count >= (role == WITNESS_ORIGIN ? ORIGINS_MAX : WITNESS_KEYS_MAX))
        return err_set(err, STATUS_TOO_LARGE, "there are too many keys; remove one first");
    return audit(hub, db, role == WITNESS_ORIGIN ? "witness add" : "witness trust", &key, err);
}

enum status witness_remove(const struct hub *hub, struct db *db, const char *vkey,
                           enum witness_role role, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct note_key key;
    char text[NOTE_VKEY_BYTES];
    int changes = 0;
    TRY(witness_key_read(vkey, role, &key, err));
    note_vkey(&key, text);
    TRY(stmt_use(db, HUB_WITNESS_KEY_REMOVE, &q, err));
    stmt_bind_text(q, 1, text);
    stmt_bind_text(q, 2, role_names[role]);
    TRY(stmt_run(q, &changes, err));
    if (changes == 0)
        return err_set(err, STATUS_NOT_FOUND,
                       "that key is not there; see `hailong-aggregator witness list`");
    return audit(hub, db, role == WITNESS_ORIGIN ? "witness remove" : "witness distrust", &key,
                 err);
}

static enum status find_size(struct db *db, const char *origin, bool *ret_found, int64_t *ret_size,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_WITNESS_NOTE_FIND, &q, err));
    stmt_bind_text(q, 1, origin);
    TRY(stmt_row(q, ret_found, err));
    if (*ret_found)
        *ret_size = stmt_int(q, 0);
    return STATUS_OK;
}

enum status witness_list(struct db *db, json_t *rows, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_WITNESS_KEY_LIST, &q, err));
    for (;;) {
        struct note_key key;
        bool found = false;
        int64_t size = 0;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(note_vkey_read(stmt_text(q, 0), stmt_text_size(q, 0), &key, err));
        if (strcmp(stmt_text(q, 1), role_names[WITNESS_ORIGIN]) == 0)
            TRY(find_size(db, key.name, &found, &size, err));
        json_t *row = json_pack("{s:s, s:s, s:s}", "role", stmt_text(q, 1), "name", key.name,
                                "vkey", stmt_text(q, 0));
        json_t *number = found ? json_integer(size) : json_null();
        if (row == NULL || number == NULL || json_object_set_new(row, "size", number) != 0 ||
            json_array_append_new(rows, row) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for the witnesses");
    }
}

static void take_key(const struct hub *hub, const char *text, struct witness_keys *keys)
{
    struct note_key key;
    const struct note_key *own = hublane_key(hub->lane);
    if (keys->count == WITNESS_KEYS_MAX ||
        witness_key_read(text, WITNESS_COUNTS, &key, NULL) != STATUS_OK ||
        memcmp(key.public_key, own->public_key, sizeof key.public_key) == 0)
        return;
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->key[i].id, key.id, sizeof key.id) == 0 &&
            strcmp(keys->key[i].name, key.name) == 0)
            return;
    keys->key[keys->count++] = key;
}

enum status witness_keys(const struct hub *hub, struct db *db, struct witness_keys *ret_keys,
                         struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct witness_keys keys = {.count = 0};
    bool more = false;
    if (hub->setup.witness_key[0] != '\0')
        take_key(hub, hub->setup.witness_key, &keys);
    TRY(stmt_use(db, HUB_WITNESS_KEY_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            break;
        if (strcmp(stmt_text(q, 1), role_names[WITNESS_COUNTS]) == 0)
            take_key(hub, stmt_text(q, 0), &keys);
    }
    *ret_keys = keys;
    return STATUS_OK;
}

enum status witness_check_origin(struct db *db, const char *note, size_t size_bytes,
                                 const char *origin, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false, known = false;
    TRY(stmt_use(db, HUB_WITNESS_KEY_LIST, &q, err));
    for (;;) {
        struct note_key key;
        TRY(stmt_row(q, &more, err));
        if (!more)
            break;
        if (strcmp(stmt_text(q, 1), role_names[WITNESS_ORIGIN]) != 0 ||
            note_vkey_read(stmt_text(q, 0), stmt_text_size(q, 0), &key, NULL) != STATUS_OK ||
            strcmp(key.name, origin) != 0)
            continue;
        known = true;
        if (note_verify(note, size_bytes, &key, NULL, NULL) == STATUS_OK)
            return STATUS_OK;
    }
    if (!known)
        return err_set(err, STATUS_NOT_FOUND,
                       "this hub is no witness of that log; its operator adds it with "
                       "`hailong-aggregator witness add --key VKEY`");
    return err_set(err, STATUS_DENIED, "the checkpoint is not signed by a known key of its log");
}

// ---- cover -----------------------------------------------------------------------------------

// note ‖ lines, held against each key.
static enum status look(const struct witness_keys *keys, const struct buf *note,
                        struct witness_cover *cover, struct err *err)
{
    for (size_t i = 0; i < keys->count; i++) {
        int64_t time_s = 0;
        const enum status status =
            note_verify(note->data, note->size_bytes, &keys->key[i], &time_s, NULL);
        if (status == STATUS_NO_MEMORY)
            return err_set(err, status, "no memory for a checkpoint");
        if (status != STATUS_OK || (cover->cosigned && time_s <= cover->time_s))
            continue;
        cover->cosigned = true;
        cover->time_s = time_s;
        snprintf(cover->name, sizeof cover->name, "%s", keys->key[i].name);
    }
    return STATUS_OK;
}

static enum status look_for_refusal(struct db *db, const struct witness_keys *keys,
                                    const char *lane, struct witness_cover *cover, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_WITNESS_REFUSAL_LIST, &q, err));
    stmt_bind_text(q, 1, lane);
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        for (size_t i = 0; i < keys->count; i++) {
            if (strcmp(stmt_text(q, 0), keys->key[i].name) != 0)
                continue;
            snprintf(cover->refuser, sizeof cover->refuser, "%s", stmt_text(q, 0));
            snprintf(cover->refusal, sizeof cover->refusal, "%s", stmt_text(q, 1));
        }
    }
}

// Entries without a cosignature are not covered once they had the time to get one.
static enum status look_above(struct db *db, const char *lane, struct witness_cover *cover,
                              struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_CHECKPOINT_ABOVE, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, cover->size);
    TRY(stmt_row(q, &more, err));
    cover->covered = !more || stmt_int(q, 0) > clock_now_s() - WITNESS_GRACE_S;
    return STATUS_OK;
}

enum status witness_of(struct db *db, const struct witness_keys *keys, const char *lane,
                       struct witness_cover *ret_cover, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(buf_done) struct buf note;
    struct witness_cover cover = {.cosigned = false};
    bool more = keys->count > 0;
    buf_init(&note, NOTE_LIMIT_BYTES + WITNESS_LINES_LIMIT_BYTES);
    TRY(stmt_use(db, HUB_CHECKPOINT_WITNESSED, &q, err));
    stmt_bind_text(q, 1, lane);
    // Nearly always the first one is it; others only after a witness was removed.
    while (more && !cover.cosigned) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            break;
        buf_clear(&note);
        buf_add(&note, stmt_text(q, 1), stmt_text_size(q, 1));
        buf_add(&note, stmt_text(q, 2), stmt_text_size(q, 2));
        TRY(buf_check(&note, err));
        TRY(look(keys, &note, &cover, err));
        if (cover.cosigned)
            cover.size = stmt_int(q, 0);
    }
    TRY(look_for_refusal(db, keys, lane, &cover, err));
    if (cover.cosigned && cover.refuser[0] == '\0')
        TRY(look_above(db, lane, &cover, err));
    *ret_cover = cover;
    return STATUS_OK;
}

enum status witness_note(struct db *db, const char *lane, int64_t size, struct buf *note,
                         struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_CHECKPOINT_NOTE, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, size);
    TRY(stmt_row(q, &found, err));
    if (!found || stmt_is_null(q, 1))
        return STATUS_OK;
    buf_add(note, stmt_text(q, 0), stmt_text_size(q, 0));
    buf_add(note, stmt_text(q, 1), stmt_text_size(q, 1));
    return buf_check(note, err);
}

void witness_sum_add(struct witness_sum *sum, const struct witness_cover *cover, int64_t entries)
{
    if (entries == 0)
        return;
    sum->open |= !cover->covered;
    if (cover->covered && (sum->lanes == 0 || cover->time_s < sum->time_s))
        sum->time_s = cover->time_s;
    sum->refused += cover->refuser[0] != '\0';
    sum->lanes++;
}

json_t *witness_json(const struct witness_cover *cover)
{
    char when[TIME_BYTES];
    const struct civil at = clock_civil(cover->time_s);
    const bool refused = cover->refuser[0] != '\0';
    if (!cover->cosigned && !refused)
        return json_null();
    snprintf(when, sizeof when, "%04u-%02u-%02u %02u:%02u", (unsigned)at.year % 10000U,
             (unsigned)at.month % 100U, (unsigned)at.day % 100U, (unsigned)at.hour % 100U,
             (unsigned)at.minute % 100U);
    return json_pack("{s:b, s:s, s:I, s:s?, s:I, s:s?, s:s?}", "covered", (int)cover->covered,
                     "name", cover->name, "size", (json_int_t)cover->size, "time",
                     cover->cosigned ? when : NULL, "time_s", (json_int_t)cover->time_s, "refuser",
                     refused ? cover->refuser : NULL, "refusal", refused ? cover->refusal : NULL);
}

void witness_from_json(const json_t *json, struct witness_cover *ret_cover)
{
    *ret_cover = (struct witness_cover){
        .covered = json_bool_or(json, "covered", false),
        .cosigned = json_is_string(json_object_get(json, "time")),
        .size = json_int_or(json, "size", 0),
        .time_s = json_int_or(json, "time_s", 0),
    };
    snprintf(ret_cover->name, sizeof ret_cover->name, "%s", json_text_or(json, "name", ""));
    snprintf(ret_cover->refuser, sizeof ret_cover->refuser, "%s",
             json_text_or(json, "refuser", ""));
    snprintf(ret_cover->refusal, sizeof ret_cover->refusal, "%s",
             json_text_or(json, "refusal", ""));
}

// ---- keeping ---------------------------------------------------------------------------------

// Appends those of the lines that are by that name, or those that are not.
static void add_lines(const char *lines, size_t lines_bytes, const char *name, bool by_name,
                      struct buf *out)
{
    char begin[96];
    const size_t begin_bytes = (size_t)snprintf(begin, sizeof begin, "— %s ", name);
    for (const char *end = lines + lines_bytes; lines < end;) {
        const char *feed = memchr(lines, '\n', (size_t)(end - lines));
        const size_t size = feed != NULL ? (size_t)(feed - lines) + 1 : (size_t)(end - lines);
        const bool is = size > begin_bytes && memcmp(lines, begin, begin_bytes) == 0;
        if (is == by_name)
            buf_add(out, lines, size);
        lines += size;
    }
}

static enum status drop_old(struct db *db, const char *lane, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_CHECKPOINT_WITNESS_DROP, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, WITNESS_KEPT - 1);
    return stmt_run(q, NULL, err);
}

enum status witness_refuse(struct db *db, const char *lane, int64_t size, const char *name,
                           const char *reason, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_WITNESS_REFUSAL_SET, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_text(q, 2, name);
    stmt_bind_int(q, 3, size);
    stmt_bind_text(q, 4, reason);
    stmt_bind_int(q, 5, clock_now_s());
    return stmt_run(q, NULL, err);
}

static enum status take_back(struct db *db, const char *lane, int64_t size, const char *name,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_WITNESS_REFUSAL_DROP, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_text(q, 2, name);
    stmt_bind_int(q, 3, size);
    return stmt_run(q, NULL, err);
}

enum status witness_keep(struct db *db, const char *lane, int64_t size, const struct note_key *key,
                         const char *lines, size_t lines_bytes, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *find = NULL;
    AUTO(stmt_releasep) struct stmt *set = NULL;
    AUTO(buf_done) struct buf kept;
    bool found = false;
    buf_init(&kept, WITNESS_LINES_LIMIT_BYTES);
    TRY(stmt_use(db, HUB_CHECKPOINT_NOTE, &find, err));
    stmt_bind_text(find, 1, lane);
    stmt_bind_int(find, 2, size);
    TRY(stmt_row(find, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the checkpoint that was cosigned is not kept here");
    if (!stmt_is_null(find, 1))
        add_lines(stmt_text(find, 1), stmt_text_size(find, 1), key->name, false, &kept);
    add_lines(lines, lines_bytes, key->name, true, &kept);
    TRY(buf_check(&kept, err));
    TRY(stmt_use(db, HUB_CHECKPOINT_WITNESS_SET, &set, err));
    stmt_bind_text(set, 1, lane);
    stmt_bind_int(set, 2, size);
    stmt_bind_text_n(set, 3, kept.data, kept.size_bytes);
    TRY(stmt_run(set, NULL, err));
    TRY(take_back(db, lane, size, key->name, err));
    return drop_old(db, lane, err);
}
