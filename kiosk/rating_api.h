// SPDX-License-Identifier: MIT
// Where ratings arrive, from screens and phones alike, and the page that follows each.
#ifndef HAILONG_RATING_API_H
#define HAILONG_RATING_API_H

#include "http.h"

// POST /api/v1/responses: one step of a rating. Answered once it is durable: the next page, or
// {"status":"recorded"|"repeated"} to a client that accepts application/json. A page of a counter
// screen is taken on the screens' listener only (STATUS_DENIED).
enum status rating_api_post(const struct request *request, struct reply *reply,
                            struct err *err) MUST_USE;
// POST /step: the same step in another language (`to`) or size (`size`: large, normal), what was
// ticked being kept, or the faces once more (`again`). Writes nothing.
enum status rating_api_step(const struct request *request, struct reply *reply,
                            struct err *err) MUST_USE;
// True when the client asks for JSON rather than a page.
bool rating_api_wants_json(const struct request *request);

#endif
