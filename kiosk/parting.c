// SPDX-License-Identifier: MIT
// Walks the lane past the hub's heads, oldest first.
#include "parting.h"

#include <string.h>

#include "checkpoint.h"
#include "piece.h"
#include "text.h"

struct search {
    struct db *db;
    uint64_t own_size, acked_size;
    struct note_key own;
    struct merkle tree;
    bool parted;
    struct parting parting;
};

// A head as the hub says it.
struct said {
    uint64_t size;
    uint8_t root[CRYPTO_HASH_BYTES];
    const char *note; // "" without
};

static bool read_said(const json_t *size, const char *hex, const char *note, struct said *ret_said)
{
    struct said said = {.note = note != NULL ? note : ""};
    if (!json_is_integer(size) || json_integer_value(size) < 0 || hex == NULL ||
        !text_unhex(hex, strlen(hex), said.root, sizeof said.root))
        return false;
    said.size = (uint64_t)json_integer_value(size);
    *ret_said = said;
    return true;
}

static bool is_signed(const struct search *search, const struct said *said)
{
    struct note_checkpoint checkpoint;
    const size_t size_bytes = strlen(said->note);
    return note_read(said->note, size_bytes, &checkpoint, NULL) == STATUS_OK &&
           strcmp(checkpoint.origin, search->own.name) == 0 && checkpoint.size == said->size &&
           memcmp(checkpoint.root, said->root, sizeof said->root) == 0 &&
           note_verify(said->note, size_bytes, &search->own, NULL, NULL) == STATUS_OK;
}

static void look_beyond(struct search *search, const struct said *said)
{
    if (!is_signed(search, said))
        return;
    search->parting.proven = true;
    search->parting.behind = true;
}

static enum status look(struct search *search, const struct said *said, struct err *err)
{
    struct parting *parting = &search->parting;
    uint8_t root[CRYPTO_HASH_BYTES];
    if (said->size > search->own_size) {
        look_beyond(search, said);
        return STATUS_OK;
    }
    if (said->size < search->tree.size)
        return STATUS_OK; // out of order
    TRY(piece_walk(search->db, &search->tree, said->size, NULL, err));
    merkle_root(&search->tree, root);
    if (memcmp(root, said->root, sizeof root) != 0) {
        search->parted = true;
        parting->against_ack |= said->size <= search->acked_size;
        parting->proven |= is_signed(search, said);
    } else if (!search->parted) {
        parting->size = said->size;
        memcpy(parting->root, root, sizeof root);
    }
    return STATUS_OK;
}

static enum status look_at_all(struct search *search, const json_t *answer, struct err *err)
{
    const json_t *checkpoints = json_object_get(answer, "checkpoints");
    struct said said;
    merkle_init(&search->tree);
    merkle_root(&search->tree, search->parting.root);
    for (size_t i = json_array_size(checkpoints); i-- > 0;) {
        const json_t *one = json_array_get(checkpoints, i);
        if (read_said(json_array_get(one, 0), json_string_value(json_array_get(one, 1)),
                      json_string_value(json_array_get(one, 2)), &said))
            TRY(look(search, &said, err));
    }
    // What it says of itself comes with no note; it may still contradict what it has cosigned.
    if (read_said(json_object_get(answer, "size"), json_text_or(answer, "root", ""), NULL, &said))
        TRY(look(search, &said, err));
    return STATUS_OK;
}

// How far the hub has cosigned this lane, by what is kept here.
static enum status find_acked(struct search *search, const struct note_key *cosigner,
                              struct err *err)
{
    AUTO(buf_done) struct buf note;
    struct note_checkpoint checkpoint;
    bool found = false;
    buf_init(&note, NOTE_LIMIT_BYTES);
    if (cosigner == NULL)
        return STATUS_OK;
    TRY(checkpoint_last(search->db, search->own_size, true, &note, &found, err));
    if (found && note_read(buf_text(&note), note.size_bytes, &checkpoint, NULL) == STATUS_OK &&
        strcmp(checkpoint.origin, search->own.name) == 0 &&
        note_verify(buf_text(&note), note.size_bytes, cosigner, NULL, NULL) == STATUS_OK)
        search->acked_size = checkpoint.size;
    return STATUS_OK;
}

enum status parting_find(const struct kiosk *kiosk, const json_t *answer,
                         const struct note_key *cosigner, struct parting *ret_parting,
                         struct err *err)
{
    struct search search = {.parted = false};
    uint8_t root[CRYPTO_HASH_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    crypto_sign_public(kiosk->lane_secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &search.own);
    journal_head(kiosk->journal, &search.own_size, root);
    search.db = dbpool_take(kiosk->readers);
    enum status status = find_acked(&search, cosigner, err);
    if (status == STATUS_OK)
        status = look_at_all(&search, answer, err);
    dbpool_give(kiosk->readers, search.db);
    TRY(status);
    *ret_parting = search.parting;
    return STATUS_OK;
}
