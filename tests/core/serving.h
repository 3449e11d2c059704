// SPDX-License-Identifier: MIT
// What the tests of the server share: a small program of routes, its database and writer, and a
// gate that holds the writer's thread.
#ifndef HAILONG_SERVING_H
#define HAILONG_SERVING_H

#include "server.h"
#include "support/scratch.h"
#include "support/wire.h"

struct serving {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct writer *writer;
    struct server *server;
    const char *address; // of the server
};

extern char serving_context[]; // what the handlers must get as request->context

// A configuration on a free port of the loopback; `writer` may be NULL.
struct server_config serving_config(struct writer *writer);
struct server *serving_server(const struct server_config *config);
// A server with an empty database and a writer whose queue has that limit.
struct serving *serving_open(size_t queue_limit);
void serving_close(struct serving **slot); // for AUTO; the server may be closed already and NULL
// The number of notes that another connection sees.
int64_t serving_notes(const struct serving *serving);

// From now on each job of POST /note waits at the gate, inside the writer's thread.
void serving_gate_shut(void);
// Returns once a job has reached it.
void serving_gate_reached(void);
// Lets one job pass.
void serving_gate_pass(void);
// Jobs made from now on do not wait.
void serving_gate_leave(void);

#endif
