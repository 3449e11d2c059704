// SPDX-License-Identifier: MIT
// Reads and checks an office's setup.
#include "setup.h"

#include <string.h>

#include "area.h"
#include "field.h"
#include "note.h"
#include "plan.h"
#include "text.h"

enum {
    NAME_CHARS = 40, // of the office's short name, which stands in file names
    URL_CHARS = 200, // a longer prefix makes a slip's QR code too dense to be read at 25 mm
    WHAT_BYTES = 48,
};

static enum status refuse(struct err *err, const char *fault)
{
    return err_set(err, STATUS_BAD_INPUT, "setup: %s", fault);
}

static bool is_short_name(const char *name)
{
    size_t chars = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return name[chars] == '\0' && chars >= 1 && chars <= NAME_CHARS && name[0] != '-' &&
           name[chars - 1] != '-';
}

// "" or http(s)://host[:port][/path] without a slash at the end: it is the prefix of every QR.
static bool is_url_prefix(const char *url)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~:/[]";
    size_t chars = strlen(url);
    if (chars == 0)
        return true;
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    return scheme > 0 && chars > scheme && chars <= URL_CHARS && url[scheme] != '/' &&
           url[chars - 1] != '/' && strspn(url, allowed) == chars;
}

static enum status read_office(struct setup *setup, struct err *err)
{
    static const char *const keys[] = {"name", "note", NULL};
    const json_t *office = json_object_get(setup->json, "office");
    if (!json_is_object(office))
        return refuse(err, "\"office\" must be {\"name\": …, \"note\": …}");
    TRY(json_only(office, "office", keys, err));
    TRY(field_line(office, "name", "office", &setup->office_name, err));
    return field_line_or(office, "note", "office", &setup->unit_note, err);
}

static enum status read_unit(struct setup *setup, struct err *err)
{
    const char *code = NULL;
    TRY(unit_tree_of_json(json_object_get(setup->json, "units"), &setup->units, err));
    TRY(json_text(setup->json, "unit", "setup", &code, err));
    const struct unit *unit = unit_newest(setup->units, code);
    if (unit == NULL)
        return refuse(err, "\"unit\" must be the code of one of \"units\"");
    memcpy(setup->unit, unit->code, sizeof setup->unit);
    setup->unit_name = unit->name;
    return STATUS_OK;
}

// The embedded area gives names and icon; an area of the office's own names itself.
static enum status read_area_words(const json_t *object, const char *what,
                                   struct setup_area *ret_area, struct err *err)
{
    const struct area *known = area_find(ret_area->code);
    if (known != NULL) {
        ret_area->name_vi = known->name_vi;
        ret_area->name_en = known->name_en;
    }
    ret_area->icon = known != NULL ? known->icon : "dossier";
    if (known == NULL || json_object_get(object, "name") != NULL)
        TRY(field_name(object, "name", what, &ret_area->name_vi, &ret_area->name_en, err));
    if (json_object_get(object, "icon") != NULL)
        TRY(field_line(object, "icon", what, &ret_area->icon, err));
    return STATUS_OK;
}

static enum status read_area(const json_t *object, size_t index, struct setup *setup,
                             struct err *err)
{
    static const char *const keys[] = {"code", "form", "name", "icon", NULL};
    struct setup_area area = {.code = ""};
    char what[WHAT_BYTES];
    const char *code = NULL, *form = "tthc@1";
    field_at("areas", index, what, sizeof what);
    if (!json_is_object(object))
        return err_set(err, STATUS_BAD_INPUT, "%s must be {\"code\": …}", what);
    TRY(json_only(object, what, keys, err));
    TRY(json_text(object, "code", what, &code, err));
    if (!text_is_code(code, RESPONSE_CODE_CHARS) || setup_area(setup, code) != NULL)
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"code\" must be 1 to %d of A-Z, 0-9 and '-', each code once", what,
                       RESPONSE_CODE_CHARS);
    memcpy(area.code, code, strlen(code) + 1);
    if (json_object_get(object, "form") != NULL)
        TRY(json_text(object, "form", what, &form, err));
    area.form = form_find(form);
    if (area.form == NULL)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"form\" must be a form as \"tthc@1\"", what);
    TRY(read_area_words(object, what, &area, err));
    setup->areas[index] = area;
    setup->area_count = index + 1;
    return STATUS_OK;
}

static enum status read_counter_areas(const json_t *object, const char *what,
                                      const struct setup *setup, struct setup_counter *counter,
                                      struct err *err)
{
    const json_t *codes = NULL;
    TRY(field_array(object, "areas", what, 1, SETUP_AREA_MAX, &codes, err));
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const char *code = json_string_value(json_array_get(codes, i));
        const struct setup_area *area = code != NULL ? setup_area(setup, code) : NULL;
        if (area == NULL)
            return err_set(err, STATUS_BAD_INPUT,
                           "%s: areas[%zu] must be the code of one of the setup's \"areas\"", what,
                           i);
        for (size_t k = 0; k < i; k++)
            if (counter->areas[k] == area)
                return err_set(err, STATUS_BAD_INPUT, "%s: areas[%zu] stands there twice", what, i);
        counter->areas[i] = area;
    }
    counter->area_count = json_array_size(codes);
    return STATUS_OK;
}

