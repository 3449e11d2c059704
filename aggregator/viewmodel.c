// SPDX-License-Identifier: MIT
// Small makers of JSON strings for page models.
#include "viewmodel.h"

#include <string.h>

#include "numeral.h"

enum { WORD_LIMIT_BYTES = 4096 };

void viewmodel_put(struct viewmodel *view, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        view->failed = true;
}

void viewmodel_put_text(struct viewmodel *view, json_t *object, const char *key, const char *text)
{
    viewmodel_put(view, object, key, json_string(text));
}

void viewmodel_append(struct viewmodel *view, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        view->failed = true;
}

json_t *viewmodel_word(struct viewmodel *view, const char *key, json_t *values)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, WORD_LIMIT_BYTES);
    page_word(view->pages, view->language, key, values, &text);
    json_decref(values);
    return json_string(buf_text(&text));
}

json_t *viewmodel_count(struct viewmodel *view, int64_t count)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, WORD_LIMIT_BYTES);
    numeral_count(view->language, count, &text);
    return json_string(buf_text(&text));
}

json_t *viewmodel_percent(struct viewmodel *view, const json_t *percent)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, WORD_LIMIT_BYTES);
    numeral_percent(view->language, json_string_value(percent), &text);
    return json_string(buf_text(&text));
}

json_t *viewmodel_day(struct viewmodel *view, const char *day)
{
    enum { DAY_CHARS = 10 }; // "2026-11-03"
    size_t size_bytes = strnlen(day, DAY_CHARS);
    if (strcmp(view->language, "vi") != 0 || size_bytes < DAY_CHARS)
        return json_stringn(day, size_bytes);
    const char turned[] = {day[8], day[9], '/',    day[5], day[6],
                           '/',    day[0], day[1], day[2], day[3]};
    return json_stringn(turned, sizeof(turned));
}

json_t *viewmodel_when(struct viewmodel *view, const char *when)
{
    const char *time = strchr(when, ' ');
    if (time == NULL)
        return viewmodel_day(view, when);
    return viewmodel_word(
        view, "when", json_pack("{s:s, s:o}", "time", time + 1, "day", viewmodel_day(view, when)));
}

const char *viewmodel_name(const struct viewmodel *view, const json_t *object)
{
    const char *name = json_text_or(object, "name", "");
    bool english = strcmp(view->language, "en") == 0;
    return english ? json_text_or(object, "name_en", name) : name;
}

json_t *viewmodel_figure(struct viewmodel *view, const json_t *figure)
{
    json_t *values = json_pack(
        "{s:o, s:o, s:o}", "percent", viewmodel_percent(view, json_object_get(figure, "percent")),
        "satisfied", viewmodel_count(view, json_int_or(figure, "satisfied", 0)), "answered",
        viewmodel_count(view, json_int_or(figure, "answered", 0)));
    return viewmodel_word(view, "figure", values);
}

enum status viewmodel_check(const struct viewmodel *view, struct err *err)
{
    if (view->failed)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the page");
    return STATUS_OK;
}
