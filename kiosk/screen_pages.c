// SPDX-License-Identifier: MIT
// Counter screens. A screen is shown to its own paired device only.
#include "screen_pages.h"

#include <stdio.h>
#include <string.h>

#include "jsonw.h"
#include "request.h"
#include "staff_pages.h"

void screen_pages_path(const char *counter, char ret_path[VIEW_PATH_BYTES])
{
    static const char prefix[] = "/c/";
    size_t size_bytes = strnlen(counter, VIEW_PATH_BYTES - sizeof(prefix));
    memcpy(ret_path, prefix, sizeof(prefix));
    memcpy(ret_path + strlen(prefix), counter, size_bytes);
    ret_path[strlen(prefix) + size_bytes] = '\0';
}

// ---- who may see it ----------------------------------------------------------------------------

// Not the desk either: whoever issues slips must not be able to rate in the visitor's place.
static bool may_show(const struct request *request, const char *counter, bool *ret_desk)
{
    const struct kiosk *kiosk = request->context;
    char cookie[DEVICE_COOKIE_CHARS + 1];
    char own[RESPONSE_CODE_CHARS + 1] = "";
    *ret_desk = false;
    if (!request_cookie(request, DEVICE_COOKIE, cookie, sizeof(cookie)))
        return false;
    enum device_role role = device_role(kiosk->devices, cookie, own);
    *ret_desk = role == DEVICE_DESK;
    return role == DEVICE_SCREEN && strcmp(own, counter) == 0;
}

// What a request for a counter's page starts from.
struct screen {
    struct view view;
    const struct setup_counter *counter;
    bool allowed; // else the answer has been given
};

static void screen_done(struct screen *screen)
{
    view_done(&screen->view);
}

static enum status screen_open(const struct request *request, struct reply *reply,
                               struct screen *ret_screen, struct err *err)
{
    struct kiosk *kiosk = request->context;
    const struct setup_counter *counter = setup_counter(&kiosk->setup, request->param[0]);
    if (counter == NULL)
        return err_set(err, STATUS_NOT_FOUND, "there is no such counter in the setup");
    TRY(view_open(request, &ret_screen->view, err));
    ret_screen->counter = counter;
    bool desk = false;
    ret_screen->allowed = may_show(request, counter->id, &desk);
    screen_pages_path(counter->id, ret_screen->view.home);
    if (ret_screen->allowed)
        return STATUS_OK;
    return staff_pages_unpaired(&ret_screen->view, desk ? "own_screen" : "unpaired", counter->id,
                                reply, err);
}

// ---- invitation and areas ----------------------------------------------------------------------

static bool is_default(const struct view *view)
{
    return !view->large && strcmp(view->language, "vi") == 0;
}

// Lets the page follow the desk. `version` as text, or the place for it.
static void follow(struct view *view, const char *counter, const char *version)
{
    char path[VIEW_PATH_BYTES];
    (void)snprintf(path, sizeof(path), "/c/%s/state", counter);
    view_text(view, "state", path);
    view_text(view, "version", version);
}

static void follow_now(struct view *view, const char *counter)
{
    char version[PREPARED_VERSION_CHARS + 1];
    (void)snprintf(version, sizeof(version), "%u",
                   (unsigned)arming_version(view->kiosk->armings, counter));
    follow(view, counter, version);
}

static void set_path(struct view *view, const char *key, const char *counter, const char *rest)
{
    char path[VIEW_PATH_BYTES];
    char query[VIEW_QUERY_BYTES];
    view_query(view, query);
    (void)snprintf(path, sizeof(path), "/c/%s%s%s", counter, rest, query);
    view_text(view, key, path);
}

static enum status show_invitation(struct screen *screen, struct reply *reply, struct err *err)
{
    struct view *view = &screen->view;
    follow_now(view, screen->counter->id);
    view_switch_links(view);
    view_set(view, "quiet", json_boolean(is_default(view)));
    view_text(view, "counter_name", view_counter_name(view, screen->counter));
    set_path(view, "areas_href", screen->counter->id, "/areas");
    return view_render(view, "screen_start", "title_rate", &reply->body, err);
}

