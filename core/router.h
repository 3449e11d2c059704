// SPDX-License-Identifier: MIT
// Finds the route of a request in a program's table, by whole segments, literal segments first.
#ifndef HAILONG_ROUTER_H
#define HAILONG_ROUTER_H

#include "http.h"

enum { ROUTER_PATH_LIMIT_BYTES = 512 };

struct router_match {
    const struct route *route; // NULL when nothing fits
    const char *allow;         // "GET, HEAD" …: when the path exists for other methods only
    char path[ROUTER_PATH_LIMIT_BYTES + 1];    // the whole path decoded; "" when it fits nothing
    char storage[ROUTER_PATH_LIMIT_BYTES + 1]; // the decoded segments that `param` points into
    const char *param[HTTP_PARAM_MAX];
    size_t param_count;
};

// `path` is the raw target without its query; it is percent-decoded once here, per segment. A
// segment that is not well-formed UTF-8 matches nothing.
void router_find(const struct route *routes, size_t count, unsigned listener,
                 enum http_method method, const char *path, struct router_match *ret_match);

#endif
