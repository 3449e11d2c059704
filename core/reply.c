// SPDX-License-Identifier: MIT
// Fills replies.
#include "reply.h"

#include <stdlib.h>
#include <string.h>

enum {
    COOKIE_LIMIT_BYTES = 1024, // ours are under 200; browsers take 4096
};

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

void reply_lend(struct reply *reply, struct buf *memory)
{
    if (memory->data == NULL)
        return;
    buf_done(&reply->body);
    reply->body.data = memory->data;
    reply->body.capacity_bytes = memory->capacity_bytes;
    buf_clear(&reply->body);
    buf_init(memory, 0);
}

void reply_regain(struct reply *reply, struct buf *memory)
{
    memory->data = reply->body.data;
    memory->capacity_bytes = reply->body.capacity_bytes;
    buf_clear(memory);
    buf_init(&reply->body, REPLY_BODY_LIMIT_BYTES);
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
