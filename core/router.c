// SPDX-License-Identifier: MIT
// Matches a path against the route table by whole segments.
#include "router.h"

#include <string.h>

#include "percent.h"
#include "text.h"

enum { SEGMENT_MAX = 16 }; // our deepest address has six

struct segments {
    const char *segment[SEGMENT_MAX];
    size_t count;
};

// Decodes one segment into `out`; returns its length, or -1 when an escape is broken or hides a
// byte that would change the structure.
static ptrdiff_t decode_segment(const char *raw, size_t size_bytes, char *out)
{
    ptrdiff_t length = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        char c = raw[i];
        if (c == '%') {
            int byte = percent_byte(raw + i, raw + size_bytes);
            if (byte <= 0 || byte == '/')
                return -1;
            c = (char)(unsigned char)byte;
            i += 2;
        }
        out[length++] = c;
    }
    return length;
}

// Splits and decodes the path into match->storage and match->path; false when it cannot match.
static bool split_path(const char *path, struct router_match *match, struct segments *ret)
{
    struct segments segments = {.count = 0};
    char *store = match->storage;
    char *whole = match->path;
    if (*path != '/' || strlen(path) > ROUTER_PATH_LIMIT_BYTES)
        return false;
    const char *at = path + 1;
    while (*at != '\0') {
        size_t size_bytes = strcspn(at, "/");
        ptrdiff_t length = decode_segment(at, size_bytes, store);
        if (length <= 0 || segments.count == SEGMENT_MAX)
            return false;
        if (!text_is_clean(store, (size_t)length, false))
            return false;
        store[length] = '\0';
        segments.segment[segments.count++] = store;
        *whole++ = '/';
        memcpy(whole, store, (size_t)length);
        whole += length;
        store += length + 1;
        at += size_bytes;
        // A slash at the end makes another address than without it; we have none such.
        if (*at == '/' && *++at == '\0')
            return false;
    }
    if (segments.count == 0)
        *whole++ = '/';
    *whole = '\0';
    *ret = segments;
    return true;
}

// The length of the path's segment at `at` when `segment` is spelled like it, else -1. A loop,
// because nearly all of a table's routes differ in the first bytes, where a call costs more.
static ptrdiff_t same_segment(const char *at, const char *segment)
{
    ptrdiff_t i = 0;
    while (segment[i] != '\0' && segment[i] == at[i])
        i++;
    bool ends = at[i] == '\0' || at[i] == '/';
    return segment[i] == '\0' && ends ? i : -1;
}

// True when the route's path has these segments. `ret_params` gets the values of its {names} and
// `ret_rank` a number that grows the earlier literal segments stand.
static bool fits(const char *path, const struct segments *segments,
                 const char *ret_params[HTTP_PARAM_MAX], size_t *ret_count, unsigned *ret_rank)
{
    size_t params = 0;
    unsigned rank = 0;
    size_t index = 0;
    for (const char *at = path + 1; *at != '\0'; index++) {
        if (index == segments->count)
            return false;
        const char *segment = segments->segment[index];
        ptrdiff_t size_bytes;
        rank <<= 1;
        if (*at == '{') {
            if (params == HTTP_PARAM_MAX)
                return false;
            ret_params[params++] = segment;
            size_bytes = (ptrdiff_t)strcspn(at, "/");
        } else if ((size_bytes = same_segment(at, segment)) < 0) {
            return false;
        } else {
            rank |= 1;
        }
        at += size_bytes;
        at += *at == '/';
    }
    *ret_count = params;
    *ret_rank = rank;
    return index == segments->count;
}

static const char *allow_text(unsigned methods)
{
    bool get = (methods & HTTP_GET) != 0;
    bool post = (methods & HTTP_POST) != 0;
    if (get)
        return post ? "GET, HEAD, POST" : "GET, HEAD";
    return post ? "POST" : NULL;
}

void router_find(const struct route *routes, size_t count, unsigned listener,
                 enum http_method method, const char *path, struct router_match *ret_match)
{
    struct segments segments;
    unsigned methods = 0;
    unsigned best = 0;
    ret_match->route = NULL;
    ret_match->allow = NULL;
    ret_match->param_count = 0;
    ret_match->path[0] = '\0';
    if (!split_path(path, ret_match, &segments)) {
        ret_match->path[0] = '\0';
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &routes[i];
        const char *params[HTTP_PARAM_MAX];
        size_t param_count = 0;
        unsigned rank = 0;
        if ((route->listeners & listener) == 0 ||
            !fits(route->path, &segments, params, &param_count, &rank))
            continue;
        methods |= (unsigned)route->method;
        bool better = ret_match->route == NULL || rank > best;
        if (route->method != method || !better)
            continue;
        ret_match->route = route;
        ret_match->param_count = param_count;
        memcpy(ret_match->param, params, param_count * sizeof(params[0]));
        best = rank;
    }
    if (ret_match->route == NULL)
        ret_match->allow = allow_text(methods);
}
