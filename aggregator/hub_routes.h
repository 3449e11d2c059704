// SPDX-License-Identifier: MIT
// The aggregator's route table.
#ifndef HAILONG_HUB_ROUTES_H
#define HAILONG_HUB_ROUTES_H

#include "http.h"

extern const struct route hub_routes[];
extern const size_t hub_routes_count;
// For server_config.refusal.
void hub_routes_refusal(const struct request *request, struct reply *reply);
// For server_config.content_security_policy.
const char *hub_routes_csp(void);

#endif
