// SPDX-License-Identifier: MIT
// Reads questionnaires and keeps the embedded ones.
#include "form.h"

#include <stdio.h>
#include <string.h>

#include "asset.h"
#include "field.h"
#include "schema_assets.h"

enum {
    FORM_LIMIT_BYTES = 64 * 1024,
    FORM_VERSION_MAX = 999, // three digits fit behind the '@' of form.name
    FORM_MAX = 16,
};

static struct {
    struct form forms[FORM_MAX];
    size_t count;
} list;

// Item and form ids: letters, digits and '_', a letter first ("F1", "tthc"; "mot-cau" has a dash).
static bool is_form_id(const char *id, const char *more)
{
    size_t chars = strlen(id);
    for (size_t i = 0; i < chars; i++) {
        char c = id[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || strchr(more, c) != NULL;
        if (!letter && (i == 0 || !other))
            return false;
    }
    return chars >= 1 && chars <= FORM_ID_CHARS;
}

bool form_is_item_id(const char *id)
{
    return is_form_id(id, "_");
}

static enum status read_id(const json_t *object, const char *what, const char *more,
                           char ret_id[FORM_ID_CHARS + 1], struct err *err)
{
    const char *id = NULL;
    TRY(json_text(object, "id", what, &id, err));
    if (!is_form_id(id, more))
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"id\" must be a letter and up to %d letters, digits or '_'", what,
                       FORM_ID_CHARS - 1);
    memcpy(ret_id, id, strlen(id) + 1);
    return STATUS_OK;
}

static enum status read_page(const json_t *object, const char *what, enum form_page *ret_page,
                             struct err *err)
{
    static const char *const names[] = {[FORM_PAGE_OVERALL] = "overall",
                                        [FORM_PAGE_TOPICS] = "topics",
                                        [FORM_PAGE_AGENCY] = "agency",
                                        [FORM_PAGE_FACTORS] = "factors"};
    const char *page = json_text_or(object, "page", "");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], page) == 0) {
            *ret_page = (enum form_page)i;
            return STATUS_OK;
        }
    return err_set(err, STATUS_BAD_INPUT,
                   "%s: \"page\" must be \"overall\", \"topics\", \"agency\" or \"factors\"", what);
}

static enum status read_item(const json_t *object, size_t index, size_t label_count,
                             struct form *form, struct err *err)
{
    static const char *const keys[] = {"id", "page", "levels", "text", NULL};
    struct form_item item = {.levels = 0};
    int64_t levels = 0;
    char what[32];
    field_at("items", index, what, sizeof what);
    TRY(json_only(object, what, keys, err));
    TRY(read_id(object, what, "_", item.id, err));
    TRY(read_page(object, what, &item.page, err));
    TRY(json_int(object, "levels", what, 2, FORM_LEVELS, &levels, err));
    TRY(field_name(object, "text", what, &item.text_vi, &item.text_en, err));
    if ((size_t)levels != label_count)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"levels\" must be the number of \"labels\"",
                       what);
    if (form_item(form, item.id) != NULL)
        return err_set(err, STATUS_BAD_INPUT, "%s repeats the id of an earlier item", what);
    item.levels = (int)levels;
    form->items[form->item_count++] = item;
    return STATUS_OK;
}

static enum status read_items(struct form *form, struct err *err)
{
    const json_t *labels = NULL, *items = NULL;
    TRY(field_array(form->json, "labels", "form", 2, FORM_LEVELS, &labels, err));
    for (size_t i = 0; i < json_array_size(labels); i++) {
        static const char *const keys[] = {"vi", "en", NULL};
        const json_t *label = json_array_get(labels, i);
        const char *text = NULL;
        TRY(json_only(label, "labels", keys, err));
        TRY(field_line(label, "vi", "labels", &text, err));
        TRY(field_line(label, "en", "labels", &text, err));
    }
    TRY(field_array(form->json, "items", "form", 1, FORM_ITEM_MAX, &items, err));
    for (size_t i = 0; i < json_array_size(items); i++)
        TRY(read_item(json_array_get(items, i), i, json_array_size(labels), form, err));
    if (form->items[0].page != FORM_PAGE_OVERALL)
        return err_set(err, STATUS_BAD_INPUT,
                       "items[0]: the first item is the one tap; its \"page\" must be \"overall\"");
    return STATUS_OK;
}

static enum status read_topic(const json_t *object, size_t index, struct form *form,
                              struct err *err)
{
    static const char *const keys[] = {"id", "text", NULL};
    struct form_topic topic = {.id = ""};
    char what[32];
    field_at("topics.list", index, what, sizeof what);
    TRY(json_only(object, what, keys, err));
    TRY(read_id(object, what, "_", topic.id, err));
    TRY(field_name(object, "text", what, &topic.text_vi, &topic.text_en, err));
    if (form_topic(form, topic.id) != NULL)
        return err_set(err, STATUS_BAD_INPUT, "%s repeats the id of an earlier topic", what);
    form->topics[form->topic_count++] = topic;
    return STATUS_OK;
}

