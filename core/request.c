// SPDX-License-Identifier: MIT
// Reads cookies, origins and forms from requests.
#include "request.h"

#include <string.h>
#include <strings.h>

#include "urlform.h"

bool request_cookie(const struct request *request, const char *name, char *ret_value,
                    size_t size_bytes)
{
    const char *at = request->header(request, "Cookie");
    size_t name_size_bytes = strlen(name);
    while (at != NULL && *at != '\0') {
        at += strspn(at, " \t;");
        size_t pair = strcspn(at, ";");
        if (pair > name_size_bytes && strncmp(at, name, name_size_bytes) == 0 &&
            at[name_size_bytes] == '=') {
            size_t value = pair - name_size_bytes - 1;
            if (value >= size_bytes)
                return false;
            memcpy(ret_value, at + name_size_bytes + 1, value);
            ret_value[value] = '\0';
            return true;
        }
        at += pair;
    }
    return false;
}

bool request_same_origin(const struct request *request)
{
    const char *origin = request->header(request, "Origin");
    if (origin == NULL) {
        const char *site = request->header(request, "Sec-Fetch-Site");
        return site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    }
    const char *host = request->header(request, "Host");
    const char *slashes = strstr(origin, "://");
    bool web = strncmp(origin, "http://", 7) == 0 || strncmp(origin, "https://", 8) == 0;
    return web && host != NULL && strcasecmp(slashes + 3, host) == 0;
}

static bool says_form(const char *type)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const size_t size_bytes = sizeof form - 1;
    return strncasecmp(type, form, size_bytes) == 0 && strchr("; \t", type[size_bytes]) != NULL;
}

enum status request_form(const struct request *request, const char *const *names,
                         struct urlform *ret_form, struct err *err)
{
    const char *type = request->header == NULL ? NULL : request->header(request, "Content-Type");
    if (type != NULL && !says_form(type))
        return err_set(err, STATUS_BAD_INPUT,
                       "Content-Type must be application/x-www-form-urlencoded");
    return urlform_read(request->body, request->body_size_bytes, names, ret_form, err);
}
