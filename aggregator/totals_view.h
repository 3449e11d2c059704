// SPDX-License-Identifier: MIT
// From the report's model (report.h) to what the totals page shows: words, formatted numbers, bars,
// and at most one warning per row. Pure: no database, no clock.
#ifndef HAILONG_TOTALS_VIEW_H
#define HAILONG_TOTALS_VIEW_H

#include "page.h"

// Adds to `model` all that pages/totals.html needs of the report, except the period picker
// (picker.h) and what every page shows (hub_pages.c).
enum status totals_view_add(const struct page_set *pages, const char *language,
                            const json_t *report, json_t *model, struct err *err) MUST_USE;

#endif
