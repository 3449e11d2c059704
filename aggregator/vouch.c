// SPDX-License-Identifier: MIT
// Cosigns heads of other logs.
#include "vouch.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "log.h"
#include "stmt.h"
#include "witness.h"

enum { LINE_LIMIT_BYTES = 512 };

// ---- the rules -------------------------------------------------------------------------------

struct seen {
    uint64_t size; // 0: nothing was cosigned yet
    uint8_t root[CRYPTO_HASH_BYTES];
};

static enum status find_seen(struct db *db, const char *origin, struct seen *ret_seen,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct note_checkpoint checkpoint;
    bool found = false;
    *ret_seen = (struct seen){.size = 0};
    TRY(stmt_use(db, HUB_WITNESS_NOTE_FIND, &q, err));
    stmt_bind_text(q, 1, origin);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return STATUS_OK;
    TRY(note_read(stmt_text(q, 1), stmt_text_size(q, 1), &checkpoint, err));
    ret_seen->size = checkpoint.size;
    memcpy(ret_seen->root, checkpoint.root, sizeof ret_seen->root);
    return STATUS_OK;
}

static void refuse(struct vouch *vouch, unsigned http_status, const char *why)
{
    vouch->http_status = http_status;
    (void)!err_set(&vouch->why, STATUS_CONFLICT, "%s", why);
}

// A good signature over a head that does not follow: the log was rewritten, or its key is used in
// two places. Worth a line that somebody reads.
static void refuse_fork(struct vouch *vouch, unsigned http_status, const char *origin,
                        const char *why)
{
    log_event(LOG_LEVEL_WARNING, "witness_conflict", "origin", origin, "reason", why, (char *)NULL);
    refuse(vouch, http_status, why);
}

static void hold_against(const struct witnessing *request, const struct seen *seen,
                         struct vouch *vouch)
{
    const struct note_checkpoint *checkpoint = &request->checkpoint;
    const char *origin = checkpoint->origin;
    struct merkle empty;
    uint8_t empty_root[CRYPTO_HASH_BYTES];
    if (request->old_size > checkpoint->size) {
        refuse(vouch, 400, "the old size is larger than that of the checkpoint");
        return;
    }
    vouch->size = seen->size;
    if (request->old_size != seen->size) {
        refuse(vouch, 409, "another size was cosigned last");
        return;
    }
    if (seen->size == checkpoint->size && seen->size > 0) {
        if (memcmp(seen->root, checkpoint->root, sizeof seen->root) != 0)
            refuse_fork(vouch, 409, origin, "a head of this size with another root was cosigned");
        else if (request->proof.count > 0)
            refuse(vouch, 422, "the size is the same: there is nothing to prove");
        return;
    }
    if (seen->size > 0) {
        if (!merkle_proof_ok(seen->size, seen->root, checkpoint->size, checkpoint->root,
                             &request->proof))
            refuse_fork(vouch, 422, origin,
                        "the proof does not lead from the head that was "
                        "cosigned last to this one");
        return;
    }
    merkle_init(&empty);
    merkle_root(&empty, empty_root);
    if (request->proof.count > 0)
        refuse(vouch, 422, "nothing was cosigned before: there is nothing to prove");
    else if (checkpoint->size == 0 && memcmp(checkpoint->root, empty_root, sizeof empty_root) != 0)
        refuse(vouch, 422, "an empty log has another root");
}

static enum status keep(struct db *db, const struct witnessing *request, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_WITNESS_NOTE_SET, &q, err));
    stmt_bind_text(q, 1, request->checkpoint.origin);
    stmt_bind_int(q, 2, (int64_t)request->checkpoint.size);
    stmt_bind_text_n(q, 3, request->note, request->note_bytes);
    return stmt_run(q, NULL, err);
}

// Reads the request and checks who signed it.
static enum status admit(struct db *db, const char *text, size_t size_bytes,
                         struct witnessing *request, struct vouch *vouch, struct err *err)
{
    enum status status = witnessing_read(text, size_bytes, request, &vouch->why);
    if (status == STATUS_OK)
        status = witness_check_origin(db, request->note, request->note_bytes,
                                      request->checkpoint.origin, &vouch->why);
    if (status != STATUS_OK && status_http(status) >= 500)
        return err_set(err, status, "%.390s", vouch->why.text);
    vouch->http_status = status_http(status);
    return STATUS_OK;
}

enum status vouch_request(const struct hub *hub, struct db *db, const char *text, size_t size_bytes,
                          struct buf *line, struct vouch *ret_vouch, struct err *err)
{
    struct vouch vouch = {.http_status = 200};
    struct witnessing request;
    struct seen seen;
    TRY(admit(db, text, size_bytes, &request, &vouch, err));
    if (vouch.http_status == 200) {
        TRY(find_seen(db, request.checkpoint.origin, &seen, err));
        hold_against(&request, &seen, &vouch);
    }
    if (vouch.http_status == 200) {
        TRY(keep(db, &request, err));
        TRY(note_cosign(request.note, request.note_bytes, hublane_key(hub->lane)->name,
                        hublane_secret(hub->lane), clock_now_s(), line, err));
    }
    *ret_vouch = vouch;
    return STATUS_OK;
}

// ---- the address -----------------------------------------------------------------------------

struct vouching {
    struct writer_job job; // first
    const struct hub *hub;
    struct buf text, line;
    struct vouch vouch;
};

static void vouching_free(struct writer_job *job)
{
    struct vouching *vouching = (struct vouching *)job;
    buf_done(&vouching->text);
    buf_done(&vouching->line);
    free(vouching);
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct vouching *vouching = (struct vouching *)job;
    buf_clear(&vouching->line);
    return vouch_request(vouching->hub, db, buf_text(&vouching->text), vouching->text.size_bytes,
                         &vouching->line, &vouching->vouch, err);
}

static enum status after(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    const struct vouching *vouching = (const struct vouching *)reply->job;
    const struct vouch *vouch = &vouching->vouch;
    if (vouching->job.status != STATUS_OK)
        return err_set(err, vouching->job.status, "%.390s", vouching->job.err.text);
    reply->http_status = vouch->http_status;
    reply->content_type = "text/plain; charset=utf-8";
    if (vouch->http_status == 200) {
        buf_add(&reply->body, vouching->line.data, vouching->line.size_bytes);
    } else if (vouch->http_status == 409) {
        reply->content_type = "text/x.tlog.size";
        buf_addf(&reply->body, "%llu\n", (unsigned long long)vouch->size);
    } else {
        buf_addf(&reply->body, "%s\n", vouch->why.text);
    }
    return buf_check(&reply->body, err);
}

enum status vouch_post(const struct request *request, struct reply *reply, struct err *err)
{
    struct vouching *vouching = calloc(1, sizeof *vouching);
    if (vouching == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
    reply->job = &vouching->job;
    reply->job_free = vouching_free;
    reply->after = after;
    vouching->hub = request->context;
    vouching->job.apply = apply;
    buf_init(&vouching->text, VOUCH_BODY_LIMIT_BYTES);
    buf_init(&vouching->line, LINE_LIMIT_BYTES);
    buf_add(&vouching->text, request->body, request->body_size_bytes);
    return buf_check(&vouching->text, err);
}
