// SPDX-License-Identifier: MIT
// Reads reform plans and keeps the embedded ones.
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "asset.h"
#include "field.h"
#include "schema_assets.h"
#include "text.h"

enum {
    PLAN_LIMIT_BYTES = 64 * 1024,
    PLAN_MAX = 16,
    PLAN_ID_BYTES = 64,
    // The national reform programmes began in 2001 (QĐ 136/2001/QĐ-TTg); no plan is older.
    PLAN_YEAR_FIRST = 2001,
    PLAN_YEAR_LAST = 2199,
    PLAN_DUTY_MAX = 20,
};

static struct {
    struct plan plans[PLAN_MAX];
    size_t count;
} list;

static enum status read_code(const char *text, const char *what, char ret_code[PLAN_CODE_CHARS + 1],
                             struct err *err)
{
    if (text == NULL || !text_is_code(text, PLAN_CODE_CHARS))
        return err_set(err, STATUS_BAD_INPUT, "%s: a code is 1 to %d of A-Z, 0-9 and '-'", what,
                       PLAN_CODE_CHARS);
    memcpy(ret_code, text, strlen(text) + 1);
    return STATUS_OK;
}

static enum status read_areas(const json_t *object, const char *what, struct plan_group *group,
                              struct err *err)
{
    const json_t *areas = NULL;
    TRY(field_array(object, "areas", what, 1, PLAN_AREA_MAX, &areas, err));
    for (size_t i = 0; i < json_array_size(areas); i++) {
        const char *code = json_string_value(json_array_get(areas, i));
        if (code != NULL && plan_group_has(group, code))
            return err_set(err, STATUS_BAD_INPUT, "%s: areas[%zu] stands there twice", what, i);
        TRY(read_code(code, what, group->areas[i], err));
        group->area_count = i + 1;
    }
    return STATUS_OK;
}

static enum status read_targets(const json_t *object, const char *what, struct plan_group *group,
                                struct err *err)
{
    static const char *const keys[] = {"year_from", "percent_hundredths", NULL};
    const json_t *targets = NULL;
    int64_t before = 0;
    TRY(field_array(object, "targets", what, 0, PLAN_TARGET_MAX, &targets, err));
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const json_t *target = json_array_get(targets, i);
        int64_t year = 0, percent = 0;
        TRY(json_only(target, what, keys, err));
        TRY(json_int(target, "year_from", what, PLAN_YEAR_FIRST, PLAN_YEAR_LAST, &year, err));
        TRY(json_int(target, "percent_hundredths", what, 1, 10000, &percent, err));
        if (year <= before)
            return err_set(err, STATUS_BAD_INPUT, "%s: \"targets\" must stand in order of years",
                           what);
        group->targets[i] =
            (struct plan_target){.year_from = (int)year, .percent_hundredths = percent};
        before = year;
    }
    group->target_count = json_array_size(targets);
    return STATUS_OK;
}

static enum status read_item(const json_t *object, const char *what, struct plan_group *group,
                             struct err *err)
{
    TRY(json_text(object, "item", what, &group->item, err));
    if (strcmp(group->item, "overall") != 0 && strcmp(group->item, "agency") != 0)
        return err_set(err, STATUS_BAD_INPUT, "%s: \"item\" must be \"overall\" or \"agency\"",
                       what);
    TRY(field_bool(object, "item_or_overall", what, false, &group->item_or_overall, err));
    TRY(field_bool(object, "split", what, false, &group->split, err));
    return field_bool(object, "posters", what, false, &group->posters, err);
}

static const struct plan_group *find_group(const struct plan *plan, const char *code)
{
    for (size_t i = 0; i < plan->group_count; i++)
        if (strcmp(plan->groups[i].code, code) == 0)
            return &plan->groups[i];
    return NULL;
}

// "Trong đó": every area of the part belongs to the whole, which stands before it.
static enum status check_parent(const struct plan *plan, const struct plan_group *group,
                                const char *what, struct err *err)
{
    if (group->parent[0] == '\0')
        return STATUS_OK;
    const struct plan_group *parent = find_group(plan, group->parent);
    if (parent == NULL)
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"parent\" must be the code of a group before it", what);
    for (size_t i = 0; i < group->area_count; i++)
        if (!plan_group_has(parent, group->areas[i]))
            return err_set(err, STATUS_BAD_INPUT, "%s: areas[%zu] is not an area of its parent",
                           what, i);
    return STATUS_OK;
}

static enum status read_group(const json_t *object, size_t index, struct plan *plan,
                              struct err *err)
{
    static const char *const keys[] = {"code",  "name",    "parent", "item",    "item_or_overall",
                                       "split", "posters", "areas",  "targets", "source",
                                       NULL};
    struct plan_group *group = &plan->groups[index];
    char what[32];
    field_at("groups", index, what, sizeof what);
    TRY(json_only(object, what, keys, err));
    TRY(read_code(json_text_or(object, "code", ""), what, group->code, err));
    TRY(field_name(object, "name", what, &group->name_vi, &group->name_en, err));
    TRY(field_line_or(object, "parent", what, &group->parent, err));
    TRY(field_line(object, "source", what, &group->source, err));
    TRY(read_item(object, what, group, err));
    TRY(read_areas(object, what, group, err));
    TRY(read_targets(object, what, group, err));
    if (find_group(plan, group->code) != NULL)
        return err_set(err, STATUS_BAD_INPUT, "%s repeats the code of an earlier group", what);
    TRY(check_parent(plan, group, what, err));
    plan->group_count = index + 1;
    return STATUS_OK;
}

