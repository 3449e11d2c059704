// SPDX-License-Identifier: MIT
// Importing, reports that leave an entry, and the way to the other actions.
#include "hub_actions.h"

#include <stdio.h>
#include <string.h>

#include "carry.h"
#include "clock.h"
#include "file.h"
#include "lane_actions.h"
#include "paper.h"
#include "people_actions.h"
#include "report.h"
#include "text.h"
#include "witness_actions.h"

enum { HEX_ROOT_CHARS = 2 * CRYPTO_HASH_BYTES };

static enum status reply_of(json_t *made, json_t **ret_reply, struct err *err)
{
    if (made == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = made;
    return STATUS_OK;
}

// ---- import of a journal ---------------------------------------------------------------------

static enum status import(struct hub *hub, const json_t *request, json_t **ret_reply,
                          struct err *err)
{
    struct carry_result result;
    const char *path = NULL;
    char root[HEX_ROOT_CHARS + 1];
    TRY(json_text(request, "path", "import", &path, err));
    TRY(carry_import(hub, path, &result, err));
    text_hex(result.root, sizeof result.root, root);
    return reply_of(json_pack("{s:s, s:I, s:I, s:s}", "lane", result.lane, "size",
                              (json_int_t)result.size, "added", (json_int_t)result.added, "root",
                              root),
                    ret_reply, err);
}

// ---- import of paper results -----------------------------------------------------------------

static enum status paper_reply(const struct paper *paper, bool refused, json_t **ret_reply,
                               struct err *err)
{
    bool taken = !refused && !paper->known && paper->again_count == 0;
    return reply_of(json_pack("{s:I, s:b, s:I, s:I, s:I, s:s, s:b}", "again",
                              (json_int_t)paper->again_count, "known", (int)paper->known, "taken",
                              (json_int_t)(taken ? paper->row_count : 0), "answers",
                              (json_int_t)(taken ? paper->answers : 0), "skipped",
                              (json_int_t)paper->bad_count, "faults", buf_text(&paper->faults),
                              "refused", (int)refused),
                    ret_reply, err);
}

static enum status paper(struct hub *hub, const json_t *request, json_t **ret_reply,
                         struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(paper_freep) struct paper *paper = NULL;
    const char *path = NULL, *by = json_text_or(request, "entered_by", "");
    buf_init(&text, PAPER_FILE_LIMIT_BYTES);
    TRY(json_text(request, "path", "import", &path, err));
    TRY(file_read(path, &text, err));
    TRY(paper_read(hub, buf_text(&text), text.size_bytes, &paper, err));
    if (strlen(by) >= sizeof paper->by || !text_is_clean(by, strlen(by), false))
        return err_set(err, STATUS_BAD_INPUT, "--entered-by must be at most %zu bytes of text",
                       sizeof paper->by - 1);
    memcpy(paper->by, by, strlen(by) + 1);
    bool skip = json_bool_or(request, "skip_bad", false);
    if (paper->bad_count > 0 && (!skip || paper->row_count == 0))
        return paper_reply(paper, true, ret_reply, err);
    TRY(paper_take(paper, err));
    return paper_reply(paper, false, ret_reply, err);
}

// ---- report that leaves an entry -------------------------------------------------------------

struct audit_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *unit, *period;
};

static enum status apply_audit(struct db *db, struct writer_job *job, struct err *err)
{
    const struct audit_job *audit = (const struct audit_job *)job;
    return hublane_audit(db, audit->hub->lane, "report", audit->unit, audit->period, err);
}

static enum status report(struct hub *hub, const json_t *request, json_t **ret_reply,
                          struct err *err)
{
    struct audit_job job = {.job.apply = apply_audit, .hub = hub};
    struct period period;
    json_t *model = NULL;
    TRY(json_text(request, "unit", "report", &job.unit, err));
    TRY(json_text(request, "period", "report", &job.period, err));
    TRY(period_parse(job.period, &period, err));
    if (unit_newest(hub->units, job.unit) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code");
    TRY(writer_run(hub->writer, &job.job, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = report_model(hub, db, job.unit, &period, &model, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    return reply_of(json_pack("{s:o}", "model", model), ret_reply, err);
}

enum status hub_actions_answer(void *context, const json_t *request, json_t **ret_reply,
                               struct err *err)
{
    static const struct {
        const char *name;
        enum status (*act)(struct hub *, const json_t *, json_t **, struct err *);
    } actions[] = {
        {"join", lane_actions_join},
        {"device", lane_actions_device},
        {"send-setup", lane_actions_send_setup},
        {"answer", lane_actions_answer},
        {"kit", lane_actions_kit},
        {"user", people_actions_user},
        {"propose", people_actions_propose},
        {"confirm", people_actions_confirm},
        {"witness", witness_actions},
        {"import", import},
        {"paper", paper},
        {"report", report},
    };
    const char *name = json_text_or(request, "command", "");
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return actions[i].act(context, request, ret_reply, err);
    return err_set(err, STATUS_BAD_INPUT,
                   "the serving program does not know that command; both "
                   "must be of the same version");
}
