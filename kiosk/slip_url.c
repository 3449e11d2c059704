// SPDX-License-Identifier: MIT
// Whether an address reaches phones on mobile data, or only those in the office's network.
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "slip.h"

enum { HOST_CHARS = 255 };

// Copies the host out of scheme://host:port/… or scheme://[v6]:port/…
static bool host_of(const char *url, char ret_host[HOST_CHARS + 1])
{
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    const bool literal = *host == '[';
    host += literal ? 1 : 0;
    const size_t chars = strcspn(host, literal ? "]" : ":/");
    if (chars == 0 || chars > HOST_CHARS)
        return false;
    memcpy(ret_host, host, chars);
    ret_host[chars] = '\0';
    return true;
}

// Address blocks that are not routed on the Internet (IANA special-purpose registry, RFC 6890).
static bool is_private_v4(uint32_t address)
{
    static const struct {
        uint32_t network;
        unsigned bits;
    } blocks[] = {
        {0x00000000, 8},  // this network; a wildcard that listens everywhere
        {0x0a000000, 8},  // private (RFC 1918)
        {0x64400000, 10}, // behind a carrier's address translation (RFC 6598)
        {0x7f000000, 8},  // loopback
        {0xa9fe0000, 16}, // link-local (RFC 3927)
        {0xac100000, 12}, // private
        {0xc0a80000, 16}, // private
    };
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        if (((address ^ blocks[i].network) >> (32 - blocks[i].bits)) == 0)
            return true;
    return false;
}

static bool is_private_v6(const struct in6_addr *address)
{
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        uint32_t v4 = 0;
        memcpy(&v4, address->s6_addr + 12, sizeof v4);
        return is_private_v4(ntohl(v4));
    }
    return IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address) ||
           IN6_IS_ADDR_LINKLOCAL(address) || (address->s6_addr[0] & 0xfe) == 0xfc;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t chars = strlen(text), end_chars = strlen(end);
    return chars > end_chars && strcasecmp(text + chars - end_chars, end) == 0;
}

bool slip_url_is_private(const char *url)
{
    char host[HOST_CHARS + 1];
    if (!host_of(url, host))
        return true;
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return is_private_v4(ntohl(v4.s_addr));
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return is_private_v6(&v6);
    // A name without a dot, or under a domain that only an office's own network knows.
    return strchr(host, '.') == NULL || ends_with(host, ".local") || ends_with(host, ".lan") ||
           ends_with(host, ".internal") || ends_with(host, ".home.arpa");
}
