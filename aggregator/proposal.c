// SPDX-License-Identifier: MIT
// Proposals: making, confirming, refusing, listing.
#include "proposal.h"

#include <stdio.h>
#include <string.h>

#include "act.h"
#include "clock.h"
#include "hub_sql.h"
#include "quarantine.h"
#include "stmt.h"
#include "text.h"
#include "textstore.h"

enum {
    LIST_MAX = 200, // the newest are looked at; older ones stand in the journal
    TARGET_BYTES = 33 * PROPOSAL_IDS_MAX + 1,
    REASON_BYTES = 4 * PROPOSAL_REASON_CHARS + 1,
};

// ---- the table ---------------------------------------------------------------------------------

static enum status next_number(struct db *db, int64_t *ret_n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_PROPOSAL_LAST, &q, err));
    TRY(stmt_row(q, &found, err));
    *ret_n = 1 + (found ? stmt_int(q, 0) : 0);
    return STATUS_OK;
}

static enum status insert(struct db *db, const struct person *person,
                          const struct proposal *proposal, int64_t n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(buf_done) struct buf content;
    buf_init(&content, QUARANTINE_CONTENT_LIMIT_BYTES);
    TRY(act_content(db, proposal, &content, err));
    TRY(stmt_use(db, HUB_PROPOSAL_ADD, &q, err));
    stmt_bind_int(q, 1, n);
    stmt_bind_text(q, 2, proposal->act);
    stmt_bind_text(q, 3, proposal->target);
    stmt_bind_text(q, 4, proposal->field);
    stmt_bind_text(q, 5, proposal->reason);
    stmt_bind_text(q, 6, person->name);
    stmt_bind_int(q, 7, clock_now_s());
    stmt_bind_text(q, 8, buf_text(&content));
    return stmt_run(q, NULL, err);
}

// A proposal as the table has it; the strings are ours.
struct stored {
    struct proposal proposal;
    char act[16], target[TARGET_BYTES], field[16], reason[REASON_BYTES];
    char proposer[PERSON_NAME_BYTES], state[16];
};

static void copy_text(char *to, size_t room, const char *from)
{
    size_t size = strnlen(from, room - 1);
    memcpy(to, from, size);
    to[size] = '\0';
}

static enum status find(struct db *db, int64_t n, struct stored *ret_stored, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_PROPOSAL_FIND, &q, err));
    stmt_bind_int(q, 1, n);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "there is no proposal with that number");
    struct stored *s = ret_stored;
    copy_text(s->act, sizeof s->act, stmt_text(q, 0));
    copy_text(s->target, sizeof s->target, stmt_text(q, 1));
    copy_text(s->field, sizeof s->field, stmt_text(q, 2));
    copy_text(s->reason, sizeof s->reason, stmt_text(q, 3));
    copy_text(s->proposer, sizeof s->proposer, stmt_text(q, 4));
    copy_text(s->state, sizeof s->state, stmt_text(q, 5));
    s->proposal = (struct proposal){
        .act = s->act, .target = s->target, .field = s->field, .reason = s->reason};
    if (strcmp(s->state, "open") != 0)
        return err_set(err, STATUS_CONFLICT, "that proposal is not open any more: it was %s",
                       strcmp(s->state, "done") == 0 ? "confirmed" : "refused");
    return STATUS_OK;
}

// They agree on what the first one saw, not on what came since.
static enum status check_content(struct db *db, int64_t n, const struct proposal *proposal,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(buf_done) struct buf content;
    bool found = false;
    buf_init(&content, QUARANTINE_CONTENT_LIMIT_BYTES);
    TRY(act_content(db, proposal, &content, err));
    TRY(stmt_use(db, HUB_PROPOSAL_FIND, &q, err));
    stmt_bind_int(q, 1, n);
    TRY(stmt_row(q, &found, err));
    if (found && strcmp(stmt_text(q, 6), buf_text(&content)) == 0)
        return STATUS_OK;
    return err_set(
        err, STATUS_CONFLICT,
        "what waits in quarantine is not what was proposed; look at it again "
        "(`hailong-aggregator quarantine list`), refuse this proposal and make a new one");
}

static enum status end(struct db *db, int64_t n, const char *second, const char *state,
                       struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_PROPOSAL_END, &q, err));
    stmt_bind_int(q, 1, n);
    stmt_bind_text(q, 2, second);
    stmt_bind_int(q, 3, clock_now_s());
    stmt_bind_text(q, 4, state);
    return stmt_run(q, NULL, err);
}

// ---- the jobs ----------------------------------------------------------------------------------

struct proposal_job {
    struct writer_job job; // first
    const struct hub *hub;
    const struct person *person;
    const struct proposal *proposal; // making
    int64_t n, counted;
};

static enum status audit(const struct proposal_job *job, struct db *db, const char *act,
                         const char *of, struct err *err)
{
    const char *const by[] = {job->person->name, NULL};
    char detail[64];
    snprintf(detail, sizeof detail, "%s %lld", of, (long long)job->n);
    return hublane_audit_by(db, job->hub->lane, act, job->person->unit, detail, by, err);
}

static enum status apply_make(struct db *db, struct writer_job *writer_job, struct err *err)
{
    struct proposal_job *job = (struct proposal_job *)writer_job;
    TRY(act_check(job->hub, db, job->person, job->proposal, err));
    TRY(next_number(db, &job->n, err));
    TRY(insert(db, job->person, job->proposal, job->n, err));
    return audit(job, db, "propose", job->proposal->act, err);
}