enum status screen_pages_areas(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(screen_done) struct screen screen = {0};
    TRY(screen_open(request, reply, &screen, err));
    if (!screen.allowed)
        return STATUS_OK;
    struct view *view = &screen.view;
    char query[VIEW_QUERY_BYTES];
    view_query(view, query);
    json_t *list = json_array();
    for (size_t i = 0; i < screen.counter->area_count; i++) {
        const struct setup_area *area = screen.counter->areas[i];
        char href[VIEW_PATH_BYTES];
        (void)snprintf(href, sizeof(href), "/c/%s/%s%s", screen.counter->id, area->code, query);
        view_add(view, list,
                 json_pack("{s:s, s:s, s:s}", "href", href, "name", view_area_name(view, area),
                           "icon", area->icon));
    }
    view_set(view, "areas", list);
    follow_now(view, screen.counter->id);
    view_switch_links(view);
    view_text(view, "counter_name", view_counter_name(view, screen.counter));
    set_path(view, "back_href", screen.counter->id, "");
    return view_render(view, "screen_areas", "title_rate", &reply->body, err);
}

// ---- faces -------------------------------------------------------------------------------------

struct faces {
    struct view *view;
    const struct setup_counter *counter;
    const struct setup_area *area;
    bool home; // stands at the counter's own address: nothing to go back to
};

static void set_faces(struct view *view, const struct setup_counter *counter,
                      const struct setup_area *area, const struct form_item *item)
{
    view_text(view, "counter_name", counter == NULL ? "" : view_counter_name(view, counter));
    view_text(view, "area_name", view_area_name(view, area));
    view_text(view, "item", item->id);
    view_text(view, "question", view_item_text(view, item));
}

static enum status render_faces(void *context, struct buf *out, struct err *err)
{
    struct faces *faces = context;
    struct view *view = faces->view;
    const struct view_step first = {.token = prepared_token, .page = "overall"};
    view_step(view, &first);
    follow(view, faces->counter->id, prepared_version);
    view_switch_links(view);
    view_set(view, "quiet", json_boolean(faces->home && is_default(view)));
    if (!faces->home)
        set_path(view, "back_href", faces->counter->id, "/areas");
    const struct form_item *overall = form_item(faces->area->form, "overall");
    if (overall == NULL)
        return BUG(err, "form %s has no item overall", faces->area->form->name);
    set_faces(view, faces->counter, faces->area, overall);
    return view_render(view, "screen_faces", "title_rate", out, err);
}

// "c", the display, the counter, the area: all that makes two pages of faces differ.
static void faces_key(const struct faces *faces, char ret_key[PREPARED_KEY_BYTES])
{
    _Static_assert(sizeof("c00|") + sizeof(faces->view->language) +
                           2UL * (RESPONSE_CODE_CHARS + 1) <
                       PREPARED_KEY_BYTES,
                   "the longest key fits");
    char *at = stpcpy(ret_key, "c");
    *at++ = faces->home ? '1' : '0';
    *at++ = faces->view->large ? '1' : '0';
    *at++ = '|';
    at = stpcpy(at, faces->view->language);
    *at++ = '|';
    at = stpcpy(at, faces->counter->id);
    *at++ = '|';
    (void)stpcpy(at, faces->area->code);
}

// `version` was read before what it stands for, so that no change is missed.
static enum status show_faces(struct faces *faces, const struct arming *arming, uint32_t version,
                              struct reply *reply, struct err *err)
{
    struct kiosk *kiosk = faces->view->kiosk;
    struct token token = {.channel = RESPONSE_SCREEN,
                          .step = arming->number != 0 ? arming->step : RESPONSE_STEP_RESULT,
                          .arming = arming->number};
    (void)stpcpy(token.counter, faces->counter->id);
    (void)stpcpy(token.area, faces->area->code);
    char text[TOKEN_TEXT_CHARS + 1];
    TRY(token_make(kiosk->daykeys, &token, text, err));
    char key[PREPARED_KEY_BYTES];
    faces_key(faces, key);
    return prepared_page(kiosk->prepared, key, render_faces, faces, text, version, &reply->body,
                         err);
}

enum status screen_pages_home(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(screen_done) struct screen screen = {0};
    TRY(screen_open(request, reply, &screen, err));
    if (!screen.allowed)
        return STATUS_OK;
    const struct kiosk *kiosk = screen.view.kiosk;
    uint32_t version = arming_version(kiosk->armings, screen.counter->id);
    struct arming arming = arming_now(kiosk->armings, screen.counter->id);
    struct faces faces = {.view = &screen.view, .counter = screen.counter, .home = true};
    if (arming.number != 0)
        faces.area = setup_area(&kiosk->setup, arming.area);
    else if (screen.counter->area_count == 1)
        faces.area = screen.counter->areas[0];
    if (faces.area == NULL)
        return show_invitation(&screen, reply, err);
    return show_faces(&faces, &arming, version, reply, err);
}