static enum status read_topics(struct form *form, struct err *err)
{
    static const char *const keys[] = {"text", "list", NULL};
    const json_t *topics = json_object_get(form->json, "topics"), *entries = NULL;
    const char *vi = NULL, *en = NULL;
    if (topics == NULL)
        return STATUS_OK;
    TRY(json_only(topics, "topics", keys, err));
    TRY(field_name(topics, "text", "topics", &vi, &en, err));
    TRY(field_array(topics, "list", "topics", 1, FORM_TOPIC_MAX, &entries, err));
    for (size_t i = 0; i < json_array_size(entries); i++)
        TRY(read_topic(json_array_get(entries, i), i, form, err));
    return STATUS_OK;
}

static enum status read_form(struct form *form, struct err *err)
{
    static const char *const keys[] = {"id", "version", "title", "items", "topics", "labels", NULL};
    const char *vi = NULL, *en = NULL;
    int64_t version = 0;
    TRY(json_only(form->json, "form", keys, err));
    TRY(read_id(form->json, "form", "_-", form->id, err));
    TRY(json_int(form->json, "version", "form", 1, FORM_VERSION_MAX, &version, err));
    TRY(field_name(form->json, "title", "form", &vi, &en, err));
    form->version = (int)version;
    snprintf(form->name, sizeof form->name, "%s@%d", form->id, form->version);
    TRY(read_items(form, err));
    return read_topics(form, err);
}

enum status form_parse(const char *text, size_t size_bytes, struct form *ret_form, struct err *err)
{
    AUTO(form_done) struct form form = {.json = NULL};
    TRY(json_parse(text, size_bytes, FORM_LIMIT_BYTES, "form", &form.json, err));
    TRY(read_form(&form, err));
    *ret_form = form;
    form.json = NULL;
    return STATUS_OK;
}

void form_done(struct form *form)
{
    json_decref(form->json);
    form->json = NULL;
}

// An id's tallies are one row per item, so its versions must not change an item's scale.
static enum status check_scales(const struct form *form, struct err *err)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct form *other = &list.forms[i];
        for (size_t k = 0; strcmp(other->id, form->id) == 0 && k < form->item_count; k++) {
            const struct form_item *item = form_item(other, form->items[k].id);
            if (item != NULL && item->levels != form->items[k].levels)
                return err_set(err, STATUS_BAD_INPUT, "%s and %s: items[%zu] changes its scale",
                               other->name, form->name, k);
        }
    }
    return STATUS_OK;
}

static enum status add_form(const struct asset *asset, struct err *err)
{
    char path[96];
    AUTO(form_done) struct form form = {.json = NULL};
    if (list.count == FORM_MAX)
        return BUG(err, "more than %d forms are embedded", FORM_MAX);
    TRY(form_parse((const char *)asset->bytes, asset->size_bytes, &form, err));
    snprintf(path, sizeof path, "schema/forms/%s.json", form.name);
    if (strcmp(path, asset->name) != 0)
        return BUG(err, "%s says it is %s", asset->name, form.name);
    TRY(check_scales(&form, err));
    list.forms[list.count++] = form;
    form.json = NULL;
    return STATUS_OK;
}

static void forget_all(void)
{
    for (size_t i = 0; i < list.count; i++)
        form_done(&list.forms[i]);
    list.count = 0;
}

enum status form_open(struct err *err)
{
    if (list.count > 0)
        return STATUS_OK;
    enum status status = asset_each(&schema_assets, "schema/forms/", add_form, err);
    if (status != STATUS_OK)
        forget_all();
    return status;
}

const struct form *form_find(const char *name)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.forms[i].name, name) == 0)
            return &list.forms[i];
    return NULL;
}

const struct form *form_newest(const char *id)
{
    const struct form *newest = NULL;
    for (size_t i = 0; i < list.count; i++) {
        const struct form *form = &list.forms[i];
        if (strcmp(form->id, id) == 0 && (newest == NULL || form->version > newest->version))
            newest = form;
    }
    return newest;
}

const struct form_item *form_item(const struct form *form, const char *id)
{
    for (size_t i = 0; i < form->item_count; i++)
        if (strcmp(form->items[i].id, id) == 0)
            return &form->items[i];
    return NULL;
}

const struct form_topic *form_topic(const struct form *form, const char *id)
{
    for (size_t i = 0; i < form->topic_count; i++)
        if (strcmp(form->topics[i].id, id) == 0)
            return &form->topics[i];
    return NULL;
}

bool form_asks(const char *id, const char *item)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.forms[i].id, id) == 0 && form_item(&list.forms[i], item) != NULL)
            return true;
    return false;
}
