// SPDX-License-Identifier: MIT
// The period picker: the named periods of a reporting year and the ones before and after.
#ifndef HAILONG_PICKER_H
#define HAILONG_PICKER_H

#include "json.h"
#include "period.h"

// Adds to a page's model (addresses keep the language):
// "period_words", "period_before" and "period_after" ({name,href} or null), "year", "year_before"
// and "year_after" (the same period one year off), "period_sets": [{"key","periods":[{name,dates,
// href,current}]}], where key is "quarters", "halves", "year", "months" or "calendar".
enum status picker_add(json_t *model, const char *unit, const struct period *period,
                       const char *language, struct err *err) MUST_USE;
// The address of a unit's totals: "/units/05533/2026-Q4?lang=en". Appends.
void picker_href(const char *unit, const char *period, const char *language, struct buf *out);

#endif
