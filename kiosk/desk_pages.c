// SPDX-License-Identifier: MIT
// The desk: one page, whose side panel says what the last press did.
#include "desk_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "counts.h"
#include "qr.h"
#include "reply.h"
#include "request.h"
#include "slip.h"
#include "staff_pages.h"
#include "timekeeper.h"
#include "view.h"
#include "witnessed.h"

enum {
    SVG_LIMIT_BYTES = 64 * 1024,
    MODULE_PX = 8, // the style sheet scales it; this is its natural size
    REMEMBER_S = 365 * 24 * 3600,
};
#define AREA_COOKIE "hailong_desk_area"
#define COUNTER_COOKIE "hailong_desk_counter"

// What stands in the form: what was sent, else what was chosen last on this device.
struct desk {
    struct view view;
    bool allowed;
    bool clock_refused; // pressing once more helps nobody
    struct urlform form;
    char area[RESPONSE_CODE_CHARS + 1];
    char counter[RESPONSE_CODE_CHARS + 1];
    enum response_step step;
};

static void desk_done(struct desk *desk)
{
    view_done(&desk->view);
}

// ---- the form ----------------------------------------------------------------------------------

static void remember(const struct request *request, const char *cookie,
                     char ret_code[RESPONSE_CODE_CHARS + 1])
{
    if (!request_cookie(request, cookie, ret_code, RESPONSE_CODE_CHARS + 1))
        ret_code[0] = '\0';
}

static void set_areas(struct desk *desk)
{
    const struct setup *setup = &desk->view.kiosk->setup;
    json_t *list = json_array();
    for (size_t i = 0; i < setup->area_count; i++) {
        const struct setup_area *area = &setup->areas[i];
        view_add(&desk->view, list,
                 json_pack("{s:s, s:s, s:s, s:b}", "code", area->code, "name",
                           view_area_name(&desk->view, area), "icon", area->icon, "on",
                           strcmp(area->code, desk->area) == 0));
    }
    view_set(&desk->view, "areas", list);
}

static void set_counters(struct desk *desk)
{
    const struct setup *setup = &desk->view.kiosk->setup;
    json_t *all = json_array();
    json_t *armed = json_array();
    for (size_t i = 0; i < setup->counter_count; i++) {
        const struct setup_counter *counter = &setup->counters[i];
        const char *name = view_counter_name(&desk->view, counter);
        view_add(&desk->view, all,
                 json_pack("{s:s, s:s, s:b}", "id", counter->id, "name", name, "on",
                           strcmp(counter->id, desk->counter) == 0));
        struct arming arming = arming_now(desk->view.kiosk->armings, counter->id);
        const struct setup_area *area = setup_area(setup, arming.area);
        if (arming.number != 0 && area != NULL)
            view_add(&desk->view, armed,
                     json_pack("{s:s, s:s, s:s}", "counter", counter->id, "counter_name", name,
                               "area_name", view_area_name(&desk->view, area)));
    }
    view_set(&desk->view, "counters", all);
    view_set(&desk->view, "armed", armed);
}

static void step_word(struct view *view, enum response_step step, struct buf *out)
{
    char word[32];
    (void)snprintf(word, sizeof(word), "step_%s", response_step_name(step));
    page_word(view->kiosk->pages, view->language, word, NULL, out);
}

static void set_steps(struct desk *desk)
{
    // The usual one first; how a visit ended must not decide whether people are asked, so the
    // others stand beside it with the same two buttons.
    static const enum response_step order[] = {RESPONSE_STEP_RESULT, RESPONSE_STEP_INTAKE,
                                               RESPONSE_STEP_SUPPLEMENT, RESPONSE_STEP_REFUSAL};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        AUTO(buf_done) struct buf name;
        buf_init(&name, 256);
        step_word(&desk->view, order[i], &name);
        view_add(&desk->view, list,
                 json_pack("{s:s, s:s, s:b}", "code", response_step_name(order[i]), "name",
                           buf_text(&name), "on", order[i] == desk->step));
    }
    view_set(&desk->view, "steps", list);
}

static enum status set_count(struct view *view, struct err *err)
{
    int64_t count = 0;
    struct db *db = dbpool_take(view->kiosk->readers);
    enum status status = slip_count_day(db, clock_day(clock_now_s()), &count, err);
    dbpool_give(view->kiosk->readers, db);
    TRY(status);
    AUTO(json_decrefp) json_t *values = json_pack("{s:I}", "count", (json_int_t)count);
    view_word(view, "count_words", "count_today", values);
    return STATUS_OK;
}