static enum status read_counter(const json_t *object, size_t index, struct setup *setup,
                                struct err *err)
{
    static const char *const keys[] = {"id", "name", "areas", NULL};
    struct setup_counter *counter = &setup->counters[index];
    char what[WHAT_BYTES];
    const char *id = NULL;
    field_at("counters", index, what, sizeof what);
    if (!json_is_object(object))
        return err_set(err, STATUS_BAD_INPUT, "%s must be {\"id\", \"name\", \"areas\"}", what);
    TRY(json_only(object, what, keys, err));
    TRY(json_text(object, "id", what, &id, err));
    if (!text_is_code(id, RESPONSE_CODE_CHARS) || setup_counter(setup, id) != NULL)
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"id\" must be 1 to %d of A-Z, 0-9 and '-', each id once", what,
                       RESPONSE_CODE_CHARS);
    memcpy(counter->id, id, strlen(id) + 1);
    TRY(field_name(object, "name", what, &counter->name_vi, &counter->name_en, err));
    TRY(read_counter_areas(object, what, setup, counter, err));
    setup->counter_count = index + 1;
    return STATUS_OK;
}

static enum status read_places(struct setup *setup, struct err *err)
{
    const json_t *areas = NULL, *counters = NULL;
    TRY(field_array(setup->json, "areas", "setup", 1, SETUP_AREA_MAX, &areas, err));
    for (size_t i = 0; i < json_array_size(areas); i++)
        TRY(read_area(json_array_get(areas, i), i, setup, err));
    TRY(field_array(setup->json, "counters", "setup", 0, SETUP_COUNTER_MAX, &counters, err));
    for (size_t i = 0; i < json_array_size(counters); i++)
        TRY(read_counter(json_array_get(counters, i), i, setup, err));
    return STATUS_OK;
}

static enum status read_screen(struct setup *setup, struct err *err)
{
    static const char *const keys[] = {"idle_s", "agency", "factors", NULL};
    const json_t *screen = json_object_get(setup->json, "screen");
    if (screen != NULL && !json_is_object(screen))
        return refuse(err, "\"screen\" must be {\"idle_s\", \"agency\", \"factors\"}");
    if (screen != NULL)
        TRY(json_only(screen, "screen", keys, err));
    // 25 s: UI guide; under 10 s slow readers lose their page, over 120 s the next person finds it.
    TRY(field_int(screen, "idle_s", "screen", 10, 120, 25, &setup->idle_s, err));
    TRY(field_bool(screen, "agency", "screen", false, &setup->screen_agency, err));
    return field_bool(screen, "factors", "screen", false, &setup->screen_factors, err);
}

// A count of one would flag everything.
static enum status read_flag_count(const json_t *flags, const char *key, int64_t fallback,
                                   int64_t *ret_count, struct err *err)
{
    int64_t count = 0;
    // 50: what the kiosk remembers of a counter.
    TRY(field_int(flags, key, "flags", 0, 50, fallback, &count, err));
    if (count == 1)
        return err_set(err, STATUS_BAD_INPUT, "flags: \"%s\" must be 0 or from 2 to 50", key);
    *ret_count = count;
    return STATUS_OK;
}

// The reasons of the thresholds stand in docs/operating.md.
static enum status read_flags(struct setup *setup, struct err *err)
{
    static const char *const keys[] = {
        "repeat_s",       "burst_count",          "burst_gap_s", "streak_count",
        "streak_minutes", "hours_margin_minutes", NULL};
    const json_t *json = json_object_get(setup->json, "flags");
    struct setup_flags *flags = &setup->flags;
    if (json != NULL && !json_is_object(json))
        return refuse(err, "\"flags\" must be an object of thresholds as {\"repeat_s\": 5}");
    if (json != NULL)
        TRY(json_only(json, "flags", keys, err));
    TRY(field_int(json, "repeat_s", "flags", 0, 60, 5, &flags->repeat_s, err));
    TRY(read_flag_count(json, "burst_count", 5, &flags->burst_count, err));
    TRY(field_int(json, "burst_gap_s", "flags", 1, 120, 8, &flags->burst_gap_s, err));
    TRY(read_flag_count(json, "streak_count", 10, &flags->streak_count, err));
    TRY(field_int(json, "streak_minutes", "flags", 1, 240, 10, &flags->streak_minutes, err));
    TRY(field_int(json, "hours_margin_minutes", "flags", 0, INT64_C(7) * 24 * 60, 30,
                  &flags->hours_margin_minutes, err));
    // 4 days: a long weekend. A battery that is dead shows a clock further off.
    return field_int(setup->json, "clock_gap_days", "setup", 1, 60, 4, &setup->clock_gap_days, err);
}

