// SPDX-License-Identifier: MIT
// The table of the kinds' keys.
#include "kinds.h"

#include <string.h>

#include "clock.h"
#include "note.h"
#include "response.h"
#include "text.h"

enum {
    KEYS_MAX = 20,       // of the largest kind with the envelope
    COUNT_MAX = 1 << 30, // of anything that is counted in an hour or day
    VERSION_MAX = 1000000,
    WORDS_CHARS = 1000,
};

// One value under its key.
struct value {
    const json_t *json;
    const char *key, *what;
};
typedef enum status (*check_fn)(const struct value *value, struct err *err);

static enum status refuse(const struct value *value, struct err *err, const char *must)
{
    return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be %s", value->what, value->key, must);
}

// ---- single values ----------------------------------------------------------------------------

static const char *text_of(const json_t *json)
{
    const char *text = json_string_value(json);
    return text != NULL ? text : "";
}

static bool is_hex(const json_t *json, size_t size_bytes)
{
    uint8_t bytes[CRYPTO_HASH_BYTES];
    const char *text = text_of(json);
    return text_unhex(text, strlen(text), bytes, size_bytes);
}

static bool is_words(const json_t *json, size_t least, size_t most)
{
    const char *text = json_string_value(json);
    size_t size_bytes = json_string_length(json);
    if (text == NULL || !text_is_clean(text, size_bytes, false))
        return false;
    size_t chars = text_count(text, size_bytes);
    return chars >= least && chars <= most;
}

static bool is_count(const json_t *json, int64_t least, int64_t most)
{
    return json_is_integer(json) && json_integer_value(json) >= least &&
           json_integer_value(json) <= most;
}

static bool is_one_of(const json_t *json, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text_of(json), names[i]) == 0)
            return true;
    return false;
}

static enum status check_hour(const struct value *value, struct err *err)
{
    uint32_t hour;
    if (clock_parse_hour(text_of(value->json), &hour, NULL) != STATUS_OK)
        return refuse(value, err, "as 2026-11-03T09+07");
    return STATUS_OK;
}

static enum status check_day(const struct value *value, struct err *err)
{
    int32_t day;
    if (clock_parse_day(text_of(value->json), &day, NULL) != STATUS_OK)
        return refuse(value, err, "as 2026-11-03");
    return STATUS_OK;
}

static enum status check_count(const struct value *value, struct err *err)
{
    if (!is_count(value->json, 0, COUNT_MAX))
        return refuse(value, err, "a whole number from 0 to 1073741824");
    return STATUS_OK;
}

static enum status check_size(const struct value *value, struct err *err)
{
    if (!is_count(value->json, 0, INT64_MAX))
        return refuse(value, err, "a whole number that is not negative");
    return STATUS_OK;
}

static enum status check_version(const struct value *value, struct err *err)
{
    if (!is_count(value->json, 1, VERSION_MAX))
        return refuse(value, err, "a whole number from 1 to 1000000");
    return STATUS_OK;
}

static enum status check_hash(const struct value *value, struct err *err)
{
    if (!is_hex(value->json, CRYPTO_HASH_BYTES))
        return refuse(value, err, "64 lower-case hexadecimal digits");
    return STATUS_OK;
}

static enum status check_id(const struct value *value, struct err *err)
{
    if (!is_hex(value->json, ENTRY_ID_BYTES))
        return refuse(value, err, "the id of an entry, 32 lower-case hexadecimal digits");
    return STATUS_OK;
}

static enum status check_unit(const struct value *value, struct err *err)
{
    if (!text_is_code(text_of(value->json), RESPONSE_UNIT_CHARS))
        return refuse(value, err, "the code of a unit");
    return STATUS_OK;
}

static enum status check_area(const struct value *value, struct err *err)
{
    if (!text_is_code(text_of(value->json), RESPONSE_CODE_CHARS))
        return refuse(value, err, "the code of an area");
    return STATUS_OK;
}

static enum status check_clock(const struct value *value, struct err *err)
{
    if (strcmp(text_of(value->json), "unset") != 0)
        return refuse(value, err, "\"unset\" or left out");
    return STATUS_OK;
}

static enum status check_true(const struct value *value, struct err *err)
{
    if (!json_is_true(value->json))
        return refuse(value, err, "true or left out");
    return STATUS_OK;
}

static enum status check_words(const struct value *value, struct err *err)
{
    if (!is_words(value->json, 0, WORDS_CHARS))
        return refuse(value, err, "at most 1000 characters of clean text");
    return STATUS_OK;
}

