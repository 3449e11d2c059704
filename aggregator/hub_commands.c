// SPDX-License-Identifier: MIT
// The command line: reading commands open the database themselves; writing ones do, too, or ask
// the process that serves.
#include "hub_commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hub_cli.h"
#include "hub_keep.h"
#include "hub_restore.h"
#include "hub_serve.h"
#include "hub_verify.h"
#include "hubhead.h"
#include "hub_lanes.h"
#include "lanestate.h"
#include "lock.h"
#include "log.h"
#include "people_commands.h"
#include "proposal.h"
#include "report.h"
#include "report_text.h"
#include "stmt.h"
#include "witness.h"
#include "witness_commands.h"

enum { OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024 };

// ---- commands --------------------------------------------------------------------------------

static enum status run_init(const struct option_set *options, struct err *err)
{
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "setup", err));
    return hub_init(option_text(options, "data"), option_text(options, "setup"), err);
}

static enum status run_serve(const struct option_set *options, struct err *err)
{
    TRY(hub_cli_need(options, "data", err));
    TRY(log_choose_level(option_text(options, "log-level"), err));
    const struct hub_serve_options serve = {
        .folder = option_text(options, "data"),
        .listen = option_text(options, "listen"),
        .witness_url = option_text(options, "witness"),
        .witness_key = option_text(options, "witness-key"),
    };
    return hub_serve(&serve, err);
}

static enum status import_journal(const struct option_set *options, const char *path,
                                  struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(hub_cli_act(options, json_pack("{s:s, s:s}", "command", "import", "path", path), &reply,
                    err));
    printf("Làn %s: nhận thêm %lld dòng sổ, hiện có %lld.\nGốc: %s\n",
           json_text_or(reply, "lane", ""), (long long)json_int_or(reply, "added", 0),
           (long long)json_int_or(reply, "size", 0), json_text_or(reply, "root", ""));
    return hub_cli_print("", 0, err);
}

static enum status import_paper(const struct option_set *options, const char *path, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    const char *by = option_text(options, "entered-by");
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:b, s:s}", "command", "paper", "path", path, "skip_bad",
                              (int)option_flag(options, "skip-bad"), "entered_by",
                              by != NULL ? by : ""),
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
    return hub_cli_print("", 0, err);
}

static enum status run_import(const struct option_set *options, struct err *err)
{
    char path[PATH_MAX];
    TRY(hub_cli_need(options, "data", err));
    if (option_flag(options, "skip-bad") && !option_flag(options, "paper"))
        return err_set(err, STATUS_USAGE, "--skip-bad goes with --paper: a journal is taken whole");
    if (option_given(options, "entered-by") && !option_flag(options, "paper"))
        return err_set(err, STATUS_USAGE, "--entered-by goes with --paper");
    TRY(hub_cli_absolute(option_argument(options, 0), path, err));
    return option_flag(options, "paper") ? import_paper(options, path, err)
                                         : import_journal(options, path, err);
}

// ---- report ----------------------------------------------------------------------------------

// *ret_logged: nothing was read, because looking leaves an entry.
static enum status read_model(const struct option_set *options, const struct period *period,
                              json_t **ret_model, bool *ret_logged, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    TRY(hub_cli_open(options, &hub, err));
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
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:s}", "command", "report", "unit",
                              option_text(options, "unit"), "period",
                              option_text(options, "period")),
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
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "unit", err));
    TRY(hub_cli_need(options, "period", err));
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
        return hub_cli_print_json(model, err);
    TRY(strcmp(format, "csv") == 0 ? report_csv(model, &text, err)
                                   : report_text_write(model, &text, err));
    return hub_cli_print(buf_text(&text), text.size_bytes, err);
}

// ---- verify and status -----------------------------------------------------------------------

static void print_witness(const struct witness_sum *sum)
{
    const struct witness_cover oldest = {.covered = true, .time_s = sum->time_s};
    AUTO(json_decrefp) json_t *json = witness_json(&oldest);
    if (sum->refused > 0)
        printf("Nhân chứng bên ngoài TỪ CHỐI điểm chốt của %lld làn sổ; lý do: hailong-aggregator "
               "status\n",
               (long long)sum->refused);
    else if (sum->lanes == 0 || sum->open)
        puts("Chưa có nhân chứng bên ngoài.");
    else
        printf("Nhân chứng bên ngoài: mọi làn sổ đã được xác nhận, lâu nhất là %s.\n",
               json_text_or(json, "time", ""));
}

// Over a list of lanestate_list.
static struct witness_sum sum_of(const json_t *lanes)
{
    struct witness_sum sum = {.open = false};
    size_t index = 0;
    const json_t *lane = NULL;
    json_array_foreach(lanes, index, lane)
    {
        struct witness_cover cover;
        witness_from_json(json_object_get(lane, "witness"), &cover);
        witness_sum_add(&sum, &cover, json_int_or(lane, "entries", 0));
    }
    return sum;
}