static enum status read_witness(struct setup *setup, struct err *err)
{
    static const char *const keys[] = {"url", "key", NULL};
    const json_t *json = json_object_get(setup->json, "witness");
    struct note_key key;
    setup->witness_url = setup->witness_key = "";
    if (json == NULL)
        return STATUS_OK;
    if (!json_is_object(json))
        return refuse(err, "\"witness\" must be an object as {\"url\": …, \"key\": …}");
    TRY(json_only(json, "witness", keys, err));
    TRY(field_line_or(json, "url", "witness", &setup->witness_url, err));
    TRY(field_line(json, "key", "witness", &setup->witness_key, err));
    if (!is_url_prefix(setup->witness_url))
        return refuse(err, "\"url\" of \"witness\" must be \"\" or as https://host/path, at most "
                           "200 characters, no '/' at the end");
    if (note_vkey_read(setup->witness_key, strlen(setup->witness_key), &key, NULL) != STATUS_OK)
        return refuse(err, "\"key\" of \"witness\" must be a key of the form NAME+ID+KEY");
    return STATUS_OK;
}

static enum status read_rules(struct setup *setup, struct err *err)
{
    const json_t *json = setup->json;
    TRY(json_text(json, "plan", "setup", &setup->plan, err));
    if (plan_find(setup->plan) == NULL)
        return refuse(err, "\"plan\" must be the id of a plan as \"mo-che-254-2021\"");
    TRY(field_line_or(json, "public_url", "setup", &setup->public_url, err));
    if (!is_url_prefix(setup->public_url))
        return refuse(err, "\"public_url\" must be \"\" or as https://host/path, at most 200 "
                           "characters, no '/' at the end");
    TRY(read_witness(setup, err));
    // 30 days: a month is time to come home and scan. 30 answers: the design's floor of a verdict.
    TRY(field_int(json, "slip_days", "setup", 1, 90, 30, &setup->slip_days, err));
    TRY(field_int(json, "insufficient_below", "setup", 1, 1000, 30, &setup->insufficient_below,
                  err));
    TRY(field_bool(json, "mask_numbers", "setup", true, &setup->mask_numbers, err));
    return opening_parse(json_object_get(json, "hours"), json_object_get(json, "holidays"),
                         &setup->opening, err);
}

static enum status read_head(struct setup *setup, struct err *err)
{
    static const char *const keys[] = {
        "v",          "name",     "trial",        "sample",    "unit",
        "office",     "units",    "areas",        "counters",  "plan",
        "public_url", "witness",  "screen",       "slip_days", "insufficient_below",
        "hours",      "holidays", "mask_numbers", "flags",     "clock_gap_days",
        "version",    NULL};
    int64_t version = 0;
    TRY(json_only(setup->json, "setup", keys, err));
    TRY(json_int(setup->json, "v", "setup", 1, 1, &version, err));
    TRY(json_text(setup->json, "name", "setup", &setup->name, err));
    if (!is_short_name(setup->name))
        return refuse(err, "\"name\" must be 1 to 40 of a-z, 0-9 and '-', as \"ba-xuyen\"");
    TRY(field_bool(setup->json, "trial", "setup", false, &setup->trial, err));
    TRY(field_bool(setup->json, "sample", "setup", false, &setup->sample, err));
    // Staff count up, or write the day as 20261103.
    return field_int(setup->json, "version", "setup", 0, INT32_MAX, 0, &setup->version, err);
}

static enum status read_all(const char *text, size_t size_bytes, struct setup *setup,
                            struct err *err)
{
    TRY(form_open(err));
    TRY(plan_open(err));
    TRY(area_open(err));
    TRY(json_parse(text, size_bytes, SETUP_LIMIT_BYTES, "setup", &setup->json, err));
    TRY(read_head(setup, err));
    TRY(read_office(setup, err));
    TRY(read_unit(setup, err));
    TRY(read_places(setup, err));
    TRY(read_screen(setup, err));
    TRY(read_flags(setup, err));
    return read_rules(setup, err);
}

enum status setup_parse(const char *text, size_t size_bytes, struct setup *ret_setup,
                        struct err *err)
{
    AUTO(setup_done) struct setup setup = {.json = NULL};
    TRY(read_all(text, size_bytes, &setup, err));
    *ret_setup = setup;
    // The copy's counters must point at the copy's areas.
    for (size_t i = 0; i < setup.counter_count; i++)
        for (size_t k = 0; k < setup.counters[i].area_count; k++)
            ret_setup->counters[i].areas[k] =
                &ret_setup->areas[setup.counters[i].areas[k] - setup.areas];
    setup.json = NULL;
    setup.units = NULL;
    return STATUS_OK;
}

void setup_done(struct setup *setup)
{
    unit_tree_freep(&setup->units);
    json_decref(setup->json);
    setup->units = NULL;
    setup->json = NULL;
}

const struct setup_area *setup_area(const struct setup *setup, const char *code)
{
    for (size_t i = 0; i < setup->area_count; i++)
        if (strcmp(setup->areas[i].code, code) == 0)
            return &setup->areas[i];
    return NULL;
}

const struct setup_counter *setup_counter(const struct setup *setup, const char *id)
{
    for (size_t i = 0; i < setup->counter_count; i++)
        if (strcmp(setup->counters[i].id, id) == 0)
            return &setup->counters[i];
    return NULL;
}
