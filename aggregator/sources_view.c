// SPDX-License-Identifier: MIT
// Tells the lanes' states apart and says them in words.
#include "sources_view.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "witness.h"

enum { LANE_SHOWN_CHARS = 8 }; // enough to tell lanes of one unit apart

// What the kiosks' lanes say together.
struct sources {
    int64_t known, silent, behind; // lanes heard of; of them silent, or with entries to come
    int64_t missing;               // entries that those announced
    int64_t joined;                // of the known ones those that push by themselves
    bool refused;
    const char *newest, *oldest; // last contacts, borrowed; `oldest` of the silent ones
};

static bool is(const json_t *lane, const char *key, const char *value)
{
    return strcmp(json_text_or(lane, key, ""), value) == 0;
}

static void take_silent(struct sources *sources, const char *contact)
{
    sources->silent++;
    if (sources->oldest == NULL || strcmp(contact, sources->oldest) < 0)
        sources->oldest = contact;
}

static void take_lane(struct sources *sources, const json_t *lane)
{
    const char *contact = json_text_or(lane, "last_contact", "");
    if (!is(lane, "kind", "kiosk") || *contact == '\0')
        return;
    sources->known++;
    sources->joined += is(lane, "how", "join") ? 1 : 0;
    if (sources->newest == NULL || strcmp(contact, sources->newest) > 0)
        sources->newest = contact;
    // Nobody waits for one that has been taken out of use.
    if (is(lane, "state", "retired"))
        return;
    sources->refused |= *json_text_or(lane, "refusal", "") != '\0';
    if (is(lane, "contact", "silent"))
        take_silent(sources, contact);
    if (is(lane, "contact", "behind")) {
        sources->behind++;
        sources->missing += json_int_or(lane, "missing", 0);
    }
}

// The table's words on one lane's state.
static json_t *lane_state(struct viewmodel *view, const json_t *lane)
{
    static const struct {
        const char *key, *value, *word;
    } states[] = {
        {"state", "suspended", "lane_state_suspended"}, {"contact", "own", "lane_state_hub"},
        {"contact", "never", "lane_state_never"},       {"contact", "hand", "lane_state_hand"},
        {"contact", "silent", "lane_state_silent"},     {"contact", "behind", "lane_state_behind"},
        {"contact", "moved", "lane_state_moved"},
    };
    const char *refusal = json_text_or(lane, "refusal", "");
    char moved[LANE_SHOWN_CHARS + 1];
    if (is(lane, "state", "retired"))
        return viewmodel_word(view, "lane_state_retired", NULL);
    if (*refusal != '\0' && !is(lane, "state", "suspended"))
        return viewmodel_word(view, "lane_state_refused", json_pack("{s:s}", "reason", refusal));
    if (json_bool_or(lane, "unconfirmed", false) && !is(lane, "state", "suspended"))
        return viewmodel_word(view, "lane_state_unconfirmed", NULL);
    (void)snprintf(moved, sizeof moved, "%.8s", json_text_or(lane, "moved_to", ""));
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (is(lane, states[i].key, states[i].value))
            return viewmodel_word(view, states[i].word, json_pack("{s:s}", "lane", moved));
    return viewmodel_word(view, "lane_state_good", NULL);
}

static json_t *lane_how(struct viewmodel *view, const json_t *lane)
{
    if (is(lane, "kind", "hub"))
        return json_string("–");
    return viewmodel_word(view, is(lane, "how", "join") ? "lane_how_join" : "lane_how_hand", NULL);
}

// "1.234", or "1.234 (còn thiếu 5 dòng)".
static json_t *lane_entries(struct viewmodel *view, const json_t *lane)
{
    const int64_t missing = json_int_or(lane, "missing", 0);
    json_t *here = viewmodel_count(view, json_int_or(lane, "entries", 0));
    if (missing == 0)
        return here;
    return viewmodel_word(
        view, "lane_entries_missing",
        json_pack("{s:o, s:o}", "here", here, "missing", viewmodel_count(view, missing)));
}

