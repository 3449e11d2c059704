// SPDX-License-Identifier: MIT
// The HTTP server: one listener each (a process may open several), over libmicrohttpd (the .c is
// the only file that includes microhttpd.h). Its threads use poll(2): in epoll mode libmicrohttpd
// 0.9.75 hangs when one epoll_wait returns exactly its 128 events.
#ifndef HAILONG_SERVER_H
#define HAILONG_SERVER_H

#include "asset.h"
#include "http.h"

struct server_config {
    const char *name;                // "screen", "phone", "hub": for the log
    const char *address;             // "127.0.0.1:8080", "[::1]:0"
    unsigned listener;               // the bit in route->listeners
    unsigned threads;                // event threads, 1…8
    unsigned connections_per_thread; // at most 240
    unsigned per_address_limit;      // connections from one peer address, 0: no limit
    unsigned idle_timeout_s;         // keep-alive connection without a request
    unsigned request_deadline_ms;    // from the first byte of a request to its end; then cut
    const struct route *routes;
    size_t route_count;
    const struct asset_table *assets; // served under /assets/NAME when not NULL
    const char *asset_folder;         // prefix put before NAME: "kiosk/assets/"
    const char *content_security_policy;
    const char *const *hosts; // extra allowed Host values besides our own address, NULL-ended
    bool any_host;            // behind a proxy or on a network whose names we do not know
    struct writer *writer;    // for replies with a job; may be NULL
    void *context;            // request->context
    // Looks at a request with a body over BODYROOM_SMALL_BYTES before that is read; `body` is ""
    // then. Any other http_status than 200 in the reply is the answer, and nothing is read. NULL:
    // all are read.
    handler_fn before_body;
    size_t large_bodies_bytes; // at once, as announced; beyond it 503. 0: BODYROOM_BYTES
    // Renders the page for a refused request (404, 405, 413, 503 …) into the reply, whose
    // http_status is set. NULL: one line of plain text.
    void (*refusal)(const struct request *request, struct reply *reply);
};

struct server;
enum status server_open(const struct server_config *config, struct server **ret_server,
                        struct err *err) MUST_USE;
// Answers what is waiting with 503, then stops. The writer must still run.
void server_close(struct server *server);
AUTO_POINTER(struct server, server_close)
// The address that it really listens on ("127.0.0.1:43121" when port 0 was asked for).
const char *server_address(const struct server *server);

#endif
