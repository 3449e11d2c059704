// SPDX-License-Identifier: MIT
// Puts words and numbers in the reader's language into a page's model. A failed allocation is
// remembered: put freely, check once.
#ifndef HAILONG_VIEWMODEL_H
#define HAILONG_VIEWMODEL_H

#include "page.h"

struct viewmodel {
    const struct page_set *pages; // borrowed
    const char *language;         // borrowed
    bool failed;
};

// Sets a member; the value is taken, NULL counts as a failed allocation.
void viewmodel_put(struct viewmodel *view, json_t *object, const char *key, json_t *value);
void viewmodel_put_text(struct viewmodel *view, json_t *object, const char *key, const char *text);
// Appends to an array; the value is taken.
void viewmodel_append(struct viewmodel *view, json_t *array, json_t *value);
// A word of the catalogue as a new string. `values` is taken and may be NULL.
json_t *viewmodel_word(struct viewmodel *view, const char *key, json_t *values);
// New strings in the reader's language (numeral.h).
json_t *viewmodel_count(struct viewmodel *view, int64_t count);
json_t *viewmodel_percent(struct viewmodel *view, const json_t *percent);
// From "2026-11-03": "03/11/2026" in Vietnamese, as it stands otherwise.
json_t *viewmodel_day(struct viewmodel *view, const char *day);
// From "2026-11-03 09:12".
json_t *viewmodel_when(struct viewmodel *view, const char *when);
// The Vietnamese or English name of an object with "name" and "name_en".
const char *viewmodel_name(const struct viewmodel *view, const json_t *object);
// A FIGURE of report.h in words: "95,20 % (1.200/1.260)".
json_t *viewmodel_figure(struct viewmodel *view, const json_t *figure);
enum status viewmodel_check(const struct viewmodel *view, struct err *err) MUST_USE;

#endif
