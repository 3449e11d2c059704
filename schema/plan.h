// SPDX-License-Identifier: MIT
// Reform plans as data (schema/plans/ID.json, embedded): groups of areas and their targets, with
// the document that sets them.
#ifndef HAILONG_PLAN_H
#define HAILONG_PLAN_H

#include "json.h"

enum { PLAN_GROUP_MAX = 12, PLAN_AREA_MAX = 64, PLAN_CODE_CHARS = 16, PLAN_TARGET_MAX = 4 };

struct plan_target {
    int year_from;              // in force from this reporting year until a later one replaces it
    int64_t percent_hundredths; // 9000 = 90 %
};

struct plan_group {
    char code[PLAN_CODE_CHARS + 1]; // TTHC, DDXDDT, CQHC, YTGD
    const char *name_vi, *name_en;
    const char *parent;   // code of the group it is a part of ("trong đó"), or ""
    const char *item;     // "overall", "agency"
    bool item_or_overall; // forms that do not ask `item` give `overall`, labelled so
    bool split;           // shown as one figure per area and one pooled (YTGD)
    bool posters;         // the plan counts poster responses
    char areas[PLAN_AREA_MAX][PLAN_CODE_CHARS + 1];
    size_t area_count;
    struct plan_target targets[PLAN_TARGET_MAX]; // by year_from; empty: no numeric target
    size_t target_count;
    const char *source; // "Mục II.3, Kế hoạch 254/KH-UBND ngày 13/10/2021 …"
};

struct plan {
    const char *id;       // "mo-che-254-2021"
    const char *document; // "Kế hoạch 254/KH-UBND ngày 13/10/2021 của UBND phường Mỏ Chè"
    const char *note; // "theo chỉ tiêu giai đoạn 2021–2025, chưa có kế hoạch mới" or ""
    int year_from, year_to; // reporting years the document is for
    bool yearly_rise;       // each year higher than the last
    struct plan_group groups[PLAN_GROUP_MAX];
    size_t group_count;
    json_t *json; // owned
};

// All embedded plans, parsed once.
enum status plan_open(struct err *err) MUST_USE;
const struct plan *plan_find(const char *id);
size_t plan_count(void);
const struct plan *plan_at_index(size_t index);
enum status plan_parse(const char *text, size_t size_bytes, struct plan *ret_plan,
                       struct err *err) MUST_USE;
void plan_done(struct plan *plan);
// The target in force in a reporting year (the last one that began by then; a year after the
// plan's end keeps the last target), or NULL.
const struct plan_target *plan_target_in(const struct plan_group *group, int year);
bool plan_group_has(const struct plan_group *group, const char *area);
// The group whose target an area is held against: the smallest one with item `overall` that has
// it; NULL when none.
const struct plan_group *plan_group_of_area(const struct plan *plan, const char *area);

#endif
