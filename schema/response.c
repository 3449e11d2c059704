// SPDX-License-Identifier: MIT
// Responses and their details, to and from entries.
#include "response.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "text.h"

enum { FLAG_RULE_MAX = 1000000 }; // a version is counted by hand

static const struct {
    const char *name;
    bool headline;
} channels[] = {
#define X(name, text, headline) [RESPONSE_##name] = {text, headline},
    RESPONSE_CHANNEL_LIST(X)
#undef X
};

static const struct {
    const char *name;
    char letter;
} steps[] = {
#define X(name, text, letter) [RESPONSE_STEP_##name] = {text, letter},
    RESPONSE_STEP_LIST(X)
#undef X
};

static const char *const ends[] = {[RESPONSE_END_TAP] = "tap",
                                   [RESPONSE_END_SKIP] = "skip",
                                   [RESPONSE_END_EXIT] = "exit",
                                   [RESPONSE_END_TIMEOUT] = "timeout"};
static const char *const pages[] = {"overall", "topics", "agency", "factors"};
static const char *const known_flags[] = {"repeat", "burst", "streak", "hours"};

const char *response_channel_name(enum response_channel channel)
{
    return channels[channel].name;
}

bool response_channel_find(const char *name, enum response_channel *ret_channel)
{
    for (size_t i = 0; i < ARRAY_SIZE(channels); i++)
        if (strcmp(channels[i].name, name) == 0) {
            *ret_channel = (enum response_channel)i;
            return true;
        }
    return false;
}

bool response_channel_headline(enum response_channel channel)
{
    return channels[channel].headline;
}

const char *response_step_name(enum response_step step)
{
    return steps[step].name;
}

bool response_step_find(const char *name, enum response_step *ret_step)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (strcmp(steps[i].name, name) == 0) {
            *ret_step = (enum response_step)i;
            return true;
        }
    return false;
}

char response_step_letter(enum response_step step)
{
    return steps[step].letter;
}

bool response_step_of_letter(char letter, enum response_step *ret_step)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (steps[i].letter == letter) {
            *ret_step = (enum response_step)i;
            return true;
        }
    return false;
}

void response_id(uint32_t page_hour, const struct crypto_mac_key *day_key, const void *token,
                 size_t token_bytes, uint8_t ret_id[ENTRY_ID_BYTES])
{
    uint8_t mac[CRYPTO_HASH_BYTES];
    crypto_mac(day_key, token, token_bytes, mac);
    entry_hour_prefix(page_hour, ret_id);
    memcpy(ret_id + ENTRY_HOUR_BYTES, mac, ENTRY_ID_BYTES - ENTRY_HOUR_BYTES);
}

static void write_answers(struct jsonw *w, const struct response *response)
{
    jsonw_object(w, "answers");
    for (size_t i = 0; i < response->answer_count; i++)
        jsonw_int(w, response->answers[i].item, response->answers[i].level);
    jsonw_object_end(w);
}

static void write_response(struct jsonw *w, const struct response *response)
{
    if (response->counter[0] != '\0')
        jsonw_text(w, "counter", response->counter);
    jsonw_text(w, "channel", response_channel_name(response->channel));
    jsonw_int(w, "part", 0);
    jsonw_text(w, "step", response_step_name(response->step));
    jsonw_bool(w, "linked", response->linked);
    jsonw_text(w, "area", response->area);
    jsonw_text(w, "form", response->form);
    write_answers(w, response);
    jsonw_array(w, "flags");
    for (size_t i = 0; i < response->flag_count; i++)
        jsonw_text(w, NULL, response->flags[i]);
    jsonw_array_end(w);
    if (response->flag_count > 0 && response->flag_rule > 0)
        jsonw_int(w, "rule", response->flag_rule);
}

static void write_detail(struct jsonw *w, const struct response *response)
{
    jsonw_int(w, "part", response->part);
    jsonw_text(w, "page", response->page);
    jsonw_text(w, "end", ends[response->end]);
    if (response->answer_count > 0)
        write_answers(w, response);
    if (response->topic_count == 0)
        return;
    jsonw_array(w, "topics");
    for (size_t i = 0; i < response->topic_count; i++)
        jsonw_text(w, NULL, response->topics[i]);
    jsonw_array_end(w);
}

void response_tail(const struct response *response, struct buf *tail)
{
    struct jsonw w;
    char hour[CLOCK_HOUR_TEXT_SIZE];
    clock_hour_text(response->hour, hour);
    entry_tail_begin(&w, tail, response->part == 0 ? ENTRY_RESPONSE : ENTRY_DETAIL, response->id);
    jsonw_text(&w, "hour", hour);
    jsonw_text(&w, "unit", response->unit);
    if (response->part == 0)
        write_response(&w, response);
    else
        write_detail(&w, response);
    if (response->clock_unset)
        jsonw_text(&w, "clock", "unset");
    entry_tail_end(&w);
}

