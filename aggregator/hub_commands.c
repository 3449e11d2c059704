// SPDX-License-Identifier: MIT
// The command line: reading commands open the database themselves; writing ones do, too, or ask
// the process that serves.
#include "hub_commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "control.h"
#include "file.h"
#include "hub.h"
#include "hub_actions.h"
#include "hub_serve.h"
#include "hub_sql.h"
#include "hub_verify.h"
#include "lock.h"
#include "log.h"
#include "report.h"
#include "report_text.h"
#include "stmt.h"

enum { OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024, CONTACT_BYTES = 40 };

// ---- helpers ---------------------------------------------------------------------------------

static enum status need(const struct option_set *options, const char *name, struct err *err)
{
    const char *value = option_text(options, name);
    if (value == NULL || value[0] == '\0')
        return err_set(err, STATUS_USAGE, "--%s is missing", name);
    return STATUS_OK;
}

static enum status print_text(const char *text, size_t size_bytes, struct err *err)
{
    if (fwrite(text, 1, size_bytes, stdout) != size_bytes || fflush(stdout) != 0)
        return err_errno(err, "writing to standard output failed");
    return STATUS_OK;
}

static enum status print_json(const json_t *json, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, OUTPUT_LIMIT_BYTES);
    TRY(json_write(json, &text, err));
    buf_add_char(&text, '\n');
    TRY(buf_check(&text, err));
    return print_text(text.data, text.size_bytes, err);
}

static enum status ask_server(const char *folder, const json_t *request, json_t **ret_reply,
                              struct err *err)
{
    enum status status = control_call(folder, request, ret_reply, err);
    // The lock is taken, but by no server: another command is at work.
    if (status == STATUS_NOT_FOUND)
        return err_set(err, STATUS_BUSY, "another command is writing to this hub; try again");
    return status;
}