static enum status check_duties(const json_t *json, struct err *err)
{
    static const char *const keys[] = {"commune_day", "office_day", NULL};
    static const char *const languages[] = {"vi", "en", NULL};
    const json_t *duties = json_object_get(json, "duties"), *list_of_duties = NULL;
    const json_t *deadlines = json_object_get(json, "deadlines");
    const char *text = NULL;
    int64_t day = 0;
    if (duties != NULL)
        TRY(field_array(json, "duties", "plan", 0, PLAN_DUTY_MAX, &list_of_duties, err));
    for (size_t i = 0; i < json_array_size(list_of_duties); i++) {
        const json_t *duty = json_array_get(list_of_duties, i);
        TRY(json_only(duty, "duties", languages, err));
        TRY(field_line(duty, "vi", "duties", &text, err));
        TRY(field_line(duty, "en", "duties", &text, err));
    }
    if (deadlines == NULL)
        return STATUS_OK;
    TRY(json_only(deadlines, "deadlines", keys, err));
    TRY(json_int(deadlines, "commune_day", "deadlines", 1, 28, &day, err));
    return json_int(deadlines, "office_day", "deadlines", 1, 28, &day, err);
}

static enum status read_head(struct plan *plan, struct err *err)
{
    static const char *const keys[] = {"id",          "document", "note",   "year_from", "year_to",
                                       "yearly_rise", "groups",   "duties", "deadlines", NULL};
    int64_t year_from = 0, year_to = 0;
    TRY(json_only(plan->json, "plan", keys, err));
    TRY(field_line(plan->json, "id", "plan", &plan->id, err));
    TRY(field_line(plan->json, "document", "plan", &plan->document, err));
    TRY(field_line_or(plan->json, "note", "plan", &plan->note, err));
    TRY(json_int(plan->json, "year_from", "plan", PLAN_YEAR_FIRST, PLAN_YEAR_LAST, &year_from,
                 err));
    TRY(json_int(plan->json, "year_to", "plan", year_from, PLAN_YEAR_LAST, &year_to, err));
    TRY(field_bool(plan->json, "yearly_rise", "plan", false, &plan->yearly_rise, err));
    if (strlen(plan->id) > PLAN_ID_BYTES)
        return err_set(err, STATUS_BAD_INPUT, "plan: \"id\" must have at most %d characters",
                       PLAN_ID_BYTES);
    plan->year_from = (int)year_from;
    plan->year_to = (int)year_to;
    return check_duties(plan->json, err);
}

enum status plan_parse(const char *text, size_t size_bytes, struct plan *ret_plan, struct err *err)
{
    AUTO(plan_done) struct plan plan = {.json = NULL};
    const json_t *groups = NULL;
    TRY(json_parse(text, size_bytes, PLAN_LIMIT_BYTES, "plan", &plan.json, err));
    TRY(read_head(&plan, err));
    TRY(field_array(plan.json, "groups", "plan", 1, PLAN_GROUP_MAX, &groups, err));
    for (size_t i = 0; i < json_array_size(groups); i++)
        TRY(read_group(json_array_get(groups, i), i, &plan, err));
    *ret_plan = plan;
    plan.json = NULL;
    return STATUS_OK;
}

void plan_done(struct plan *plan)
{
    json_decref(plan->json);
    plan->json = NULL;
}

static enum status add_plan(const struct asset *asset, struct err *err)
{
    char path[PLAN_ID_BYTES + 32];
    AUTO(plan_done) struct plan plan = {.json = NULL};
    if (list.count == PLAN_MAX)
        return BUG(err, "more than %d plans are embedded", PLAN_MAX);
    TRY(plan_parse((const char *)asset->bytes, asset->size_bytes, &plan, err));
    snprintf(path, sizeof path, "schema/plans/%s.json", plan.id);
    if (strcmp(path, asset->name) != 0)
        return BUG(err, "%s says it is %s", asset->name, plan.id);
    list.plans[list.count++] = plan;
    plan.json = NULL;
    return STATUS_OK;
}

static void forget_all(void)
{
    for (size_t i = 0; i < list.count; i++)
        plan_done(&list.plans[i]);
    list.count = 0;
}

enum status plan_open(struct err *err)
{
    if (list.count > 0)
        return STATUS_OK;
    enum status status = asset_each(&schema_assets, "schema/plans/", add_plan, err);
    if (status != STATUS_OK)
        forget_all();
    return status;
}

const struct plan *plan_find(const char *id)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.plans[i].id, id) == 0)
            return &list.plans[i];
    return NULL;
}

size_t plan_count(void)
{
    return list.count;
}

const struct plan *plan_at_index(size_t index)
{
    return index < list.count ? &list.plans[index] : NULL;
}

const struct plan_target *plan_target_in(const struct plan_group *group, int year)
{
    const struct plan_target *target = NULL;
    for (size_t i = 0; i < group->target_count; i++)
        if (group->targets[i].year_from <= year)
            target = &group->targets[i];
    return target;
}

bool plan_group_has(const struct plan_group *group, const char *area)
{
    for (size_t i = 0; i < group->area_count; i++)
        if (strcmp(group->areas[i], area) == 0)
            return true;
    return false;
}

const struct plan_group *plan_group_of_area(const struct plan *plan, const char *area)
{
    const struct plan_group *smallest = NULL;
    for (size_t i = 0; i < plan->group_count; i++) {
        const struct plan_group *group = &plan->groups[i];
        if (strcmp(group->item, "overall") == 0 && plan_group_has(group, area) &&
            (smallest == NULL || group->area_count < smallest->area_count))
            smallest = group;
    }
    return smallest;
}