static enum status run_verify(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    struct hub_verify_figures figures = {.lanes = 0};
    TRY(hub_cli_open(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = hub_verify(hub, db, &figures, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    printf("ok: %lld làn sổ, %lld dòng sổ; các bảng đếm khớp với sổ cái.\n",
           (long long)figures.lanes, (long long)figures.entries);
    if (figures.cosigned > 0)
        printf("%lld xác nhận của cơ quan khác khớp với sổ.\n", (long long)figures.cosigned);
    print_witness(&figures.witness);
    return hub_cli_print("", 0, err);
}

static bool is_served(const char *folder)
{
    AUTO(lock_freep) struct lock *lock = NULL;
    return lock_take(folder, &lock, NULL) == STATUS_BUSY;
}

static enum status print_status(const struct hub *hub, const json_t *lanes,
                                const struct proposal_figures *figures, bool served, bool behind,
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
        struct witness_cover cover;
        witness_from_json(json_object_get(lane, "witness"), &cover);
        if (cover.refuser[0] != '\0')
            printf("    nhân chứng %s từ chối điểm chốt của làn này: %s\n", cover.refuser,
                   cover.refusal);
        else if (cover.cosigned && !cover.covered)
            printf("    nhân chứng %s chỉ xác nhận đến dòng %lld\n", cover.name,
                   (long long)cover.size);
    }
    if (figures->open > 0)
        printf("Đề nghị chờ người thứ hai: %lld\n", (long long)figures->open);
    if (figures->waiting > 0)
        printf("Chờ xóa ở máy lấy ý kiến: %lld\n", (long long)figures->waiting);
    if (behind)
        puts("Đồng hồ của máy này sai: đang ở trước dòng sổ mới nhất của chính máy này, hoặc trước "
             "ngày tạo chương trình. Hãy chỉnh lại.");
    const struct witness_sum sum = sum_of(lanes);
    print_witness(&sum);
    return hub_cli_print("", 0, err);
}

static enum status run_status(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(json_decrefp) json_t *lanes = json_array();
    struct proposal_figures figures = {.open = 0};
    bool behind = false;
    const bool as_json = strcmp(option_text(options, "format"), "json") == 0;
    if (!as_json && strcmp(option_text(options, "format"), "text") != 0)
        return err_set(err, STATUS_USAGE, "--format must be text or json");
    TRY(hub_cli_open(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = lanestate_list(hub, db, lanes, err);
    if (status == STATUS_OK)
        status = proposal_figures(db, &figures, err);
    if (status == STATUS_OK)
        status = hubhead_clock(hub, db, &behind, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    const struct witness_sum sum = sum_of(lanes);
    bool served = is_served(option_text(options, "data"));
    if (!as_json)
        return print_status(hub, lanes, &figures, served, behind, err);
    AUTO(json_decrefp)
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:O, s:I, s:I, s:b, s:b, s:b, s:b}", "unit", hub->setup.unit,
                  "plan", hub->plan->id, "serving", (int)served, "lanes", lanes, "proposals_open",
                  (json_int_t)figures.open, "erasures_waiting", (json_int_t)figures.waiting,
                  "trial", (int)hub->setup.trial, "sample", (int)hub->setup.sample, "witness",
                  (int)(sum.lanes > 0 && !sum.open), "clock_behind", (int)behind);
    return hub_cli_print_json(json, err);
}

// ---- the table -------------------------------------------------------------------------------

static const struct option_def options[] = {
    {"data", OPTION_TEXT, "DIR", NULL, 0, 0, NULL, "The hub's data directory."},
    {"setup", OPTION_TEXT, "FILE", NULL, 0, 0, " init setup send-setup ",
     "The setup document (JSON)."},
    {"listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8090", 0, 0, " serve ",
     "Where pages and pushes are served; a loopback address."},
    {"witness", OPTION_TEXT, "URL", NULL, 0, 0, " serve ",
     "Another organisation's witness, to which the heads of all lanes go each hour."},
    {"witness-key", OPTION_TEXT, "VKEY", NULL, 0, 0, " serve ", "That witness's public key."},
    {"key", OPTION_LIST, "VKEY", NULL, 0, 0, " witness ",
     "The public key of another organisation's log or witness; several times for several."},
    {"unit", OPTION_TEXT, "CODE", NULL, 0, 0, " join report user ", "The unit's code."},
    {"to", OPTION_TEXT, "FILE", NULL, 0, 0, " backup witness ",
     "The file to write, which must not be there yet."},
    {"from", OPTION_TEXT, "FILE", NULL, 0, 0, " kit restore ",
     "For kit a kiosk's backup that holds it, for restore the hub's backup."},
    {"keys", OPTION_TEXT, "DIR", NULL, 0, 0, " restore ",
     "The folder keys of the hub that was lost; without it kiosks are enrolled again."},
    {"for", OPTION_TEXT, "VKEY", NULL, 0, 0, " kit ",
     "The key of the restored kiosk, as its restore printed it."},
    {"again", OPTION_FLAG, NULL, NULL, 0, 0, " kit ",
     "The kiosk that has these slips by now has never served: hand them on to another one."},
    {"replaces", OPTION_TEXT, "LANE", NULL, 0, 0, " join ",
     "The lane that the new kiosk replaces: it is retired, its slips go on."},
    {"lane", OPTION_TEXT, "LANE", NULL, 0, 0, " device send-setup quarantine kit ",
     "A kiosk's lane, in full."},
    {"replaced-by", OPTION_TEXT, "LANE", NULL, 0, 0, " device ",
     "With retire: the lane that took its place."},
    {"petition", OPTION_TEXT, "ID", NULL, 0, 0, " answer ", "The id of the petition's entry."},
    {"text-file", OPTION_TEXT, "FILE", NULL, 0, 0, " answer ", "The answer as UTF-8 text."},
    {"json", OPTION_FLAG, NULL, NULL, 0, 0, " devices proposals ", "As JSON."},
    {"name", OPTION_TEXT, "NAME", NULL, 0, 0, " user ", "The person's name."},
    {"role", OPTION_TEXT, "ROLE", NULL, 0, 0, " user ", "admin, head, officer, viewer or auditor."},
    {"user", OPTION_TEXT, "NAME", NULL, 0, 0,
     " redact flag unflag void unvoid quarantine confirm refuse ", "Who acts."},
    {"passphrase-file", OPTION_TEXT, "FILE", NULL, 0, 0,
     " user redact flag unflag void unvoid quarantine confirm refuse ",
     "Its first line is the passphrase, - is standard input; else it is asked at the terminal."},
    {"id", OPTION_LIST, "ID", NULL, 0, 0, " redact flag unflag void unvoid ",
     "The id of an entry; several times for several responses."},
    {"field", OPTION_TEXT, "FIELD", NULL, 0, 0, " redact ", "text or contact."},
    {"reason", OPTION_TEXT, "REASON", NULL, 0, 0, " redact flag unflag void unvoid ",
     "For redact personal_data, law, abuse or wrong_place; else some words, kept in the journal."},
    {"proposal", OPTION_INT, "N", NULL, 1, 1000000000, " confirm refuse ",
     "The proposal's number."},
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
    {"setup", NULL, 0, 0, "Take a changed setup with a larger version; nobody may serve.",
     hub_lanes_setup},
    {"key", NULL, 0, 0, "Print this hub's public keys.", hub_lanes_key},
    {"join", NULL, 0, 0, "Print a one-time phrase by which one kiosk of a unit is enrolled.",
     hub_lanes_join},
    {"devices", NULL, 0, 0, "Print the kiosks: states, contacts, refusals.", hub_lanes_devices},
    {"device", "suspend|resume|retire", 1, 1, "Change the state of a kiosk's lane.",
     hub_lanes_device},
    {"send-setup", NULL, 0, 0, "Send a kiosk a changed setup.", hub_lanes_send_setup},
    {"answer", NULL, 0, 0, "Send the answer to a petition.", hub_lanes_answer},
    {"user", "add|list|remove", 1, 1, "Add, list or remove people who act at this hub.",
     people_commands_user},
    {"redact", NULL, 0, 0, "Propose to erase a text here and at its kiosk.",
     people_commands_propose},
    {"flag", NULL, 0, 0, "Propose that responses look odd and do not count.",
     people_commands_propose},
    {"unflag", NULL, 0, 0, "Propose that flagged responses count after all.",
     people_commands_propose},
    {"void", NULL, 0, 0, "Propose that responses are void.", people_commands_propose},
    {"unvoid", NULL, 0, 0, "Propose that void responses stand again.", people_commands_propose},
    {"quarantine", "list|accept|refuse", 1, 1,
     "Show what forked lanes left behind, or propose to count it or not to.",
     people_commands_quarantine},
    {"proposals", NULL, 0, 0, "Print what is proposed and what became of it.",
     people_commands_proposals},
    {"confirm", NULL, 0, 0, "Confirm another person's proposal and carry it out.",
     people_commands_confirm},
    {"refuse", NULL, 0, 0, "Refuse a proposal.", people_commands_confirm},
    {"checkpoint", NULL, 0, 0, "Print the signed head of the hub's own lane, and its public key.",
     witness_commands_checkpoint},
    {"export", NULL, 0, 0, "Print the hub's own lane with its signed head.",
     witness_commands_export},
    {"witness", "add|remove|trust|distrust|list|keys|export|sign|import [FILE]", 1, 2,
     "Whose heads this hub cosigns, whose cosignatures count here, and both by files.",
     witness_commands},
    {"import", "FILE", 1, 1, "Take an exported journal, or counts of paper forms.", run_import},
    {"report", NULL, 0, 0, "Print the totals of a unit and period.", run_report},
    {"verify", NULL, 0, 0, "Recompute trees, responses and tallies from the ledger.", run_verify},
    {"status", NULL, 0, 0, "Print lanes and last contacts.", run_status},
    {"backup", NULL, 0, 0, "Write a backup of the database while the hub serves.", hub_keep_backup},
    {"restore", NULL, 0, 0, "Make a data directory from a backup.", hub_restore_command},
    {"kit", NULL, 0, 0, "Print a kiosk's slip key and slips, sealed to the one that replaces it.",
     hub_keep_kit},
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
