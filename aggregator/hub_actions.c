// SPDX-License-Identifier: MIT
// Joining, importing, and reports that leave an entry.
#include "hub_actions.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "intake.h"
#include "joinkey.h"
#include "paper.h"
#include "report.h"
#include "text.h"

// Lines of a file that are taken in one transaction: long enough that syncs do not matter, short
// enough that pushes do not wait.
enum { IMPORT_BATCH_LINES = 2000, HEX_ROOT_CHARS = 2 * CRYPTO_HASH_BYTES };

static enum status reply_of(json_t *made, json_t **ret_reply, struct err *err)
{
    if (made == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = made;
    return STATUS_OK;
}

// ---- join ------------------------------------------------------------------------------------

struct join_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *unit;
    char key[JOINKEY_CHARS + 1];
};

static enum status apply_join(struct db *db, struct writer_job *job, struct err *err)
{
    struct join_job *join = (struct join_job *)job;
    TRY(joinkey_make(db, join->unit, join->key, err));
    return hublane_audit(db, join->hub->lane, "join", join->unit, "", err);
}

static enum status join(struct hub *hub, const json_t *request, json_t **ret_reply, struct err *err)
{
    struct join_job job = {.job.apply = apply_join, .hub = hub};
    TRY(json_text(request, "unit", "join", &job.unit, err));
    if (unit_find(hub->units, job.unit, clock_day(clock_now_s())) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code today");
    TRY(writer_run(hub->writer, &job.job, err));
    return reply_of(json_pack("{s:s}", "key", job.key), ret_reply, err);
}

// ---- import of a journal ---------------------------------------------------------------------

struct lines {
    FILE *file;
    int64_t number;
    char line[ENTRY_LIMIT_BYTES + 1]; // one more than fits, so that too long is seen
};

static void lines_done(struct lines *lines)
{
    if (lines->file != NULL)
        fclose(lines->file);
}

// Reads a line of at most the limit and one byte, without its line feed; false at the end.
static bool next_line(struct lines *lines, size_t *ret_size)
{
    size_t size = 0;
    int c = getc_unlocked(lines->file);
    if (c == EOF)
        return false;
    while (c != EOF && c != '\n' && size < sizeof lines->line) {
        lines->line[size++] = (char)c;
        // What follows a line that is too long stays unread: it is refused anyway.
        c = size < sizeof lines->line ? getc_unlocked(lines->file) : EOF;
    }
    lines->number++;
    *ret_size = size;
    return true;
}

struct imported {
    char lane[ENTRY_LANE_CHARS + 1];
    int64_t size, added;
    uint8_t root[CRYPTO_HASH_BYTES];
    bool audited; // one `audit` entry for the whole file
};

static enum status take_batch(struct hub *hub, struct intake *intake, struct imported *imported,
                              struct err *err)
{
    intake->audit = !imported->audited;
    TRY(writer_run(hub->writer, &intake->job, err));
    if (intake->outcome != STATUS_OK)
        return err_set(err, intake->outcome, "%.390s", intake->why.text);
    imported->audited = imported->audited || intake->added > 0;
    imported->size = intake->size;
    imported->added += intake->added;
    memcpy(imported->lane, intake->lane, sizeof imported->lane);
    memcpy(imported->root, intake->root, sizeof imported->root);
    return STATUS_OK;
}

// Reads up to a batch of lines; *ret_more is false at the end of the file.
static enum status read_batch(struct lines *lines, struct intake *intake, bool *ret_more,
                              struct err *err)
{
    while (intake->count < IMPORT_BATCH_LINES &&
           intake->text.size_bytes + 2 * (size_t)ENTRY_LIMIT_BYTES < INTAKE_TEXT_LIMIT_BYTES) {
        struct err why = {.text = ""};
        size_t size = 0;
        *ret_more = next_line(lines, &size);
        if (!*ret_more)
            return ferror(lines->file) ? err_errno(err, "reading the file failed") : STATUS_OK;
        enum status status = intake_add(intake, lines->line, size, &why);
        if (status != STATUS_OK)
            return err_set(err, status, "line %lld: %.350s", (long long)lines->number, why.text);
    }
    return STATUS_OK;
}

static enum status import_lines(struct hub *hub, struct lines *lines, struct imported *imported,
                                struct err *err)
{
    bool more = true;
    while (more) {
        AUTO(intake_freep) struct intake *intake = NULL;
        const char *lane = imported->lane[0] != '\0' ? imported->lane : NULL;
        TRY(intake_new(hub, lane, &intake, err));
        TRY(read_batch(lines, intake, &more, err));
        if (intake->count > 0)
            TRY(take_batch(hub, intake, imported, err));
    }
    if (imported->lane[0] == '\0')
        return err_set(err, STATUS_BAD_INPUT,
                       "the file is empty; make it with `hailong-kiosk "
                       "export`");
    return STATUS_OK;
}

static enum status import(struct hub *hub, const json_t *request, json_t **ret_reply,
                          struct err *err)
{
    AUTO(lines_done) struct lines lines = {.file = NULL};
    struct imported imported = {.lane = ""};
    const char *path = NULL;
    char root[HEX_ROOT_CHARS + 1];
    TRY(json_text(request, "path", "import", &path, err));
    lines.file = fopen(path, "re");
    if (lines.file == NULL)
        return err_errno(err, "the file to import cannot be opened");
    TRY(import_lines(hub, &lines, &imported, err));
    text_hex(imported.root, sizeof imported.root, root);
    return reply_of(json_pack("{s:s, s:I, s:I, s:s}", "lane", imported.lane, "size",
                              (json_int_t)imported.size, "added", (json_int_t)imported.added,
                              "root", root),
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
    } actions[] = {{"join", join}, {"import", import}, {"paper", paper}, {"report", report}};
    const char *name = json_text_or(request, "command", "");
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return actions[i].act(context, request, ret_reply, err);
    return err_set(err, STATUS_BAD_INPUT,
                   "the serving program does not know that command; both "
                   "must be of the same version");
}