static json_t *lane_witness(struct viewmodel *view, const json_t *witness)
{
    struct witness_cover cover;
    witness_from_json(witness, &cover);
    if (cover.refuser[0] != '\0')
        return viewmodel_word(view, "witness_lane_refused",
                              json_pack("{s:s, s:o}", "name", cover.refuser, "size",
                                        viewmodel_count(view, cover.size)));
    if (!cover.cosigned)
        return viewmodel_word(view, "witness_lane_none", NULL);
    return viewmodel_word(view, cover.covered ? "witness_lane" : "witness_lane_to",
                          json_pack("{s:o, s:o}", "size",
                                    viewmodel_count(view, json_int_or(witness, "size", 0)), "when",
                                    viewmodel_when(view, json_text_or(witness, "time", ""))));
}

static json_t *lane_row(struct viewmodel *view, const json_t *lane)
{
    char shown[LANE_SHOWN_CHARS + 1];
    (void)snprintf(shown, sizeof(shown), "%.8s", json_text_or(lane, "lane", ""));
    const char *contact = json_text_or(lane, "last_contact", "");
    json_t *row = json_object();
    viewmodel_put(view, row, "name",
                  viewmodel_word(view, "lane_name",
                                 json_pack("{s:s, s:s}", "unit", json_text_or(lane, "unit", ""),
                                           "lane", shown)));
    viewmodel_put(view, row, "state", lane_state(view, lane));
    viewmodel_put(view, row, "how", lane_how(view, lane));
    viewmodel_put(view, row, "contact",
                  *contact == '\0' ? json_string("–") : viewmodel_when(view, contact));
    viewmodel_put(view, row, "witness", lane_witness(view, json_object_get(lane, "witness")));
    viewmodel_put(view, row, "entries", lane_entries(view, lane));
    return row;
}

static enum sources_state state_of(const struct sources *sources)
{
    if (sources->known == 0)
        return SOURCES_NONE;
    if (sources->refused)
        return SOURCES_REFUSED;
    if (sources->silent > 0)
        return SOURCES_SILENT;
    return sources->behind > 0 ? SOURCES_BEHIND : SOURCES_GOOD;
}

static json_t *contact_words(struct viewmodel *view, const struct sources *sources)
{
    switch (state_of(sources)) {
    case SOURCES_REFUSED:
        return viewmodel_word(view, "contact_refused", NULL);
    case SOURCES_SILENT:
        return viewmodel_word(view, "contact_silent",
                              json_pack("{s:I, s:o}", "n", (json_int_t)sources->silent, "when",
                                        viewmodel_when(view, sources->oldest)));
    case SOURCES_BEHIND:
        return viewmodel_word(view, "contact_behind",
                              json_pack("{s:I, s:o}", "n", (json_int_t)sources->behind, "missing",
                                        viewmodel_count(view, sources->missing)));
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
        [SOURCES_NONE] = "none",     [SOURCES_GOOD] = "good",       [SOURCES_SILENT] = "silent",
        [SOURCES_BEHIND] = "behind", [SOURCES_REFUSED] = "refused",
    };
    struct sources sources = {0};
    json_t *rows = json_array();
    size_t index;
    json_t *lane;
    json_array_foreach(json_object_get(report, "lanes"), index, lane)
    {
        take_lane(&sources, lane);
        viewmodel_append(view, rows, lane_row(view, lane));
    }
    viewmodel_put(view, model, "lanes", rows);
    enum sources_state state = state_of(&sources);
    json_t *contact = json_object();
    viewmodel_put_text(view, contact, "state", names[state]);
    viewmodel_put(view, contact, "good", json_boolean(state == SOURCES_GOOD));
    viewmodel_put(view, contact, "words", contact_words(view, &sources));
    viewmodel_put(view, model, "contact", contact);
    return state;
}
