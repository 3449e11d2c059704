// SPDX-License-Identifier: MIT
// Typed readers for the members of data files and setups.
#include "field.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

enum status field_line(const json_t *object, const char *key, const char *what,
                       const char **ret_text, struct err *err)
{
    const json_t *member = json_object_get(object, key);
    const char *text = json_string_value(member);
    size_t size_bytes = json_string_length(member);
    if (text == NULL || size_bytes == 0 || size_bytes > FIELD_LINE_BYTES ||
        !text_is_clean(text, size_bytes, false))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be one line of text, 1 to %d bytes",
                       what, key, FIELD_LINE_BYTES);
    *ret_text = text;
    return STATUS_OK;
}

enum status field_line_or(const json_t *object, const char *key, const char *what,
                          const char **ret_text, struct err *err)
{
    const json_t *member = json_object_get(object, key);
    if (member == NULL || (json_is_string(member) && json_string_length(member) == 0)) {
        *ret_text = "";
        return STATUS_OK;
    }
    return field_line(object, key, what, ret_text, err);
}

enum status field_name(const json_t *object, const char *key, const char *what, const char **ret_vi,
                       const char **ret_en, struct err *err)
{
    static const char *const keys[] = {"vi", "en", NULL};
    const json_t *member = json_object_get(object, key);
    char inner[96];
    snprintf(inner, sizeof inner, "%s.%s", what, key);
    if (!json_is_object(member))
        return err_set(err, STATUS_BAD_INPUT, "%s must be {\"vi\": …, \"en\": …}", inner);
    const char *vi = NULL, *en = NULL;
    TRY(json_only(member, inner, keys, err));
    TRY(field_line(member, "vi", inner, &vi, err));
    TRY(field_line_or(member, "en", inner, &en, err));
    *ret_vi = vi;
    *ret_en = en[0] != '\0' ? en : vi;
    return STATUS_OK;
}

enum status field_bool(const json_t *object, const char *key, const char *what, bool fallback,
                       bool *ret_value, struct err *err)
{
    const json_t *member = json_object_get(object, key);
    if (member != NULL && !json_is_boolean(member))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be true or false", what, key);
    *ret_value = member != NULL ? json_is_true(member) : fallback;
    return STATUS_OK;
}

enum status field_int(const json_t *object, const char *key, const char *what, int64_t minimum,
                      int64_t maximum, int64_t fallback, int64_t *ret_value, struct err *err)
{
    if (json_object_get(object, key) != NULL)
        return json_int(object, key, what, minimum, maximum, ret_value, err);
    *ret_value = fallback;
    return STATUS_OK;
}

enum status field_array(const json_t *object, const char *key, const char *what, size_t minimum,
                        size_t maximum, const json_t **ret_array, struct err *err)
{
    const json_t *member = json_object_get(object, key);
    size_t count = json_array_size(member);
    if (!json_is_array(member) || count < minimum || count > maximum)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be a list of %zu to %zu values",
                       what, key, minimum, maximum);
    *ret_array = member;
    return STATUS_OK;
}

void field_at(const char *array, size_t index, char *ret_what, size_t room)
{
    snprintf(ret_what, room, "%s[%zu]", array, index);
}
