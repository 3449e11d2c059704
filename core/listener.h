// SPDX-License-Identifier: MIT
// The listening socket of a server and the Host values by which it may be called.
#ifndef HAILONG_LISTENER_H
#define HAILONG_LISTENER_H

#include "err.h"

enum {
    LISTENER_TEXT_SIZE = 64, // "[" 45 characters of IPv6 "]:65535" and a NUL
    LISTENER_HOST_MAX = 32,  // our own spellings and what the options add
};

struct listener {
    int socket_fd;
    bool loopback;
    unsigned port;
    char text[LISTENER_TEXT_SIZE]; // "127.0.0.1:43121": where it really listens
};

// Opens, binds and listens on "127.0.0.1:8080", "[::1]:0" or "localhost:8080". STATUS_BAD_INPUT
// for another form, STATUS_BUSY when somebody else listens there.
enum status listener_open(const char *address, struct listener *ret_listener,
                          struct err *err) MUST_USE;
// Closes the socket; a second call does nothing.
void listener_close(struct listener *listener);

struct sockaddr;
// The numeric address of a connection's other side; "" when it has none.
void listener_peer(const struct sockaddr *address, char ret_text[LISTENER_TEXT_SIZE]);

struct listener_hosts {
    const char *list[LISTENER_HOST_MAX + 1]; // NULL-ended; points into `own` and to the extra ones
    size_t count;
    char own[8][LISTENER_TEXT_SIZE];
    size_t own_count;
};

// The allowed Host values: the address itself, on loopback each of its names, on port 80 also
// without the port, and `extra` (NULL-ended, kept, may be NULL; too many are left out).
void listener_name(const struct listener *listener, const char *const *extra,
                   struct listener_hosts *ret_hosts);

#endif
