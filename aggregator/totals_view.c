// SPDX-License-Identifier: MIT
// Puts the totals page's model together.
#include "totals_view.h"

#include <string.h>

#include "row_view.h"

enum { CHANNEL_KEY_BYTES = 32 };

// Posters are shown apart from the headline (IND-01).
static bool in_headline(const char *channel)
{
    return strcmp(channel, "poster") != 0;
}

static void add_rows(struct viewmodel *view, const json_t *report, enum sources_state sources,
                     json_t *model)
{
    size_t index;
    json_t *source;
    json_t *groups = json_array();
    json_array_foreach(json_object_get(report, "groups"), index, source)
        viewmodel_append(view, groups, row_view_group(view, report, source, sources));
    viewmodel_put(view, model, "groups", groups);
    json_t *areas = json_array();
    json_t *empty = json_array();
    json_array_foreach(json_object_get(report, "areas"), index, source)
    {
        bool answered = json_int_or(source, "answered", 0) > 0;
        viewmodel_append(view, answered ? areas : empty,
                         row_view_area(view, report, source, sources));
    }
    // An office has some twenty areas and most quarters fewer in use: those stand folded up.
    json_t *words = json_null();
    if (json_array_size(empty) > 0)
        words = viewmodel_word(view, "areas_empty",
                               json_pack("{s:I}", "n", (json_int_t)json_array_size(empty)));
    viewmodel_put(view, model, "areas", areas);
    viewmodel_put(view, model, "areas_empty", empty);
    viewmodel_put(view, model, "areas_empty_words", words);
}

static json_t *channel_row(struct viewmodel *view, const json_t *source)
{
    const char *channel = json_text_or(source, "channel", "");
    char key[CHANNEL_KEY_BYTES] = "channel_";
    (void)strncat(key, channel, sizeof(key) - strlen(key) - 1);
    bool headline = in_headline(channel);
    json_t *row = json_object();
    viewmodel_put(view, row, "name", viewmodel_word(view, key, NULL));
    viewmodel_put(view, row, "headline",
                  viewmodel_word(view, headline ? "headline_yes" : "headline_no", NULL));
    viewmodel_put(view, row, "satisfied",
                  viewmodel_count(view, json_int_or(source, "satisfied", 0)));
    viewmodel_put(view, row, "answered", viewmodel_count(view, json_int_or(source, "answered", 0)));
    viewmodel_put(view, row, "percent",
                  viewmodel_percent(view, json_object_get(source, "percent")));
    return row;
}

static void add_channels(struct viewmodel *view, const json_t *report, json_t *model)
{
    json_t *rows = json_array();
    size_t index;
    json_t *source;
    json_array_foreach(json_object_get(report, "by_channel"), index, source)
        viewmodel_append(view, rows, channel_row(view, source));
    viewmodel_put(view, model, "channels", rows);
}

static json_t *figure_or_word(struct viewmodel *view, const json_t *figure, const char *word)
{
    return json_is_object(figure) ? viewmodel_figure(view, figure)
                                  : viewmodel_word(view, word, NULL);
}

static json_t *time_range(struct viewmodel *view, const json_t *range)
{
    json_t *count = viewmodel_count(view, json_int_or(range, "count", 0));
    return viewmodel_word(view, "fact_time_range_text",
                          json_pack("{s:o, s:s, s:s}", "n", count, "first",
                                    json_text_or(range, "first", ""), "last",
                                    json_text_or(range, "last", "")));
}

// What does not count: few flagged answers are only counted (report.h).
static void add_left_out(struct viewmodel *view, const json_t *report, json_t *facts)
{
    json_int_t flagged = (json_int_t)json_int_or(report, "flagged_count", 0);
    const json_t *figure = json_object_get(report, "flagged");
    bool few = flagged > 0 && !json_is_object(figure);
    size_t index = 0;
    const json_t *range = NULL;
    row_view_fact(view, facts, "fact_flagged",
                  few ? viewmodel_word(view, "fact_flagged_few", json_pack("{s:I}", "n", flagged))
                      : figure_or_word(view, figure, "fact_unknown"));
    row_view_fact(view, facts, "fact_voided",
                  viewmodel_count(view, json_int_or(report, "voided", 0)));
    row_view_fact(view, facts, "fact_all_in",
                  figure_or_word(view, json_object_get(report, "all_in"),
                                 few ? "fact_all_in_hidden" : "fact_unknown"));
    json_array_foreach(json_object_get(report, "time_ranges"), index, range)
    {
        row_view_fact(view, facts, "fact_time_range", time_range(view, range));
    }
}

