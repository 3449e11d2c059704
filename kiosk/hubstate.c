// SPDX-License-Identifier: MIT
// Reads and writes the row of the table `sync`.
#include "hubstate.h"

#include <stdio.h>

#include "checkpoint.h"
#include "kiosk_sql.h"
#include "stmt.h"

enum status hubstate_read(struct db *db, struct hubstate *ret_state,
                          char ret_refusal[HUBSTATE_REFUSAL_BYTES], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "the table sync has lost its row");
    size_t frontier_bytes = 0;
    const void *frontier = stmt_blob(q, 3, &frontier_bytes);
    TRY(merkle_read((uint64_t)stmt_int(q, 0), frontier, frontier_bytes, &ret_state->tree, err));
    ret_state->contact_s = stmt_int(q, 1);
    ret_state->ack_owed = stmt_int(q, 4) != 0;
    snprintf(ret_refusal, HUBSTATE_REFUSAL_BYTES, "%s", stmt_text(q, 2));
    return STATUS_OK;
}

enum status hubstate_write(struct db *db, const struct hubstate *state, struct err *err)
{
    uint8_t frontier[MERKLE_WIRE_LIMIT_BYTES];
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_SET, &q, err));
    stmt_bind_int(q, 1, (int64_t)state->tree.size);
    stmt_bind_blob(q, 2, frontier, merkle_write(&state->tree, frontier));
    stmt_bind_int(q, 3, state->contact_s);
    stmt_bind_text(q, 4, "");
    stmt_bind_int(q, 5, state->ack_owed ? 1 : 0);
    return stmt_run(q, NULL, err);
}

struct store_job {
    struct writer_job job;
    const struct hubstate *state;
    const struct note_checkpoint *checkpoint;
    const struct buf *note;
};

static enum status apply_store(struct db *db, struct writer_job *job, struct err *err)
{
    const struct store_job *store = (const struct store_job *)job;
    if (store->checkpoint != NULL && store->checkpoint->size > 0)
        TRY(checkpoint_store_ack(db, store->checkpoint, store->note, err));
    return hubstate_write(db, store->state, err);
}

enum status hubstate_store(struct kiosk *kiosk, const struct hubstate *state,
                           const struct note_checkpoint *checkpoint, const struct buf *note,
                           struct err *err)
{
    struct store_job store = {
        .job.apply = apply_store, .state = state, .checkpoint = checkpoint, .note = note};
    return writer_run(kiosk->writer, &store.job, err);
}

struct refuse_job {
    struct writer_job job;
    int64_t contact_s;
    const char *refusal;
};

static enum status apply_refuse(struct db *db, struct writer_job *job, struct err *err)
{
    const struct refuse_job *refuse = (const struct refuse_job *)job;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_REFUSE, &q, err));
    stmt_bind_int(q, 1, refuse->contact_s);
    stmt_bind_text(q, 2, refuse->refusal);
    return stmt_run(q, NULL, err);
}

enum status hubstate_refuse(struct kiosk *kiosk, int64_t contact_s, const char *refusal,
                            struct err *err)
{
    struct refuse_job refuse = {
        .job.apply = apply_refuse, .contact_s = contact_s, .refusal = refusal};
    return writer_run(kiosk->writer, &refuse.job, err);
}
