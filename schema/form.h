// SPDX-License-Identifier: MIT
// Questionnaires: schema/forms/ID@VERSION.json, embedded. A version never changes; an id has one
// scale per item; scales are never mixed.
#ifndef HAILONG_FORM_H
#define HAILONG_FORM_H

#include "json.h"

enum {
    FORM_ITEM_MAX = 32,
    FORM_TOPIC_MAX = 12,
    FORM_ID_CHARS = 24,
    FORM_LEVELS = 5,
};

// Where an item stands: the first page is the one tap; the others are optional.
enum form_page { FORM_PAGE_OVERALL, FORM_PAGE_TOPICS, FORM_PAGE_AGENCY, FORM_PAGE_FACTORS };

struct form_item {
    char id[FORM_ID_CHARS + 1]; // "overall", "agency", "F1"…"F5"
    enum form_page page;
    int levels;                    // 5: level 5 is the best
    const char *text_vi, *text_en; // borrowed from the form
};

struct form_topic {
    char id[FORM_ID_CHARS + 1]; // "attitude", "time", "guidance", "procedure", "cost", "place"
    const char *text_vi, *text_en;
};

struct form {
    char id[FORM_ID_CHARS + 1];   // "tthc"
    int version;                  // 1
    char name[FORM_ID_CHARS + 5]; // "tthc@1"
    struct form_item items[FORM_ITEM_MAX];
    size_t item_count;
    struct form_topic topics[FORM_TOPIC_MAX];
    size_t topic_count;
    json_t *json; // owned: also "title", "topics.text" and "labels" (worst to best), {"vi","en"}
};

// True when `id` is an item's or a topic's id: a letter, then letters, digits and '_'.
bool form_is_item_id(const char *id);
// Reads and checks one questionnaire.
enum status form_parse(const char *text, size_t size_bytes, struct form *ret_form,
                       struct err *err) MUST_USE;
void form_done(struct form *form);
// All embedded forms, parsed once at form_open (called by main and by tests).
enum status form_open(struct err *err) MUST_USE;
// NULL when there is none. `name` is "id@version".
const struct form *form_find(const char *name);
// The newest version of an id, or NULL.
const struct form *form_newest(const char *id);
const struct form_item *form_item(const struct form *form, const char *id);
const struct form_topic *form_topic(const struct form *form, const char *id);
// True when any version of that id asks the item.
bool form_asks(const char *id, const char *item);

#endif
