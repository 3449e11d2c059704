// SPDX-License-Identifier: MIT
// Strict reading of JSON from outside, by jansson.
#include "json.h"

#include <string.h>

#include "file.h"

static const char *json_reason(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "it ends too early";
    case json_error_end_of_input_expected:
        return "something follows behind its end";
    case json_error_invalid_utf8:
        return "it is not well-formed UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "it holds a NUL character";
    case json_error_duplicate_key:
        return "a key stands twice in one object";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_stack_overflow:
        return "it is nested too deeply";
    default:
        return "it is not JSON";
    }
}

static enum status json_refuse(const json_error_t *error, const char *what, struct err *err)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_out_of_memory)
        return err_set(err, STATUS_NO_MEMORY, "%s: no memory to read it", what);
    return err_set(err, STATUS_BAD_INPUT, "%s: line %d, column %d: %s", what, error->line,
                   error->column, json_reason(code));
}

enum status json_parse(const char *text, size_t size_bytes, size_t limit_bytes, const char *what,
                       json_t **ret_json, struct err *err)
{
    if (size_bytes > limit_bytes)
        return err_set(err, STATUS_TOO_LARGE, "%s: longer than the limit of %zu bytes", what,
                       limit_bytes);
    json_error_t error;
    AUTO(json_decrefp) json_t *json = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return json_refuse(&error, what, err);
    if (!json_is_object(json))
        return err_set(err, STATUS_BAD_INPUT, "%s: must be a JSON object, {…}", what);
    *ret_json = json_incref(json);
    return STATUS_OK;
}

enum status json_read(const char *path, size_t limit_bytes, json_t **ret_json, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, limit_bytes);
    TRY(file_read(path, &text, err));
    return json_parse(buf_text(&text), text.size_bytes, limit_bytes, path, ret_json, err);
}

static int json_dump(const char *bytes, size_t size_bytes, void *context)
{
    struct buf *out = context;
    buf_add(out, bytes, size_bytes);
    return out->failed == STATUS_OK ? 0 : -1;
}

enum status json_write(const json_t *json, struct buf *out, struct err *err)
{
    int result = json_dump_callback(json, json_dump, out, JSON_COMPACT | JSON_ENCODE_ANY);
    TRY(buf_check(out, err));
    if (result != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory to write JSON");
    return STATUS_OK;
}

enum status json_text(const json_t *object, const char *key, const char *what,
                      const char **ret_text, struct err *err)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be there and be a text", what, key);
    *ret_text = json_string_value(value);
    return STATUS_OK;
}

enum status json_int(const json_t *object, const char *key, const char *what, int64_t minimum,
                     int64_t maximum, int64_t *ret_value, struct err *err)
{
    const json_t *member = json_object_get(object, key);
    int64_t value = json_integer_value(member); // 0 when it is none
    if (!json_is_integer(member) || value < minimum || value > maximum)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be a whole number from %lld to %lld",
                       what, key, (long long)minimum, (long long)maximum);
    *ret_value = value;
    return STATUS_OK;
}

const char *json_text_or(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : fallback;
}

int64_t json_int_or(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_bool_or(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static bool json_listed(const char *key, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (strcmp(key, *keys) == 0)
            return true;
    }
    return false;
}

enum status json_only(const json_t *object, const char *what, const char *const *keys,
                      struct err *err)
{
    // Cast: jansson's iteration takes a non-const object though it does not change it.
    json_t *readable = (json_t *)(uintptr_t)object;
    const char *key;
    json_t *value;
    json_object_foreach(readable, key, value)
    {
        if (json_listed(key, keys))
            continue;
        if (strlen(key) > 64) // a typing mistake is short; more is not worth a log line
            return err_set(err, STATUS_BAD_INPUT, "%s: an unknown, very long key", what);
        return err_set(err, STATUS_BAD_INPUT, "%s: unknown key \"%s\"", what, key);
    }
    return STATUS_OK;
}
