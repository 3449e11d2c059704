// SPDX-License-Identifier: MIT
// Builds the models that the kiosk's templates render.
#include "view.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "kiosk_assets.h"

enum { WORD_LIMIT_BYTES = 4096, HREF_BYTES = 2 * VIEW_QUERY_BYTES };

static void read_display(struct view *view, const char *language, bool large)
{
    // Not snprintf: each page begins here. The rest is zero since view_init.
    memcpy(view->language, language, strnlen(language, sizeof(view->language) - 1));
    view->large = large;
}

static void set_bool(struct view *view, const char *key, bool value)
{
    view_set(view, key, json_boolean(value));
}

// Every name that the frame of a page asks for, so that templates may be strict. Calls view_set
// for each, which finds the model begun.
static void begin_model(struct view *view)
{
    if (view->model == NULL)
        return;
    const struct setup *setup = &view->kiosk->setup;
    static const char *const off[] = {"switches", "links", "leave_s", "state", "version",
                                      "quiet",    "retry", "link",    "skip"};
    for (size_t i = 0; i < ARRAY_SIZE(off); i++)
        set_bool(view, off[i], false);
    view_text(view, "office", setup->office_name);
    view_text(view, "note", setup->unit_note);
    view_text(view, "back_href", "");
    view_text(view, "item", "overall");
    view_text(view, "css", view_phone_css());
    view_set(view, "commands", json_array());
    set_bool(view, "trial", setup->trial);
    set_bool(view, "sample", setup->sample);
    set_bool(view, "large", view->large);
    bool slow = view->large && setup->idle_s < VIEW_IDLE_LARGE_S;
    view_set(view, "idle_s", json_integer(slow ? VIEW_IDLE_LARGE_S : setup->idle_s));
}

void view_init(struct kiosk *kiosk, bool screen, const char *language, bool large,
               struct view *ret_view)
{
    *ret_view = (struct view){.kiosk = kiosk, .screen = screen, .home = "/"};
    read_display(ret_view, language, large);
}

// Apart, because most pages have no query and the form takes 9 KiB of stack that must be cleared.
static enum status open_with_query(const struct request *request, bool screen,
                                   struct view *ret_view, struct err *err)
{
    static const char *const names[] = {"lang", "large", NULL};
    struct kiosk *kiosk = request->context;
    struct urlform query;
    TRY(urlform_read(request->query, strlen(request->query), names, &query, err));
    const char *language = urlform_value(&query, "lang");
    const char *large = urlform_value(&query, "large");
    if (language == NULL)
        language = "vi";
    if (large == NULL)
        large = "0";
    if (!page_has_language(kiosk->pages, language))
        return err_set(err, STATUS_BAD_INPUT, "\"lang\" names a language that there is not");
    if (strcmp(large, "0") != 0 && strcmp(large, "1") != 0)
        return err_set(err, STATUS_BAD_INPUT, "\"large\" must be 0 or 1");
    view_init(kiosk, screen, language, screen && large[0] == '1', ret_view);
    return STATUS_OK;
}

enum status view_open(const struct request *request, struct view *ret_view, struct err *err)
{
    bool screen = request->listener == KIOSK_LISTEN_SCREEN;
    if (request->query[0] != '\0')
        return open_with_query(request, screen, ret_view, err);
    view_init(request->context, screen, "vi", false, ret_view);
    return STATUS_OK;
}

void view_done(struct view *view)
{
    json_decref(view->model);
    view->model = NULL;
}

void view_query(const struct view *view, char ret_query[VIEW_QUERY_BYTES])
{
    bool other = strcmp(view->language, "vi") != 0;
    (void)snprintf(ret_query, VIEW_QUERY_BYTES, "%s%s%s%s", other || view->large ? "?" : "",
                   other ? "lang=" : "", other ? view->language : "",
                   view->large ? (other ? "&large=1" : "large=1") : "");
}

static bool is_vietnamese(const struct view *view)
{
    return strcmp(view->language, "en") != 0;
}

const char *view_area_name(const struct view *view, const struct setup_area *area)
{
    return is_vietnamese(view) ? area->name_vi : area->name_en;
}

const char *view_counter_name(const struct view *view, const struct setup_counter *counter)
{
    return is_vietnamese(view) ? counter->name_vi : counter->name_en;
}

const char *view_item_text(const struct view *view, const struct form_item *item)
{
    return is_vietnamese(view) ? item->text_vi : item->text_en;
}

// ---- parts of the model ------------------------------------------------------------------------

void view_set(struct view *view, const char *key, json_t *value)
{
    // Made on first use: a page that is kept ready needs none.
    if (view->model == NULL) {
        view->model = json_object();
        begin_model(view);
    }
    if (json_object_set_new(view->model, key, value) != 0)
        view->failed = true;
}

void view_text(struct view *view, const char *key, const char *text)
{
    view_set(view, key, json_string(text));
}

void view_word(struct view *view, const char *key, const char *word, const json_t *values)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, WORD_LIMIT_BYTES);
    page_word(view->kiosk->pages, view->language, word, values, &text);
    view_set(view, key, text.failed == STATUS_OK ? json_string(buf_text(&text)) : NULL);
}

void view_add(struct view *view, json_t *list, json_t *object)
{
    if (json_array_append_new(list, object) != 0)
        view->failed = true;
}

