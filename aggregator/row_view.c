// SPDX-License-Identifier: MIT
// Builds the rows of the totals page.
#include "row_view.h"

#include <string.h>

#include "levelbar.h"
#include "numeral.h"

enum { TITLE_LIMIT_BYTES = 1024, BAR_LIMIT_BYTES = 4096, NAMES_LIMIT_BYTES = 512 };

// Verdicts of the report, their word and their flag in the template.
static const struct verdict {
    const char *name, *word;
} verdicts[] = {
    {"met", "verdict_met"},
    {"not_met", "verdict_not_met"},
    {"insufficient", "verdict_insufficient"},
    {"no_data", "verdict_no_data"},
    {"no_target", "verdict_no_target"}, // null in the report
};

void row_view_fact(struct viewmodel *view, json_t *facts, const char *label_key, json_t *value)
{
    viewmodel_append(
        view, facts,
        json_pack("{s:o, s:o}", "label", viewmodel_word(view, label_key, NULL), "value", value));
}

static void read_levels(const json_t *figure, int64_t ret_levels[LEVELBAR_LEVELS])
{
    const json_t *levels = json_object_get(figure, "levels");
    for (size_t i = 0; i < LEVELBAR_LEVELS; i++)
        ret_levels[i] = json_integer_value(json_array_get(levels, i));
}

static void add_verdict(struct viewmodel *view, const json_t *source, json_t *row)
{
    const char *name = json_text_or(source, "verdict", "no_target");
    viewmodel_put_text(view, row, "verdict", name);
    for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
        bool is = strcmp(verdicts[i].name, name) == 0;
        viewmodel_put(view, row, verdicts[i].name, json_boolean(is));
        if (is)
            viewmodel_put(view, row, "verdict_words", viewmodel_word(view, verdicts[i].word, NULL));
    }
}

// "Rất không hài lòng 3, … Rất hài lòng 120": what the bar shows, for those who cannot see it.
static void add_bar(struct viewmodel *view, const json_t *source, const char *name, json_t *row)
{
    static const char *const words[LEVELBAR_LEVELS] = {"level_1", "level_2", "level_3", "level_4",
                                                       "level_5"};
    int64_t levels[LEVELBAR_LEVELS];
    read_levels(source, levels);
    AUTO(buf_done) struct buf title;
    buf_init(&title, TITLE_LIMIT_BYTES);
    buf_add_text(&title, name);
    json_t *list = json_array();
    for (size_t i = 0; i < LEVELBAR_LEVELS; i++) {
        buf_add_text(&title, i == 0 ? ": " : ", ");
        page_word(view->pages, view->language, words[i], NULL, &title);
        buf_add_char(&title, ' ');
        numeral_count(view->language, levels[i], &title);
        viewmodel_append(view, list, viewmodel_count(view, levels[i]));
    }
    AUTO(buf_done) struct buf bar;
    buf_init(&bar, BAR_LIMIT_BYTES);
    levelbar_svg(levels, numeral_hundredths(json_object_get(source, "target")), buf_text(&title),
                 &bar);
    viewmodel_put_text(view, row, "bar", buf_text(&bar));
    viewmodel_put(view, row, "levels", list);
}

static json_t *count_words(struct viewmodel *view, const json_t *source, enum sources_state sources)
{
    int64_t answered = json_int_or(source, "answered", 0);
    if (answered > 0)
        return viewmodel_word(view, "count",
                              json_pack("{s:o, s:o}", "satisfied",
                                        viewmodel_count(view, json_int_or(source, "satisfied", 0)),
                                        "answered", viewmodel_count(view, answered)));
    if (sources == SOURCES_NONE)
        return viewmodel_word(view, "count_none_source", NULL);
    if (sources == SOURCES_BEHIND)
        return viewmodel_word(view, "count_none_behind", NULL);
    return viewmodel_word(view, sources == SOURCES_GOOD ? "count_none" : "count_none_silent", NULL);
}

static void add_target(struct viewmodel *view, const json_t *source, json_t *row)
{
    int64_t hundredths = numeral_hundredths(json_object_get(source, "target"));
    AUTO(buf_done) struct buf target;
    buf_init(&target, TITLE_LIMIT_BYTES);
    if (hundredths >= 0)
        numeral_target(view->language, hundredths, &target);
    viewmodel_put_text(view, row, "target", hundredths >= 0 ? buf_text(&target) : "–");
    viewmodel_put(view, row, "target_words",
                  hundredths >= 0 ? viewmodel_word(view, "target_words",
                                                   json_pack("{s:s}", "target", buf_text(&target)))
                                  : json_string(""));
}

