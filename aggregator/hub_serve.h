// SPDX-License-Identifier: MIT
// The daemon: one listener, the control socket, until a signal.
#ifndef HAILONG_HUB_SERVE_H
#define HAILONG_HUB_SERVE_H

#include "status.h"

struct err;
// Serves a data directory on `listen` ("127.0.0.1:8090", port 0 takes a free one) until SIGINT or
// SIGTERM. STATUS_USAGE when the address is not a loopback one, STATUS_BUSY when another process
// has the lock.
// `witness_url` and `witness_key` as in hubchores_choose.
struct hub_serve_options {
    const char *folder, *listen;
    const char *witness_url, *witness_key; // NULL: as the setup says
};
enum status hub_serve(const struct hub_serve_options *options, struct err *err) MUST_USE;
// Whether HOST:PORT is on this machine only.
bool hub_serve_is_loopback(const char *address);

#endif
