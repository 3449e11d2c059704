// SPDX-License-Identifier: MIT
// Signs heads of the lane and keeps them.
#include "checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "kiosk_sql.h"
#include "stmt.h"
#include "timekeeper.h"

enum status checkpoint_sign_as(const struct checkpoint_signer *signer, uint64_t size,
                               const uint8_t root[CRYPTO_HASH_BYTES], struct buf *note,
                               struct err *err)
{
    struct note_checkpoint checkpoint = {.size = size, .clock_unset = signer->clock_unset};
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "hailong/%s", signer->lane);
    memcpy(checkpoint.root, root, CRYPTO_HASH_BYTES);
    clock_hour_text(signer->hour, checkpoint.hour);
    return note_sign(&checkpoint, signer->secret, note, err);
}

static struct checkpoint_signer own_signer(const struct kiosk *kiosk)
{
    struct checkpoint_signer signer = {.lane = journal_lane(kiosk->journal),
                                       .secret = kiosk->lane_secret,
                                       .hour = clock_hour(clock_now_s())};
    if (kiosk->timekeeper != NULL)
        timekeeper_hour(kiosk->timekeeper, &signer.hour, &signer.clock_unset);
    return signer;
}

enum status checkpoint_sign(const struct kiosk *kiosk, uint64_t size,
                            const uint8_t root[CRYPTO_HASH_BYTES], struct buf *note,
                            struct err *err)
{
    const struct checkpoint_signer signer = own_signer(kiosk);
    return checkpoint_sign_as(&signer, size, root, note, err);
}

enum status checkpoint_add(const struct kiosk *kiosk, struct db *db, struct err *err)
{
    const struct checkpoint_signer signer = own_signer(kiosk);
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    journal_pending(kiosk->journal, &size, root);
    TRY(checkpoint_sign_as(&signer, size, root, &note, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_CHECKPOINT_ADD, &q, err));
    stmt_bind_int(q, 1, (int64_t)size);
    stmt_bind_int(q, 2, signer.hour);
    stmt_bind_text_n(q, 3, note.data, note.size_bytes);
    return stmt_run(q, NULL, err);
}

struct make_job {
    struct writer_job job;
    const struct kiosk *kiosk;
    uint64_t size;
};

static enum status apply_make(struct db *db, struct writer_job *job, struct err *err)
{
    struct make_job *make = (struct make_job *)job;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_pending(make->kiosk->journal, &make->size, root);
    return checkpoint_add(make->kiosk, db, err);
}

enum status checkpoint_make(struct kiosk *kiosk, uint64_t *ret_size, struct err *err)
{
    struct make_job make = {.job.apply = apply_make, .kiosk = kiosk};
    TRY(writer_run(kiosk->writer, &make.job, err));
    if (ret_size != NULL)
        *ret_size = make.size;
    return STATUS_OK;
}

enum status checkpoint_store_ack(struct db *db, const struct note_checkpoint *checkpoint,
                                 const struct buf *note, struct err *err)
{
    uint32_t hour = clock_hour(clock_now_s());
    if (checkpoint->hour[0] != '\0')
        TRY(clock_parse_hour(checkpoint->hour, &hour, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_CHECKPOINT_ACK, &q, err));
    stmt_bind_int(q, 1, (int64_t)checkpoint->size);
    stmt_bind_int(q, 2, hour);
    stmt_bind_text_n(q, 3, buf_text(note), note->size_bytes);
    return stmt_run(q, NULL, err);
}

enum status checkpoint_last(struct db *db, uint64_t size, bool acked_only, struct buf *note,
                            bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, acked_only ? KIOSK_CHECKPOINT_LAST_ACKED : KIOSK_CHECKPOINT_LAST, &q, err));
    stmt_bind_int(q, 1, size > INT64_MAX ? INT64_MAX : (int64_t)size);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (found) {
        const int column = stmt_is_null(q, 2) ? 1 : 2;
        buf_add(note, stmt_text(q, column), stmt_text_size(q, column));
        TRY(buf_check(note, err));
    }
    *ret_found = found;
    return STATUS_OK;
}
