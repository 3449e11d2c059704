// SPDX-License-Identifier: MIT
// Handlers: from a request to the report's model and from that to page, JSON or CSV.
#include "hub_pages.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "picker.h"
#include "reply.h"
#include "report.h"
#include "totals_view.h"
#include "urlform.h"
#include "viewmodel.h"

enum { PATH_LIMIT_BYTES = 256, TITLE_LIMIT_BYTES = 512, KEY_BYTES = 64 };

// The language that "?lang=" asks for: a borrowed code of the catalogue, "vi" without one.
static enum status language_of(const struct request *request, const char **ret_language,
                               struct err *err)
{
    static const char *const names[] = {"lang", NULL};
    const struct hub *hub = request->context;
    *ret_language = "vi";
    if (request->query == NULL || *request->query == '\0')
        return STATUS_OK;
    struct urlform form;
    TRY(urlform_read(request->query, strlen(request->query), names, &form, err));
    const char *asked = urlform_value(&form, "lang");
    size_t index;
    json_t *language;
    json_array_foreach(page_languages(hub->pages), index, language)
    {
        const char *code = json_text_or(language, "code", "");
        if (strcmp(code, asked) != 0)
            continue;
        *ret_language = code;
        return STATUS_OK;
    }
    return err_set(err, STATUS_BAD_INPUT, "lang must be a language that the pages have");
}

static void add_languages(struct viewmodel *view, const char *path, json_t *model)
{
    json_t *list = json_array();
    size_t index;
    json_t *language;
    json_array_foreach(page_languages(view->pages), index, language)
    {
        const char *code = json_text_or(language, "code", "");
        AUTO(buf_done) struct buf href;
        buf_init(&href, PATH_LIMIT_BYTES);
        buf_add_text(&href, path);
        buf_add_text(&href, "?lang=");
        buf_add_text(&href, code);
        viewmodel_append(view, list,
                         json_pack("{s:s, s:s, s:s, s:b}", "href", buf_text(&href), "code", code,
                                   "name", json_text_or(language, "name", code), "current",
                                   strcmp(code, view->language) == 0));
    }
    viewmodel_put(view, model, "languages", list);
}

// What every page shows: names, marks, languages. `path` is that of this page in other languages.
static void add_frame(struct viewmodel *view, const struct hub *hub, const char *path,
                      json_t *model)
{
    viewmodel_put(view, model, "trial", json_boolean(hub->setup.trial));
    viewmodel_put(view, model, "sample", json_boolean(hub->setup.sample));
    viewmodel_put_text(view, model, "unit_name", hub->setup.unit_name);
    viewmodel_put_text(view, model, "unit_note", hub->setup.unit_note);
    add_languages(view, path, model);
}

static void add_title(struct viewmodel *view, const char *words_key, json_t *model)
{
    AUTO(buf_done) struct buf title;
    buf_init(&title, TITLE_LIMIT_BYTES);
    page_word(view->pages, view->language, words_key, NULL, &title);
    buf_add_text(&title, " · ");
    buf_add_text(&title, json_text_or(model, "unit_name", ""));
    viewmodel_put_text(view, model, "page_title", buf_text(&title));
}

enum status hub_pages_health(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    reply->content_type = "text/plain; charset=utf-8";
    buf_add_text(&reply->body, "ok\n");
    return buf_check(&reply->body, err);
}

enum status hub_pages_home(const struct request *request, struct reply *reply, struct err *err)
{
    const struct hub *hub = request->context;
    const char *language = NULL;
    TRY(language_of(request, &language, err));
    char quarter[PERIOD_NAME_CHARS + 1];
    period_quarter_of(clock_day(clock_now_s()), quarter);
    AUTO(buf_done) struct buf path;
    buf_init(&path, PATH_LIMIT_BYTES);
    picker_href(hub->setup.unit, quarter, language, &path);
    TRY(buf_check(&path, err));
    reply_redirect(reply, buf_text(&path));
    return STATUS_OK;
}

// The headings of the period picker.
static void name_sets(struct viewmodel *view, json_t *model)
{
    size_t index;
    json_t *set;
    json_array_foreach(json_object_get(model, "period_sets"), index, set)
    {
        char key[KEY_BYTES] = "periods_";
        (void)strncat(key, json_text_or(set, "key", ""), sizeof(key) - strlen(key) - 1);
        viewmodel_put(view, set, "name", viewmodel_word(view, key, NULL));
    }
}

