// SPDX-License-Identifier: MIT
// The embedded list of service areas.
#include "area.h"

#include <string.h>

#include "asset.h"
#include "field.h"
#include "schema_assets.h"
#include "text.h"

static struct {
    struct area areas[AREA_MAX];
    size_t count;
    json_t *json; // owned; the names live in it
} list;

static enum status add_area(const json_t *object, size_t index, struct area *areas, struct err *err)
{
    static const char *const keys[] = {"code", "name", "icon", NULL};
    struct area *area = &areas[index];
    char what[32];
    const char *code = NULL;
    field_at("areas", index, what, sizeof what);
    TRY(json_only(object, what, keys, err));
    TRY(json_text(object, "code", what, &code, err));
    TRY(field_name(object, "name", what, &area->name_vi, &area->name_en, err));
    TRY(field_line(object, "icon", what, &area->icon, err));
    if (!text_is_code(code, AREA_CODE_CHARS))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"code\" must be 1 to %d of A-Z, 0-9 and '-'",
                       what, AREA_CODE_CHARS);
    for (size_t i = 0; i < index; i++)
        if (strcmp(areas[i].code, code) == 0)
            return err_set(err, STATUS_BAD_INPUT, "%s repeats the code of areas[%zu]", what, i);
    memcpy(area->code, code, strlen(code) + 1);
    return STATUS_OK;
}

enum status area_open(struct err *err)
{
    if (list.json != NULL)
        return STATUS_OK;
    const struct asset *asset = asset_find(&schema_assets, "schema/areas.json");
    if (asset == NULL)
        return BUG(err, "schema/areas.json is not embedded");
    AUTO(json_decrefp) json_t *json = NULL;
    const json_t *areas = NULL;
    TRY(json_parse((const char *)asset->bytes, asset->size_bytes, asset->size_bytes, asset->name,
                   &json, err));
    TRY(field_array(json, "areas", asset->name, 1, AREA_MAX, &areas, err));
    for (size_t i = 0; i < json_array_size(areas); i++)
        TRY(add_area(json_array_get(areas, i), i, list.areas, err));
    list.count = json_array_size(areas);
    list.json = json;
    json = NULL;
    return STATUS_OK;
}

const struct area *area_find(const char *code)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.areas[i].code, code) == 0)
            return &list.areas[i];
    return NULL;
}

size_t area_count(void)
{
    return list.count;
}

const struct area *area_at_index(size_t index)
{
    return index < list.count ? &list.areas[index] : NULL;
}