// Has a request answered by the process that serves, or by this one when nobody does.
static enum status act(const struct option_set *options, json_t *request, json_t **ret_reply,
                       struct err *err)
{
    AUTO(json_decrefp) json_t *owned = request;
    AUTO(lock_freep) struct lock *lock = NULL;
    AUTO(hub_closep) struct hub *hub = NULL;
    const char *folder = option_text(options, "data");
    if (owned == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the request");
    TRY(log_choose_level(option_text(options, "log-level"), err));
    TRY(hub_check(folder, err));
    enum status status = lock_take(folder, &lock, err);
    if (status == STATUS_BUSY)
        return ask_server(folder, owned, ret_reply, err);
    TRY(status);
    TRY(hub_open(folder, HUB_WRITE, &hub, err));
    return hub_actions_answer(hub, owned, ret_reply, err);
}

// The process that serves may stand in another folder.
static enum status absolute(const char *path, char ret_path[PATH_MAX], struct err *err)
{
    if (realpath(path, ret_path) == NULL)
        return err_errno(err, "the file to import cannot be found");
    return STATUS_OK;
}

// ---- commands --------------------------------------------------------------------------------

static enum status run_init(const struct option_set *options, struct err *err)
{
    TRY(need(options, "data", err));
    TRY(need(options, "setup", err));
    return hub_init(option_text(options, "data"), option_text(options, "setup"), err);
}

static enum status run_serve(const struct option_set *options, struct err *err)
{
    TRY(need(options, "data", err));
    TRY(log_choose_level(option_text(options, "log-level"), err));
    return hub_serve(option_text(options, "data"), option_text(options, "listen"), err);
}

static enum status run_join(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(need(options, "data", err));
    TRY(need(options, "unit", err));
    TRY(act(options,
            json_pack("{s:s, s:s}", "command", "join", "unit", option_text(options, "unit")),
            &reply, err));
    printf("%s\n", json_text_or(reply, "key", ""));
    return print_text("", 0, err);
}

static enum status import_journal(const struct option_set *options, const char *path,
                                  struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(act(options, json_pack("{s:s, s:s}", "command", "import", "path", path), &reply, err));
    printf("Làn %s: nhận thêm %lld dòng sổ, hiện có %lld.\nGốc: %s\n",
           json_text_or(reply, "lane", ""), (long long)json_int_or(reply, "added", 0),
           (long long)json_int_or(reply, "size", 0), json_text_or(reply, "root", ""));
    return print_text("", 0, err);
}

static enum status import_paper(const struct option_set *options, const char *path, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    const char *by = option_text(options, "entered-by");
    TRY(act(options,
            json_pack("{s:s, s:s, s:b, s:s}", "command", "paper", "path", path, "skip_bad",
                      (int)option_flag(options, "skip-bad"), "entered_by", by != NULL ? by : ""),
            &reply, err));
    long long skipped = (long long)json_int_or(reply, "skipped", 0);
    fputs(json_text_or(reply, "faults", ""), stderr);
    if (json_bool_or(reply, "refused", false))
        return err_set(err, STATUS_BAD_INPUT,
                       "%lld rows are bad (listed above); nothing was taken. Correct them, or take "
                       "the good ones with --skip-bad and import only the corrected rows later, in "
                       "a file of their own",
                       skipped);
    if (json_int_or(reply, "again", 0) > 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "%lld rows (listed above) were counted already, from a file that was taken "
                       "with --skip-bad; nothing was taken. Import only the corrected rows, in a "
                       "file of their own",
                       (long long)json_int_or(reply, "again", 0));
    if (json_bool_or(reply, "known", false))
        printf("Tệp này đã được nhận trước đó; không có gì thay đổi.\n");
    else
        printf("Đã nhận %lld dòng, %lld lượt đánh giá giấy; bỏ qua %lld dòng.\n",
               (long long)json_int_or(reply, "taken", 0),
               (long long)json_int_or(reply, "answers", 0), skipped);
    if (skipped > 0 && !json_bool_or(reply, "known", false))
        printf("Sửa các dòng bị bỏ qua rồi chỉ nhập những dòng đó, trong một tệp riêng; nhập lại "
               "cả tệp đã sửa sẽ bị từ chối để không đếm hai lần.\n");
    return print_text("", 0, err);
}

static enum status run_import(const struct option_set *options, struct err *err)
{
    char path[PATH_MAX];
    TRY(need(options, "data", err));
    if (option_flag(options, "skip-bad") && !option_flag(options, "paper"))
        return err_set(err, STATUS_USAGE, "--skip-bad goes with --paper: a journal is taken whole");
    if (option_given(options, "entered-by") && !option_flag(options, "paper"))
        return err_set(err, STATUS_USAGE, "--entered-by goes with --paper");
    TRY(absolute(option_argument(options, 0), path, err));
    return option_flag(options, "paper") ? import_paper(options, path, err)
                                         : import_journal(options, path, err);
}

// ---- report ----------------------------------------------------------------------------------

static enum status open_for_reading(const struct option_set *options, struct hub **ret_hub,
                                    struct err *err)
{
    TRY(need(options, "data", err));
    TRY(log_choose_level(option_text(options, "log-level"), err));
    return hub_open(option_text(options, "data"), HUB_READ, ret_hub, err);
}

// *ret_logged: nothing was read, because looking leaves an entry.
static enum status read_model(const struct option_set *options, const struct period *period,
                              json_t **ret_model, bool *ret_logged, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    TRY(open_for_reading(options, &hub, err));
    if (unit_newest(hub->units, option_text(options, "unit")) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code");
    *ret_logged = report_is_logged(hub, period);
    if (*ret_logged)
        return STATUS_OK;
    struct db *db = dbpool_take(hub->readers);
    enum status status =
        report_model(hub, db, option_text(options, "unit"), period, ret_model, err);
    dbpool_give(hub->readers, db);
    return status;
}

// Leaves an entry in the hub's lane.
static enum status audited_model(const struct option_set *options, json_t **ret_model,
                                 struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(act(options,
            json_pack("{s:s, s:s, s:s}", "command", "report", "unit", option_text(options, "unit"),
                      "period", option_text(options, "period")),
            &reply, err));
    *ret_model = json_incref(json_object_get(reply, "model"));
    return STATUS_OK;
}

static bool is_format(const char *format)
{
    return strcmp(format, "text") == 0 || strcmp(format, "json") == 0 || strcmp(format, "csv") == 0;
}

static enum status run_report(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *model = NULL;
    AUTO(buf_done) struct buf text;
    struct period period;
    bool logged = false;
    const char *format = option_text(options, "format");
    buf_init(&text, OUTPUT_LIMIT_BYTES);
    TRY(need(options, "data", err));
    TRY(need(options, "unit", err));
    TRY(need(options, "period", err));
    if (!is_format(format))
        return err_set(err, STATUS_USAGE, "--format must be text, json or csv");
    if (period_parse(option_text(options, "period"), &period, NULL) != STATUS_OK)
        return err_set(err, STATUS_USAGE,
                       "--period must be as 2026-Q4, 2026-H1, 2026 or 2026-11 (15th to 14th), "
                       "cal:2026-Q4, cal:2026 or cal:2026-11 (whole months), or days as "
                       "2026-09-15..2026-12-14 (at most 10 years)");
    TRY(read_model(options, &period, &model, &logged, err));
    if (logged)
        TRY(audited_model(options, &model, err));
    if (strcmp(format, "json") == 0)
        return print_json(model, err);
    TRY(strcmp(format, "csv") == 0 ? report_csv(model, &text, err)
                                   : report_text_write(model, &text, err));
    return print_text(buf_text(&text), text.size_bytes, err);
}

// ---- verify and status -----------------------------------------------------------------------

static enum status run_verify(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    struct hub_verify_figures figures = {.lanes = 0};
    TRY(open_for_reading(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = hub_verify(hub, db, &figures, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    printf("ok: %lld làn sổ, %lld dòng sổ; các bảng đếm khớp với sổ cái.\n"
           "Chưa có nhân chứng bên ngoài.\n",
           (long long)figures.lanes, (long long)figures.entries);
    return print_text("", 0, err);
}

static json_t *lane_status(struct stmt *q)
{
    char when[CONTACT_BYTES] = "";
    if (!stmt_is_null(q, 6)) {
        struct civil at = clock_civil(stmt_int(q, 6));
        snprintf(when, sizeof when, "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day, at.hour,
                 at.minute);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s?, s:s?}", "lane", stmt_text(q, 0), "unit",
                     stmt_text(q, 1), "kind", stmt_text(q, 2), "how", stmt_text(q, 3), "entries",
                     (json_int_t)stmt_int(q, 4), "last_contact", when[0] != '\0' ? when : NULL,
                     "refusal", stmt_text(q, 7));
}

static enum status list_lanes(struct db *db, json_t *lanes, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_LANE_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        if (json_array_append_new(lanes, lane_status(q)) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for the status");
    }
}

static bool is_served(const char *folder)
{
    AUTO(lock_freep) struct lock *lock = NULL;
    return lock_take(folder, &lock, NULL) == STATUS_BUSY;
}

static enum status print_status(const struct hub *hub, const json_t *lanes, bool served,
                                struct err *err)
{
    size_t index = 0;
    const json_t *lane = NULL;
    if (hub->setup.trial)
        puts("*** CHẠY THỬ ***");
    if (hub->setup.sample)
        puts("*** DỮ LIỆU MẪU ***");
    printf("Đơn vị:    %s (%s)\nKế hoạch:  %s\nPhục vụ:   %s\n", hub->setup.unit_name,
           hub->setup.unit, hub->plan->document, served ? "đang chạy" : "không chạy");
    puts("Các làn sổ:");
    json_array_foreach(lanes, index, lane)
    {
        const char *unit = json_text_or(lane, "unit", "");
        printf("  %s  %-8s  %-7s  %-7s  %9lld dòng  liên lạc cuối: %s\n",
               json_text_or(lane, "lane", ""), unit[0] != '\0' ? unit : "?",
               json_text_or(lane, "kind", ""), json_text_or(lane, "how", ""),
               (long long)json_int_or(lane, "entries", 0),
               json_text_or(lane, "last_contact", "chưa có"));
        if (json_text_or(lane, "refusal", NULL) != NULL)
            printf("    lần gửi cuối bị từ chối: %s\n", json_text_or(lane, "refusal", ""));
    }
    puts("Chưa có nhân chứng bên ngoài.");
    return print_text("", 0, err);
}

static enum status run_status(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(json_decrefp) json_t *lanes = json_array();
    const bool as_json = strcmp(option_text(options, "format"), "json") == 0;
    if (!as_json && strcmp(option_text(options, "format"), "text") != 0)
        return err_set(err, STATUS_USAGE, "--format must be text or json");
    TRY(open_for_reading(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = list_lanes(db, lanes, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    bool served = is_served(option_text(options, "data"));
    if (!as_json)
        return print_status(hub, lanes, served, err);
    AUTO(json_decrefp)
    json_t *json = json_pack("{s:s, s:s, s:b, s:O, s:b, s:b, s:b}", "unit", hub->setup.unit, "plan",
                             hub->plan->id, "serving", (int)served, "lanes", lanes, "trial",
                             (int)hub->setup.trial, "sample", (int)hub->setup.sample, "witness", 0);
    return print_json(json, err);
}

// ---- the table -------------------------------------------------------------------------------

static const struct option_def options[] = {
    {"data", OPTION_TEXT, "DIR", NULL, 0, 0, NULL, "The hub's data directory."},
    {"setup", OPTION_TEXT, "FILE", NULL, 0, 0, " init ", "The setup document (JSON)."},
    {"listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8090", 0, 0, " serve ",
     "Where pages and pushes are served; a loopback address."},
    {"unit", OPTION_TEXT, "CODE", NULL, 0, 0, " join report ", "The unit's code."},
    {"period", OPTION_TEXT, "PERIOD", NULL, 0, 0, " report ",
     "2026-Q4, 2026-H1, 2026, 2026-11 (official, 15th to 14th), cal:2026-11, or "
     "2026-09-15..2026-12-14."},
    {"format", OPTION_TEXT, "FORMAT", "text", 0, 0, " report status ",
     "text, json or csv for a report; text or json for status."},
    {"paper", OPTION_FLAG, NULL, NULL, 0, 0, " import ",
     "The file holds counts of paper forms: unit,day,area,item,level,count."},
    {"skip-bad", OPTION_FLAG, NULL, NULL, 0, 0, " import ",
     "With --paper: take the good rows and list the others; later import only those, corrected."},
    {"entered-by", OPTION_TEXT, "TEXT", NULL, 0, 0, " import ",
     "With --paper: who typed the counts, kept in the journal."},
    {"log-level", OPTION_TEXT, "LEVEL", "info", 0, 0, NULL, "error, warning, info or debug."},
};

static const struct command_def commands[] = {
    {"init", NULL, 0, 0, "Make a data directory from a setup.", run_init},
    {"serve", NULL, 0, 0, "Serve pages and take pushes until a signal.", run_serve},
    {"join", NULL, 0, 0, "Print a new key by which one kiosk of a unit may push.", run_join},
    {"import", "FILE", 1, 1, "Take an exported journal, or counts of paper forms.", run_import},
    {"report", NULL, 0, 0, "Print the totals of a unit and period.", run_report},
    {"verify", NULL, 0, 0, "Recompute trees, responses and tallies from the ledger.", run_verify},
    {"status", NULL, 0, 0, "Print lanes and last contacts.", run_status},
};

const struct program_def hub_commands = {
    .name = "hailong-aggregator",
    .summary = "Takes the journals of kiosks and shows satisfaction totals.",
    .env_prefix = "HAILONG_AGGREGATOR_",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .commands = commands,
    .command_count = ARRAY_SIZE(commands),
};
