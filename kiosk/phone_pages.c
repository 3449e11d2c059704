// SPDX-License-Identifier: MIT
// Phone pages: what a code leads to.
#include "phone_pages.h"

#include <stdio.h>
#include <string.h>

#include "reply.h"
#include "request.h"
#include "text_api.h"

// ---- a typed code ------------------------------------------------------------------------------

static enum status show_field(struct view *view, const char *typed, bool wrong, struct reply *reply,
                              struct err *err)
{
    view_text(view, "typed", typed);
    if (wrong)
        view_word(view, "fault", "code_bad", NULL);
    else
        view_text(view, "fault", "");
    return view_render(view, "phone_code", "code_title", &reply->body, err);
}

enum status phone_pages_start(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(view_done) struct view view = {0};
    TRY(view_open(request, &view, err));
    view_switch_links(&view);
    return show_field(&view, "", false, reply, err);
}

static void lead_to_code(struct view *view, const char code[SLIPCODE_CHARS + 1],
                         struct reply *reply)
{
    char counter[RESPONSE_CODE_CHARS + 1];
    char path[VIEW_PATH_BYTES];
    char query[VIEW_QUERY_BYTES];
    bool poster = slip_poster_find(view->kiosk, code, counter);
    view_query(view, query);
    (void)snprintf(path, sizeof(path), "/%c/%s%s", poster ? 'P' : 'S', code, query);
    reply_redirect(reply, path);
}

enum status phone_pages_code(const struct request *request, struct reply *reply, struct err *err)
{
    static const char *const names[] = {"code", "lang", NULL};
    struct kiosk *kiosk = request->context;
    struct urlform form;
    TRY(request_form(request, names, &form, err));
    const char *typed = urlform_value(&form, "code");
    const char *language = urlform_value(&form, "lang");
    if (typed == NULL)
        return err_set(err, STATUS_BAD_INPUT, "field \"code\" is missing");
    if (language == NULL || !page_has_language(kiosk->pages, language))
        language = "vi";
    AUTO(view_done) struct view view = {0};
    view_init(kiosk, false, language, false, &view);
    char code[SLIPCODE_CHARS + 1];
    if (slipcode_read(typed, code)) {
        lead_to_code(&view, code, reply);
        return STATUS_OK;
    }
    reply->http_status = 400;
    return show_field(&view, typed, true, reply, err);
}

// ---- faces -------------------------------------------------------------------------------------

struct faces {
    struct view *view;
    const struct setup_area *area;
    bool again; // in the place of a page that was too old: says that nothing was recorded
};

static enum status set_faces(struct view *view, const struct setup_area *area, bool again,
                             struct err *err)
{
    const struct form_item *overall = form_item(area->form, "overall");
    if (overall == NULL)
        return BUG(err, "form %s has no item overall", area->form->name);
    view_set(view, "rate_again", json_boolean(again));
    view_text(view, "area_name", view_area_name(view, area));
    view_text(view, "question", view_item_text(view, overall));
    return STATUS_OK;
}

static enum status render_faces(void *context, struct buf *out, struct err *err)
{
    const struct faces *faces = context;
    const struct view_step first = {.token = prepared_token, .page = "overall"};
    view_step(faces->view, &first);
    // The answer to a form has no address of its own that a link could lead to.
    if (faces->again)
        view_switch_buttons(faces->view);
    else
        view_switch_links(faces->view);
    TRY(set_faces(faces->view, faces->area, faces->again, err));
    return view_render(faces->view, "phone_faces", "title_rate", out, err);
}

static enum status show_faces(struct faces *faces, struct token *token, struct reply *reply,
                              struct err *err)
{
    const struct view *view = faces->view;
    char text[TOKEN_TEXT_CHARS + 1];
    char key[PREPARED_KEY_BYTES];
    (void)stpcpy(token->area, faces->area->code);
    TRY(token_make(view->kiosk->daykeys, token, text, err));
    // Neither counter nor code is shown, so slips and posters of one area share their page.
    (void)snprintf(key, sizeof(key), "p%d|%s|%s", faces->again, view->language, faces->area->code);
    if (faces->again)
        reply->http_status = 410;
    return prepared_page(view->kiosk->prepared, key, render_faces, faces, text, 0, &reply->body,
                         err);
}

// ---- slips -------------------------------------------------------------------------------------