// "đạt, 12/12": what the plan's own arithmetic says; JSON null without answers.
static json_t *plan_words(struct viewmodel *view, const json_t *source)
{
    const char *by_plan = json_text_or(source, "by_plan", "");
    if (*by_plan == '\0')
        return json_null();
    json_t *values = json_pack(
        "{s:o, s:o}", "satisfied", viewmodel_count(view, json_int_or(source, "satisfied", 0)),
        "answered", viewmodel_count(view, json_int_or(source, "answered", 0)));
    bool met = strcmp(by_plan, "met") == 0;
    return viewmodel_word(view, met ? "plan_met" : "plan_not_met", values);
}

// Not enough to say so ourselves: the plan's own answer stands beside it.
static json_t *remark_of(struct viewmodel *view, const json_t *source)
{
    json_t *words = plan_words(view, source);
    bool insufficient = strcmp(json_text_or(source, "verdict", ""), "insufficient") == 0;
    if (insufficient && !json_is_null(words))
        return viewmodel_word(view, "by_plan", json_pack("{s:o}", "verdict", words));
    json_decref(words);
    return json_null();
}

// What groups and areas have in common.
static json_t *row_of(struct viewmodel *view, const json_t *source, enum sources_state sources)
{
    const char *name = viewmodel_name(view, source);
    json_t *row = json_object();
    viewmodel_put_text(view, row, "code", json_text_or(source, "code", ""));
    viewmodel_put_text(view, row, "name", name);
    viewmodel_put_text(view, row, "note", "");
    viewmodel_put(view, row, "percent",
                  viewmodel_percent(view, json_object_get(source, "percent")));
    viewmodel_put(view, row, "count", count_words(view, source, sources));
    viewmodel_put(view, row, "answered", viewmodel_count(view, json_int_or(source, "answered", 0)));
    viewmodel_put(view, row, "remark", remark_of(view, source));
    add_verdict(view, source, row);
    add_target(view, source, row);
    add_bar(view, source, name, row);
    return row;
}

// "còn thiếu 12 lượt", or JSON null when there are enough or none at all.
static json_t *missing_words(struct viewmodel *view, const json_t *report, const json_t *source)
{
    int64_t missing =
        json_int_or(report, "insufficient_below", 0) - json_int_or(source, "answered", 0);
    if (strcmp(json_text_or(source, "verdict", ""), "insufficient") != 0 || missing <= 0)
        return json_null();
    return viewmodel_word(view, "warning_missing", json_pack("{s:I}", "n", (json_int_t)missing));
}

// The name of an area that a group's warning is about: one of its parts.
static const char *part_name(const struct viewmodel *view, const json_t *group, const char *code)
{
    size_t index;
    json_t *part;
    json_array_foreach(json_object_get(group, "parts"), index, part)
    {
        if (strcmp(json_text_or(part, "code", ""), code) == 0)
            return viewmodel_name(view, part);
    }
    return code;
}

static json_t *parts_warning(struct viewmodel *view, const json_t *group)
{
    const json_t *areas = json_object_get(group, "warning_areas");
    if (json_array_size(areas) == 0)
        return json_null();
    AUTO(buf_done) struct buf names;
    buf_init(&names, NAMES_LIMIT_BYTES);
    for (size_t i = 0; i < json_array_size(areas); i++) {
        const char *code = json_string_value(json_array_get(areas, i));
        buf_add_text(&names, i == 0 ? "" : ", ");
        buf_add_text(&names, part_name(view, group, code != NULL ? code : ""));
    }
    return viewmodel_word(view, "warning_parts", json_pack("{s:s}", "names", buf_text(&names)));
}

// JSON null when the figure is firm, or nothing can be said.
static json_t *close_words(struct viewmodel *view, const json_t *group, const char *key,
                           const char *open_key)
{
    if (!json_is_false(json_object_get(group, "firm")))
        return json_null();
    const json_t *needed = json_object_get(group, "needed");
    if (!json_is_integer(needed))
        return viewmodel_word(view, open_key, NULL);
    return viewmodel_word(
        view, key, json_pack("{s:o}", "n", viewmodel_count(view, json_integer_value(needed))));
}