// The list of languages with what each switch needs. Links say the size of text as well.
static void set_languages(struct view *view)
{
    json_t *list = json_array();
    size_t index;
    json_t *row;
    json_array_foreach(page_languages(view->kiosk->pages), index, row)
    {
        const char *code = json_text_or(row, "code", "");
        char href[HREF_BYTES];
        (void)snprintf(href, sizeof(href), "?lang=%.7s%s", code, view->large ? "&large=1" : "");
        view_add(view, list,
                 json_pack("{s:s, s:O, s:s, s:b}", "code", code, "name",
                           json_object_get(row, "name"), "href", href, "current",
                           strcmp(code, view->language) == 0));
    }
    view_set(view, "languages", list);
}

void view_switch_links(struct view *view)
{
    char href[HREF_BYTES];
    (void)snprintf(href, sizeof(href), "?lang=%s%s", view->language, view->large ? "" : "&large=1");
    set_bool(view, "switches", true);
    set_bool(view, "links", true);
    view_text(view, "size_href", href);
    set_languages(view);
}

void view_switch_buttons(struct view *view)
{
    set_bool(view, "switches", true);
    set_bool(view, "links", false);
    view_text(view, "size_to", view->large ? "normal" : "large");
    set_languages(view);
}

// ---- questions ---------------------------------------------------------------------------------

void view_step(struct view *view, const struct view_step *step)
{
    view_text(view, "token", step->token);
    view_text(view, "page", step->page);
    view_set(view, "part", json_integer(step->part));
}

static bool is_chosen(const struct urlform *chosen, const char *name, const char *value)
{
    const char *found = chosen == NULL ? NULL : urlform_value(chosen, name);
    return found != NULL && strcmp(found, value) == 0;
}

void view_topics(struct view *view, const struct form *form, const struct urlform *chosen)
{
    json_t *list = json_array();
    for (size_t i = 0; i < form->topic_count; i++) {
        const struct form_topic *topic = &form->topics[i];
        char field[FORM_ID_CHARS + sizeof("topic_")];
        (void)snprintf(field, sizeof(field), "topic_%s", topic->id);
        view_add(view, list,
                 json_pack("{s:s, s:s, s:b}", "id", topic->id, "text",
                           is_vietnamese(view) ? topic->text_vi : topic->text_en, "on",
                           is_chosen(chosen, field, "1")));
    }
    view_set(view, "topics", list);
}

static void add_level(struct view *view, json_t *levels, const char *item, int level, bool on)
{
    AUTO(buf_done) struct buf label;
    buf_init(&label, WORD_LIMIT_BYTES);
    char word[24];
    (void)snprintf(word, sizeof(word), "level_%d", level);
    page_word(view->kiosk->pages, view->language, word, NULL, &label);
    view_add(view, levels,
             json_pack("{s:s, s:i, s:s, s:b}", "id", item, "level", level, "label",
                       buf_text(&label), "on", on));
}

json_t *view_item(struct view *view, const struct form_item *item, const struct urlform *chosen)
{
    json_t *levels = json_array();
    for (int level = 1; level <= item->levels; level++) {
        char value[16];
        (void)snprintf(value, sizeof(value), "%d", level);
        add_level(view, levels, item->id, level, is_chosen(chosen, item->id, value));
    }
    return json_pack("{s:s, s:s, s:o}", "id", item->id, "text", view_item_text(view, item),
                     "levels", levels);
}

void view_factors(struct view *view, const struct form *form, const struct urlform *chosen)
{
    json_t *list = json_array();
    for (size_t i = 0; i < form->item_count; i++) {
        if (form->items[i].page == FORM_PAGE_FACTORS)
            view_add(view, list, view_item(view, &form->items[i], chosen));
    }
    view_set(view, "factors", list);
}

// ---- messages ----------------------------------------------------------------------------------

void view_message(struct view *view, const char *word, const json_t *values)
{
    char name[32];
    view_word(view, "heading", word, values);
    (void)snprintf(name, sizeof(name), "%s_what", word);
    view_word(view, "what", name, values);
    (void)snprintf(name, sizeof(name), "%s_then", word);
    view_word(view, "then", name, values);
}

void view_link(struct view *view, const char *href, const char *word)
{
    AUTO(buf_done) struct buf label;
    buf_init(&label, WORD_LIMIT_BYTES);
    page_word(view->kiosk->pages, view->language, word, NULL, &label);
    view_set(view, "link", json_pack("{s:s, s:s}", "href", href, "label", buf_text(&label)));
}

enum status view_render(struct view *view, const char *page, const char *title, struct buf *out,
                        struct err *err)
{
    view_text(view, "home", view->home);
    view_word(view, "title", title, NULL);
    if (view->failed)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the page's model");
    return page_render(view->kiosk->pages, page, view->language, view->model, out, err);
}

void view_day(int32_t day, char ret_text[VIEW_DAY_BYTES])
{
    struct civil date = clock_date_of_day(day);
    (void)snprintf(ret_text, VIEW_DAY_BYTES, "%02d/%02d/%04d", date.day % 100, date.month % 100,
                   date.year % 10000);
}

const char *view_phone_css(void)
{
    const struct asset *css = asset_find(&kiosk_assets, "assets/phone.css");
    return css == NULL ? "" : (const char *)css->bytes;
}