enum status phone_pages_find(struct kiosk *kiosk, const char *code, struct slip *ret_slip,
                             struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    enum status status = slip_find(kiosk, db, code, ret_slip, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

enum status phone_pages_state(struct view *view, const struct slip *slip, struct reply *reply,
                              struct err *err)
{
    static const char *const words[] = {[SLIP_FINISHED] = "finished",
                                        [SLIP_EXPIRED] = "expired",
                                        [SLIP_WITHDRAWN] = "withdrawn",
                                        [SLIP_UNKNOWN] = "unknown",
                                        [SLIP_WAITING] = "waiting"};
    char day[VIEW_DAY_BYTES] = "";
    if (slip->state == SLIP_EXPIRED)
        view_day(slip->expires_day, day);
    AUTO(json_decrefp) json_t *values = json_pack("{s:s}", "day", day);
    view_message(view, words[slip->state], values);
    if (slip->state == SLIP_UNKNOWN)
        view_link(view, "/", "enter_code");
    reply->http_status = slip->state == SLIP_UNKNOWN   ? 404
                         : slip->state == SLIP_WAITING ? 503
                                                       : 410;
    return view_render(view, "phone_message", "title_rate", &reply->body, err);
}

static enum status show_slip(struct view *view, const char *code, bool again, struct reply *reply,
                             struct err *err)
{
    struct slip slip = {0};
    TRY(phone_pages_find(view->kiosk, code, &slip, err));
    struct token token = {.channel = RESPONSE_SLIP, .step = slip.step, .linked = true};
    if (slip.state != SLIP_OPEN || !slipcode_read(code, token.code)) {
        if (!again)
            view_switch_links(view);
        return phone_pages_state(view, &slip, reply, err);
    }
    const struct setup *setup = &view->kiosk->setup;
    struct faces faces = {.view = view, .area = setup_area(setup, slip.area), .again = again};
    if (faces.area == NULL)
        return err_set(err, STATUS_GONE, "the slip's area is no longer in the setup");
    // A counter that the setup has given up since is left out; the slip still counts.
    if (setup_counter(setup, slip.counter) != NULL)
        (void)stpcpy(token.counter, slip.counter);
    return show_faces(&faces, &token, reply, err);
}

enum status phone_pages_slip(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(view_done) struct view view = {0};
    TRY(view_open(request, &view, err));
    return show_slip(&view, request->param[0], false, reply, err);
}

// ---- posters -----------------------------------------------------------------------------------

struct poster {
    char code[SLIPCODE_CHARS + 1];
    char counter_id[RESPONSE_CODE_CHARS + 1];
    const struct setup_counter *counter; // NULL for the office's
    size_t area_count;
};

static const struct setup_area *area_at(const struct setup *setup, const struct poster *poster,
                                        size_t index)
{
    return poster->counter == NULL ? &setup->areas[index] : poster->counter->areas[index];
}

static bool find_poster(struct kiosk *kiosk, const char *text, struct poster *ret_poster)
{
    if (!slipcode_read(text, ret_poster->code) ||
        !slip_poster_find(kiosk, ret_poster->code, ret_poster->counter_id))
        return false;
    ret_poster->counter = NULL;
    ret_poster->area_count = kiosk->setup.area_count;
    if (ret_poster->counter_id[0] == '\0')
        return true;
    ret_poster->counter = setup_counter(&kiosk->setup, ret_poster->counter_id);
    if (ret_poster->counter != NULL)
        ret_poster->area_count = ret_poster->counter->area_count;
    return ret_poster->counter != NULL;
}

static enum status choose_area(struct view *view, const struct poster *poster, struct reply *reply,
                               struct err *err)
{
    json_t *list = json_array();
    char query[VIEW_QUERY_BYTES];
    view_query(view, query);
    for (size_t i = 0; i < poster->area_count; i++) {
        const struct setup_area *area = area_at(&view->kiosk->setup, poster, i);
        char href[VIEW_PATH_BYTES];
        (void)snprintf(href, sizeof(href), "/P/%s/%s%s", poster->code, area->code, query);
        view_add(view, list,
                 json_pack("{s:s, s:s}", "href", href, "name", view_area_name(view, area)));
    }
    view_set(view, "areas", list);
    view_text(view, "counter_name",
              poster->counter == NULL ? "" : view_counter_name(view, poster->counter));
    view_switch_links(view);
    return view_render(view, "phone_areas", "title_rate", &reply->body, err);
}

static const struct setup_area *find_area(const struct setup *setup, const struct poster *poster,
                                          const char *code)
{
    for (size_t i = 0; i < poster->area_count; i++) {
        const struct setup_area *area = area_at(setup, poster, i);
        if (strcmp(area->code, code) == 0)
            return area;
    }
    return NULL;
}

static enum status show_poster(struct faces *faces, const struct poster *poster,
                               struct reply *reply, struct err *err)
{
    struct token token = {.channel = RESPONSE_POSTER, .step = RESPONSE_STEP_RESULT};
    (void)stpcpy(token.counter, poster->counter_id);
    return show_faces(faces, &token, reply, err);
}

enum status phone_pages_poster(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(view_done) struct view view = {0};
    TRY(view_open(request, &view, err));
    const struct setup *setup = &view.kiosk->setup;
    struct poster poster;
    bool known = find_poster(view.kiosk, request->param[0], &poster);
    const struct setup_area *area = NULL;
    if (known && request->param_count > 1)
        area = find_area(setup, &poster, request->param[1]);
    else if (known && poster.area_count == 1)
        area = area_at(setup, &poster, 0);
    if (area != NULL) {
        struct faces faces = {.view = &view, .area = area};
        return show_poster(&faces, &poster, reply, err);
    }
    if (known && request->param_count == 1)
        return choose_area(&view, &poster, reply, err);
    view_switch_links(&view);
    const struct slip unknown = {.state = SLIP_UNKNOWN};
    return phone_pages_state(&view, &unknown, reply, err);
}

enum status phone_pages_again(struct view *view, const struct token *token, struct reply *reply,
                              struct err *err)
{
    if (token->channel == RESPONSE_SLIP)
        return show_slip(view, token->code, true, reply, err);
    const struct setup *setup = &view->kiosk->setup;
    char code[SLIPCODE_CHARS + 1];
    struct poster poster;
    struct faces faces = {.view = view, .again = true};
    // The token may be anybody's: only what the setup has is shown.
    if (token->counter[0] == '\0' || setup_counter(setup, token->counter) != NULL) {
        slip_poster_code(view->kiosk, token->counter, code);
        if (find_poster(view->kiosk, code, &poster))
            faces.area = find_area(setup, &poster, token->area);
    }
    if (faces.area == NULL)
        return err_set(err, STATUS_GONE, "the page's area or counter is no longer in the setup");
    return show_poster(&faces, &poster, reply, err);
}

// ---- behind a tap ------------------------------------------------------------------------------

const char *phone_pages_next(const struct form *form, const char *page)
{
    return strcmp(page, "overall") == 0 && form->topic_count > 0 ? "topics" : "thanks";
}

static bool has_factor(const struct form *form, const struct urlform *chosen)
{
    for (size_t i = 0; i < form->item_count; i++) {
        const struct form_item *item = &form->items[i];
        if (item->page == FORM_PAGE_FACTORS &&
            (chosen == NULL || urlform_value(chosen, item->id) != NULL))
            return true;
    }
    return false;
}

static enum status show_topics(struct view *view, const struct form *form,
                               const struct view_step *step, struct buf *out, struct err *err)
{
    const struct form_item *agency = form_item(form, "agency");
    view_topics(view, form, step->chosen);
    view_set(view, "agency", agency == NULL ? json_false() : view_item(view, agency, step->chosen));
    view_set(view, "more", json_boolean(has_factor(form, NULL)));
    // What has been answered there must not seem lost after a switch of language.
    view_set(view, "more_open",
             json_boolean(step->chosen != NULL && has_factor(form, step->chosen)));
    view_factors(view, form, step->chosen);
    return view_render(view, "phone_topics", "title_rate", out, err);
}

static enum status show_write(struct view *view, const char *token, bool again, struct buf *out,
                              struct err *err)
{
    view_set(view, "write_again", json_boolean(again));
    view_text(view, "token", token);
    view_set(view, "text_chars", json_integer(TEXT_API_CHARS_MAX));
    return view_render(view, "phone_thanks", "title_thanks", out, err);
}

static enum status show_thanks(struct view *view, const char *token, struct buf *out,
                               struct err *err)
{
    view_word(view, "heading", "thanks", NULL);
    view_word(view, "what", "thanks_note", NULL);
    view_word(view, "then", "thanks_close", NULL);
    return show_write(view, token, false, out, err);
}

enum status phone_pages_write(struct kiosk *kiosk, const char *language, const char *word,
                              const char *token, struct buf *out, struct err *err)
{
    AUTO(view_done) struct view view = {0};
    view_init(kiosk, false, language, false, &view);
    view_message(&view, word, NULL);
    return show_write(&view, token, true, out, err);
}

enum status phone_pages_step(struct view *view, const struct token *token,
                             const struct view_step *step, struct buf *out, struct err *err)
{
    if (strcmp(step->page, "thanks") == 0)
        return show_thanks(view, step->token, out, err);
    const struct setup_area *area = setup_area(&view->kiosk->setup, token->area);
    if (area == NULL)
        return err_set(err, STATUS_GONE, "the page's area is no longer in the setup");
    view_step(view, step);
    view_switch_buttons(view);
    if (strcmp(step->page, "topics") == 0)
        return show_topics(view, area->form, step, out, err);
    TRY(set_faces(view, area, false, err));
    return view_render(view, "phone_faces", "title_rate", out, err);
}