// Only while the clock is not trusted: what it shows, and a button to say that this is right.
static void set_clock(struct desk *desk)
{
    struct view *view = &desk->view;
    view_set(view, "clock", json_false());
    if (desk->clock_refused || timekeeper_is_trusted(view->kiosk->timekeeper))
        return;
    char text[32];
    const struct civil now = clock_civil(clock_wall_s());
    (void)snprintf(text, sizeof text, "%02d:%02d, %02d/%02d/%04d", now.hour, now.minute, now.day,
                   now.month, now.year);
    AUTO(buf_done) struct buf words;
    buf_init(&words, 512);
    AUTO(json_decrefp) json_t *values = json_pack("{s:s}", "time", text);
    page_word(view->kiosk->pages, view->language, "clock_ask", values, &words);
    view_set(view, "clock", json_pack("{s:s}", "ask", buf_text(&words)));
}

static enum status show(struct desk *desk, struct reply *reply, struct err *err)
{
    char query[VIEW_QUERY_BYTES];
    view_query(&desk->view, query);
    view_text(&desk->view, "query", query);
    set_areas(desk);
    set_counters(desk);
    set_steps(desk);
    set_clock(desk);
    view_switch_links(&desk->view);
    TRY(set_count(&desk->view, err));
    const int witnessed = desk->view.kiosk->witnessed;
    view_set(&desk->view, "witnessed", json_boolean(witnessed == WITNESSED_CHECKED));
    view_set(&desk->view, "witness_said", json_boolean(witnessed == WITNESSED_SAID));
    view_set(&desk->view, "no_witness", json_boolean(witnessed == WITNESSED_NO));
    return view_render(&desk->view, "desk", "title_desk", &reply->body, err);
}

// ---- reading a request -------------------------------------------------------------------------

static enum status desk_open(const struct request *request, struct reply *reply,
                             struct desk *ret_desk, struct err *err)
{
    struct kiosk *kiosk = request->context;
    char cookie[DEVICE_COOKIE_CHARS + 1] = "";
    (void)request_cookie(request, DEVICE_COOKIE, cookie, sizeof(cookie));
    TRY(view_open(request, &ret_desk->view, err));
    ret_desk->allowed = device_role(kiosk->devices, cookie, NULL) == DEVICE_DESK;
    if (!ret_desk->allowed)
        return staff_pages_unpaired(&ret_desk->view, "desk_unpaired", NULL, reply, err);
    ret_desk->step = RESPONSE_STEP_RESULT;
    remember(request, AREA_COOKIE, ret_desk->area);
    remember(request, COUNTER_COOKIE, ret_desk->counter);
    static const char *const panels[] = {"slip", "replace"};
    for (size_t i = 0; i < ARRAY_SIZE(panels); i++)
        view_set(&ret_desk->view, panels[i], json_false());
    view_text(&ret_desk->view, "notice", "");
    view_text(&ret_desk->view, "fault", "");
    return STATUS_OK;
}

// Reads a form of the desk's. A code that the setup does not know is taken for none.
static enum status read_form(const struct request *request, struct desk *desk, struct err *err)
{
    static const char *const names[] = {"area", "step", "counter", "dossier", "replace", NULL};
    const struct setup *setup = &desk->view.kiosk->setup;
    if (!request_same_origin(request))
        return err_set(err, STATUS_DENIED, "a form of the desk came from another site");
    TRY(request_form(request, names, &desk->form, err));
    const struct setup_area *area = setup_area(setup, urlform_value_or(&desk->form, "area", ""));
    const struct setup_counter *counter =
        setup_counter(setup, urlform_value_or(&desk->form, "counter", ""));
    (void)stpcpy(desk->area, area == NULL ? "" : area->code);
    (void)stpcpy(desk->counter, counter == NULL ? "" : counter->id);
    if (!response_step_find(urlform_value_or(&desk->form, "step", "result"), &desk->step))
        return err_set(err, STATUS_BAD_INPUT, "field \"step\" names a step that there is not");
    return STATUS_OK;
}

