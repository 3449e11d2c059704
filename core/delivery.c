// SPDX-License-Identifier: MIT
// Chooses bytes and headers of an answer.
#include "delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "asset.h"

static void add(struct delivery *delivery, const char *name, const char *value)
{
    if (delivery->header_count < DELIVERY_HEADER_MAX)
        delivery->headers[delivery->header_count++] = (struct http_header){name, value};
}

// Adds a default unless the reply has set that header.
static void add_default(struct delivery *delivery, const struct reply *reply, const char *name,
                        const char *value)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return;
    }
    add(delivery, name, value);
}

// True when a list such as "gzip;q=0.5, br" takes the coding.
static bool accepts(const char *list, const char *coding)
{
    size_t size_bytes = strlen(coding);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " \t,");
        size_t item = strcspn(list, ",");
        if (strncasecmp(list, coding, size_bytes) == 0 &&
            strchr("; \t,", list[size_bytes]) != NULL) {
            const char *weight = strstr(list, "q=");
            bool weighed = weight != NULL && weight < list + item;
            return !weighed || strtod(weight + 2, NULL) > 0.0;
        }
        list += item;
    }
    return false;
}

// True when If-None-Match names the tag; the comparison is the weak one (RFC 9110 §13.1.2).
static bool names_tag(const char *list, const char *etag)
{
    if (list == NULL)
        return false;
    return strcmp(list, "*") == 0 || strstr(list, etag) != NULL;
}

static void choose_bytes(const struct request *request, const struct asset *asset,
                         struct delivery *delivery)
{
    const char *list = request->header(request, "Accept-Encoding");
    const char *coding = NULL;
    delivery->bytes = asset->bytes;
    delivery->size_bytes = asset->size_bytes;
    if (asset->brotli != NULL && accepts(list, "br")) {
        delivery->bytes = asset->brotli;
        delivery->size_bytes = asset->brotli_size_bytes;
        coding = "br";
    } else if (asset->gzip != NULL && accepts(list, "gzip")) {
        delivery->bytes = asset->gzip;
        delivery->size_bytes = asset->gzip_size_bytes;
        coding = "gzip";
    }
    // One tag may not stand for different bytes, except as a weak one.
    (void)snprintf(delivery->etag, sizeof(delivery->etag), "%s%s", coding == NULL ? "" : "W/",
                   asset->etag);
    if (coding != NULL)
        add(delivery, "Content-Encoding", coding);
    if (asset->brotli != NULL || asset->gzip != NULL)
        add(delivery, "Vary", "Accept-Encoding");
}

static void prepare_asset(const struct request *request, const struct reply *reply,
                          struct delivery *delivery)
{
    const struct asset *asset = reply->asset;
    delivery->embedded = true;
    choose_bytes(request, asset, delivery);
    add(delivery, "ETag", delivery->etag);
    // Names do not change with the content, so a browser asks each time and mostly gets a 304.
    add_default(delivery, reply, "Cache-Control", "public, no-cache");
    if (names_tag(request->header(request, "If-None-Match"), asset->etag)) {
        delivery->http_status = 304;
        delivery->size_bytes = 0;
        return;
    }
    add_default(delivery, reply, "Content-Type", asset->content_type);
}

void delivery_prepare(const struct request *request, const struct reply *reply, const char *policy,
                      struct delivery *ret_delivery)
{
    struct delivery *delivery = ret_delivery;
    delivery->http_status = reply->http_status;
    delivery->bytes = reply->body.data;
    delivery->size_bytes = reply->body.size_bytes;
    delivery->embedded = false;
    delivery->header_count = 0;
    for (size_t i = 0; i < reply->header_count; i++)
        add(delivery, reply->headers[i].name, reply->headers[i].value);
    if (reply->asset != NULL) {
        prepare_asset(request, reply, delivery);
    } else {
        add_default(delivery, reply, "Cache-Control", "no-store");
        if (delivery->size_bytes > 0)
            add_default(delivery, reply, "Content-Type", reply->content_type);
    }
    add_default(delivery, reply, "Content-Security-Policy",
                policy == NULL ? DELIVERY_POLICY : policy);
    add_default(delivery, reply, "X-Content-Type-Options", "nosniff");
    // Not no-referrer: with it browsers send "Origin: null" with our own forms, and the check of
    // the origin would refuse them.
    add_default(delivery, reply, "Referrer-Policy", "same-origin");
    add_default(delivery, reply, "Cross-Origin-Opener-Policy", "same-origin");
    add_default(delivery, reply, "Cross-Origin-Resource-Policy", "same-origin");
}

bool delivery_is_plain(const struct reply *reply)
{
    return reply->asset == NULL && reply->header_count == 0 &&
           strlen(reply->content_type) < DELIVERY_TYPE_SIZE;
}
