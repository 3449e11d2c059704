// SPDX-License-Identifier: MIT
// Pages for staff beside the desk: pairing a device, the index, what an unpaired device shows.
#include "staff_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "screen_pages.h"

enum {
    // Pairing survives for as long as the device does.
    COOKIE_LIFE_S = 10 * 365 * 24 * 3600,
    AREA_LIST_BYTES = 512,
    COMMAND_BYTES = KIOSK_PATH_BYTES + 64,
};

static void add_command(struct view *view, const char *counter)
{
    char command[COMMAND_BYTES];
    (void)snprintf(command, sizeof(command), "hailong-kiosk pair --data %s %s%s",
                   view->kiosk->folder, counter == NULL ? "--desk" : "--counter ",
                   counter == NULL ? "" : counter);
    view_set(view, "commands", json_pack("[s]", command));
}

enum status staff_pages_unpaired(struct view *view, const char *word, const char *counter,
                                 struct reply *reply, struct err *err)
{
    view_message(view, word, NULL);
    add_command(view, counter);
    reply->http_status = 403;
    return view_render(view, "screen_message", "title_rate", &reply->body, err);
}

static void free_pairing(struct writer_job *job)
{
    free(job);
}

static enum status show_pair_gone(const struct request *request, struct reply *reply,
                                  struct err *err)
{
    AUTO(view_done) struct view view = {0};
    view_init(request->context, true, "vi", false, &view);
    const struct kiosk *kiosk = view.kiosk;
    view_message(&view, "pair_gone", NULL);
    add_command(&view, kiosk->setup.counter_count == 0 ? NULL : kiosk->setup.counters[0].id);
    reply->http_status = 410;
    return view_render(&view, "screen_message", "title_index", &reply->body, err);
}

static bool is_secure(const struct request *request)
{
    const char *scheme = request->header(request, "X-Forwarded-Proto");
    return scheme != NULL && strcmp(scheme, "https") == 0;
}

static enum status pair_after(const struct request *request, struct reply *reply, struct err *err)
{
    const struct device_pair_job *pairing = (const struct device_pair_job *)reply->job;
    if (pairing->job.status == STATUS_GONE)
        return show_pair_gone(request, reply, err);
    if (pairing->job.status != STATUS_OK)
        return err_set(err, pairing->job.status, "%s", pairing->job.err.text);
    char path[VIEW_PATH_BYTES] = "/desk";
    if (pairing->role == DEVICE_SCREEN)
        screen_pages_path(pairing->counter, path);
    reply_cookie(reply, DEVICE_COOKIE, pairing->cookie, COOKIE_LIFE_S, is_secure(request));
    reply_redirect(reply, path);
    return STATUS_OK;
}

enum status staff_pages_pair(const struct request *request, struct reply *reply, struct err *err)
{
    struct kiosk *kiosk = request->context;
    struct device_pair_job *pairing = calloc(1, sizeof(*pairing));
    if (pairing == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a pairing");
    enum status status = device_pair_prepare(kiosk->devices, request->param[0], pairing, err);
    if (status != STATUS_OK) {
        free(pairing);
        bool gone =
            status == STATUS_GONE || status == STATUS_BAD_INPUT || status == STATUS_NOT_FOUND;
        return gone ? show_pair_gone(request, reply, err) : status;
    }
    reply->job = &pairing->job;
    reply->job_free = free_pairing;
    reply->after = pair_after;
    return STATUS_OK;
}

static json_t *area_words(struct view *view, const struct setup_counter *counter)
{
    AUTO(buf_done) struct buf words;
    buf_init(&words, AREA_LIST_BYTES);
    for (size_t i = 0; i < counter->area_count; i++) {
        if (i > 0)
            buf_add_text(&words, " · ");
        buf_add_text(&words, view_area_name(view, counter->areas[i]));
    }
    // A list that is too long is left out: the counter's name says enough.
    return json_string(words.failed == STATUS_OK ? buf_text(&words) : "");
}

enum status staff_pages_index(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(view_done) struct view view = {0};
    TRY(view_open(request, &view, err));
    const struct setup *setup = &view.kiosk->setup;
    json_t *list = json_array();
    for (size_t i = 0; i < setup->counter_count; i++) {
        const struct setup_counter *counter = &setup->counters[i];
        view_add(&view, list,
                 json_pack("{s:s, s:s, s:o}", "id", counter->id, "name",
                           view_counter_name(&view, counter), "areas", area_words(&view, counter)));
    }
    view_set(&view, "counters", list);
    view_text(&view, "first_counter", setup->counter_count == 0 ? "1" : setup->counters[0].id);
    view_text(&view, "data", view.kiosk->folder);
    view_switch_links(&view);
    return view_render(&view, "index", "title_index", &reply->body, err);
}
