// SPDX-License-Identifier: MIT
// Builds the links of the period picker from names alone; schema/period.h says what they are.
#include "picker.h"

#include <stdio.h>
#include <string.h>

enum { HREF_BYTES = 128 };

// One family of period names: how the n-th of a year is written.
struct family {
    const char *before, *between; // "cal:" 2026 "-Q" 4; `between` NULL: the year alone
    int digits;                   // of the number
    int count;                    // per year
};
static const struct family quarters = {"", "-Q", 1, 4};
static const struct family halves = {"", "-H", 1, 2};
static const struct family years = {"", NULL, 0, 1};
static const struct family months = {"", "-", 2, 12};
static const struct family calendar_quarters = {"cal:", "-Q", 1, 4};
static const struct family calendar_years = {"cal:", NULL, 0, 1};
static const struct family calendar_months = {"cal:", "-", 2, 12};
static const struct family *const families[] = {
    &quarters, &halves, &years, &months, &calendar_quarters, &calendar_years, &calendar_months,
};

// What the picker shows under one heading.
static const struct set {
    const char *key;
    const struct family *families[3]; // NULL-ended when fewer
} sets[] = {
    {"quarters", {&quarters}},
    {"halves", {&halves}},
    {"year", {&years}},
    {"months", {&months}},
    {"calendar", {&calendar_years, &calendar_quarters, &calendar_months}},
};

void picker_href(const char *unit, const char *period, const char *language, struct buf *out)
{
    buf_add_text(out, "/units/");
    buf_add_text(out, unit);
    buf_add_char(out, '/');
    buf_add_text(out, period);
    if (strcmp(language, "vi") != 0) {
        buf_add_text(out, "?lang=");
        buf_add_text(out, language);
    }
}

static void name_of(const struct family *family, int year, int number,
                    char ret_name[PERIOD_NAME_CHARS + 1])
{
    enum { ROOM = PERIOD_NAME_CHARS + 1 };
    if (family->between == NULL)
        (void)snprintf(ret_name, ROOM, "%s%04d", family->before, year);
    else
        (void)snprintf(ret_name, ROOM, "%s%04d%s%0*d", family->before, year, family->between,
                       family->digits, number);
}

// Splits "Quý IV năm 2026 (15/09/2026–14/12/2026)" at the bracket.
static void split_words(const struct period *period, const char *language,
                        char ret_name[PERIOD_WORDS_BYTES], char ret_dates[PERIOD_WORDS_BYTES])
{
    if (strcmp(language, "en") == 0)
        period_words_en(period, ret_name);
    else
        period_words_vi(period, ret_name);
    ret_dates[0] = '\0';
    char *open = strstr(ret_name, " (");
    if (open == NULL)
        return;
    (void)stpcpy(ret_dates, open + 2);
    ret_dates[strcspn(ret_dates, ")")] = '\0';
    *open = '\0';
}

// {"name","dates","href","current"}; JSON null when there is no such period, NULL without memory.
static json_t *link_to(const struct family *family, int year, int number, const char *unit,
                       const struct period *current, const char *language)
{
    char text[PERIOD_NAME_CHARS + 1];
    name_of(family, year, number, text);
    struct period period;
    if (period_parse(text, &period, NULL) != STATUS_OK)
        return json_null();
    char name[PERIOD_WORDS_BYTES];
    char dates[PERIOD_WORDS_BYTES];
    split_words(&period, language, name, dates);
    AUTO(buf_done) struct buf href;
    buf_init(&href, HREF_BYTES);
    picker_href(unit, text, language, &href);
    return json_pack("{s:s, s:s, s:s, s:b}", "name", name, "dates", dates, "href", buf_text(&href),
                     "current", strcmp(text, current->name) == 0);
}

// Adds the links of one family's year; false without memory.
static bool add_family(json_t *list, const struct family *family, const char *unit,
                       const struct period *period, const char *language)
{
    for (int number = 1; number <= family->count; number++) {
        json_t *link = link_to(family, period->year, number, unit, period, language);
        if (json_is_null(link))
            continue;
        if (json_array_append_new(list, link) != 0)
            return false;
    }
    return true;
}

// {"key","periods"}, or NULL without memory.
static json_t *set_of(const struct set *set, const char *unit, const struct period *period,
                      const char *language)
{
    AUTO(json_decrefp) json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(set->families) && set->families[i] != NULL; i++) {
        if (!add_family(list, set->families[i], unit, period, language))
            return NULL;
    }
    return json_pack("{s:s, s:O}", "key", set->key, "periods", list);
}

// Which family and number a period's name is; false for a free range.
static bool find_family(const struct period *period, const struct family **ret_family,
                        int *ret_number)
{
    for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
        for (int number = 1; number <= families[i]->count; number++) {
            char name[PERIOD_NAME_CHARS + 1];
            name_of(families[i], period->year, number, name);
            if (strcmp(name, period->name) != 0)
                continue;
            *ret_family = families[i];
            *ret_number = number;
            return true;
        }
    }
    return false;
}

// The four links around the current period; false without memory.
static bool add_neighbours(json_t *model, const char *unit, const struct period *period,
                           const char *language)
{
    static const struct {
        const char *key;
        int years, numbers;
    } steps[] = {
        {"period_before", 0, -1},
        {"period_after", 0, 1},
        {"year_before", -1, 0},
        {"year_after", 1, 0},
    };
    const struct family *family = NULL;
    int at = 0;
    bool found = find_family(period, &family, &at);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        json_t *link = json_null();
        if (found) {
            int index = (period->year + steps[i].years) * family->count + at - 1 + steps[i].numbers;
            link = link_to(family, index / family->count, index % family->count + 1, unit, period,
                           language);
        }
        if (json_object_set_new(model, steps[i].key, link) != 0)
            return false;
    }
    return true;
}

static bool add_sets(json_t *model, const char *unit, const struct period *period,
                     const char *language)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        if (json_array_append_new(list, set_of(&sets[i], unit, period, language)) != 0) {
            json_decref(list);
            return false;
        }
    }
    return json_object_set_new(model, "period_sets", list) == 0;
}

enum status picker_add(json_t *model, const char *unit, const struct period *period,
                       const char *language, struct err *err)
{
    char words[PERIOD_WORDS_BYTES];
    if (strcmp(language, "en") == 0)
        period_words_en(period, words);
    else
        period_words_vi(period, words);
    if (!add_neighbours(model, unit, period, language) ||
        !add_sets(model, unit, period, language) ||
        json_object_set_new(model, "period_words", json_string(words)) != 0 ||
        json_object_set_new(model, "year", json_integer(period->year)) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the period picker");
    return STATUS_OK;
}