static enum status check_word(const struct value *value, struct err *err)
{
    if (!is_words(value->json, 1, KINDS_NAME_CHARS))
        return refuse(value, err, "1 to 64 characters of clean text");
    return STATUS_OK;
}

static enum status check_reason(const struct value *value, struct err *err)
{
    if (!is_words(value->json, 1, KINDS_REASON_CHARS))
        return refuse(value, err, "1 to 400 characters of clean text");
    return STATUS_OK;
}

static enum status check_flag_rule(const struct value *value, struct err *err)
{
    static const char *const names[] = {"repeat", "burst", "streak", "hub"};
    if (!is_one_of(value->json, names, ARRAY_SIZE(names)))
        return refuse(value, err, "repeat, burst, streak or hub");
    return STATUS_OK;
}

static enum status check_field(const struct value *value, struct err *err)
{
    static const char *const names[] = {"text", "contact"};
    if (!is_one_of(value->json, names, ARRAY_SIZE(names)))
        return refuse(value, err, "text or contact");
    return STATUS_OK;
}

static enum status check_erasure(const struct value *value, struct err *err)
{
    static const char *const names[] = {"personal_data", "law", "abuse", "wrong_place"};
    if (!is_one_of(value->json, names, ARRAY_SIZE(names)))
        return refuse(value, err, "personal_data, law, abuse or wrong_place");
    return STATUS_OK;
}

static enum status check_source(const struct value *value, struct err *err)
{
    static const char *const names[] = {"ntp", "hub", "staff"};
    if (!is_one_of(value->json, names, ARRAY_SIZE(names)))
        return refuse(value, err, "ntp, hub or staff");
    return STATUS_OK;
}

static enum status check_why(const struct value *value, struct err *err)
{
    static const char *const names[] = {"restore", "fork", "clone", "clock", "gap"};
    if (!is_one_of(value->json, names, ARRAY_SIZE(names)))
        return refuse(value, err, "restore, fork, clone, clock or gap");
    return STATUS_OK;
}

// ---- lists and objects ------------------------------------------------------------------------

