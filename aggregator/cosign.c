// SPDX-License-Identifier: MIT
// Holds checkpoints against the ledger, cosigns and keeps them.
#include "cosign.h"

#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "stmt.h"
#include "text.h"

static enum status find_root(struct db *db, const char *lane, uint64_t size,
                             uint8_t ret_root[CRYPTO_HASH_BYTES], bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    size_t root_bytes = 0;
    TRY(stmt_use(db, HUB_CHECKPOINT_FIND, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, (int64_t)size);
    TRY(stmt_row(q, ret_found, err));
    const void *root = *ret_found ? stmt_blob(q, 0, &root_bytes) : NULL;
    if (root_bytes == CRYPTO_HASH_BYTES)
        memcpy(ret_root, root, CRYPTO_HASH_BYTES);
    return STATUS_OK;
}

// The smallest size of the newest ones; 0 while there are fewer than are kept.
static enum status find_oldest(struct db *db, const char *lane, uint64_t *ret_size, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_CHECKPOINT_OLDEST, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, COSIGN_KEPT - 1);
    TRY(stmt_row(q, &found, err));
    *ret_size = found ? (uint64_t)stmt_int(q, 0) : 0;
    return STATUS_OK;
}

enum status cosign_check_age(struct db *db, const struct ledger_head *head, uint64_t size,
                             struct err *err)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    uint64_t oldest = 0;
    bool found = size == head->tree.size;
    if (!found)
        TRY(find_root(db, head->lane, size, root, &found, err));
    if (!found)
        TRY(find_oldest(db, head->lane, &oldest, err));
    return size >= oldest ? STATUS_OK
                          : err_set(err, STATUS_BAD_INPUT,
                                    "its checkpoint is older than all that are kept here; send the "
                                    "newest one");
}

// By walking the entries: a size at which no checkpoint was kept.
static enum status compute_root(struct db *db, const char *lane, uint64_t size,
                                uint8_t ret_root[CRYPTO_HASH_BYTES], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct merkle tree;
    uint8_t leaf[CRYPTO_HASH_BYTES];
    bool more = true;
    merkle_init(&tree);
    TRY(stmt_use(db, HUB_LEDGER_WALK, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, 0);
    while (tree.size < size) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return err_set(err, STATUS_IO, "the ledger of a lane is shorter than its head says");
        merkle_leaf(stmt_text(q, 3), stmt_text_size(q, 3), leaf);
        merkle_add(&tree, leaf);
    }
    merkle_root(&tree, ret_root);
    return STATUS_OK;
}

enum status cosign_root_fits(struct db *db, const struct ledger_head *head, uint64_t size,
                             const uint8_t root[CRYPTO_HASH_BYTES], bool *ret_fits, struct err *err)
{
    uint8_t ours[CRYPTO_HASH_BYTES];
    bool found = false;
    if (size == head->tree.size)
        merkle_root(&head->tree, ours);
    else
        TRY(find_root(db, head->lane, size, ours, &found, err));
    if (size != head->tree.size && !found)
        TRY(compute_root(db, head->lane, size, ours, err));
    *ret_fits = memcmp(ours, root, sizeof ours) == 0;
    return STATUS_OK;
}

static enum status store(struct db *db, const char *lane, const struct note_checkpoint *checkpoint,
                         const struct buf *note, const struct buf *cosigned, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *add = NULL;
    AUTO(stmt_releasep) struct stmt *drop = NULL;
    TRY(stmt_use(db, HUB_CHECKPOINT_ADD, &add, err));
    stmt_bind_text(add, 1, lane);
    stmt_bind_int(add, 2, (int64_t)checkpoint->size);
    stmt_bind_blob(add, 3, checkpoint->root, CRYPTO_HASH_BYTES);
    stmt_bind_text_n(add, 4, note->data, note->size_bytes);
    stmt_bind_text_n(add, 5, cosigned->data, cosigned->size_bytes);
    stmt_bind_int(add, 6, clock_now_s());
    TRY(stmt_run(add, NULL, err));
    TRY(stmt_use(db, HUB_CHECKPOINT_DROP, &drop, err));
    stmt_bind_text(drop, 1, lane);
    stmt_bind_int(drop, 2, COSIGN_KEPT - 1);
    return stmt_run(drop, NULL, err);
}

enum status cosign_checkpoint(const struct hub *hub, struct db *db, const char *lane,
                              const struct note_checkpoint *checkpoint, const struct buf *note,
                              struct buf *ack, struct err *err)
{
    buf_add(ack, note->data, note->size_bytes);
    TRY(note_cosign(note->data, note->size_bytes, hublane_key(hub->lane)->name,
                    hublane_secret(hub->lane), clock_now_s(), ack, err));
    TRY(buf_check(ack, err));
    return store(db, lane, checkpoint, note, ack, err);
}

enum status cosign_list(struct db *db, const char *lane, json_t *checkpoints, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    char root[2 * CRYPTO_HASH_BYTES + 1];
    size_t root_bytes = 0;
    bool more = false;
    TRY(stmt_use(db, HUB_CHECKPOINT_LIST, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, COSIGN_KEPT);
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        const void *bytes = stmt_blob(q, 1, &root_bytes);
        if (root_bytes != CRYPTO_HASH_BYTES)
            return BUG(err, "a stored root has another length");
        text_hex(bytes, root_bytes, root);
        json_t *one = json_pack("[I, s, s]", (json_int_t)stmt_int(q, 0), root, stmt_text(q, 2));
        if (one == NULL || json_array_append_new(checkpoints, one) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for checkpoints");
    }
}
