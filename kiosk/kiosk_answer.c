// SPDX-License-Identifier: MIT
// One function for each command that needs the open kiosk.
#include "kiosk_answer.h"

#include <string.h>

#include "clock.h"
#include "closing.h"
#include "counts.h"
#include "enrol.h"
#include "inbox.h"
#include "kiosk_status.h"
#include "log.h"
#include "relane.h"
#include "restore.h"
#include "slip.h"
#include "timekeeper.h"
#include "witnessed.h"

static enum status give(json_t *made, json_t **ret_reply, struct err *err)
{
    if (made == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = made;
    return STATUS_OK;
}

static enum status need_counter(const struct kiosk *kiosk, const char *counter, struct err *err)
{
    if (counter[0] == '\0' || setup_counter(&kiosk->setup, counter) != NULL)
        return STATUS_OK;
    return err_set(err, STATUS_BAD_INPUT,
                   "there is no such counter in the setup; its counters "
                   "are listed there under \"counters\"");
}

static enum status answer_pair(struct kiosk_answer *context, const json_t *request,
                               json_t **ret_reply, struct err *err)
{
    struct kiosk *kiosk = context->kiosk;
    const char *counter = json_text_or(request, "counter", "");
    const bool desk = json_bool_or(request, "desk", false);
    if (desk == (counter[0] != '\0'))
        return err_set(err, STATUS_USAGE, "pair needs either a counter or the desk");
    TRY(need_counter(kiosk, counter, err));
    // Whoever pairs stands at the box. A clock that cannot be right stays untrusted, and that is no
    // reason not to pair.
    struct err doubt;
    if (timekeeper_confirm(kiosk, TIMEKEEPER_STAFF, 0, &doubt) != STATUS_OK)
        log_err("clock_not_confirmed", &doubt);
    char phrase[DEVICE_PHRASE_CHARS + 1];
    TRY(device_invite(kiosk->devices, kiosk->writer, desk ? NULL : counter, phrase, err));
    AUTO(buf_done) struct buf url;
    buf_init(&url, KIOSK_URL_BYTES + 64);
    buf_addf(&url, "%s/pair/%s", kiosk->screen_url, phrase);
    TRY(buf_check(&url, err));
    return give(json_pack("{s:s}", "url", url.data), ret_reply, err);
}

// What stands on every slip and poster: {office, counter_name, trial, sample} besides the rest.
static enum status give_paper(const struct kiosk *kiosk, const char *counter_id, json_t *made,
                              json_t **ret_reply, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = made;
    const struct setup *setup = &kiosk->setup;
    const struct setup_counter *counter = setup_counter(setup, counter_id);
    AUTO(json_decrefp)
    json_t *more = json_pack("{s:s, s:s, s:b, s:b}", "office", setup->office_name, "counter_name",
                             counter == NULL ? "" : counter->name_vi, "trial", setup->trial,
                             "sample", setup->sample);
    if (reply == NULL || more == NULL || json_object_update(reply, more) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = json_incref(reply);
    return STATUS_OK;
}

static enum status answer_slip(struct kiosk_answer *context, const json_t *request,
                               json_t **ret_reply, struct err *err)
{
    struct kiosk *kiosk = context->kiosk;
    struct slip_order order = {
        .area = json_text_or(request, "area", ""),
        .counter = json_text_or(request, "counter", ""),
        .dossier = json_text_or(request, "dossier", ""),
        .replace = json_bool_or(request, "replace", false),
    };
    if (!response_step_find(json_text_or(request, "step", "result"), &order.step))
        return err_set(err, STATUS_BAD_INPUT, "step must be intake, supplement, refusal or result");
    struct slip_job job;
    TRY(slip_prepare(kiosk, &order, &job, err));
    TRY(writer_run(kiosk->writer, &job.job, err));
    char url[SLIP_URL_BYTES], day[CLOCK_DAY_TEXT_SIZE];
    slip_url(kiosk, job.code, order.area, order.counter, order.step, url);
    clock_day_text(job.expires_day, day);
    json_t *made =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "url", url, "code", job.code, "area",
                  order.area, "area_name", setup_area(&kiosk->setup, order.area)->name_vi,
                  "expires", day, "private", slip_url_is_private(url));
    return give_paper(kiosk, order.counter, made, ret_reply, err);
}

static enum status answer_poster(struct kiosk_answer *context, const json_t *request,
                                 json_t **ret_reply, struct err *err)
{
    const struct kiosk *kiosk = context->kiosk;
    const char *counter = json_text_or(request, "counter", "");
    TRY(need_counter(kiosk, counter, err));
    char url[SLIP_URL_BYTES], code[SLIPCODE_CHARS + 1];
    slip_poster_code(kiosk, counter, code);
    slip_poster_url(kiosk, counter, url);
    json_t *made = json_pack("{s:s, s:s, s:s, s:b}", "url", url, "code", code, "counter", counter,
                             "private", slip_url_is_private(url));
    return give_paper(kiosk, counter, made, ret_reply, err);
}

static enum status answer_sync(struct kiosk_answer *context, const json_t *request,
                               json_t **ret_reply, struct err *err)
{
    (void)request;
    if (context->push == NULL)
        return err_set(
            err, STATUS_USAGE,
            "no hub is known; run `hailong-kiosk enrol`, or give its address with --hub");
    int64_t sent = 0;
    TRY(push_round(context->push, &sent, err));
    uint64_t entries = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(context->kiosk->journal, &entries, root);
    return give(json_pack("{s:I, s:I, s:I}", "sent", (json_int_t)sent, "synced",
                          (json_int_t)context->kiosk->synced_entries, "entries",
                          (json_int_t)entries),
                ret_reply, err);
}

static enum status answer_seal(struct kiosk_answer *context, const json_t *request,
                               json_t **ret_reply, struct err *err)
{
    (void)request;
    struct seal seal;
    TRY(seal_make(context->kiosk, &seal, err));
    return closing_model(context->kiosk, &seal, ret_reply, err);
}

static enum status answer_visits(struct kiosk_answer *context, const json_t *request,
                                 json_t **ret_reply, struct err *err)
{
    struct counts_visits visits = {
        .area = json_text_or(request, "area", ""),
        .count = json_int_or(request, "count", 0),
        .hour = clock_hour(clock_now_s()),
    };
    const char *hour = json_text_or(request, "hour", "");
    if (!response_step_find(json_text_or(request, "step", "result"), &visits.step))
        return err_set(err, STATUS_BAD_INPUT, "step must be intake, supplement, refusal or result");
    if (hour[0] != '\0')
        TRY(clock_parse_hour(hour, &visits.hour, err));
    TRY(counts_add_visits(context->kiosk, &visits, err));
    return give(json_object(), ret_reply, err);
}

static enum status answer_enrol(struct kiosk_answer *context, const json_t *request,
                                json_t **ret_reply, struct err *err)
{
    TRY(enrol_run(context->kiosk, json_text_or(request, "hub", ""),
                  json_text_or(request, "phrase", ""), err));
    return give(json_object(), ret_reply, err);
}

static enum status answer_setup(struct kiosk_answer *context, const json_t *request,
                                json_t **ret_reply, struct err *err)
{
    struct kiosk *kiosk = context->kiosk;
    const char *text = json_text_or(request, "text", "");
    TRY(inbox_take_setup(kiosk, text, strlen(text), err));
    if (kiosk->again != NULL)
        kiosk->again();
    return give(json_object(), ret_reply, err);
}

static enum status answer_slips(struct kiosk_answer *context, const json_t *request,
                                json_t **ret_reply, struct err *err)
{
    (void)request;
    TRY(restore_accept_gap(context->kiosk, err));
    return give(json_object(), ret_reply, err);
}

static enum status answer_witness(struct kiosk_answer *context, const json_t *request,
                                  json_t **ret_reply, struct err *err)
{
    TRY(witnessed_add_key(context->kiosk, json_text_or(request, "key", ""), err));
    return give(json_object(), ret_reply, err);
}

static enum status answer_status(struct kiosk_answer *context, const json_t *request,
                                 json_t **ret_reply, struct err *err)
{
    (void)request;
    struct kiosk *kiosk = context->kiosk;
    char problem[PUSH_PROBLEM_BYTES] = "";
    if (context->push != NULL)
        push_problem(context->push, problem);
    const struct kiosk_status live = {
        .serving = context->serving,
        .hub_url = kiosk->hub_url,
        .phone_url = kiosk->phone_url,
        .screen_url = kiosk->screen_url,
        .witnessed = kiosk->witnessed,
        .problem = problem,
        .writer = writer_figures(kiosk->writer),
    };
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = kiosk_status(db, &kiosk->setup, &live, ret_reply, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

static enum status confirm_clock(struct kiosk *kiosk, const char *date, struct err *err)
{
    int32_t day = 0;
    if (date[0] == '\0')
        return timekeeper_confirm(kiosk, TIMEKEEPER_STAFF, 0, err);
    TRY(clock_parse_day(date, &day, err));
    return timekeeper_confirm_day(kiosk, day, err);
}

// With "confirm" somebody stands before the box and says that its clock is right; with "back" also
// that the journal's last entries were made while it was not.
static enum status answer_clock(struct kiosk_answer *context, const json_t *request,
                                json_t **ret_reply, struct err *err)
{
    struct kiosk *kiosk = context->kiosk;
    if (json_bool_or(request, "confirm", false))
        TRY(confirm_clock(kiosk, json_text_or(request, "date", ""), err));
    if (json_bool_or(request, "back", false)) {
        TRY(relane_back(kiosk, err));
        if (kiosk->again != NULL)
            kiosk->again();
    }
    return give(json_pack("{s:b, s:b, s:I, s:I}", "serving", (int)context->serving, "trusted",
                          (int)timekeeper_is_trusted(kiosk->timekeeper), "wall",
                          (json_int_t)clock_wall_s(), "now",
                          (json_int_t)timekeeper_now_s(kiosk->timekeeper)),
                ret_reply, err);
}

enum status kiosk_answer(void *context, const json_t *request, json_t **ret_reply, struct err *err)
{
    static const struct {
        const char *command;
        enum status (*answer)(struct kiosk_answer *context, const json_t *request,
                              json_t **ret_reply, struct err *err);
    } commands[] = {
        {"pair", answer_pair},   {"slip", answer_slip},     {"poster", answer_poster},
        {"sync", answer_sync},   {"status", answer_status}, {"seal", answer_seal},
        {"clock", answer_clock}, {"visits", answer_visits}, {"enrol", answer_enrol},
        {"setup", answer_setup}, {"slips", answer_slips},   {"witness", answer_witness},
    };
    const char *command = json_text_or(request, "command", "");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i].command, command) == 0)
            return commands[i].answer(context, request, ret_reply, err);
    return err_set(err, STATUS_BAD_INPUT, "this kiosk does not know the command");
}