// The `index` first of the list, which are few.
static bool stands_before(const json_t *list, size_t index)
{
    const char *text = text_of(json_array_get(list, index));
    for (size_t i = 0; i < index; i++)
        if (strcmp(text_of(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

static enum status check_ids(const struct value *value, struct err *err)
{
    size_t count = json_array_size(value->json); // 0 when it is none
    if (count == 0 || count > KINDS_OF_MAX)
        return refuse(value, err, "a list of 1 to 64 ids");
    for (size_t i = 0; i < count; i++)
        if (!is_hex(json_array_get(value->json, i), ENTRY_ID_BYTES) ||
            stands_before(value->json, i))
            return refuse(value, err, "a list of different ids of 32 hexadecimal digits");
    return STATUS_OK;
}

static enum status check_id_or_ids(const struct value *value, struct err *err)
{
    return json_is_array(value->json) ? check_ids(value, err) : check_id(value, err);
}

static enum status check_names(const struct value *value, struct err *err)
{
    size_t count = json_array_size(value->json);
    if (count == 0 || count > KINDS_BY_MAX)
        return refuse(value, err, "a list of 1 to 4 names");
    for (size_t i = 0; i < count; i++)
        if (!is_words(json_array_get(value->json, i), 1, KINDS_NAME_CHARS) ||
            stands_before(value->json, i))
            return refuse(value, err, "a list of different names of 1 to 64 characters");
    return STATUS_OK;
}

static bool is_counts_row(const json_t *row)
{
    enum response_step step;
    return json_array_size(row) == 3 &&
           text_is_code(text_of(json_array_get(row, 0)), RESPONSE_CODE_CHARS) &&
           response_step_find(text_of(json_array_get(row, 1)), &step) &&
           is_count(json_array_get(row, 2), 1, COUNT_MAX);
}

static enum status check_counts(const struct value *value, struct err *err)
{
    size_t count = json_array_size(value->json);
    if (count == 0 || count > KINDS_COUNTS_MAX)
        return refuse(value, err, "a list of 1 to 500 rows");
    for (size_t i = 0; i < count; i++)
        if (!is_counts_row(json_array_get(value->json, i)))
            return refuse(value, err, "a list of rows of area, step and count");
    return STATUS_OK;
}

static enum status check_levels(const struct value *value, struct err *err)
{
    enum { LEVELS = 5 };
    int64_t sum = 0;
    if (json_array_size(value->json) != LEVELS)
        return refuse(value, err, "a list of five counts, the worst level first");
    for (size_t i = 0; i < LEVELS; i++) {
        const json_t *count = json_array_get(value->json, i);
        if (!is_count(count, 0, COUNT_MAX))
            return refuse(value, err, "a list of five counts, the worst level first");
        sum += json_integer_value(count);
    }
    if (sum < KINDS_LEVELS_LEAST)
        return refuse(value, err, "left out while there are fewer than 10 answers");
    return STATUS_OK;
}

static enum status check_after(const struct value *value, struct err *err)
{
    static const char *const keys[] = {"lane", "size", "root", NULL};
    int64_t size = 0;
    if (!json_is_object(value->json) ||
        !is_hex(json_object_get(value->json, "lane"), ENTRY_LANE_CHARS / 2) ||
        !is_hex(json_object_get(value->json, "root"), CRYPTO_HASH_BYTES))
        return refuse(value, err, "an object of lane, size and root");
    TRY(json_int(value->json, "size", value->what, 0, INT64_MAX, &size, err));
    return json_only(value->json, value->what, keys, err);
}

// ---- keys that belong together ----------------------------------------------------------------

static bool has(const struct entry *entry, const char *key)
{
    return json_object_get(entry->json, key) != NULL;
}

static enum status both(const struct entry *entry, const char *a, const char *b, const char *what,
                        struct err *err)
{
    if (has(entry, a) == has(entry, b))
        return STATUS_OK;
    return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" and \"%s\" stand there both or neither", what,
                   a, b);
}

static enum status check_boot(const struct entry *entry, const char *what, struct err *err)
{
    // Slips whose use nobody knows were accepted: that follows no lane.
    if (strcmp(json_text_or(entry->json, "why", ""), "gap") == 0)
        return has(entry, "after")
                   ? err_set(err, STATUS_BAD_INPUT, "%s: a gap follows no lane", what)
                   : STATUS_OK;
    return both(entry, "after", "why", what, err);
}

// A kiosk's rules need no reason; people do.
static enum status check_flag(const struct entry *entry, const char *what, struct err *err)
{
    bool hub = strcmp(json_text_or(entry->json, "rule", ""), "hub") == 0;
    if (has(entry, "reason") != hub || has(entry, "by") != hub || (has(entry, "undo") && !hub))
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"reason\" and \"by\" stand there exactly when \"rule\" is hub", what);
    return STATUS_OK;
}

static enum status check_span(const struct entry *entry, const char *what, struct err *err)
{
    uint32_t first = 0, last = 0;
    TRY(clock_parse_hour(json_text_or(entry->json, "first", ""), &first, err));
    TRY(clock_parse_hour(json_text_or(entry->json, "last", ""), &last, err));
    if (first > last)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"first\" is after \"last\"", what);
    if (json_int_or(entry->json, "from_seq", 0) >= json_int_or(entry->json, "to_seq", 0))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"from_seq\" must be below \"to_seq\"", what);
    if (json_int_or(entry->json, "to_seq", 0) > entry->seq)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"to_seq\" is after the entry itself", what);
    return STATUS_OK;
}

static enum status check_seal(const struct entry *entry, const char *what, struct err *err)
{
    const char *day = json_text_or(entry->json, "day", "");
    TRY(both(entry, "levels", "from", what, err));
    // Days in their one spelling are ordered as their texts are.
    if (strcmp(json_text_or(entry->json, "from", day), day) > 0)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"from\" is after \"day\"", what);
    return STATUS_OK;
}

static enum status check_ack(const struct entry *entry, const char *what, struct err *err)
{
    const json_t *note = json_object_get(entry->json, "note");
    struct note_checkpoint checkpoint;
    char root[2 * CRYPTO_HASH_BYTES + 1];
    if (note_read(text_of(note), json_string_length(note), &checkpoint, NULL) != STATUS_OK)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"note\" must be a signed checkpoint", what);
    text_hex(checkpoint.root, sizeof checkpoint.root, root);
    if (checkpoint.size != (uint64_t)json_int_or(entry->json, "size", 0) ||
        strcmp(root, json_text_or(entry->json, "root", "")) != 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"size\" and \"root\" must be those of the checkpoint in \"note\"",
                       what);
    return STATUS_OK;
}

// ---- the table --------------------------------------------------------------------------------

struct key {
    const char *name;
    check_fn check;
    bool optional;
};

static const struct key boot_keys[] = {
    {"hour", check_hour, false},  {"boot", check_count, false}, {"version", check_word, false},
    {"after", check_after, true}, {"why", check_why, true},     {"clock", check_clock, true},
    {NULL, NULL, false}};
