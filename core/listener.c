// SPDX-License-Identifier: MIT
// Opens listening sockets.
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum status bad_address(struct err *err)
{
    return err_set(err, STATUS_BAD_INPUT,
                   "a listening address is written ADDRESS:PORT, as in 127.0.0.1:8080 or "
                   "[::1]:8080");
}

// Cuts "HOST:PORT" or "[V6]:PORT" in two.
static bool split(const char *address, char ret_host[LISTENER_TEXT_SIZE], const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    const char *host = address;
    if (colon == NULL || colon[1] == '\0' || strlen(colon + 1) > 5)
        return false;
    size_t size_bytes = (size_t)(colon - host);
    bool brackets = size_bytes > 2 && host[0] == '[' && colon[-1] == ']';
    if (brackets) {
        host++;
        size_bytes -= 2;
    }
    if (size_bytes == 0 || size_bytes >= LISTENER_TEXT_SIZE ||
        (!brackets && memchr(host, ':', size_bytes) != NULL))
        return false;
    memcpy(ret_host, host, size_bytes);
    ret_host[size_bytes] = '\0';
    *ret_port = colon + 1;
    return true;
}

static enum status resolve(const char *address, struct addrinfo **ret_info, struct err *err)
{
    char host[LISTENER_TEXT_SIZE];
    const char *port = NULL;
    if (!split(address, host, &port) || strspn(port, "0123456789") != strlen(port) ||
        atoi(port) > 65535)
        return bad_address(err);
    // The only name: others would ask a resolver, which an office box may not have.
    const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    if (getaddrinfo(numeric, port, &hints, ret_info) != 0)
        return bad_address(err);
    return STATUS_OK;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    }
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
}

static enum status bind_socket(int socket_fd, const struct addrinfo *info, struct err *err)
{
    int on = 1;
    (void)setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    // "[::]" shall mean IPv6 only; whoever wants both opens two.
    if (info->ai_family == AF_INET6)
        (void)setsockopt(socket_fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(socket_fd, info->ai_addr, info->ai_addrlen) != 0 ||
        listen(socket_fd, SOMAXCONN) != 0) {
        if (errno == EADDRINUSE)
            return err_set(err, STATUS_BUSY,
                           "another program listens on this address; stop it or choose another "
                           "port");
        return err_errno(err, "cannot listen on this address");
    }
    return STATUS_OK;
}

static enum status describe(struct listener *listener, struct err *err)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    char host[LISTENER_TEXT_SIZE - 10];
    char port[6];
    if (getsockname(listener->socket_fd, (struct sockaddr *)&address, &size) != 0)
        return err_errno(err, "cannot read the listening address");
    if (getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return err_set(err, STATUS_IO, "cannot read the listening address");
    bool v6 = address.ss_family == AF_INET6;
    (void)snprintf(listener->text, sizeof(listener->text), v6 ? "[%s]:%s" : "%s:%s", host, port);
    listener->port = (unsigned)atoi(port);
    listener->loopback = is_loopback(&address);
    return STATUS_OK;
}

static enum status open_resolved(const struct addrinfo *info, struct listener *listener,
                                 struct err *err)
{
    listener->socket_fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->socket_fd < 0)
        return err_errno(err, "cannot open a socket");
    TRY(bind_socket(listener->socket_fd, info, err));
    return describe(listener, err);
}

enum status listener_open(const char *address, struct listener *ret_listener, struct err *err)
{
    struct addrinfo *info = NULL;
    struct listener listener = {.socket_fd = -1};
    TRY(resolve(address, &info, err));
    enum status status = open_resolved(info, &listener, err);
    freeaddrinfo(info);
    if (status != STATUS_OK)
        listener_close(&listener);
    else
        *ret_listener = listener;
    return status;
}

void listener_close(struct listener *listener)
{
    if (listener->socket_fd >= 0)
        (void)close(listener->socket_fd);
    listener->socket_fd = -1;
}

void listener_peer(const struct sockaddr *address, char ret_text[LISTENER_TEXT_SIZE])
{
    bool v6 = address->sa_family == AF_INET6;
    socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(address, size, ret_text, LISTENER_TEXT_SIZE, NULL, 0, NI_NUMERICHOST) != 0)
        ret_text[0] = '\0';
}

static void add_host(struct listener_hosts *hosts, const char *host)
{
    if (hosts->count < LISTENER_HOST_MAX)
        hosts->list[hosts->count++] = host;
}

// Adds "NAME:PORT" and, where browsers leave the port away, "NAME".
static void add_own(const struct listener *listener, const char *name, struct listener_hosts *hosts)
{
    char *text = hosts->own[hosts->own_count++];
    (void)snprintf(text, LISTENER_TEXT_SIZE, "%s:%u", name, listener->port);
    add_host(hosts, text);
    if (listener->port != 80)
        return;
    text = hosts->own[hosts->own_count++];
    (void)snprintf(text, LISTENER_TEXT_SIZE, "%s", name);
    add_host(hosts, text);
}

void listener_name(const struct listener *listener, const char *const *extra,
                   struct listener_hosts *ret_hosts)
{
    static const char *const loopbacks[] = {"localhost", "127.0.0.1", "[::1]"};
    char name[LISTENER_TEXT_SIZE];
    size_t size_bytes = (size_t)(strrchr(listener->text, ':') - listener->text);
    *ret_hosts = (struct listener_hosts){.count = 0};
    memcpy(name, listener->text, size_bytes);
    name[size_bytes] = '\0';
    add_own(listener, name, ret_hosts);
    for (size_t i = 0; listener->loopback && i < ARRAY_SIZE(loopbacks); i++)
        add_own(listener, loopbacks[i], ret_hosts);
    for (; extra != NULL && *extra != NULL; extra++)
        add_host(ret_hosts, *extra);
}
