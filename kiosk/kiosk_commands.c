// SPDX-License-Identifier: MIT
// The commands of hailong-kiosk, except serve and sample.
#include "kiosk_commands.h"

#include <string.h>

#include "clock_commands.h"
#include "backup.h"
#include "control.h"
#include "counts.h"
#include "hubkeys.h"
#include "join_commands.h"
#include "kiosk_sample.h"
#include "kiosk_serve.h"
#include "kiosk_show.h"
#include "kiosk_status.h"
#include "kiosk_verify.h"
#include "lane_commands.h"
#include "lock.h"
#include "log.h"
#include "restore_commands.h"
#include "witnessed.h"

enum { OUT_LIMIT_BYTES = 1024 * 1024 };

static enum status need(const struct option_set *set, const char *name, struct err *err)
{
    if (option_text(set, name) != NULL)
        return STATUS_OK;
    return err_set(err, STATUS_USAGE, "--%s is missing", name);
}

// The data directory of a kiosk.
static enum status need_kiosk(const struct option_set *set, struct err *err)
{
    TRY(need(set, "data", err));
    return kiosk_check(option_text(set, "data"), err);
}

// ---- commands that write ------------------------------------------------------------------------

static enum status ask_ourselves(const struct option_set *set, const json_t *request,
                                 json_t **ret_reply, struct err *err)
{
    AUTO(lock_freep) struct lock *lock = NULL;
    TRY(lock_take(option_text(set, "data"), &lock, err));
    AUTO(kiosk_closep) struct kiosk *kiosk = NULL;
    AUTO(push_closep) struct push *push = NULL;
    TRY(kiosk_serve_open(set, &kiosk, &push, err));
    struct kiosk_answer answer = {.kiosk = kiosk, .push = push};
    return kiosk_answer(&answer, request, ret_reply, err);
}

enum status kiosk_commands_ask(const struct option_set *set, json_t *request, json_t **ret_reply,
                               struct err *err)
{
    AUTO(json_decrefp) json_t *owned = request;
    if (owned == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
    TRY(need_kiosk(set, err));
    const char *folder = option_text(set, "data");
    struct err call_err;
    bool served = false;
    const enum status status = control_call(folder, owned, &served, ret_reply, &call_err);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (served) {
        *err = call_err;
        return status;
    }
    return ask_ourselves(set, owned, ret_reply, err);
}

static enum status run_init(const struct option_set *set, struct err *err)
{
    TRY(need(set, "data", err));
    TRY(need(set, "setup", err));
    return kiosk_init(option_text(set, "data"), option_text(set, "setup"), err);
}

static enum status run_pair(const struct option_set *set, struct err *err)
{
    const char *counter = option_text(set, "counter");
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(kiosk_commands_ask(set,
                           json_pack("{s:s, s:s, s:b}", "command", "pair", "counter",
                                     counter == NULL ? "" : counter, "desk",
                                     option_flag(set, "desk")),
                           &reply, err));
    return kiosk_show(reply, "url", err);
}

// Before a slip is made: nothing is issued that cannot be shown.
static enum status need_format(const struct option_set *set, struct err *err)
{
    static const char *const formats[] = {"url", "text", "svg", "png"};
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
        if (strcmp(option_text(set, "format"), formats[i]) == 0)
            return STATUS_OK;
    return err_set(err, STATUS_USAGE, "--format must be url, text, svg or png");
}

enum status kiosk_commands_need_step(const struct option_set *set, struct err *err)
{
    enum response_step step;
    if (response_step_find(option_text(set, "step"), &step))
        return STATUS_OK;
    return err_set(err, STATUS_USAGE, "--step must be intake, supplement, refusal or result");
}

static const char *text_or_empty(const struct option_set *set, const char *name)
{
    const char *text = option_text(set, name);
    return text == NULL ? "" : text;
}

static enum status run_slip(const struct option_set *set, struct err *err)
{
    TRY(need(set, "area", err));
    TRY(kiosk_commands_need_step(set, err));
    TRY(need_format(set, err));
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(kiosk_commands_ask(
        set,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "command", "slip", "area",
                  option_text(set, "area"), "counter", text_or_empty(set, "counter"), "dossier",
                  text_or_empty(set, "dossier"), "step", option_text(set, "step"), "replace",
                  option_flag(set, "replace")),
        &reply, err));
    return kiosk_show(reply, option_text(set, "format"), err);
}

