// SPDX-License-Identifier: MIT
// What handlers read from a request besides its path: cookies, where it came from, its form.
#ifndef HAILONG_REQUEST_H
#define HAILONG_REQUEST_H

#include "http.h"

// The value of a cookie, copied into `ret_value`; false when absent or longer than the space.
bool request_cookie(const struct request *request, const char *name, char *ret_value,
                    size_t size_bytes);
// True when an unsafe request comes from our own page: Origin (or, when absent, Sec-Fetch-Site)
// names this host. A request without either is from no browser and is let through.
bool request_same_origin(const struct request *request);
struct urlform;
// Reads the body as urlform_read does. STATUS_BAD_INPUT too when Content-Type says that it is
// something else: what was meant otherwise must not be taken for a form.
enum status request_form(const struct request *request, const char *const *names,
                         struct urlform *ret_form, struct err *err) MUST_USE;

#endif
