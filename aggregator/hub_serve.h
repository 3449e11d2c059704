// SPDX-License-Identifier: MIT
// The daemon: one listener, the control socket, until a signal.
#ifndef HAILONG_HUB_SERVE_H
#define HAILONG_HUB_SERVE_H

#include "status.h"

struct err;
// Serves a data directory on `listen` ("127.0.0.1:8090", port 0 takes a free one) until SIGINT or
// SIGTERM. STATUS_USAGE when the address is not a loopback one, STATUS_BUSY when another process
// has the lock.
enum status hub_serve(const char *folder, const char *listen, struct err *err) MUST_USE;
// Whether HOST:PORT is on this machine only.
bool hub_serve_is_loopback(const char *address);

#endif
