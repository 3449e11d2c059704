// SPDX-License-Identifier: MIT
// The aggregator's pages and its reading interface: totals of a unit and period as page, JSON and
// CSV. All take {unit} and {period} from the path and `?lang=`.
#ifndef HAILONG_HUB_PAGES_H
#define HAILONG_HUB_PAGES_H

#include "http.h"

// GET /healthz: "ok".
enum status hub_pages_health(const struct request *request, struct reply *reply, struct err *err);
// GET /: to this office's totals in the official quarter of today.
enum status hub_pages_home(const struct request *request, struct reply *reply, struct err *err);
// GET /units/{unit}/{period}
enum status hub_pages_totals(const struct request *request, struct reply *reply, struct err *err);
// GET /units/{unit}/{period}/report.csv
enum status hub_pages_csv(const struct request *request, struct reply *reply, struct err *err);
// GET /api/v1/report/{unit}/{period}: the model of report.h.
enum status hub_pages_json(const struct request *request, struct reply *reply, struct err *err);
// The page (or, under /api/, the JSON object {"error":…}) for a refused request; reply->http_status
// says why.
void hub_pages_refusal(const struct request *request, struct reply *reply);

#endif
