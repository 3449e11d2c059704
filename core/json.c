// SPDX-License-Identifier: MIT
// Strict reading of JSON from outside, by jansson.
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"

// ---- memory ------------------------------------------------------------------------------------
// jansson 2.14 does not look whether its reader's buffer could grow: when it could not, bytes of
// the text are silently left out, or written past an allocation. So while it reads, an allocation
// that fails is served from a reserve, the text ends there, and the result is thrown away.

enum {
    // The text is handed over in such pieces, so that little more is read after it must end.
    JSON_PIECE_BYTES = 128,
    // What one byte of text may still need in growing buffers: 2 for the reader's own, 8 for an
    // array's table (2 bytes an element, doubled), less for an object's.
    JSON_RESERVE_PER_BYTE = 12,
    // What a piece may need: at most an array with its first table (112 bytes) for each byte.
    JSON_RESERVE_BYTES = 24 * 1024,
    JSON_ALIGN_BYTES = 16,
};

struct json_source {
    const char *text;
    size_t left_bytes;
    char *reserve;
    size_t reserve_bytes, used_bytes;
    bool ran_out;
};

static _Thread_local struct json_source *json_reading; // NULL while nothing is read

static void *json_take(size_t size_bytes)
{
    void *memory = malloc(size_bytes);
    struct json_source *source = json_reading;
    if (memory != NULL || source == NULL)
        return memory;
    source->ran_out = true;
    const size_t left_bytes = source->reserve_bytes - source->used_bytes;
    if (size_bytes > left_bytes - left_bytes % JSON_ALIGN_BYTES)
        return NULL;
    memory = source->reserve + source->used_bytes;
    source->used_bytes += (size_bytes + JSON_ALIGN_BYTES - 1) / JSON_ALIGN_BYTES * JSON_ALIGN_BYTES;
    return memory;
}

static void json_give(void *memory)
{
    const struct json_source *source = json_reading;
    const uintptr_t at = (uintptr_t)memory;
    if (source != NULL && at >= (uintptr_t)source->reserve &&
        at < (uintptr_t)source->reserve + source->reserve_bytes)
        return; // goes with the reserve
    free(memory);
}

// Before main, because jansson reads the pointers without a lock.
__attribute__((constructor)) static void json_use_memory(void)
{
    json_set_alloc_funcs(json_take, json_give);
}

static size_t json_next_piece(void *buffer, size_t space_bytes, void *context)
{
    struct json_source *source = context;
    size_t bytes = source->left_bytes < JSON_PIECE_BYTES ? source->left_bytes : JSON_PIECE_BYTES;
    if (source->ran_out)
        return 0;
    if (bytes > space_bytes)
        bytes = space_bytes;
    memcpy(buffer, source->text, bytes);
    source->text += bytes;
    source->left_bytes -= bytes;
    return bytes;
}

// NULL with *ret_ran_out or the reason in *ret_error.
static json_t *json_load_whole(const char *text, size_t size_bytes, bool *ret_ran_out,
                               json_error_t *ret_error)
{
    struct json_source source = {
        .text = text,
        .left_bytes = size_bytes,
        .reserve_bytes = size_bytes * JSON_RESERVE_PER_BYTE + JSON_RESERVE_BYTES,
    };
    source.reserve = malloc(source.reserve_bytes);
    *ret_ran_out = source.reserve == NULL;
    if (source.reserve == NULL)
        return NULL;
    json_reading = &source;
    json_t *json = json_load_callback(json_next_piece, &source, JSON_REJECT_DUPLICATES, ret_error);
    if (source.ran_out) {
        json_decref(json);
        json = NULL;
    }
    json_reading = NULL;
    free(source.reserve);
    *ret_ran_out = source.ran_out;
    return json;
}

// ---- reading -----------------------------------------------------------------------------------

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
    bool ran_out = false;
    AUTO(json_decrefp) json_t *json = json_load_whole(text, size_bytes, &ran_out, &error);
    if (ran_out)
        return err_set(err, STATUS_NO_MEMORY, "%s: no memory to read it", what);
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
