// SPDX-License-Identifier: MIT
// The commands of hailong-kiosk, except serve and sample.
#include "kiosk_commands.h"

#include <string.h>

#include "control.h"
#include "kiosk_sample.h"
#include "kiosk_serve.h"
#include "kiosk_show.h"
#include "kiosk_sql.h"
#include "kiosk_status.h"
#include "lock.h"
#include "log.h"
#include "merkle.h"
#include "stmt.h"

enum { OUT_LIMIT_BYTES = 1024 * 1024, OUT_FLUSH_BYTES = 256 * 1024 };

static enum status need(const struct option_set *set, const char *name, struct err *err)
{
    const char *value = option_text(set, name);
    if (value != NULL && value[0] != '\0')
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

// Asks whoever serves, else does it here. Takes `request`.
static enum status ask(const struct option_set *set, json_t *request, json_t **ret_reply,
                       struct err *err)
{
    AUTO(json_decrefp) json_t *owned = request;
    if (owned == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
    TRY(need_kiosk(set, err));
    const char *folder = option_text(set, "data");
    struct err call_err;
    const enum status status = control_call(folder, owned, ret_reply, &call_err);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status != STATUS_NOT_FOUND) {
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
    TRY(ask(set,
            json_pack("{s:s, s:s, s:b}", "command", "pair", "counter",
                      counter == NULL ? "" : counter, "desk", option_flag(set, "desk")),
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

static enum status need_step(const struct option_set *set, struct err *err)
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
    TRY(need_step(set, err));
    TRY(need_format(set, err));
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(ask(set,
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
    TRY(ask(set,
            json_pack("{s:s, s:s}", "command", "poster", "counter", text_or_empty(set, "counter")),
            &reply, err));
    return kiosk_show(reply, option_text(set, "format"), err);
}

static enum status run_sync(const struct option_set *set, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(ask(set, json_pack("{s:s}", "command", "sync"), &reply, err));
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

// ---- commands that read -------------------------------------------------------------------------

static enum status export_rows(struct stmt *q, struct err *err)
{
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return kiosk_show_buf(&out, err);
        buf_add(&out, stmt_text(q, 1), stmt_text_size(q, 1));
        buf_add_char(&out, '\n');
        if (out.size_bytes < OUT_FLUSH_BYTES)
            continue;
        TRY(kiosk_show_buf(&out, err));
        buf_clear(&out);
    }
}

static enum status run_export(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    AUTO(db_closep) struct db *db = NULL;
    TRY(kiosk_open_reader(option_text(set, "data"), &db, err));
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, option_int(set, "since"));
    stmt_bind_int(q, 2, INT64_MAX);
    return export_rows(q, err);
}

static enum status run_verify(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    TRY(crypto_open(err));
    TRY(form_open(err));
    char lane[ENTRY_LANE_CHARS + 1];
    TRY(kiosk_lane(option_text(set, "data"), lane, err));
    AUTO(db_closep) struct db *db = NULL;
    TRY(kiosk_open_reader(option_text(set, "data"), &db, err));
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    TRY(journal_verify(db, lane, &size, root, err));
    TRY(kiosk_check_setup(option_text(set, "data"), db, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    buf_add_text(&out, "ok ");
    buf_add_int(&out, (int64_t)size);
    buf_add_char(&out, ' ');
    buf_add_hex(&out, root, sizeof root);
    // Alone, a journal that was rewritten from its first entry on looks whole, too.
    buf_add_text(&out, "\nchưa có nhân chứng bên ngoài (no outside witness yet)\n");
    return kiosk_show_buf(&out, err);
}

static enum status status_of_files(const struct option_set *set, json_t **ret_model,
                                   struct err *err)
{
    const char *folder = option_text(set, "data");
    AUTO(setup_done) struct setup setup = {0};
    TRY(kiosk_read_setup(folder, &setup, err));
    AUTO(db_closep) struct db *db = NULL;
    TRY(kiosk_open_reader(folder, &db, err));
    const struct kiosk_status live = {
        .hub_url = text_or_empty(set, "hub"),
        .phone_url = setup.public_url,
        .screen_url = "",
    };
    return kiosk_status(db, &setup, &live, ret_model, err);
}

static enum status find_status(const struct option_set *set, json_t **ret_model, struct err *err)
{
    AUTO(json_decrefp) json_t *request = json_pack("{s:s}", "command", "status");
    if (request == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
    struct err call_err;
    const enum status status =
        control_call(option_text(set, "data"), request, ret_model, &call_err);
    if (status == STATUS_NOT_FOUND)
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
    {"setup", OPTION_TEXT, "FILE", NULL, 0, 0, " init ", "The setup of the office, a JSON file."},
    {"screen-listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8080", 0, 0,
     " serve pair slip poster sync ", "Where counter screens and the desk reach the kiosk."},
    {"phone-listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8081", 0, 0,
     " serve pair slip poster sync ", "Where phones reach the kiosk."},
    {"hub", OPTION_TEXT, "URL", NULL, 0, 0, " serve sync status ",
     "The aggregator to send the journal to, as https://hub.example.vn."},
    {"hub-key-file", OPTION_TEXT, "FILE", NULL, 0, 0, " serve sync ",
     "The file with the key that \"hailong-aggregator join\" printed; DIR/keys/hub.key when not "
     "given."},
    {"counter", OPTION_TEXT, "ID", NULL, 0, 0, " pair slip poster ",
     "A counter of the setup; a poster without one is the office's."},
    {"desk", OPTION_FLAG, NULL, NULL, 0, 0, " pair ", "Pair the clerk's desk instead of a screen."},
    {"area", OPTION_TEXT, "CODE", NULL, 0, 0, " slip ", "The service area, as HT."},
    {"dossier", OPTION_TEXT, "CODE", NULL, 0, 0, " slip ",
     "The dossier's code: it gets one slip for each step. Only its keyed hash is kept."},
    {"step", OPTION_TEXT, "STEP", "result", 0, 0, " slip ",
     "The visit's step: intake, supplement, refusal or result."},
    {"replace", OPTION_FLAG, NULL, NULL, 0, 0, " slip ",
     "Withdraw the dossier's earlier slip for this step."},
    {"format", OPTION_TEXT, "FORMAT", "text", 0, 0, " slip poster status ",
     "url, text, svg or png for slips and posters; text or json for status."},
    {"since", OPTION_INT, "SEQ", "0", 0, INT64_MAX - 1, " export ", "The first entry to print."},
    {"days", OPTION_INT, "DAYS", "365", 1, 1000, " sample ",
     "How many days back the sample data begin."},
    {"log-level", OPTION_TEXT, "LEVEL", "info", 0, 0, " serve ",
     "What is logged: error, warning, info or debug."},
};

static const struct command_def commands[] = {
    {"init", NULL, 0, 0, "Make a data directory for the office of --setup.", run_init},
    {"serve", NULL, 0, 0, "Serve counter screens, the desk and phones until stopped.", run_serve},
    {"pair", NULL, 0, 0, "Print a one-time address that pairs a counter's screen or the desk.",
     run_pair},
    {"slip", NULL, 0, 0, "Issue a slip: a code that rates one visit once.", run_slip},
    {"poster", NULL, 0, 0, "Print the code of a counter's poster.", run_poster},
    {"sync", NULL, 0, 0, "Send the journal's new entries to the hub now.", run_sync},
    {"export", NULL, 0, 0, "Print the journal's entries, one per line.", run_export},
    {"verify", NULL, 0, 0, "Recompute the whole journal and compare it with its head.", run_verify},
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
