// SPDX-License-Identifier: MIT
// Refuses requests that libmicrohttpd lets through and that could be read in two ways.
#include "guard.h"

#include <string.h>
#include <strings.h>

#include "percent.h"

enum {
    LENGTH_DIGITS_LIMIT = 12, // of a Content-Length: 999 GB; keeps the sum far from overflow
    HOST_LIMIT_BYTES = 261,   // 255 for a name (RFC 1035) and a port
};

// An escape at `at`: complete, not a control byte, and in the path nothing that decoding would
// turn into structure.
static bool escape_ok(const char *at, const char *end, bool in_query)
{
    int byte = percent_byte(at, end);
    if (byte < 0x20 || byte == 0x7F)
        return false;
    return in_query || strchr("%/\\.", byte) == NULL;
}

bool guard_target_ok(const char *target, size_t size_bytes)
{
    const char *end = target + size_bytes;
    bool in_query = false;
    if (size_bytes == 0 || *target != '/')
        return false;
    for (const char *at = target; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x21 || c > 0x7E || c == '#' || c == '\\')
            return false;
        in_query = in_query || c == '?';
        bool twice = at + 1 < end && at[1] == *at;
        if (!in_query && twice && (c == '/' || c == '.'))
            return false;
        if (c == '%' && !escape_ok(at, end, in_query))
            return false;
    }
    return true;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_token(const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        // Nearly all bytes of all names; the search below costs more.
        if (is_letter_or_digit(text[i]) || c == '-')
            continue;
        if (c <= 0x20 || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
            return false;
    }
    return size_bytes > 0;
}

static bool value_ok(const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static bool value_is(const struct guard_header *header, const char *value)
{
    return header->value_size_bytes == strlen(value) &&
           strncasecmp(header->value, value, header->value_size_bytes) == 0;
}

// The headers that decide what a request means; each may stand once.
struct found {
    const struct guard_header *host, *length, *coding, *expect, *encoding;
    const struct guard_header *origin, *cookie, *type, *site, *authorization;
};

static const struct guard_header **slot_of(struct found *found, const struct guard_header *header)
{
#define ROW(name, field)                                                                           \
    {                                                                                              \
        name, sizeof(name) - 1, offsetof(struct found, field)                                      \
    }
    static const struct {
        const char *name;
        size_t name_size_bytes, offset;
    } rows[] = {
        ROW("Host", host),
        ROW("Content-Length", length),
        ROW("Transfer-Encoding", coding),
        ROW("Expect", expect),
        ROW("Content-Encoding", encoding),
        ROW("Origin", origin),
        ROW("Cookie", cookie),
        ROW("Content-Type", type),
        ROW("Sec-Fetch-Site", site),
        ROW("Authorization", authorization),
    };
#undef ROW
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (header->name_size_bytes == rows[i].name_size_bytes &&
            strncasecmp(header->name, rows[i].name, rows[i].name_size_bytes) == 0)
            return (const struct guard_header **)(void *)((char *)found + rows[i].offset);
    }
    return NULL;
}

static struct guard_verdict refuse(unsigned http_status, const char *reason)
{
    return (struct guard_verdict){.http_status = http_status, .reason = reason};
}

static const struct guard_verdict fine = {0};

static struct guard_verdict check_headers(const struct guard_request *request,
                                          struct found *ret_found)
{
    struct found found = {0};
    if (request->header_count > GUARD_HEADER_LIMIT)
        return refuse(431, "too many headers");
    for (size_t i = 0; i < request->header_count; i++) {
        const struct guard_header *header = &request->headers[i];
        if (!is_token(header->name, header->name_size_bytes))
            return refuse(400, "a header name is not a token");
        if (!value_ok(header->value, header->value_size_bytes))
            return refuse(400, "a control byte in a header value");
        const struct guard_header **slot = slot_of(&found, header);
        // A repeated Transfer-Encoding is refused below as any other.
        if (slot != NULL && *slot != NULL && slot != &found.coding)
            return refuse(400, "a header that may stand once stands twice");
        if (slot != NULL)
            *slot = header;
    }
    *ret_found = found;
    return fine;
}

static bool host_char_ok(char c)
{
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' ||
           c == '_';
}

static struct guard_verdict check_host(const struct guard_request *request,
                                       const struct guard_header *host)
{
    if (host == NULL)
        return refuse(400, "no Host");
    if (host->value_size_bytes == 0 || host->value_size_bytes > HOST_LIMIT_BYTES)
        return refuse(400, "Host is empty or too long");
    for (size_t i = 0; i < host->value_size_bytes; i++) {
        if (!host_char_ok(host->value[i]))
            return refuse(400, "Host is not a host");
    }
    if (request->hosts == NULL)
        return fine;
    for (const char *const *allowed = request->hosts; *allowed != NULL; allowed++) {
        if (value_is(host, *allowed))
            return fine;
    }
    return refuse(421, "Host is not one of ours");
}

static struct guard_verdict read_length(const struct guard_header *header)
{
    struct guard_verdict verdict = fine;
    if (header->value_size_bytes == 0)
        return refuse(400, "Content-Length is empty");
    for (size_t i = 0; i < header->value_size_bytes; i++) {
        char c = header->value[i];
        if (c < '0' || c > '9')
            return refuse(400, "Content-Length is not a number");
        if (i >= LENGTH_DIGITS_LIMIT)
            return refuse(413, "Content-Length is absurd");
        verdict.body_bytes = verdict.body_bytes * 10 + (c - '0');
    }
    return verdict;
}

static struct guard_verdict check_framing(const char *method, const struct found *found)
{
    if (found->coding != NULL)
        return refuse(411, "Transfer-Encoding is not accepted");
    bool post = strcmp(method, "POST") == 0;
    bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (!post && !get)
        return refuse(405, "method is not one of ours");
    if (get && found->length != NULL)
        return refuse(400, "Content-Length on a request without a body");
    if (post && found->length == NULL)
        return refuse(411, "no Content-Length");
    if (found->expect != NULL && !value_is(found->expect, "100-continue"))
        return refuse(417, "unknown Expect");
    if (found->encoding != NULL)
        return refuse(415, "Content-Encoding is not accepted");
    return post ? read_length(found->length) : fine;
}

struct guard_verdict guard_check(const struct guard_request *request)
{
    struct found found = {0};
    if (strcmp(request->version, "HTTP/1.1") != 0 && strcmp(request->version, "HTTP/1.0") != 0)
        return refuse(505, "not HTTP/1.0 or 1.1");
    if (request->target_size_bytes > GUARD_TARGET_LIMIT_BYTES)
        return refuse(414, "address is too long");
    if (!guard_target_ok(request->target, request->target_size_bytes))
        return refuse(400, "address breaks the rules");
    struct guard_verdict verdict = check_headers(request, &found);
    if (verdict.http_status != 0)
        return verdict;
    verdict = check_host(request, found.host);
    if (verdict.http_status != 0)
        return verdict;
    verdict = check_framing(request->method, &found);
    verdict.target_good = true;
    return verdict;
}
