// SPDX-License-Identifier: MIT
// The kiosk's route table and what its listeners have in common.
#ifndef HAILONG_KIOSK_ROUTES_H
#define HAILONG_KIOSK_ROUTES_H

#include "http.h"

extern const struct route kiosk_routes[];
extern const size_t kiosk_routes_count;
// The page for a refused request, in plain words with what to do next; `reply->http_status` says
// why. JSON to a client that asked for it.
void kiosk_routes_refusal(const struct request *request, struct reply *reply);
// The Content-Security-Policy of each listener. Phone pages carry their style sheet inside, so it
// is allowed by its hash; nothing else inline is, anywhere.
const char *kiosk_routes_screen_csp(void);
const char *kiosk_routes_phone_csp(void);

#endif