static void keep_choice(const struct desk *desk, struct reply *reply)
{
    reply_cookie(reply, AREA_COOKIE, desk->area, REMEMBER_S, false);
    reply_cookie(reply, COUNTER_COOKIE, desk->counter, REMEMBER_S, false);
}

static enum status show_fault(struct desk *desk, const char *word, enum status status,
                              struct reply *reply, struct err *err)
{
    view_word(&desk->view, "fault", word, NULL);
    reply->http_status = status_http(status);
    return show(desk, reply, err);
}

enum status desk_pages_get(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(desk_done) struct desk desk = {0};
    TRY(desk_open(request, reply, &desk, err));
    return desk.allowed ? show(&desk, reply, err) : STATUS_OK;
}

// ---- slips -------------------------------------------------------------------------------------

static void free_slip_job(struct writer_job *job)
{
    free(job);
}

static enum status add_qr(const char *url, const char *title, struct buf *out, struct err *err)
{
    AUTO(qr_done) struct qr qr = {0};
    TRY(qr_encode(url, &qr, err));
    qr_svg(&qr, MODULE_PX, title, out);
    return buf_check(out, err);
}

static void set_until(const struct view *view, int32_t day, struct buf *out)
{
    char text[VIEW_DAY_BYTES];
    view_day(day, text);
    AUTO(json_decrefp) json_t *values = json_pack("{s:s}", "day", text);
    page_word(view->kiosk->pages, view->language, "slip_until", values, out);
}

static enum status set_slip(struct desk *desk, const struct slip_job *slip, struct err *err)
{
    struct view *view = &desk->view;
    const struct setup_area *area = setup_area(&view->kiosk->setup, desk->area);
    char url[SLIP_URL_BYTES];
    char shown[SLIPCODE_SHOWN_CHARS + 1];
    slip_url(view->kiosk, slip->code, desk->area, desk->counter, desk->step, url);
    slipcode_shown(slip->code, shown);
    AUTO(buf_done) struct buf svg;
    AUTO(buf_done) struct buf until;
    AUTO(buf_done) struct buf step;
    buf_init(&svg, SVG_LIMIT_BYTES);
    buf_init(&until, 256);
    buf_init(&step, 256);
    TRY(add_qr(url, shown, &svg, err));
    set_until(view, slip->expires_day, &until);
    step_word(view, desk->step, &step);
    view_set(view, "slip",
             json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "qr", buf_text(&svg), "code", shown,
                       "area_name", area == NULL ? "" : view_area_name(view, area), "step_name",
                       buf_text(&step), "until", buf_text(&until), "private",
                       slip_url_is_private(url)));
    return STATUS_OK;
}

// The dossier has a slip for this step: the clerk decides.
static enum status ask_replace(struct desk *desk, struct reply *reply, struct err *err)
{
    struct view *view = &desk->view;
    AUTO(buf_done) struct buf step;
    AUTO(buf_done) struct buf question;
    buf_init(&step, 256);
    buf_init(&question, 1024);
    step_word(view, desk->step, &step);
    AUTO(json_decrefp) json_t *values = json_pack("{s:s}", "step", buf_text(&step));
    page_word(view->kiosk->pages, view->language, "replace_ask", values, &question);
    view_set(view, "replace",
             json_pack("{s:s, s:s, s:s, s:s, s:s}", "question", buf_text(&question), "area",
                       desk->area, "counter", desk->counter, "step", response_step_name(desk->step),
                       "dossier", urlform_value_or(&desk->form, "dossier", "")));
    reply->http_status = 409;
    return show(desk, reply, err);
}

static enum status slip_after(const struct request *request, struct reply *reply, struct err *err)
{
    const struct slip_job *slip = (const struct slip_job *)reply->job;
    AUTO(desk_done) struct desk desk = {0};
    TRY(desk_open(request, reply, &desk, err));
    TRY(read_form(request, &desk, err));
    if (slip->job.status == STATUS_CONFLICT)
        return ask_replace(&desk, reply, err);
    if (slip->job.status == STATUS_GONE)
        return show_fault(&desk, "fault_rated", STATUS_GONE, reply, err);
    if (slip->job.status != STATUS_OK)
        return err_set(err, slip->job.status, "%s", slip->job.err.text);
    keep_choice(&desk, reply);
    TRY(set_slip(&desk, slip, err));
    return show(&desk, reply, err);
}