// ---- reading --------------------------------------------------------------------------------

struct reader {
    const json_t *json;
    char what[32];           // "entry 17"
    const struct form *form; // NULL for a detail
    struct response *response;
};

static enum status refuse(const struct reader *reader, struct err *err, const char *fault)
{
    return err_set(err, STATUS_BAD_INPUT, "%s: %s", reader->what, fault);
}

static enum status read_code(const struct reader *reader, const char *key, size_t max_chars,
                             char *ret_code, struct err *err)
{
    const char *code = NULL;
    TRY(json_text(reader->json, key, reader->what, &code, err));
    if (!text_is_code(code, max_chars))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be 1 to %zu of A-Z, 0-9 and '-'",
                       reader->what, key, max_chars);
    memcpy(ret_code, code, strlen(code) + 1);
    return STATUS_OK;
}

// Hour, unit and clock stand in both kinds.
static enum status read_common(const struct reader *reader, struct err *err)
{
    struct response *response = reader->response;
    const char *hour = json_text_or(reader->json, "hour", "");
    const json_t *clock = json_object_get(reader->json, "clock");
    if (clock_parse_hour(hour, &response->hour, NULL) != STATUS_OK)
        return refuse(reader, err, "\"hour\" must be as 2026-11-03T09+07");
    if (clock != NULL && strcmp(json_text_or(reader->json, "clock", ""), "unset") != 0)
        return refuse(reader, err, "\"clock\" can only be \"unset\"");
    response->clock_unset = clock != NULL;
    return read_code(reader, "unit", RESPONSE_UNIT_CHARS, response->unit, err);
}

// Levels that the item can have; 0 when there is no such item.
static int levels_of(const struct reader *reader, const char *item)
{
    if (reader->form == NULL)
        return form_is_item_id(item) ? FORM_LEVELS : 0;
    const struct form_item *found = form_item(reader->form, item);
    return found != NULL ? found->levels : 0;
}

static enum status read_answers(const struct reader *reader, struct err *err)
{
    struct response *response = reader->response;
    json_t *answers = json_object_get(reader->json, "answers"), *level = NULL;
    const char *item = NULL;
    size_t count = json_object_size(answers);
    if (!json_is_object(answers) || count == 0 || count > FORM_ITEM_MAX)
        return refuse(reader, err, "\"answers\" must be an object with 1 to 32 items");
    json_object_foreach(answers, item, level)
    {
        int levels = levels_of(reader, item);
        int64_t value = json_integer_value(level);
        if (levels == 0)
            return refuse(reader, err, "\"answers\" names an item that the form does not ask");
        if (!json_is_integer(level) || value < 1 || value > levels)
            return refuse(reader, err,
                          "\"answers\": a level is a whole number from 1 upwards, at "
                          "most the number of the item's levels");
        struct response_answer *answer = &response->answers[response->answer_count++];
        memcpy(answer->item, item, strlen(item) + 1);
        answer->level = (int)value;
    }
    return STATUS_OK;
}

static enum status read_topics(const struct reader *reader, struct err *err)
{
    struct response *response = reader->response;
    const json_t *topics = json_object_get(reader->json, "topics");
    size_t count = json_array_size(topics);
    if (!json_is_array(topics) || count == 0 || count > FORM_TOPIC_MAX)
        return refuse(reader, err, "\"topics\" must be a list of 1 to 12 topics");
    for (size_t i = 0; i < count; i++) {
        const char *topic = json_string_value(json_array_get(topics, i));
        if (topic == NULL || !form_is_item_id(topic))
            return refuse(reader, err, "\"topics\" must hold ids of topics");
        for (size_t k = 0; k < i; k++)
            if (strcmp(response->topics[k], topic) == 0)
                return refuse(reader, err, "\"topics\" names a topic twice");
        memcpy(response->topics[i], topic, strlen(topic) + 1);
    }
    response->topic_count = count;
    return STATUS_OK;
}

// The constant that `text` is equal to, or NULL.
static const char *one_of(const char *const *names, size_t count, const char *text,
                          size_t *ret_index)
{
    for (size_t i = 0; text != NULL && i < count; i++)
        if (strcmp(names[i], text) == 0) {
            *ret_index = i;
            return names[i];
        }
    return NULL;
}

