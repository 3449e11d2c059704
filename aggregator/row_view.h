// SPDX-License-Identifier: MIT
// One row of the totals page: a target group or an area, with its bar, verdict, facts and at most
// one warning.
#ifndef HAILONG_ROW_VIEW_H
#define HAILONG_ROW_VIEW_H

#include "sources_view.h"

// A group's or area's row of the page from its row of the report (given, NULL without memory).
// `sources` decides what "no answers" means.
json_t *row_view_group(struct viewmodel *view, const json_t *report, const json_t *group,
                       enum sources_state sources);
json_t *row_view_area(struct viewmodel *view, const json_t *report, const json_t *area,
                      enum sources_state sources);
// Appends {"label","value"} to a list of facts; `value` is taken.
void row_view_fact(struct viewmodel *view, json_t *facts, const char *label_key, json_t *value);

#endif