enum status desk_pages_slip(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(desk_done) struct desk desk = {0};
    TRY(desk_open(request, reply, &desk, err));
    if (!desk.allowed)
        return STATUS_OK;
    TRY(read_form(request, &desk, err));
    if (desk.area[0] == '\0')
        return show_fault(&desk, "fault_area", STATUS_BAD_INPUT, reply, err);
    // None is a choice; one that the setup has given up since the page was opened is a mistake.
    if (desk.counter[0] == '\0' && urlform_value_or(&desk.form, "counter", "")[0] != '\0')
        return show_fault(&desk, "fault_counter", STATUS_BAD_INPUT, reply, err);
    struct slip_job *slip = calloc(1, sizeof(*slip));
    if (slip == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a slip");
    reply->job = &slip->job;
    reply->job_free = free_slip_job;
    reply->after = slip_after;
    struct slip_order order = {.area = desk.area,
                               .counter = desk.counter,
                               .step = desk.step,
                               .dossier = urlform_value_or(&desk.form, "dossier", ""),
                               .replace = urlform_value(&desk.form, "replace") != NULL};
    enum status status = slip_prepare(desk.view.kiosk, &order, slip, err);
    if (status == STATUS_OK)
        return STATUS_OK;
    free_slip_job(reply->job);
    reply->job = NULL;
    if (status == STATUS_DENIED)
        return show_fault(&desk, "fault_waiting", STATUS_BUSY, reply, err);
    // Area, counter and step were looked up here; what can be wrong is the dossier's code.
    return status == STATUS_BAD_INPUT
               ? show_fault(&desk, "fault_dossier", STATUS_BAD_INPUT, reply, err)
               : status;
}

// ---- screens -----------------------------------------------------------------------------------

enum status desk_pages_arm(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(desk_done) struct desk desk = {0};
    TRY(desk_open(request, reply, &desk, err));
    if (!desk.allowed)
        return STATUS_OK;
    TRY(read_form(request, &desk, err));
    const struct kiosk *kiosk = desk.view.kiosk;
    const struct setup_area *area = setup_area(&kiosk->setup, desk.area);
    const struct setup_counter *counter = setup_counter(&kiosk->setup, desk.counter);
    if (area == NULL)
        return show_fault(&desk, "fault_area", STATUS_BAD_INPUT, reply, err);
    if (counter == NULL)
        return show_fault(&desk, "fault_counter", STATUS_BAD_INPUT, reply, err);
    (void)arming_set(kiosk->armings, counter->id, area->code, desk.step);
    counts_offer(desk.view.kiosk, area->code, desk.step);
    AUTO(json_decrefp)
    json_t *values = json_pack("{s:s, s:s}", "counter", view_counter_name(&desk.view, counter),
                               "area", view_area_name(&desk.view, area));
    view_word(&desk.view, "notice", "armed_done", values);
    keep_choice(&desk, reply);
    return show(&desk, reply, err);
}

enum status desk_pages_cancel(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(desk_done) struct desk desk = {0};
    TRY(desk_open(request, reply, &desk, err));
    if (!desk.allowed)
        return STATUS_OK;
    TRY(read_form(request, &desk, err));
    if (desk.counter[0] == '\0')
        return show_fault(&desk, "fault_counter", STATUS_BAD_INPUT, reply, err);
    arming_cancel(desk.view.kiosk->armings, desk.counter);
    // The cancel button says only a counter; the form keeps what was chosen last.
    remember(request, AREA_COOKIE, desk.area);
    view_word(&desk.view, "notice", "disarmed_done", NULL);
    return show(&desk, reply, err);
}

// ---- the clock ---------------------------------------------------------------------------------

enum status desk_pages_clock(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(desk_done) struct desk desk = {0};
    TRY(desk_open(request, reply, &desk, err));
    if (!desk.allowed)
        return STATUS_OK;
    if (!request_same_origin(request))
        return err_set(err, STATUS_DENIED, "a form of the desk came from another site");
    const enum status status = timekeeper_vouch(desk.view.kiosk->timekeeper, NULL);
    desk.clock_refused = status != STATUS_OK;
    if (desk.clock_refused)
        return show_fault(&desk, status == STATUS_DENIED ? "fault_clock_far" : "fault_clock",
                          STATUS_CONFLICT, reply, err);
    view_word(&desk.view, "notice", "clock_done", NULL);
    return show(&desk, reply, err);
}
