// SPDX-License-Identifier: MIT
// What the aggregator answers to.
#include "hub_routes.h"

#include "hub.h"
#include "hub_pages.h"
#include "lane_api.h"
#include "vouch.h"

const struct route hub_routes[] = {
    {HTTP_GET, "/healthz", hub_pages_health, HUB_LISTEN, 0, false},
    {HTTP_GET, "/", hub_pages_home, HUB_LISTEN, 0, true},
    {HTTP_GET, "/units/{unit}/{period}", hub_pages_totals, HUB_LISTEN, 0, true},
    {HTTP_GET, "/units/{unit}/{period}/report.csv", hub_pages_csv, HUB_LISTEN, 0, false},
    {HTTP_GET, "/api/v1/report/{unit}/{period}", hub_pages_json, HUB_LISTEN, 0, false},
    {HTTP_POST, "/api/v1/enrol", enrolment_post, HUB_LISTEN, ENROLMENT_BODY_LIMIT_BYTES, false},
    {HTTP_POST, "/api/v1/lanes/{lane}/entries", lane_api_entries, HUB_LISTEN,
     LANE_API_BODY_LIMIT_BYTES, false},
    {HTTP_POST, "/api/v1/lanes/{lane}/head", lane_api_head, HUB_LISTEN, LANE_API_HEAD_LIMIT_BYTES,
     false},
    {HTTP_POST, "/api/v1/lanes/{lane}/deposit", lane_api_deposit, HUB_LISTEN,
     LANE_API_DEPOSIT_LIMIT_BYTES, false},
    {HTTP_POST, "/api/v1/lanes/{lane}/quarantine", lane_api_quarantine, HUB_LISTEN,
     LANE_API_DEPOSIT_LIMIT_BYTES, false},
    // The path is the standard's (C2SP tlog-witness).
    {HTTP_POST, "/add-checkpoint", vouch_post, HUB_LISTEN, VOUCH_BODY_LIMIT_BYTES, false},
};
const size_t hub_routes_count = ARRAY_SIZE(hub_routes);

void hub_routes_refusal(const struct request *request, struct reply *reply)
{
    hub_pages_refusal(request, reply);
}

const char *hub_routes_csp(void)
{
    // Everything from here, nothing inline, no frames around us, no forms.
    return "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
           "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}