// The most serious one: a part that fails alone, then too few answers, then a close figure.
static json_t *group_warning(struct viewmodel *view, const json_t *report, const json_t *group)
{
    json_t *warning = parts_warning(view, group);
    if (json_is_null(warning))
        warning = missing_words(view, report, group);
    bool judged = strcmp(json_text_or(group, "verdict", ""), "met") == 0 ||
                  strcmp(json_text_or(group, "verdict", ""), "not_met") == 0;
    if (json_is_null(warning) && judged)
        warning = close_words(view, group, "warning_close", "warning_close_open");
    return warning;
}

static void add_interval(struct viewmodel *view, const json_t *group, json_t *facts)
{
    const json_t *interval = json_object_get(group, "interval");
    if (json_array_size(interval) != 2)
        return;
    row_view_fact(
        view, facts, "fact_interval",
        viewmodel_word(view, "fact_interval_text",
                       json_pack("{s:o, s:o}", "low",
                                 viewmodel_percent(view, json_array_get(interval, 0)), "high",
                                 viewmodel_percent(view, json_array_get(interval, 1)))));
    json_t *close = close_words(view, group, "fact_close", "fact_close_open");
    if (json_is_true(json_object_get(group, "firm")))
        close = viewmodel_word(view, "fact_firm", NULL);
    if (!json_is_null(close))
        row_view_fact(view, facts, "fact_firm_label", close);
}

static void add_parts(struct viewmodel *view, const json_t *group, json_t *facts)
{
    size_t index;
    json_t *part;
    json_array_foreach(json_object_get(group, "parts"), index, part)
    {
        json_t *label = viewmodel_word(view, "fact_part",
                                       json_pack("{s:s}", "name", viewmodel_name(view, part)));
        viewmodel_append(
            view, facts,
            json_pack("{s:o, s:o}", "label", label, "value", viewmodel_figure(view, part)));
    }
}

static json_t *group_facts(struct viewmodel *view, const json_t *group)
{
    json_t *facts = json_array();
    row_view_fact(
        view, facts, "fact_satisfied",
        viewmodel_word(view, "fact_satisfied_text",
                       json_pack("{s:o, s:o}", "satisfied",
                                 viewmodel_count(view, json_int_or(group, "satisfied", 0)),
                                 "answered",
                                 viewmodel_count(view, json_int_or(group, "answered", 0)))));
    json_t *by_plan = plan_words(view, group);
    if (!json_is_null(by_plan))
        row_view_fact(view, facts, "by_plan_label", by_plan);
    add_interval(view, group, facts);
    const json_t *paper = json_object_get(group, "paper");
    row_view_fact(view, facts, "fact_paper",
                  json_is_object(paper) ? viewmodel_figure(view, paper)
                                        : viewmodel_word(view, "fact_unknown", NULL));
    add_parts(view, group, facts);
    const char *source = json_text_or(group, "source", "");
    if (*source != '\0')
        row_view_fact(view, facts, "fact_source", json_string(source));
    return facts;
}

json_t *row_view_group(struct viewmodel *view, const json_t *report, const json_t *group,
                       enum sources_state sources)
{
    json_t *row = row_of(view, group, sources);
    bool is_part = *json_text_or(group, "parent", "") != '\0';
    viewmodel_put(view, row, "is_part", json_boolean(is_part));
    bool agency = strcmp(json_text_or(group, "item", ""), "agency") == 0;
    if (json_bool_or(group, "item_pooled", false))
        viewmodel_put(view, row, "note", viewmodel_word(view, "item_pooled", NULL));
    else if (agency)
        viewmodel_put(view, row, "note", viewmodel_word(view, "item_agency", NULL));
    viewmodel_put(view, row, "warning", group_warning(view, report, group));
    viewmodel_put(view, row, "facts", group_facts(view, group));
    return row;
}

json_t *row_view_area(struct viewmodel *view, const json_t *report, const json_t *area,
                      enum sources_state sources)
{
    json_t *row = row_of(view, area, sources);
    viewmodel_put(view, row, "warning", missing_words(view, report, area));
    return row;
}