static enum status run_poster(const struct option_set *set, struct err *err)
{
    TRY(need_format(set, err));
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(kiosk_commands_ask(
        set, json_pack("{s:s, s:s}", "command", "poster", "counter", text_or_empty(set, "counter")),
        &reply, err));
    return kiosk_show(reply, option_text(set, "format"), err);
}

static enum status run_sync(const struct option_set *set, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(kiosk_commands_ask(set, json_pack("{s:s}", "command", "sync"), &reply, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    buf_add_text(&out, "sent ");
    buf_add_int(&out, json_int_or(reply, "sent", 0));
    buf_add_text(&out, ", the hub has ");
    buf_add_int(&out, json_int_or(reply, "synced", 0));
    buf_add_text(&out, " of ");
    buf_add_int(&out, json_int_or(reply, "entries", 0));
    buf_add_text(&out, " entries\n");
    return kiosk_show_buf(&out, err);
}

static enum status run_witness(const struct option_set *set, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    if (option_text(set, "key") == NULL)
        return err_set(err, STATUS_USAGE, "--key is missing");
    return kiosk_commands_ask(
        set, json_pack("{s:s, s:s}", "command", "witness", "key", option_text(set, "key")), &reply,
        err);
}

// ---- commands that read -------------------------------------------------------------------------

static enum status status_of_files(const struct option_set *set, json_t **ret_model,
                                   struct err *err)
{
    const char *folder = option_text(set, "data");
    AUTO(setup_done) struct setup setup = {0};
    TRY(kiosk_read_setup(folder, &setup, err));
    AUTO(db_closep) struct db *db = NULL;
    TRY(kiosk_open_reader(folder, &db, err));
    char hub_url[KIOSK_URL_BYTES] = "";
    enum witnessed witnessed = WITNESSED_NO;
    TRY(hubkeys_url(folder, hub_url, err));
    TRY(witnessed_find(db, &witnessed, err));
    const struct kiosk_status live = {
        .hub_url = option_given(set, "hub") ? option_text(set, "hub") : hub_url,
        .phone_url = setup.public_url,
        .screen_url = "",
        .witnessed = (int)witnessed,
    };
    return kiosk_status(db, &setup, &live, ret_model, err);
}

static enum status find_status(const struct option_set *set, json_t **ret_model, struct err *err)
{
    AUTO(json_decrefp) json_t *request = json_pack("{s:s}", "command", "status");
    if (request == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
    struct err call_err;
    bool served = false;
    const enum status status =
        control_call(option_text(set, "data"), request, &served, ret_model, &call_err);
    if (!served)
        return status_of_files(set, ret_model, err);
    if (status != STATUS_OK)
        *err = call_err;
    else
        json_object_del(*ret_model, "status"); // the socket's own
    return status;
}

static enum status run_status(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    const bool json = strcmp(option_text(set, "format"), "json") == 0;
    if (!json && strcmp(option_text(set, "format"), "text") != 0)
        return err_set(err, STATUS_USAGE, "--format must be text or json");
    AUTO(json_decrefp) json_t *model = NULL;
    TRY(find_status(set, &model, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    if (!json) {
        kiosk_status_text(model, &out);
        return kiosk_show_buf(&out, err);
    }
    TRY(json_write(model, &out, err));
    buf_add_char(&out, '\n');
    return kiosk_show_buf(&out, err);
}

static enum status run_serve(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    TRY(log_choose_level(option_text(set, "log-level"), err));
    return kiosk_serve(set, err);
}

static enum status run_sample(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    return kiosk_sample(option_text(set, "data"), option_int(set, "days"), err);
}

// ---- the tables ---------------------------------------------------------------------------------

static const struct option_def options[] = {
    {"data", OPTION_TEXT, "DIR", NULL, 0, 0, NULL, "The data directory."},
    {"setup", OPTION_TEXT, "FILE", NULL, 0, 0, " init setup ",
     "The setup of the office, a JSON file."},
    {"screen-listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8080", 0, 0,
     " serve pair slip poster sync ", "Where counter screens and the desk reach the kiosk."},
    {"phone-listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8081", 0, 0,
     " serve pair slip poster sync ", "Where phones reach the kiosk."},
    {"hub", OPTION_TEXT, "URL", NULL, 0, 0, " enrol serve sync status ",
     "The aggregator to send the journal to, as https://hub.example.vn; when not given, the one "
     "that the kiosk was enrolled at."},
    {"to", OPTION_TEXT, "FILE", NULL, 0, 0, " backup ",
     "The backup's file, which must not be there yet."},
    {"from", OPTION_TEXT, "FILE", NULL, 0, 0, " restore ", "The backup to make a kiosk from."},
    {"kit", OPTION_TEXT, "FILE", NULL, 0, 0, " restore ",
     "What \"hailong-aggregator kit\" printed for this kiosk's new key: slip key and slips."},
    {"accept-gap", OPTION_FLAG, NULL, NULL, 0, 0, " slips ",
     "Use slips again although nobody knows which were spent before the restore."},
    {"phrase", OPTION_TEXT, "PHRASE", NULL, 0, 0, " enrol ",
     "What \"hailong-aggregator join\" printed, or - to read it from stdin, where nobody else on "
     "this computer sees it."},
    {"counter", OPTION_TEXT, "ID", NULL, 0, 0, " pair slip poster ",
     "A counter of the setup; a poster without one is the office's."},
    {"desk", OPTION_FLAG, NULL, NULL, 0, 0, " pair ", "Pair the clerk's desk instead of a screen."},
    {"area", OPTION_TEXT, "CODE", NULL, 0, 0, " slip visits ", "The service area, as HT."},
    {"dossier", OPTION_TEXT, "CODE", NULL, 0, 0, " slip ",
     "The dossier's code: it gets one slip for each step. Only its keyed hash is kept."},
    {"step", OPTION_TEXT, "STEP", "result", 0, 0, " slip visits ",
     "The visit's step: intake, supplement, refusal or result."},
    {"replace", OPTION_FLAG, NULL, NULL, 0, 0, " slip ",
     "Withdraw the dossier's earlier slip for this step."},
    {"format", OPTION_TEXT, "FORMAT", "text", 0, 0, " slip poster status seal ",
     "url, text, svg or png for slips and posters; text or json for status; text or svg for a "
     "seal."},
    {"count", OPTION_INT, "COUNT", NULL, 1, COUNTS_VISITS_MAX, " visits ", "How many visits."},
    {"hour", OPTION_TEXT, "HOUR", NULL, 0, 0, " visits ",
     "The hour of the visits, as 2026-11-03T09+07; the present one when not given."},
    {"confirm", OPTION_FLAG, NULL, NULL, 0, 0, " clock ",
     "You have looked: the clock of this computer is right as it stands."},
    {"date", OPTION_TEXT, "DAY", NULL, 0, 0, " clock ",
     "Today's date, as 2026-11-03: with --confirm when the clock is far from what was known last."},
    {"back", OPTION_FLAG, NULL, NULL, 0, 0, " clock ",
     "A wrong clock was confirmed and is right now: go on in a new lane, without the entries of "
     "hours that have not come."},
    {"since", OPTION_INT, "SEQ", "0", 0, INT64_MAX - 1, " export ", "The first entry to print."},
    {"seal-to", OPTION_TEXT, "KEYFILE", NULL, 0, 0, " export ",
     "Seal the export to the hub's box key: a file with what \"hailong-aggregator key\" prints."},
    {"file", OPTION_TEXT, "FILE", NULL, 0, 0, " verify ",
     "A copied journal, as `export` printed it, instead of a data directory."},
    {"key", OPTION_TEXT, "KEY", NULL, 0, 0, " verify witness ",
     "verify: the lane's key as it is known elsewhere, a vkey or a file with one. witness: the "
     "vkey of another organisation, whose cosignatures count here."},
    {"checkpoint", OPTION_LIST, "FILE", NULL, 0, 0, " verify ",
     "A signed head that was kept elsewhere; may be given several times."},
    {"witness", OPTION_LIST, "KEY", NULL, 0, 0, " verify ",
     "Whose cosignatures are seen from outside, a vkey or a file with one; may be given several "
     "times."},
    {"days", OPTION_INT, "DAYS", "365", 1, 1000, " sample ",
     "How many days back the sample data begin."},
    {"log-level", OPTION_TEXT, "LEVEL", "info", 0, 0, " serve ",
     "What is logged: error, warning, info or debug."},
};

static const struct command_def commands[] = {
    {"init", NULL, 0, 0, "Make a data directory for the office of --setup.", run_init},
    {"enrol", NULL, 0, 0, "Enrol this kiosk at the hub of --hub with a one-time phrase.",
     join_commands_enrol},
    {"setup", NULL, 0, 0, "Take a new setup with a larger version, as the hub's would be.",
     join_commands_setup},
    {"serve", NULL, 0, 0, "Serve counter screens, the desk and phones until stopped.", run_serve},
    {"pair", NULL, 0, 0, "Print a one-time address that pairs a counter's screen or the desk.",
     run_pair},
    {"slip", NULL, 0, 0, "Issue a slip: a code that rates one visit once.", run_slip},
    {"poster", NULL, 0, 0, "Print the code of a counter's poster.", run_poster},
    {"sync", NULL, 0, 0, "Send the journal's new entries to the hub now.", run_sync},
    {"seal", NULL, 0, 0, "Seal the day now and print its closing slip.", lane_commands_seal},
    {"checkpoint", NULL, 0, 0, "Print the newest signed head of the journal, and its key.",
     lane_commands_checkpoint},
    {"clock", NULL, 0, 0, "Show the clock and whether it is trusted; confirm it.",
     clock_commands_clock},
    {"visits", NULL, 0, 0, "Enter how many visits there were, counted by hand.",
     lane_commands_visits},
    {"export", NULL, 0, 0, "Print the journal's entries with the signed head of their end.",
     lane_commands_export},
    {"verify", NULL, 0, 0, "Recompute the whole journal and hold it against signed heads.",
     kiosk_verify},
    {"witness", NULL, 0, 0, "Add the key of an outside witness, whose cosignatures count here.",
     run_witness},
    {"backup", NULL, 0, 0, "Write a backup while the kiosk serves; no signing key is in it.",
     backup_command},
    {"restore", NULL, 0, 0, "Make a kiosk with new keys and a new lane from a backup.",
     restore_commands_restore},
    {"slips", NULL, 0, 0, "After a restore: say what is to happen to slips.",
     restore_commands_slips},
    {"status", NULL, 0, 0, "Print the kiosk's state.", run_status},
    {"sample", NULL, 0, 0, "Fill a sample office with made-up responses, through the real writer.",
     run_sample},
};

const struct program_def kiosk_commands = {
    .name = "hailong-kiosk",
    .summary = "Counter screens, phones and the journal of one one-stop office",
    .env_prefix = "HAILONG_KIOSK_",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .commands = commands,
    .command_count = ARRAY_SIZE(commands),
};
