// SPDX-License-Identifier: MIT
// Follows the documented order of a response's keys byte by byte; anything else is not for here.
#include "quickline.h"

#include <string.h>

#include "clock.h"
#include "text.h"

enum { HOUR_CHARS = CLOCK_HOUR_TEXT_SIZE - 1, WORD_CHARS = FORM_ID_CHARS + 4 };

struct cursor {
    const char *at, *end;
};

static bool skip(struct cursor *cursor, const char *text, size_t size_bytes)
{
    if ((size_t)(cursor->end - cursor->at) < size_bytes ||
        memcmp(cursor->at, text, size_bytes) != 0)
        return false;
    cursor->at += size_bytes;
    return true;
}
#define SKIP(cursor, text) skip(cursor, text, sizeof(text) - 1)

// What stands before the next quotation mark; that mark is skipped. Words of these lines have no
// escapes and no letters beyond ASCII.
static bool word(struct cursor *cursor, char ret_word[WORD_CHARS + 1])
{
    size_t size = 0;
    for (; cursor->at < cursor->end && *cursor->at != '"'; cursor->at++) {
        if (size == WORD_CHARS || *cursor->at <= ' ' || *cursor->at == '\\')
            return false;
        ret_word[size++] = *cursor->at;
    }
    ret_word[size] = '\0';
    return SKIP(cursor, "\"");
}

// `ret_code` (NULL: not wanted) has room for max_chars and an end.
static bool code(struct cursor *cursor, size_t max_chars, char *ret_code)
{
    char text[WORD_CHARS + 1];
    if (!word(cursor, text) || !text_is_code(text, max_chars))
        return false;
    if (ret_code != NULL)
        memcpy(ret_code, text, strlen(text) + 1);
    return true;
}

static bool number(struct cursor *cursor, int64_t *ret_number)
{
    int64_t value = 0;
    const char *first = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        if (cursor->at - first == 18) // more digits could overflow
            return false;
        value = value * 10 + (*cursor->at - '0');
    }
    *ret_number = value;
    return cursor->at > first && (*first != '0' || cursor->at == first + 1);
}

static bool id(struct cursor *cursor, uint8_t ret_id[ENTRY_ID_BYTES])
{
    enum { DIGITS = 2 * ENTRY_ID_BYTES };
    if (cursor->end - cursor->at < DIGITS ||
        !text_unhex(cursor->at, DIGITS, ret_id, ENTRY_ID_BYTES))
        return false;
    cursor->at += DIGITS;
    return true;
}

static bool hour(struct cursor *cursor, struct quickline_memory *memory)
{
    if (cursor->end - cursor->at < HOUR_CHARS)
        return false;
    if (memory->hour_text[0] == '\0' || memcmp(cursor->at, memory->hour_text, HOUR_CHARS) != 0) {
        char text[CLOCK_HOUR_TEXT_SIZE] = "";
        memcpy(text, cursor->at, HOUR_CHARS);
        memory->hour_text[0] = '\0';
        if (clock_parse_hour(text, &memory->hour, NULL) != STATUS_OK)
            return false;
        memcpy(memory->hour_text, text, sizeof text);
    }
    cursor->at += HOUR_CHARS;
    return true;
}

static bool channel_and_step(struct cursor *cursor, struct response *response)
{
    char text[WORD_CHARS + 1];
    enum response_channel channel;
    enum response_step step;
    if (!SKIP(cursor, "\"channel\":\"") || !word(cursor, text) ||
        !response_channel_find(text, &channel) || !SKIP(cursor, ",\"part\":0,\"step\":\"") ||
        !word(cursor, text) || !response_step_find(text, &step) || !SKIP(cursor, ",\"linked\":"))
        return false;
    const bool linked = SKIP(cursor, "true,");
    if (response != NULL) {
        response->channel = channel;
        response->step = step;
        response->linked = linked;
    }
    return linked || SKIP(cursor, "false,");
}