static enum status read_flags(const struct reader *reader, struct err *err)
{
    struct response *response = reader->response;
    const json_t *flags = json_object_get(reader->json, "flags");
    size_t count = json_array_size(flags), index = 0;
    bool seen[ARRAY_SIZE(known_flags)] = {false};
    if (!json_is_array(flags))
        return refuse(reader, err, "\"flags\" must be a list");
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(flags, i));
        const char *flag = one_of(known_flags, ARRAY_SIZE(known_flags), text, &index);
        if (flag == NULL || seen[index])
            return refuse(reader, err, "\"flags\" may hold repeat, burst, streak and hours, once");
        seen[index] = true;
        memcpy(response->flags[i], flag, strlen(flag) + 1);
    }
    response->flag_count = count;
    if (json_object_get(reader->json, "rule") == NULL)
        return STATUS_OK;
    if (count == 0)
        return refuse(reader, err, "\"rule\" stands there only with flags");
    return json_int(reader->json, "rule", reader->what, 1, FLAG_RULE_MAX, &response->flag_rule,
                    err);
}

static enum status read_form(struct reader *reader, struct err *err)
{
    const char *name = json_text_or(reader->json, "form", "");
    reader->form = form_find(name);
    if (reader->form == NULL)
        return refuse(reader, err, "\"form\" is none that this version knows");
    memcpy(reader->response->form, reader->form->name, sizeof reader->response->form);
    return STATUS_OK;
}

static enum status read_response(struct reader *reader, struct err *err)
{
    static const char *const keys[] = {
        "v",    "lane",   "seq",  "kind", "id",      "hour",  "unit", "counter", "channel", "part",
        "step", "linked", "area", "form", "answers", "flags", "rule", "clock",   NULL};
    struct response *response = reader->response;
    const char *channel = json_text_or(reader->json, "channel", "");
    const char *step = json_text_or(reader->json, "step", "");
    const json_t *linked = json_object_get(reader->json, "linked");
    TRY(json_only(reader->json, reader->what, keys, err));
    TRY(read_common(reader, err));
    if (json_object_get(reader->json, "counter") != NULL)
        TRY(read_code(reader, "counter", RESPONSE_CODE_CHARS, response->counter, err));
    TRY(read_code(reader, "area", RESPONSE_CODE_CHARS, response->area, err));
    if (!response_channel_find(channel, &response->channel))
        return refuse(reader, err, "\"channel\" must be screen, slip, poster, paper or online");
    if (!response_step_find(step, &response->step))
        return refuse(reader, err, "\"step\" must be intake, supplement, refusal or result");
    if (!json_is_boolean(linked))
        return refuse(reader, err, "\"linked\" must be true or false");
    if (response->part != 0)
        return refuse(reader, err, "\"part\" of a response must be 0");
    response->linked = json_is_true(linked);
    TRY(read_form(reader, err));
    TRY(read_answers(reader, err));
    return read_flags(reader, err);
}

static enum status read_detail(const struct reader *reader, struct err *err)
{
    static const char *const keys[] = {"v",    "lane", "seq", "kind",    "id",     "hour",  "unit",
                                       "part", "page", "end", "answers", "topics", "clock", NULL};
    struct response *response = reader->response;
    size_t index = 0;
    TRY(json_only(reader->json, reader->what, keys, err));
    TRY(read_common(reader, err));
    response->page =
        one_of(pages, ARRAY_SIZE(pages), json_text_or(reader->json, "page", NULL), &index);
    if (response->page == NULL)
        return refuse(reader, err, "\"page\" must be overall, topics, agency or factors");
    if (one_of(ends, ARRAY_SIZE(ends), json_text_or(reader->json, "end", NULL), &index) == NULL)
        return refuse(reader, err, "\"end\" must be tap, skip, exit or timeout");
    response->end = (enum response_end)index;
    if (response->part == 0)
        return refuse(reader, err, "\"part\" of a detail must be 1 or more");
    if (json_object_get(reader->json, "answers") != NULL)
        TRY(read_answers(reader, err));
    if (json_object_get(reader->json, "topics") != NULL)
        TRY(read_topics(reader, err));
    return STATUS_OK;
}

enum status response_read(const struct entry *entry, struct response *ret_response, struct err *err)
{
    struct response response = {.part = entry->part};
    struct reader reader = {.json = entry->json, .response = &response};
    if (entry->kind != ENTRY_RESPONSE && entry->kind != ENTRY_DETAIL)
        return BUG(err, "an entry of another kind was read as a response");
    memcpy(response.id, entry->id, sizeof response.id);
    snprintf(reader.what, sizeof reader.what, "entry %lld", (long long)entry->seq);
    if (entry->kind == ENTRY_RESPONSE)
        TRY(read_response(&reader, err));
    else
        TRY(read_detail(&reader, err));
    *ret_response = response;
    return STATUS_OK;
}
