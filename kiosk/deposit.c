// SPDX-License-Identifier: MIT
// Gathers a deposit and remembers what the hub has taken of it.
#include "deposit.h"

#include <string.h>

#include "kiosk_sql.h"
#include "kit.h"
#include "log.h"
#include "outbox.h"
#include "stmt.h"

enum {
    TEXTS_AT_ONCE = 30, // each some kilobytes at most: a body of about 170 KiB
    // Of lanes before this one, each in a request of its own: a round stays below a minute.
    FORMER_AT_ONCE = 200,
    // The texts, and a kit in base64.
    BODY_LIMIT_BYTES = 512 * 1024 + KIT_LIMIT_BYTES * 3 / 2,
};

struct deposit {
    json_t *texts; // owned
    int64_t received;
    uint8_t mark[KIT_MARK_BYTES];
    bool has_news;
};

static void deposit_done(struct deposit *deposit)
{
    json_decref(deposit->texts);
}

struct remembered {
    int64_t received, told;
    bool has_mark;
    uint8_t mark[KIT_MARK_BYTES];
};

static enum status recall(struct db *db, struct remembered *ret_remembered, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "the table sync has lost its row");
    size_t mark_bytes = 0;
    const void *mark = stmt_blob(q, 7, &mark_bytes);
    struct remembered remembered = {.received = stmt_int(q, 5), .told = stmt_int(q, 6)};
    remembered.has_mark = mark_bytes == sizeof remembered.mark;
    if (remembered.has_mark)
        memcpy(remembered.mark, mark, sizeof remembered.mark);
    *ret_remembered = remembered;
    return STATUS_OK;
}

