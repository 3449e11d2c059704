// SPDX-License-Identifier: MIT
// Requests and replies without a socket: cookies, origin, headers of an answer.
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "urlform.h"

enum {
    COOKIE_LIMIT_BYTES = 1024, // ours are under 200; browsers take 4096
};

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

void reply_init(struct reply *reply)
{
    *reply = (struct reply){.http_status = 200, .content_type = "text/html; charset=utf-8"};
    buf_init(&reply->body, REPLY_BODY_LIMIT_BYTES);
}

static void free_headers(struct reply *reply)
{
    // The values are our own copies; the type says const for the handlers' sake.
    for (size_t i = 0; i < reply->header_count; i++)
        free((void *)(uintptr_t)reply->headers[i].value);
    reply->header_count = 0;
}

void reply_done(struct reply *reply)
{
    free_headers(reply);
    buf_done(&reply->body);
    if (reply->job != NULL && reply->job_free != NULL)
        reply->job_free(reply->job);
    reply->job = NULL;
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
    if (reply->header_count == HTTP_HEADER_MAX) {
        (void)BUG(NULL, "more than %d headers in a reply", HTTP_HEADER_MAX);
        return;
    }
    if (*value == '\0' || strpbrk(value, "\r\n") != NULL) {
        (void)BUG(NULL, "header %s is empty or has a line break", name);
        return;
    }
    char *copy = strdup(value);
    if (copy == NULL) {
        // Sticky, as a failed append: the server looks at the body once.
        reply->body.failed = STATUS_NO_MEMORY;
        return;
    }
    reply->headers[reply->header_count++] = (struct http_header){.name = name, .value = copy};
}

void reply_redirect(struct reply *reply, const char *path)
{
    if (path[0] != '/' || path[1] == '/') {
        (void)BUG(NULL, "a redirect leads away from our own pages");
        reply->http_status = 500;
        return;
    }
    reply->http_status = 303;
    reply_header(reply, "Location", path);
}

void reply_cookie(struct reply *reply, const char *name, const char *value, int64_t max_age_s,
                  bool secure)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, COOKIE_LIMIT_BYTES);
    buf_addf(&text, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=", name, value);
    buf_add_int(&text, max_age_s);
    if (secure)
        buf_add_text(&text, "; Secure");
    if (buf_check(&text, NULL) != STATUS_OK || strpbrk(value, "; \t,\"\\") != NULL) {
        (void)BUG(NULL, "cookie %s is too long or has a byte that ends it", name);
        return;
    }
    reply_header(reply, "Set-Cookie", buf_text(&text));
}