static bool form(struct cursor *cursor, struct quickline_memory *memory)
{
    char text[WORD_CHARS + 1];
    if (!SKIP(cursor, "\"form\":\"") || !word(cursor, text))
        return false;
    if (memory->form == NULL || strcmp(memory->form->name, text) != 0)
        memory->form = form_find(text);
    if (memory->form != NULL && memory->response != NULL)
        memcpy(memory->response->form, text, strlen(text) + 1);
    return memory->form != NULL;
}

// No item is seen twice, so there is room for all of the form.
static void add_answer(struct response *response, const char *item, int level)
{
    struct response_answer *answer = &response->answers[response->answer_count++];
    memcpy(answer->item, item, strlen(item) + 1);
    answer->level = level;
}

static bool answers(struct cursor *cursor, const struct quickline_memory *memory, int *ret_overall)
{
    const struct form *asked = memory->form;
    uint32_t seen = 0; // FORM_ITEM_MAX bits
    if (!SKIP(cursor, ",\"answers\":{"))
        return false;
    do {
        char text[WORD_CHARS + 1];
        if (!SKIP(cursor, "\"") || !word(cursor, text) || !SKIP(cursor, ":"))
            return false;
        const struct form_item *item = form_item(asked, text);
        int level = cursor->at < cursor->end ? *cursor->at++ - '0' : 0;
        if (item == NULL || level < 1 || level > item->levels || level > 9)
            return false;
        const uint32_t bit = UINT32_C(1) << (item - asked->items);
        if ((seen & bit) != 0)
            return false;
        seen |= bit;
        if (strcmp(text, "overall") == 0)
            *ret_overall = level;
        if (memory->response != NULL)
            add_answer(memory->response, text, level);
    } while (SKIP(cursor, ","));
    return SKIP(cursor, "}");
}

// What a line without these keys has.
static void clear(struct response *response)
{
    response->part = 0;
    response->counter[0] = '\0';
    response->answer_count = response->topic_count = response->flag_count = 0;
    response->flag_rule = 0;
    response->page = NULL;
    response->end = RESPONSE_END_TAP;
}

bool quickline_read(struct quickline_memory *memory, const char *lane, const char *line,
                    size_t size_bytes, struct quickline *ret_quick)
{
    struct cursor c = {line, line + size_bytes};
    struct quickline quick = {.overall = 0};
    struct response *r = memory->response;
    if (r != NULL)
        clear(r);
    if (size_bytes > ENTRY_LIMIT_BYTES || !SKIP(&c, "{\"v\":1,\"lane\":\"") ||
        !skip(&c, lane, ENTRY_LANE_CHARS) || !SKIP(&c, "\",\"seq\":") || !number(&c, &quick.seq) ||
        !SKIP(&c, ",\"kind\":\"response\",\"id\":\"") || !id(&c, quick.id) ||
        !SKIP(&c, "\",\"hour\":\"") || !hour(&c, memory) || !SKIP(&c, "\",\"unit\":\"") ||
        !code(&c, RESPONSE_UNIT_CHARS, r != NULL ? r->unit : NULL) || !SKIP(&c, ","))
        return false;
    if (SKIP(&c, "\"counter\":\"") &&
        (!code(&c, RESPONSE_CODE_CHARS, r != NULL ? r->counter : NULL) || !SKIP(&c, ",")))
        return false;
    if (!channel_and_step(&c, r) || !SKIP(&c, "\"area\":\"") ||
        !code(&c, RESPONSE_CODE_CHARS, r != NULL ? r->area : NULL) || !SKIP(&c, ",") ||
        !form(&c, memory) || !answers(&c, memory, &quick.overall) || !SKIP(&c, ",\"flags\":[]"))
        return false;
    quick.clock_unset = SKIP(&c, ",\"clock\":\"unset\"");
    quick.hour = memory->hour;
    if (!SKIP(&c, "}") || c.at != c.end)
        return false;
    if (r != NULL) {
        memcpy(r->id, quick.id, sizeof r->id);
        r->hour = quick.hour;
        r->clock_unset = quick.clock_unset;
    }
    *ret_quick = quick;
    return true;
}
