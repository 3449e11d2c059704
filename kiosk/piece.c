// SPDX-License-Identifier: MIT
// Reads lines and keeps the tree beside them.
#include "piece.h"

#include <string.h>

#include "checkpoint.h"
#include "kiosk_sql.h"
#include "stmt.h"
#include "transfer.h"

// The line's kind; only its own head stands before it.
static bool is_ack(const char *line)
{
    static const char key[] = "\"kind\":\"";
    static const char ack[] = "ack\"";
    const char *kind = strstr(line, key);
    return kind != NULL && strncmp(kind + sizeof key - 1, ack, sizeof ack - 1) == 0;
}

static void take_line(struct stmt *q, struct merkle *tree, struct buf *body, bool *ret_news)
{
    uint8_t leaf[CRYPTO_HASH_BYTES];
    const char *line = stmt_text(q, 1);
    const size_t size_bytes = stmt_text_size(q, 1);
    merkle_leaf(line, size_bytes, leaf);
    merkle_add(tree, leaf);
    if (ret_news != NULL && !is_ack(line))
        *ret_news = true;
    if (body == NULL)
        return;
    buf_add(body, line, size_bytes);
    buf_add_char(body, '\n');
}

// To `end`, or until `body` has its limit.
static enum status take_lines(struct db *db, struct merkle *tree, uint64_t end, size_t limit_bytes,
                              struct buf *body, bool *ret_news, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, (int64_t)tree->size);
    stmt_bind_int(q, 2, (int64_t)end);
    while (tree->size < end && (body == NULL || body->size_bytes < limit_bytes)) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found || stmt_int(q, 0) != (int64_t)tree->size)
            return err_set(err, STATUS_CHECK_FAILED, "entry %llu is missing; run `verify`",
                           (unsigned long long)tree->size);
        take_line(q, tree, body, ret_news);
    }
    return STATUS_OK;
}

enum status piece_walk(struct db *db, struct merkle *tree, uint64_t size, bool *ret_news,
                       struct err *err)
{
    return take_lines(db, tree, size, 0, NULL, ret_news, err);
}

enum status piece_collect(const struct kiosk *kiosk, struct db *db, struct merkle *tree,
                          uint64_t end, size_t limit_bytes, struct buf *body, bool *ret_news,
                          struct err *err)
{
    AUTO(buf_done) struct buf note;
    uint8_t root[CRYPTO_HASH_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    struct note_key key;
    buf_init(&note, NOTE_LIMIT_BYTES);
    TRY(take_lines(db, tree, end, limit_bytes, body, ret_news, err));
    merkle_root(tree, root);
    TRY(checkpoint_sign(kiosk, tree->size, root, &note, err));
    crypto_sign_public(kiosk->lane_secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    transfer_end(body, buf_text(&note), note.size_bytes, &key);
    return buf_check(body, err);
}
