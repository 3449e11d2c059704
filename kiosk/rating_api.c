// SPDX-License-Identifier: MIT
// Takes ratings and says what comes next.
#include "rating_api.h"

#include <stdio.h>
#include <string.h>

#include "jsonw.h"
#include "phone_pages.h"
#include "rating.h"
#include "reply.h"
#include "request.h"
#include "screen_pages.h"
#include "text.h"

bool rating_api_wants_json(const struct request *request)
{
    const char *accept = request->header == NULL ? NULL : request->header(request, "Accept");
    return accept != NULL && strstr(accept, "application/json") != NULL &&
           strstr(accept, "text/html") == NULL;
}

// A screen's page is answered where screens are; whoever copied its token to a phone is refused.
static enum status check_listener(const struct request *request, const struct token *token,
                                  struct err *err)
{
    if (token->channel == RESPONSE_SCREEN && request->listener != KIOSK_LISTEN_SCREEN)
        return err_set(err, STATUS_DENIED, "a counter screen's page came by another listener");
    return STATUS_OK;
}

static enum status show_step(struct view *view, const struct token *token,
                             const struct view_step *step, struct reply *reply, struct err *err)
{
    if (token->channel == RESPONSE_SCREEN)
        return screen_pages_step(view, token, step, &reply->body, err);
    return phone_pages_step(view, token, step, &reply->body, err);
}

// ---- after the commit --------------------------------------------------------------------------

static void answer_json(const struct rating *rating, struct reply *reply)
{
    struct jsonw w;
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", rating->outcome == RATING_REPEATED ? "repeated" : "recorded");
    jsonw_object_end(&w);
    reply->content_type = "application/json";
}

static enum status show_next(const struct rating *rating, struct view *view, struct reply *reply,
                             struct err *err)
{
    const struct setup *setup = &view->kiosk->setup;
    const struct setup_area *area = setup_area(setup, rating->token.area);
    if (area == NULL)
        return err_set(err, STATUS_GONE, "the page's area is no longer in the setup");
    const char *page = rating->response.page;
    struct view_step step = {.token = rating->token_text, .part = rating->response.part + 1};
    step.page = rating->token.channel == RESPONSE_SCREEN
                    ? screen_pages_next(setup, area->form, page)
                    : phone_pages_next(area->form, page);
    return show_step(view, &rating->token, &step, reply, err);
}

// The page cannot be answered any more: its slip's state, or a fresh one in its place. The token
// need not be proved.
static enum status show_gone(const struct token *token, struct view *view, struct reply *reply,
                             struct err *err)
{
    if (token->channel != RESPONSE_SCREEN)
        return phone_pages_again(view, token, reply, err);
    if (setup_counter(&view->kiosk->setup, token->counter) == NULL)
        return err_set(err, STATUS_GONE, "the page's counter is no longer in the setup");
    screen_pages_path(token->counter, view->home);
    view_message(view, "old", NULL);
    view_link(view, view->home, "fresh_page");
    reply->http_status = 410;
    return view_render(view, "screen_message", "title_rate", &reply->body, err);
}

// The token of a form that was found too old: its day key is gone, or what it was made for.
static enum status read_old(const struct request *request, const struct urlform *form,
                            struct token *ret_token, struct err *err)
{
    const struct kiosk *kiosk = request->context;
    uint8_t id[ENTRY_ID_BYTES];
    const char *text = urlform_value_or(form, "token", "");
    const enum status status = token_read(kiosk->daykeys, text, ret_token, id, err);
    return status == STATUS_GONE ? STATUS_OK : status;
}

static enum status answer_old(const struct request *request, const struct urlform *form,
                              const struct token *token, struct reply *reply, struct err *err)
{
    struct kiosk *kiosk = request->context;
    TRY(check_listener(request, token, err));
    if (rating_api_wants_json(request))
        return err_set(err, STATUS_GONE, "the page is too old; open it again");
    const char *language = urlform_value_or(form, "to", urlform_value_or(form, "lang", "vi"));
    if (!page_has_language(kiosk->pages, language))
        language = "vi";
    const bool screen = token->channel == RESPONSE_SCREEN;
    const bool large = strcmp(urlform_value_or(form, "large", "0"), "1") == 0;
    AUTO(view_done) struct view view = {0};
    view_init(kiosk, screen, language, screen && large, &view);
    return show_gone(token, &view, reply, err);
}

