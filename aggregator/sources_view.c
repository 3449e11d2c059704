// SPDX-License-Identifier: MIT
// Tells the lanes' states apart and says them in words.
#include "sources_view.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "totals_view.h"

enum { LANE_SHOWN_CHARS = 8 }; // enough to tell lanes of one unit apart

// What the kiosks' lanes say together.
struct sources {
    int64_t known, silent; // lanes heard of; of them silent
    int64_t joined;        // of the known ones those that push by themselves
    bool refused;
    const char *newest, *oldest; // last contacts, borrowed; `oldest` of the silent ones
};

// Whole days between a contact and the day the report was made; 0 when either is unreadable.
static int64_t days_since(const char *contact, const char *made)
{
    char day[CLOCK_DAY_TEXT_SIZE];
    (void)snprintf(day, sizeof(day), "%.10s", contact); // without the time of day
    int32_t from = 0;
    int32_t to = 0;
    if (clock_parse_day(day, &from, NULL) != STATUS_OK ||
        clock_parse_day(made, &to, NULL) != STATUS_OK)
        return 0;
    return to > from ? to - from : 0;
}

static bool is_joined(const json_t *lane)
{
    return strcmp(json_text_or(lane, "how", ""), "join") == 0;
}

static void take_lane(struct sources *sources, const json_t *lane, const char *made)
{
    const char *contact = json_text_or(lane, "last_contact", "");
    if (strcmp(json_text_or(lane, "kind", ""), "kiosk") != 0 || *contact == '\0')
        return;
    sources->known++;
    sources->joined += is_joined(lane) ? 1 : 0;
    sources->refused |= *json_text_or(lane, "refusal", "") != '\0';
    if (sources->newest == NULL || strcmp(contact, sources->newest) > 0)
        sources->newest = contact;
    // A file carried by hand comes when somebody brings it: no silence to complain of.
    if (!is_joined(lane) || days_since(contact, made) < TOTALS_VIEW_SILENT_DAYS)
        return;
    sources->silent++;
    if (sources->oldest == NULL || strcmp(contact, sources->oldest) < 0)
        sources->oldest = contact;
}

// The table's words on one lane's state.
static json_t *lane_state(struct viewmodel *view, const json_t *lane, const char *made)
{
    const char *refusal = json_text_or(lane, "refusal", "");
    const char *contact = json_text_or(lane, "last_contact", "");
    if (*refusal != '\0')
        return viewmodel_word(view, "lane_state_refused", json_pack("{s:s}", "reason", refusal));
    if (strcmp(json_text_or(lane, "kind", ""), "hub") == 0)
        return viewmodel_word(view, "lane_state_hub", NULL);
    if (*contact == '\0')
        return viewmodel_word(view, "lane_state_never", NULL);
    if (!is_joined(lane))
        return viewmodel_word(view, "lane_state_hand", NULL);
    int64_t days = days_since(contact, made);
    if (days >= TOTALS_VIEW_SILENT_DAYS)
        return viewmodel_word(view, "lane_state_silent",
                              json_pack("{s:I}", "days", (json_int_t)days));
    return viewmodel_word(view, "lane_state_good", NULL);
}

static json_t *lane_row(struct viewmodel *view, const json_t *lane, const char *made)
{
    char shown[LANE_SHOWN_CHARS + 1];
    (void)snprintf(shown, sizeof(shown), "%.8s", json_text_or(lane, "lane", ""));
    const char *contact = json_text_or(lane, "last_contact", "");
    json_t *row = json_object();
    viewmodel_put(view, row, "name",
                  viewmodel_word(view, "lane_name",
                                 json_pack("{s:s, s:s}", "unit", json_text_or(lane, "unit", ""),
                                           "lane", shown)));
    viewmodel_put(view, row, "state", lane_state(view, lane, made));
    viewmodel_put(view, row, "contact",
                  *contact == '\0' ? json_string("–") : viewmodel_when(view, contact));
    viewmodel_put(view, row, "entries", viewmodel_count(view, json_int_or(lane, "entries", 0)));
    return row;
}

static enum sources_state state_of(const struct sources *sources)
{
    if (sources->known == 0)
        return SOURCES_NONE;
    if (sources->refused)
        return SOURCES_REFUSED;
    return sources->silent > 0 ? SOURCES_SILENT : SOURCES_GOOD;
}

static json_t *contact_words(struct viewmodel *view, const struct sources *sources,
                             const char *made)
{
    switch (state_of(sources)) {
    case SOURCES_REFUSED:
        return viewmodel_word(view, "contact_refused", NULL);
    case SOURCES_SILENT:
        return viewmodel_word(view, "contact_silent",
                              json_pack("{s:I, s:I, s:o}", "n", (json_int_t)sources->silent, "days",
                                        (json_int_t)days_since(sources->oldest, made), "when",
                                        viewmodel_when(view, sources->oldest)));
    case SOURCES_GOOD:
        return viewmodel_word(view, sources->joined > 0 ? "contact_good" : "contact_hand",
                              json_pack("{s:I, s:o}", "n", (json_int_t)sources->known, "when",
                                        viewmodel_when(view, sources->newest)));
    case SOURCES_NONE:
        break;
    }
    return viewmodel_word(view, "contact_none", NULL);
}

enum sources_state sources_view_add(struct viewmodel *view, const json_t *report, json_t *model)
{
    static const char *const names[] = {
        [SOURCES_NONE] = "none",
        [SOURCES_GOOD] = "good",
        [SOURCES_SILENT] = "silent",
        [SOURCES_REFUSED] = "refused",
    };
    const char *made = json_text_or(report, "made", "");
    struct sources sources = {0};
    json_t *rows = json_array();
    size_t index;
    json_t *lane;
    json_array_foreach(json_object_get(report, "lanes"), index, lane)
    {
        take_lane(&sources, lane, made);
        viewmodel_append(view, rows, lane_row(view, lane, made));
    }
    viewmodel_put(view, model, "lanes", rows);
    enum sources_state state = state_of(&sources);
    json_t *contact = json_object();
    viewmodel_put_text(view, contact, "state", names[state]);
    viewmodel_put(view, contact, "good", json_boolean(state == SOURCES_GOOD));
    viewmodel_put(view, contact, "words", contact_words(view, &sources, made));
    viewmodel_put(view, model, "contact", contact);
    return state;
}