static enum status write_body(const struct deposit *deposit, const struct buf *kit,
                              struct buf *body, struct err *err)
{
    AUTO(buf_done) struct buf base64;
    AUTO(json_decrefp) json_t *json = NULL;
    buf_init(&base64, BODY_LIMIT_BYTES);
    crypto_base64(buf_text(kit), kit->size_bytes, &base64);
    TRY(buf_check(&base64, err));
    json = json_pack("{s:I, s:O, s:s?}", "received", (json_int_t)deposit->received, "texts",
                     deposit->texts, "kit", kit->size_bytes > 0 ? base64.data : NULL);
    if (json == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a deposit");
    return json_write(json, body, err);
}

static enum status gather(struct kiosk *kiosk, struct db *db, const struct hubkeys *keys,
                          struct deposit *deposit, struct buf *body, struct err *err)
{
    AUTO(buf_done) struct buf kit;
    struct remembered remembered;
    bool kit_news = false;
    buf_init(&kit, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    TRY(recall(db, &remembered, err));
    TRY(outbox_unsent(db, deposit->texts, TEXTS_AT_ONCE, err));
    TRY(kit_make(db, kiosk->slip_key, keys->box.public_key,
                 remembered.has_mark ? remembered.mark : NULL, &kit, deposit->mark, &kit_news,
                 err));
    deposit->received = remembered.received;
    deposit->has_news =
        kit_news || remembered.received > remembered.told || json_array_size(deposit->texts) > 0;
    return deposit->has_news ? write_body(deposit, &kit, body, err) : STATUS_OK;
}

struct taken_job {
    struct writer_job job;
    const struct deposit *deposit;
};

static enum status apply_taken(struct db *db, struct writer_job *job, struct err *err)
{
    const struct deposit *deposit = ((struct taken_job *)job)->deposit;
    TRY(outbox_sent(db, deposit->texts, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_TELL, &q, err));
    stmt_bind_int(q, 1, deposit->received);
    stmt_bind_blob(q, 2, deposit->mark, sizeof deposit->mark);
    return stmt_run(q, NULL, err);
}

static enum status send_one(struct kiosk *kiosk, const struct hubkeys *keys, struct hubcall *call,
                            struct deposit *deposit, struct err *err)
{
    AUTO(buf_done) struct buf body;
    buf_init(&body, BODY_LIMIT_BYTES);
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = gather(kiosk, db, keys, deposit, &body, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    if (!deposit->has_news)
        return STATUS_OK;
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    TRY(hubcall_post(call, "deposit", body.data, body.size_bytes, &answer, err));
    if (answer.http_status != 200)
        return hubcall_refused(&answer, err);
    struct taken_job taken = {.job.apply = apply_taken, .deposit = deposit};
    return writer_run(kiosk->writer, &taken.job, err);
}

// ---- texts of lanes before this one -------------------------------------------------------------

static enum status find_former(struct kiosk *kiosk, struct deposit *deposit, struct err *err)
{
    struct remembered remembered = {.received = 0};
    struct db *db = dbpool_take(kiosk->readers);
    enum status status = recall(db, &remembered, err);
    if (status == STATUS_OK)
        status = outbox_unsent_former(db, deposit->texts, FORMER_AT_ONCE, err);
    dbpool_give(kiosk->readers, db);
    deposit->received = remembered.received;
    return status;
}

static enum status apply_former(struct db *db, struct writer_job *job, struct err *err)
{
    return outbox_sent(db, ((struct taken_job *)job)->deposit->texts, err);
}

static enum status send_former(struct kiosk *kiosk, struct hubcall *call,
                               const struct deposit *deposit, bool *ret_refused, struct err *err)
{
    AUTO(buf_done) struct buf body;
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    const struct buf no_kit = {0};
    buf_init(&body, BODY_LIMIT_BYTES);
    TRY(write_body(deposit, &no_kit, &body, err));
    TRY(hubcall_post(call, "deposit", body.data, body.size_bytes, &answer, err));
    if (answer.http_status == 400) {
        *ret_refused = true;
        return STATUS_OK;
    }
    if (answer.http_status != 200)
        return hubcall_refused(&answer, err);
    struct taken_job taken = {.job.apply = apply_former, .deposit = deposit};
    return writer_run(kiosk->writer, &taken.job, err);
}

// One by one: the hub refuses those of a lane that it does not know to be followed by this one
// (enrolled without --replaces), or whose tail it has not got. The rest must go.
static enum status send_formers(struct kiosk *kiosk, struct hubcall *call, struct err *err)
{
    AUTO(deposit_done) struct deposit all = {.texts = json_array()};
    bool refused = false;
    if (all.texts == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a deposit");
    TRY(find_former(kiosk, &all, err));
    for (size_t i = 0; i < json_array_size(all.texts); i++) {
        AUTO(deposit_done)
        struct deposit one = {.texts = json_pack("[O]", json_array_get(all.texts, i)),
                              .received = all.received};
        if (one.texts == NULL)
            return err_set(err, STATUS_NO_MEMORY, "no memory for a deposit");
        TRY(send_former(kiosk, call, &one, &refused, err));
    }
    if (refused)
        log_event(LOG_LEVEL_WARNING, "former_texts_refused", NULL);
    return STATUS_OK;
}

static enum status send_own(struct kiosk *kiosk, const struct hubkeys *keys, struct hubcall *call,
                            struct err *err)
{
    for (;;) {
        AUTO(deposit_done) struct deposit deposit = {.texts = json_array()};
        if (deposit.texts == NULL)
            return err_set(err, STATUS_NO_MEMORY, "no memory for a deposit");
        TRY(send_one(kiosk, keys, call, &deposit, err));
        if (json_array_size(deposit.texts) < TEXTS_AT_ONCE)
            return STATUS_OK;
    }
}

static enum status apply_forget(struct db *db, struct writer_job *job, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *texts = NULL;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    (void)job;
    TRY(stmt_use(db, KIOSK_TEXT_AGAIN, &texts, err));
    TRY(stmt_run(texts, NULL, err));
    TRY(stmt_use(db, KIOSK_SYNC_TELL, &q, err));
    stmt_bind_int(q, 1, 0);
    stmt_bind_null(q, 2); // without a mark there is news
    return stmt_run(q, NULL, err);
}

enum status deposit_forget(struct kiosk *kiosk, struct err *err)
{
    struct writer_job job = {.apply = apply_forget};
    return writer_run(kiosk->writer, &job, err);
}

enum status deposit_send(struct kiosk *kiosk, const struct hubkeys *keys, struct hubcall *call,
                         struct err *err)
{
    TRY(send_own(kiosk, keys, call, err));
    return send_formers(kiosk, call, err);
}
