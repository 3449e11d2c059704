// SPDX-License-Identifier: MIT
// One request and its answer from guard to reply, without the socket: server.c feeds it what
// libmicrohttpd received and sends what it leaves in `reply`.
#ifndef HAILONG_EXCHANGE_H
#define HAILONG_EXCHANGE_H

#include "guard.h"
#include "router.h"
#include "server.h"

enum exchange_next {
    EXCHANGE_READ, // the body comes now; then exchange_run
    EXCHANGE_RUN,  // exchange_run may be called
    EXCHANGE_WAIT, // reply.job must be submitted; then exchange_after
    EXCHANGE_SEND, // reply is ready
};

struct exchange {
    const struct server_config *config; // borrowed
    struct request request;
    struct reply reply;
    struct router_match match;
    struct buf body;
    size_t target_size_bytes;
    char target[GUARD_TARGET_LIMIT_BYTES + 2]; // cut there; the guard refuses what is longer
    size_t announced_bytes;                    // of a body that is to be read
    size_t room_bytes;                         // that the server holds for it (bodyroom.h)
    bool close; // the connection may not be used again after this answer
};

// `target` is copied.
void exchange_init(struct exchange *exchange, const struct server_config *config,
                   const char *target);
void exchange_done(struct exchange *exchange);
// Runs guard and router. `guard` has method, version, headers and hosts; target is filled in here.
enum exchange_next exchange_begin(struct exchange *exchange, struct guard_request *guard);
// Takes a piece of the body; more than was announced makes the run answer 413.
void exchange_body(struct exchange *exchange, const void *bytes, size_t size_bytes);
// Runs the handler.
enum exchange_next exchange_run(struct exchange *exchange);
// Runs the second half after the job's outcome is known.
void exchange_after(struct exchange *exchange);
// Makes the reply one that reports `status`; logs `err` when it is an accident of ours.
void exchange_fail(struct exchange *exchange, enum status status, struct err *err);

#endif