enum status proposal_make(const struct hub *hub, const struct person *person,
                          const struct proposal *proposal, int64_t *ret_n, struct err *err)
{
    struct proposal_job job = {
        .job.apply = apply_make, .hub = hub, .person = person, .proposal = proposal};
    if (!person_may_propose(person->role))
        return err_set(err, STATUS_DENIED, "admin, head and officer may propose; %s may not",
                       person_role_name(person->role));
    TRY(writer_run(hub->writer, &job.job, err));
    *ret_n = job.n;
    return STATUS_OK;
}

// Who proposed must still be somebody who may.
static enum status check_two(struct db *db, const struct proposal_job *job,
                             const struct stored *stored, struct err *err)
{
    struct person proposer;
    bool found = false;
    if (strcmp(stored->proposer, job->person->name) == 0)
        return err_set(err, STATUS_DENIED, "another person than the proposer must confirm it");
    TRY(person_find(db, stored->proposer, &proposer, &found, err));
    if (!found || !person_may_propose(proposer.role))
        return err_set(err, STATUS_DENIED,
                       "who proposed it may not do so any more; refuse it and propose it again");
    TRY(act_check(job->hub, db, &proposer, &stored->proposal, err));
    TRY(check_content(db, job->n, &stored->proposal, err));
    return act_check(job->hub, db, job->person, &stored->proposal, err);
}

static enum status apply_confirm(struct db *db, struct writer_job *writer_job, struct err *err)
{
    struct proposal_job *job = (struct proposal_job *)writer_job;
    struct stored stored;
    TRY(find(db, job->n, &stored, err));
    TRY(check_two(db, job, &stored, err));
    const char *const by[2] = {stored.proposer, job->person->name};
    TRY(act_do(job->hub, db, &stored.proposal, by, &job->counted, err));
    TRY(end(db, job->n, job->person->name, "done", err));
    return audit(job, db, "confirm", stored.act, err);
}

enum status proposal_confirm(const struct hub *hub, const struct person *person, int64_t n,
                             int64_t *ret_counted, struct err *err)
{
    struct proposal_job job = {.job.apply = apply_confirm, .hub = hub, .person = person, .n = n};
    if (!person_may_confirm(person->role))
        return err_set(err, STATUS_DENIED, "head, auditor and admin may confirm; %s may not",
                       person_role_name(person->role));
    TRY(writer_run(hub->writer, &job.job, err));
    *ret_counted = job.counted;
    return STATUS_OK;
}

static enum status apply_refuse(struct db *db, struct writer_job *writer_job, struct err *err)
{
    struct proposal_job *job = (struct proposal_job *)writer_job;
    struct stored stored;
    TRY(find(db, job->n, &stored, err));
    if (!person_may_confirm(job->person->role) && strcmp(stored.proposer, job->person->name) != 0)
        return err_set(err, STATUS_DENIED,
                       "head, auditor, admin and the proposer may refuse it; %s may not",
                       person_role_name(job->person->role));
    TRY(end(db, job->n, job->person->name, "refused", err));
    return audit(job, db, "refuse", stored.act, err);
}

enum status proposal_refuse(const struct hub *hub, const struct person *person, int64_t n,
                            struct err *err)
{
    struct proposal_job job = {.job.apply = apply_refuse, .hub = hub, .person = person, .n = n};
    return writer_run(hub->writer, &job.job, err);
}

// ---- listing -----------------------------------------------------------------------------------

// "waiting" while a kiosk that was told has not redacted it.
static enum status state_of(struct db *db, struct stmt *q, const char **ret_state, struct err *err)
{
    uint8_t id[ENTRY_ID_BYTES];
    bool done = false;
    *ret_state = stmt_text(q, 9);
    if (strcmp(stmt_text(q, 1), "redact") != 0 || strcmp(*ret_state, "done") != 0)
        return STATUS_OK;
    if (!text_unhex(stmt_text(q, 2), stmt_text_size(q, 2), id, sizeof id))
        return BUG(err, "a stored proposal names no id");
    TRY(textstore_orders_done(db, id, stmt_text(q, 3), &done, err));
    if (!done)
        *ret_state = "waiting";
    return STATUS_OK;
}

static enum status append(struct db *db, struct stmt *q, json_t *proposals, struct err *err)
{
    char made[CLOCK_DAY_TEXT_SIZE];
    const char *state = NULL;
    TRY(state_of(db, q, &state, err));
    clock_day_text(clock_day(stmt_int(q, 7)), made);
    AUTO(json_decrefp) json_t *content = NULL;
    if (stmt_text_size(q, 10) > 0)
        TRY(json_parse(stmt_text(q, 10), stmt_text_size(q, 10), QUARANTINE_CONTENT_LIMIT_BYTES,
                       "content", &content, err));
    json_t *row = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O*}", "n",
                            (json_int_t)stmt_int(q, 0), "act", stmt_text(q, 1), "target",
                            stmt_text(q, 2), "field", stmt_text(q, 3), "reason", stmt_text(q, 4),
                            "proposer", stmt_text(q, 5), "second", stmt_text(q, 6), "made", made,
                            "state", state, "tails", json_object_get(content, "tails"));
    if (row == NULL || json_array_append_new(proposals, row) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a list");
    return STATUS_OK;
}

enum status proposal_list(struct db *db, json_t *proposals, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_PROPOSAL_LIST, &q, err));
    stmt_bind_int(q, 1, LIST_MAX);
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(append(db, q, proposals, err));
    }
}

enum status proposal_figures(struct db *db, struct proposal_figures *ret_figures, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_PROPOSAL_FIGURES, &q, err));
    TRY(stmt_row(q, &found, err));
    *ret_figures = (struct proposal_figures){.open = found ? stmt_int(q, 0) : 0,
                                             .waiting = found ? stmt_int(q, 1) : 0};
    return STATUS_OK;
}