static enum status after_post(const struct request *request, struct reply *reply, struct err *err)
{
    const struct rating *rating = (const struct rating *)reply->job;
    enum status status = rating->job.status;
    bool json = rating_api_wants_json(request);
    if (status != STATUS_OK && (status != STATUS_GONE || json))
        return err_set(err, status, "%s", rating->job.err.text);
    if (json) {
        answer_json(rating, reply);
        return STATUS_OK;
    }
    bool screen = rating->token.channel == RESPONSE_SCREEN;
    AUTO(view_done) struct view view = {0};
    view_init(rating->kiosk, screen, rating->language, screen && rating->large_text, &view);
    if (status == STATUS_GONE)
        return show_gone(&rating->token, &view, reply, err);
    // Nobody is there any more to be asked the next thing.
    if (screen && rating->response.part > 0 && rating->response.end >= RESPONSE_END_EXIT) {
        screen_pages_path(rating->token.counter, view.home);
        reply_redirect(reply, view.home);
        return STATUS_OK;
    }
    return show_next(rating, &view, reply, err);
}

enum status rating_api_post(const struct request *request, struct reply *reply, struct err *err)
{
    struct urlform form;
    TRY(request_form(request, rating_fields, &form, err));
    struct rating *rating = NULL;
    const enum status status = rating_new(request->context, &form, &rating, err);
    if (status == STATUS_GONE) {
        struct token token = {0};
        TRY(read_old(request, &form, &token, err));
        return answer_old(request, &form, &token, reply, err);
    }
    TRY(status);
    reply->job = &rating->job;
    reply->job_free = rating_job_free;
    reply->after = after_post;
    return check_listener(request, &rating->token, err);
}

// ---- the same step once more -------------------------------------------------------------------

// A rating's fields and the switches'.
static enum status read_step_form(const struct request *request, struct urlform *ret_form,
                                  struct err *err)
{
    const char *names[URLFORM_FIELD_MAX + 1] = {"to", "size", "again"};
    size_t count = 3;
    for (size_t i = 0; rating_fields[i] != NULL && count < URLFORM_FIELD_MAX; i++)
        names[count++] = rating_fields[i];
    return request_form(request, names, ret_form, err);
}

static enum status read_switches(const struct urlform *form, struct kiosk *kiosk, bool screen,
                                 struct view *ret_view, struct err *err)
{
    const char *language = urlform_value_or(form, "to", urlform_value_or(form, "lang", "vi"));
    const char *now = strcmp(urlform_value_or(form, "large", "0"), "1") == 0 ? "large" : "normal";
    const char *size = urlform_value_or(form, "size", now);
    if (!page_has_language(kiosk->pages, language))
        return err_set(err, STATUS_BAD_INPUT, "field \"to\" names a language that there is not");
    if (strcmp(size, "large") != 0 && strcmp(size, "normal") != 0)
        return err_set(err, STATUS_BAD_INPUT, "field \"size\" must be large or normal");
    view_init(kiosk, screen, language, screen && size[0] == 'l', ret_view);
    return STATUS_OK;
}

static enum status read_step(const struct urlform *form, struct view_step *ret_step,
                             struct err *err)
{
    static const char *const pages[] = {"overall", "topics", "agency", "factors"};
    struct view_step step = {.token = urlform_value(form, "token"), .chosen = form};
    TRY(text_int(urlform_value_or(form, "part", ""), 0, RATING_PART_MAX, "field \"part\"",
                 &step.part, err));
    const char *page = urlform_value_or(form, "page", "");
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        if (strcmp(page, pages[i]) == 0)
            step.page = pages[i];
    }
    if (step.page == NULL)
        return err_set(err, STATUS_BAD_INPUT, "field \"page\" names a page that is not asked");
    if (urlform_value(form, "again") != NULL) {
        // A number of its own: the page that was left may still be sent from the browser's
        // history, and must not meet the change of level under its part.
        step.page = "overall";
        step.part++;
        step.chosen = NULL;
    }
    *ret_step = step;
    return STATUS_OK;
}

enum status rating_api_step(const struct request *request, struct reply *reply, struct err *err)
{
    struct kiosk *kiosk = request->context;
    struct urlform form;
    TRY(read_step_form(request, &form, err));
    struct token token;
    uint8_t id[ENTRY_ID_BYTES];
    const enum status status =
        token_read(kiosk->daykeys, urlform_value_or(&form, "token", ""), &token, id, err);
    if (status == STATUS_GONE)
        return answer_old(request, &form, &token, reply, err);
    TRY(status);
    TRY(check_listener(request, &token, err));
    struct view_step step = {0};
    TRY(read_step(&form, &step, err));
    AUTO(view_done) struct view view = {0};
    TRY(read_switches(&form, kiosk, token.channel == RESPONSE_SCREEN, &view, err));
    return show_step(&view, &token, &step, reply, err);
}