// "/units/05533/2026-Q4/report.csv" and the like.
static void add_downloads(struct viewmodel *view, const struct request *request, json_t *model)
{
    static const struct {
        const char *key, *before, *after;
    } files[] = {
        {"csv_href", "/units/", "/report.csv"},
        {"json_href", "/api/v1/report/", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        AUTO(buf_done) struct buf href;
        buf_init(&href, PATH_LIMIT_BYTES);
        buf_add_text(&href, files[i].before);
        buf_add_text(&href, request->param[0]);
        buf_add_char(&href, '/');
        buf_add_text(&href, request->param[1]);
        buf_add_text(&href, files[i].after);
        viewmodel_put_text(view, model, files[i].key, buf_text(&href));
    }
}

static enum status totals_model(const struct request *request, const json_t *report,
                                const char *language, json_t *model, struct err *err)
{
    const struct hub *hub = request->context;
    struct period period;
    TRY(period_parse(request->param[1], &period, err));
    TRY(picker_add(model, request->param[0], &period, language, err));
    struct viewmodel view = {.pages = hub->pages, .language = language};
    add_frame(&view, hub, request->path, model);
    const json_t *unit = json_object_get(report, "unit");
    viewmodel_put_text(&view, model, "unit_name", json_text_or(unit, "name", ""));
    viewmodel_put_text(&view, model, "unit_note", json_text_or(unit, "note", ""));
    add_title(&view, "totals_title", model);
    name_sets(&view, model);
    add_downloads(&view, request, model);
    TRY(viewmodel_check(&view, err));
    return totals_view_add(hub->pages, language, report, model, err);
}

enum status hub_pages_totals(const struct request *request, struct reply *reply, struct err *err)
{
    const struct hub *hub = request->context;
    const char *language = NULL;
    TRY(language_of(request, &language, err));
    AUTO(json_decrefp) json_t *report = NULL;
    TRY(report_read(hub, request->param[0], request->param[1], &report, err));
    AUTO(json_decrefp) json_t *model = json_object();
    TRY(totals_model(request, report, language, model, err));
    return page_render(hub->pages, "totals", language, model, &reply->body, err);
}

enum status hub_pages_json(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(json_decrefp) json_t *report = NULL;
    TRY(report_read(request->context, request->param[0], request->param[1], &report, err));
    reply->content_type = "application/json";
    return json_write(report, &reply->body, err);
}

enum status hub_pages_csv(const struct request *request, struct reply *reply, struct err *err)
{
    AUTO(json_decrefp) json_t *report = NULL;
    TRY(report_read(request->context, request->param[0], request->param[1], &report, err));
    reply->content_type = "text/csv; charset=utf-8";
    char disposition[PATH_LIMIT_BYTES];
    (void)snprintf(disposition, sizeof(disposition), "attachment; filename=\"hai-long-%s-%s.csv\"",
                   request->param[0], request->param[1]);
    // A calendar period's name has a colon, which Windows does not take in a file's name.
    char *colon = strchr(disposition, ':');
    if (colon != NULL)
        *colon = '-';
    reply_header(reply, "Content-Disposition", disposition);
    return report_csv(report, &reply->body, err);
}

// The words for a refusal: those of its status or the general ones.
static const char *refusal_key(unsigned http_status)
{
    static const struct {
        unsigned http_status;
        const char *key;
    } keys[] = {
        {400, "refusal_400"}, {404, "refusal_404"}, {405, "refusal_405"},
        {413, "refusal_413"}, {503, "refusal_503"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].http_status == http_status)
            return keys[i].key;
    }
    return "refusal_other";
}

static enum status refusal_page(const struct request *request, struct reply *reply, struct err *err)
{
    const struct hub *hub = request->context;
    const char *language = NULL;
    if (language_of(request, &language, err) != STATUS_OK)
        language = "vi";
    char next[KEY_BYTES];
    const char *key = refusal_key(reply->http_status);
    (void)snprintf(next, sizeof(next), "%s_next", key);
    AUTO(json_decrefp) json_t *model = json_object();
    struct viewmodel view = {.pages = hub->pages, .language = language};
    // The refused address itself is not put into links: it may be anything.
    add_frame(&view, hub, "/", model);
    add_title(&view, key, model);
    viewmodel_put(&view, model, "title", viewmodel_word(&view, key, NULL));
    viewmodel_put(&view, model, "what_next", viewmodel_word(&view, next, NULL));
    viewmodel_put_text(&view, model, "home", strcmp(language, "en") == 0 ? "/?lang=en" : "/");
    TRY(viewmodel_check(&view, err));
    return page_render(hub->pages, "refusal", language, model, &reply->body, err);
}

static enum status refusal_json(const struct request *request, struct reply *reply, struct err *err)
{
    const struct hub *hub = request->context;
    struct viewmodel view = {.pages = hub->pages, .language = "en"};
    AUTO(json_decrefp) json_t *model = json_object();
    viewmodel_put(&view, model, "error",
                  viewmodel_word(&view, refusal_key(reply->http_status), NULL));
    TRY(viewmodel_check(&view, err));
    reply->content_type = "application/json";
    return json_write(model, &reply->body, err);
}

void hub_pages_refusal(const struct request *request, struct reply *reply)
{
    static const char api[] = "/api/";
    bool is_api = request->path != NULL && strncmp(request->path, api, sizeof(api) - 1) == 0;
    buf_clear(&reply->body);
    reply->content_type = "text/html; charset=utf-8";
    struct err err = {0};
    enum status status =
        is_api ? refusal_json(request, reply, &err) : refusal_page(request, reply, &err);
    if (status == STATUS_OK)
        return;
    // No memory for a page: the status line alone must do.
    buf_clear(&reply->body);
    reply->content_type = "text/plain; charset=utf-8";
}