static const struct key flag_keys[] = {{"hour", check_hour, false},
                                       {"rule", check_flag_rule, false},
                                       {"version", check_version, false},
                                       {"of", check_ids, false},
                                       {"reason", check_reason, true},
                                       {"by", check_names, true},
                                       {"undo", check_true, true},
                                       {"clock", check_clock, true},
                                       {NULL, NULL, false}};
static const struct key void_keys[] = {
    {"hour", check_hour, false}, {"of", check_id_or_ids, false}, {"reason", check_reason, false},
    {"by", check_names, false},  {"undo", check_true, true},     {NULL, NULL, false}};
static const struct key redaction_keys[] = {
    {"day", check_day, false},        {"of", check_id, false},    {"field", check_field, false},
    {"reason", check_erasure, false}, {"by", check_names, false}, {NULL, NULL, false}};
static const struct key clock_keys[] = {
    {"from_seq", check_size, false}, {"to_seq", check_size, false}, {"first", check_hour, false},
    {"last", check_hour, false},     {"by", check_source, false},   {NULL, NULL, false}};
static const struct key comment_keys[] = {{"day", check_day, false},
                                          {"unit", check_unit, false},
                                          {"area", check_area, true},
                                          {"text", check_hash, false},
                                          {NULL, NULL, false}};
static const struct key petition_keys[] = {
    {"day", check_day, false},   {"unit", check_unit, false},    {"area", check_area, true},
    {"text", check_hash, false}, {"contact", check_hash, false}, {NULL, NULL, false}};
static const struct key counts_keys[] = {{"hour", check_hour, false},
                                         {"unit", check_unit, false},
                                         {"counts", check_counts, false},
                                         {"clock", check_clock, true},
                                         {NULL, NULL, false}};
static const struct key seal_keys[] = {{"day", check_day, false},
                                       {"count", check_count, false},
                                       {"levels", check_levels, true},
                                       {"from", check_day, true},
                                       {NULL, NULL, false}};
// The note's own form is checked with the other two.
static const struct key ack_keys[] = {{"size", check_size, false},
                                      {"root", check_hash, false},
                                      {"note", NULL, false},
                                      {NULL, NULL, false}};
static const struct key audit_keys[] = {
    {"hour", check_hour, false},    {"act", check_word, false}, {"unit", check_words, false},
    {"detail", check_words, false}, {"by", check_names, true},  {NULL, NULL, false}};

// A kind without keys here is not checked: response, detail and documents elsewhere, and `case`,
// which is reserved.
static const struct {
    const struct key *keys;
    enum status (*together)(const struct entry *entry, const char *what, struct err *err);
} kinds[ENTRY_KIND_COUNT] = {
    [ENTRY_BOOT] = {boot_keys, check_boot},   [ENTRY_FLAG] = {flag_keys, check_flag},
    [ENTRY_VOID] = {void_keys, NULL},         [ENTRY_REDACTION] = {redaction_keys, NULL},
    [ENTRY_CLOCK] = {clock_keys, check_span}, [ENTRY_COMMENT] = {comment_keys, NULL},
    [ENTRY_PETITION] = {petition_keys, NULL}, [ENTRY_SLIPS] = {counts_keys, NULL},
    [ENTRY_OFFERED] = {counts_keys, NULL},    [ENTRY_VISITS] = {counts_keys, NULL},
    [ENTRY_SEAL] = {seal_keys, check_seal},   [ENTRY_ACK] = {ack_keys, check_ack},
    [ENTRY_AUDIT] = {audit_keys, NULL},
};

static enum status check_names_of_keys(const struct entry *entry, const struct key *keys,
                                       const char *what, struct err *err)
{
    const char *names[KEYS_MAX] = {"v", "lane", "seq", "kind", "id", "part"};
    size_t count = 6;
    for (; keys->name != NULL && count < KEYS_MAX - 1; keys++)
        names[count++] = keys->name;
    return json_only(entry->json, what, names, err);
}

enum status kinds_check(const struct entry *entry, const char *what, struct err *err)
{
    const struct key *keys = kinds[entry->kind].keys;
    if (keys == NULL)
        return STATUS_OK;
    TRY(check_names_of_keys(entry, keys, what, err));
    for (; keys->name != NULL; keys++) {
        struct value value = {json_object_get(entry->json, keys->name), keys->name, what};
        if (value.json == NULL && keys->optional)
            continue;
        if (value.json == NULL)
            return refuse(&value, err, "there");
        if (keys->check != NULL)
            TRY(keys->check(&value, err));
    }
    return kinds[entry->kind].together == NULL ? STATUS_OK
                                               : kinds[entry->kind].together(entry, what, err);
}
