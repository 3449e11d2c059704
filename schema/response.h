// SPDX-License-Identifier: MIT
// A response and its details as values, and as the tail of an entry.
#ifndef HAILONG_RESPONSE_H
#define HAILONG_RESPONSE_H

#include "crypto.h"
#include "entry.h"
#include "form.h"

// name in entries, in the headline (IND-01)
#define RESPONSE_CHANNEL_LIST(X)                                                                   \
    X(SCREEN, "screen", true)                                                                      \
    X(SLIP, "slip", true)                                                                          \
    X(POSTER, "poster", false)                                                                     \
    X(PAPER, "paper", true)                                                                        \
    X(ONLINE, "online", true)
enum response_channel {
#define X(name, text, headline) RESPONSE_##name,
    RESPONSE_CHANNEL_LIST(X)
#undef X
        RESPONSE_CHANNEL_COUNT
};
// The visit's step, its letter in addresses
#define RESPONSE_STEP_LIST(X)                                                                      \
    X(INTAKE, "intake", 'I')                                                                       \
    X(SUPPLEMENT, "supplement", 'S')                                                               \
    X(REFUSAL, "refusal", 'X')                                                                     \
    X(RESULT, "result", 'R')
enum response_step {
#define X(name, text, letter) RESPONSE_STEP_##name,
    RESPONSE_STEP_LIST(X)
#undef X
        RESPONSE_STEP_COUNT
};
// How a page was left.
enum response_end {
    RESPONSE_END_TAP,
    RESPONSE_END_SKIP,
    RESPONSE_END_EXIT,
    RESPONSE_END_TIMEOUT,
    RESPONSE_END_COUNT
};

enum { RESPONSE_CODE_CHARS = 16, RESPONSE_UNIT_CHARS = 8 };

struct response_answer {
    char item[FORM_ID_CHARS + 1];
    int level; // 1…levels of the item
};

struct response {
    uint8_t id[ENTRY_ID_BYTES];
    uint32_t hour; // hour number (clock.h) in which it was received
    char unit[RESPONSE_UNIT_CHARS + 1];
    char counter[RESPONSE_CODE_CHARS + 1]; // "" when there is none
    char area[RESPONSE_CODE_CHARS + 1];
    char form[FORM_ID_CHARS + 5]; // "tthc@1"
    enum response_channel channel;
    enum response_step step;
    bool linked;
    int64_t part; // 0; a detail's own running number from 1
    struct response_answer answers[FORM_ITEM_MAX];
    size_t answer_count;
    char topics[FORM_TOPIC_MAX][FORM_ID_CHARS + 1];
    size_t topic_count;
    const char *page;      // detail: "overall", "topics", "agency", "factors": what it belongs to
    enum response_end end; // detail: how that page ended
    char flags[4][16];     // "repeat", "burst", "streak", "hours"
    size_t flag_count;
    int64_t flag_rule; // version of the rules that set the flags; 0 when it is not known
    bool clock_unset;  // written as "clock":"unset": the hour is not trusted yet
};

const char *response_channel_name(enum response_channel channel);
bool response_channel_find(const char *name, enum response_channel *ret_channel);
bool response_channel_headline(enum response_channel channel);
const char *response_step_name(enum response_step step);
bool response_step_find(const char *name, enum response_step *ret_step);
char response_step_letter(enum response_step step);
bool response_step_of_letter(char letter, enum response_step *ret_step);
// The id (docs/JOURNAL.md): the page's hour number (4 bytes, big-endian) ‖ first 12 bytes of
// HMAC-SHA-256(day key, token).
void response_id(uint32_t page_hour, const struct crypto_mac_key *day_key, const void *token,
                 size_t token_bytes, uint8_t ret_id[ENTRY_ID_BYTES]);
// Tails of the entries `response` (part 0) and `detail` (part > 0), keys in the documented order:
// response: kind id hour unit [counter] channel part step linked area form answers flags [rule]
// [clock] detail: kind id hour unit part page end [answers] [topics] [clock]
void response_tail(const struct response *response, struct buf *tail);
// From an entry of kind response or detail; checks every value (form, items, levels, codes). A
// detail names no form, so its items are checked for syntax and levels 1…5 only: who projects it
// holds it against its response's form. Needs form_open before.
enum status response_read(const struct entry *entry, struct response *ret_response,
                          struct err *err) MUST_USE;

#endif
