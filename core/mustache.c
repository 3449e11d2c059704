// SPDX-License-Identifier: MIT
// Renders compiled Mustache templates from JSON models.
#include "mustache_node.h"

#include <stdlib.h>
#include <string.h>

enum { MODEL_LIMIT = 8 }; // words, the page's model and a few more

void mustache_free(struct mustache *template)
{
    if (template == NULL)
        return;
    buf_done(&template->store);
    free(template->nodes);
    free(template);
}

struct renderer {
    const struct mustache *template;
    json_t *stack[MODEL_LIMIT + MUSTACHE_SECTION_LIMIT];
    size_t depth;
    bool strict;
    struct buf *out;
    struct err *err;
};

void mustache_escape(const char *text, size_t size_bytes, struct buf *out)
{
    static const char *const entities[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    size_t from = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        const char *entity = entities[(unsigned char)text[i]];
        if (entity == NULL)
            continue;
        buf_add(out, text + from, i - from);
        buf_add_text(out, entity);
        from = i + 1;
    }
    buf_add(out, text + from, size_bytes - from);
}

// NULL when the name is found nowhere. The spec: the first part is searched through the stack,
// the others only inside what it names.
static json_t *find_value(const struct renderer *r, const struct mustache_node *node)
{
    if (node->part_count == 0)
        return r->depth == 0 ? NULL : r->stack[r->depth - 1];
    const char *part = r->template->store.data + node->offset;
    json_t *value = NULL;
    for (size_t i = r->depth; i > 0 && value == NULL; i--)
        value = json_object_get(r->stack[i - 1], part);
    for (unsigned i = 1; i < node->part_count && value != NULL; i++) {
        part += strlen(part) + 1;
        value = json_object_get(value, part);
    }
    return value;
}

static enum status find_or_bug(const struct renderer *r, const struct mustache_node *node,
                               json_t **ret_value)
{
    json_t *value = find_value(r, node);
    if (value == NULL && r->strict) {
        const char *name = node->part_count == 0 ? "." : r->template->store.data + node->offset;
        const char *last = name;
        for (unsigned i = 1; i < node->part_count; i++)
            last += strlen(last) + 1;
        return BUG(r->err, "a template names \"%s\" (…\"%s\"), which the model lacks", name, last);
    }
    *ret_value = value;
    return STATUS_OK;
}

// The shortest of the three precisions that reads back as the same number.
static void add_real(double value, struct buf *out)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add_text(out, text);
}

static enum status add_value(const struct renderer *r, const json_t *value, bool escape)
{
    if (value == NULL)
        return STATUS_OK;
    switch (json_typeof(value)) {
    case JSON_STRING:
        if (escape)
            mustache_escape(json_string_value(value), json_string_length(value), r->out);
        else
            buf_add(r->out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        buf_add_int(r->out, json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(json_real_value(value), r->out);
        break;
    case JSON_TRUE:
        buf_add_text(r->out, "true");
        break;
    case JSON_FALSE:
        buf_add_text(r->out, "false");
        break;
    case JSON_NULL:
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
        return r->strict ? BUG(r->err, "a template prints an object or a list") : STATUS_OK;
    }
    return STATUS_OK;
}

static bool is_true(const json_t *value)
{
    if (value == NULL)
        return false;
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return json_real_value(value) != 0.0;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_FALSE:
    case JSON_NULL:
        return false;
    case JSON_OBJECT:
    case JSON_TRUE:
        break;
    }
    return true;
}

static enum status render_range(struct renderer *r, size_t from, size_t to);

static enum status render_with(struct renderer *r, json_t *value, size_t from, size_t to)
{
    r->stack[r->depth++] = value;
    TRY(render_range(r, from, to));
    r->depth--;
    return STATUS_OK;
}

static enum status render_section(struct renderer *r, size_t index)
{
    const struct mustache_node *node = &r->template->nodes[index];
    json_t *value = NULL;
    TRY(find_or_bug(r, node, &value));
    if (is_true(value) != (node->kind == MUSTACHE_SECTION))
        return STATUS_OK;
    if (node->kind == MUSTACHE_INVERTED)
        return render_range(r, index + 1, node->end);
    if (!json_is_array(value))
        return render_with(r, value, index + 1, node->end);
    for (size_t i = 0; i < json_array_size(value); i++)
        TRY(render_with(r, json_array_get(value, i), index + 1, node->end));
    return STATUS_OK;
}

static enum status render_range(struct renderer *r, size_t from, size_t to)
{
    size_t at = from;
    while (at < to) {
        const struct mustache_node *node = &r->template->nodes[at];
        if (node->kind == MUSTACHE_TEXT) {
            buf_add(r->out, r->template->store.data + node->offset, node->size_bytes);
            at++;
        } else if (node->kind == MUSTACHE_ESCAPED || node->kind == MUSTACHE_RAW) {
            json_t *value = NULL;
            TRY(find_or_bug(r, node, &value));
            TRY(add_value(r, value, node->kind == MUSTACHE_ESCAPED));
            at++;
        } else {
            TRY(render_section(r, at));
            at = node->end;
        }
    }
    return STATUS_OK;
}

enum status mustache_render(const struct mustache *template, json_t *const *models, size_t count,
                            bool strict, struct buf *out, struct err *err)
{
    if (count > MODEL_LIMIT)
        return BUG(err, "a template is rendered with too many models");
    struct renderer r = {.template = template, .strict = strict, .out = out, .err = err};
    for (size_t i = 0; i < count; i++)
        r.stack[r.depth++] = models[i];
    TRY(render_range(&r, 0, template->count));
    return buf_check(out, err);
}