static const struct setup_area *area_of_counter(const struct setup_counter *counter,
                                                const char *code)
{
    for (size_t i = 0; i < counter->area_count; i++) {
        if (strcmp(counter->areas[i]->code, code) == 0)
            return counter->areas[i];
    }
    return NULL;
}

enum status screen_pages_area(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(screen_done) struct screen screen = {0};
    TRY(screen_open(request, reply, &screen, err));
    if (!screen.allowed)
        return STATUS_OK;
    struct faces faces = {.view = &screen.view, .counter = screen.counter};
    faces.area = area_of_counter(screen.counter, request->param[1]);
    if (faces.area == NULL)
        return err_set(err, STATUS_NOT_FOUND, "this counter does not serve such an area");
    struct armings *armings = screen.view.kiosk->armings;
    uint32_t version = arming_version(armings, screen.counter->id);
    // Armed for this very area: the answer belongs to the visit, whichever way it was reached.
    struct arming arming = arming_now(armings, screen.counter->id);
    if (strcmp(arming.area, faces.area->code) != 0)
        arming = (struct arming){0};
    return show_faces(&faces, &arming, version, reply, err);
}

enum status screen_pages_state(const struct request *request, struct reply *reply, struct err *err)
{
    const struct kiosk *kiosk = request->context;
    const struct setup_counter *counter = setup_counter(&kiosk->setup, request->param[0]);
    if (counter == NULL)
        return err_set(err, STATUS_NOT_FOUND, "there is no such counter in the setup");
    bool desk = false;
    if (!may_show(request, counter->id, &desk))
        return err_set(err, STATUS_DENIED, "this device is not paired with the counter's screen");
    struct jsonw w;
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "version", arming_version(kiosk->armings, counter->id));
    jsonw_object_end(&w);
    reply->content_type = "application/json";
    return STATUS_OK;
}

// ---- behind a tap ------------------------------------------------------------------------------

const char *screen_pages_next(const struct setup *setup, const struct form *form, const char *page)
{
    bool agency = setup->screen_agency && form_item(form, "agency") != NULL;
    bool factors = setup->screen_factors && form_item(form, "F1") != NULL;
    if (strcmp(page, "overall") == 0 && form->topic_count > 0)
        return "topics";
    if (strcmp(page, "agency") != 0 && strcmp(page, "factors") != 0 && agency)
        return "agency";
    if (strcmp(page, "factors") != 0 && factors)
        return "factors";
    return "thanks";
}

static enum status show_thanks(struct view *view, struct buf *out, struct err *err)
{
    view_set(view, "leave_s", json_integer(VIEW_THANKS_S));
    return view_render(view, "screen_thanks", "title_thanks", out, err);
}

enum status screen_pages_step(struct view *view, const struct token *token,
                              const struct view_step *step, struct buf *out, struct err *err)
{
    const struct setup *setup = &view->kiosk->setup;
    const struct setup_area *area = setup_area(setup, token->area);
    if (area == NULL)
        return err_set(err, STATUS_GONE, "the page's area is no longer in the setup");
    if (token->counter[0] != '\0')
        screen_pages_path(token->counter, view->home);
    if (strcmp(step->page, "thanks") == 0)
        return show_thanks(view, out, err);
    view_step(view, step);
    view_switch_buttons(view);
    if (strcmp(step->page, "topics") == 0) {
        view_topics(view, area->form, step->chosen);
        return view_render(view, "screen_topics", "title_rate", out, err);
    }
    if (strcmp(step->page, "factors") == 0) {
        view_factors(view, area->form, step->chosen);
        return view_render(view, "screen_factors", "title_rate", out, err);
    }
    const struct form_item *item = form_item(area->form, step->page);
    if (item == NULL)
        return err_set(err, STATUS_BAD_INPUT, "field \"page\" names a page that is not asked");
    view_set(view, "skip", json_boolean(strcmp(step->page, "agency") == 0));
    set_faces(view, setup_counter(setup, token->counter), area, item);
    if (strcmp(step->page, "agency") == 0) {
        // This one is about the office as a whole, not about what was done at this counter.
        view_text(view, "area_name", "");
        view_text(view, "counter_name", setup->office_name);
    }
    return view_render(view, "screen_faces", "title_rate", out, err);
}
