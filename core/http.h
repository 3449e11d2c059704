// SPDX-License-Identifier: MIT
// Request, reply and route as handlers see them: no sockets, no libmicrohttpd, so that pages are
// tested without a server. request.h reads a request, reply.h fills a reply.
#ifndef HAILONG_HTTP_H
#define HAILONG_HTTP_H

#include "writer.h"

enum http_method { HTTP_GET = 1, HTTP_POST = 2 }; // HEAD is answered as GET without the body
enum { HTTP_PARAM_MAX = 6, HTTP_HEADER_MAX = 12 };

struct http_header {
    const char *name, *value; // borrowed
};

struct request {
    enum http_method method;
    const char *path;                  // decoded once, begins with '/'
    const char *param[HTTP_PARAM_MAX]; // the segments that the route's {names} matched, in order
    size_t param_count;
    const char *query; // raw text behind '?', or "" (office pages only)
    const char *body;  // NUL-terminated; "" when none
    size_t body_size_bytes;
    unsigned listener; // the bit of the listener that it came in by
    const char *peer;  // numeric address of the other side; never logged
    const char *local; // "127.0.0.1:8080", the listener's address
    void *context;     // the program's own struct (struct kiosk, struct hub)
    // Looks a header up without regard to case; NULL when absent. Set by the server or the test.
    const char *(*header)(const struct request *request, const char *name);
    void *source; // for `header`
};

struct asset;
struct reply;
// Second half of a handler whose job has been committed or refused: reply->job has the outcome.
// Runs on a server thread. Frees nothing that the reply owns.
typedef enum status (*after_fn)(const struct request *request, struct reply *reply,
                                struct err *err);

struct reply {
    unsigned http_status;     // default 200
    const char *content_type; // borrowed; default "text/html; charset=utf-8"
    struct buf body;
    struct http_header
        headers[HTTP_HEADER_MAX]; // extra ones; values copied by reply_header (reply.h)
    size_t header_count;
    const struct asset *asset; // answers with an embedded file instead of `body`
    // A handler that writes sets these and returns STATUS_OK: the server submits the job, lets the
    // connection wait without a thread, and calls `after` once its transaction is durable.
    struct writer_job *job; // owned: freed with `job_free`
    void (*job_free)(struct writer_job *job);
    after_fn after;
};

typedef enum status (*handler_fn)(const struct request *request, struct reply *reply,
                                  struct err *err);

// One row of a program's route table. `path` is matched by whole segments: "/c/{counter}/{area}".
struct route {
    enum http_method method;
    const char *path;
    handler_fn handler;
    unsigned listeners;      // bits of the listeners that serve it
    size_t body_limit_bytes; // 0: no body is accepted
    bool query;              // a query string is accepted (else 400)
};

#endif