// Whether another organisation holds these journals' heads.
static json_t *witness_words(struct viewmodel *view, const json_t *report)
{
    const int64_t refused = json_int_or(report, "witness_refused", 0);
    if (refused > 0)
        return viewmodel_word(view, "witness_refused",
                              json_pack("{s:o}", "n", viewmodel_count(view, refused)));
    if (!json_bool_or(report, "witness", false))
        return viewmodel_word(view, "witness_none", NULL);
    return viewmodel_word(
        view, "witness_has",
        json_pack("{s:o}", "when", viewmodel_when(view, json_text_or(report, "witness_time", ""))));
}

// What the reader must know before the figures: in few words, unless somebody refused a journal.
static json_t *witness_missing(struct viewmodel *view, const json_t *report)
{
    if (json_int_or(report, "witness_refused", 0) > 0)
        return witness_words(view, report);
    return json_bool_or(report, "witness", false) ? json_null()
                                                  : viewmodel_word(view, "witness_lane_none", NULL);
}

// The facts on the whole page.
static void add_facts(struct viewmodel *view, const json_t *report, json_t *model)
{
    static const struct {
        const char *member, *label;
    } figures[] = {
        {"total", "fact_total"},
        {"linked", "fact_linked"},
        {"posters", "fact_posters"},
    };
    json_t *facts = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
        const json_t *figure = json_object_get(report, figures[i].member);
        row_view_fact(view, facts, figures[i].label, figure_or_word(view, figure, "fact_unknown"));
    }
    add_left_out(view, report, facts);
    row_view_fact(view, facts, "denominator", viewmodel_word(view, "denominator_text", NULL));
    json_int_t below = (json_int_t)json_int_or(report, "insufficient_below", 0);
    row_view_fact(view, facts, "fact_insufficient",
                  viewmodel_word(view, "fact_insufficient_text", json_pack("{s:I}", "n", below)));
    row_view_fact(view, facts, "witness", witness_words(view, report));
    viewmodel_put(view, model, "facts", facts);
}

static json_t *plan_words(struct viewmodel *view, const json_t *report)
{
    const json_t *plan = json_object_get(report, "plan");
    const char *document = json_text_or(plan, "document", "");
    const char *note = json_text_or(plan, "note", "");
    json_t *values = json_pack("{s:s, s:s}", "document", document, "note", note);
    return viewmodel_word(view, *note == '\0' ? "plan" : "plan_note", values);
}

enum status totals_view_add(const struct page_set *pages, const char *language,
                            const json_t *report, json_t *model, struct err *err)
{
    struct viewmodel view = {.pages = pages, .language = language};
    enum sources_state sources = sources_view_add(&view, report, model);
    add_rows(&view, report, sources, model);
    add_channels(&view, report, model);
    add_facts(&view, report, model);
    viewmodel_put(&view, model, "plan_words", plan_words(&view, report));
    viewmodel_put(&view, model, "witness_words", witness_words(&view, report));
    viewmodel_put(&view, model, "witness_missing", witness_missing(&view, report));
    viewmodel_put(&view, model, "clock_missing",
                  json_bool_or(report, "clock_behind", false)
                      ? viewmodel_word(&view, "clock_behind", NULL)
                      : json_null());
    json_t *made = viewmodel_day(&view, json_text_or(report, "made", ""));
    viewmodel_put(&view, model, "made",
                  viewmodel_word(&view, "made", json_pack("{s:o}", "day", made)));
    return viewmodel_check(&view, err);
}
