// SPDX-License-Identifier: MIT
// Reads and writes requests to a witness.
#include "witnessing.h"

#include <string.h>

#include "hub_sql.h"
#include "stmt.h"
#include "text.h"

enum { SIZE_CHARS_MAX = 19 }; // of INT64_MAX

static enum status refuse(struct err *err, const char *fault)
{
    return err_set(err, STATUS_BAD_INPUT, "%s", fault);
}

// ---- reading ---------------------------------------------------------------------------------

static bool read_old(const char *line, size_t chars, uint64_t *ret_size)
{
    char digits[SIZE_CHARS_MAX + 1];
    int64_t size = 0;
    if (chars < 5 || chars > 4 + SIZE_CHARS_MAX || memcmp(line, "old ", 4) != 0)
        return false;
    memcpy(digits, line + 4, chars - 4);
    digits[chars - 4] = '\0';
    if (text_int(digits, 0, INT64_MAX, "size", &size, NULL) != STATUS_OK)
        return false;
    *ret_size = (uint64_t)size;
    return true;
}

static enum status read_node(const char *line, size_t chars, struct merkle_proof *proof,
                             struct err *err)
{
    AUTO(buf_done) struct buf node;
    buf_init(&node, CRYPTO_HASH_BYTES);
    if (proof->count == WITNESSING_PROOF_MAX)
        return err_set(err, STATUS_BAD_INPUT, "the proof has more than %d lines",
                       WITNESSING_PROOF_MAX);
    const enum status status = crypto_unbase64(line, chars, &node, NULL);
    if (status == STATUS_NO_MEMORY)
        return err_set(err, status, "no memory for a proof");
    if (status != STATUS_OK || node.size_bytes != CRYPTO_HASH_BYTES)
        return refuse(err, "a line of the proof is no base64 of 32 bytes");
    memcpy(proof->node[proof->count++], node.data, CRYPTO_HASH_BYTES);
    return STATUS_OK;
}

enum status witnessing_read(const char *text, size_t size_bytes, struct witnessing *ret_request,
                            struct err *err)
{
    struct witnessing request = {.old_size = 0};
    const char *end = text + size_bytes;
    for (size_t number = 0;; number++) {
        const char *feed = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
        if (feed == NULL)
            return refuse(err, "the request has no empty line before its checkpoint");
        const size_t chars = (size_t)(feed - text);
        if (number == 0 && !read_old(text, chars, &request.old_size))
            return refuse(err, "the request does not begin with \"old SIZE\"");
        if (number > 0 && chars > 0)
            TRY(read_node(text, chars, &request.proof, err));
        text = feed + 1;
        if (number > 0 && chars == 0)
            break;
    }
    request.note = text;
    request.note_bytes = (size_t)(end - text);
    TRY(note_read(request.note, request.note_bytes, &request.checkpoint, err));
    *ret_request = request;
    return STATUS_OK;
}

// ---- writing ---------------------------------------------------------------------------------

static enum status prove(struct db *db, const char *lane, uint64_t old_size, uint64_t size,
                         struct merkle_proof *ret_proof, struct err *err)
{
    AUTO(merkle_prove_closep) struct merkle_prover *prover = NULL;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    uint8_t leaf[CRYPTO_HASH_BYTES];
    TRY(merkle_prove_open(old_size, size, &prover, err));
    TRY(stmt_use(db, HUB_LEDGER_WALK, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, 0);
    for (uint64_t seq = 0; seq < size; seq++) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return err_set(err, STATUS_IO, "the ledger of a lane is shorter than its checkpoint");
        merkle_leaf(stmt_text(q, 3), stmt_text_size(q, 3), leaf);
        merkle_prove_add(prover, leaf);
    }
    return merkle_prove_end(prover, ret_proof, err);
}

enum status witnessing_write(struct db *db, const char *lane, uint64_t old_size, const char *note,
                             size_t note_bytes, struct buf *out, struct err *err)
{
    struct merkle_proof proof = {.count = 0};
    struct note_checkpoint checkpoint;
    TRY(note_read(note, note_bytes, &checkpoint, err));
    if (old_size > checkpoint.size)
        return BUG(err, "a proof to a smaller size was asked for");
    if (old_size > 0 && old_size < checkpoint.size)
        TRY(prove(db, lane, old_size, checkpoint.size, &proof, err));
    buf_addf(out, "old %llu\n", (unsigned long long)old_size);
    for (size_t i = 0; i < proof.count; i++) {
        crypto_base64(proof.node[i], CRYPTO_HASH_BYTES, out);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
    buf_add(out, note, note_bytes);
    return buf_check(out, err);
}
