// SPDX-License-Identifier: MIT
// Runs libmicrohttpd: its callbacks, the waiting for the writer, start and stop.
#include "server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>

#include "bodyroom.h"
#include "delivery.h"
#include "exchange.h"
#include "listener.h"
#include "log.h"
#include "reaper.h"
#include "reply.h"
#include "spares.h"

enum {
    THREADS_MAX = 8,
    // poll(2) walks all of a thread's sockets at each wake-up; with so many that takes some 30 µs.
    CONNECTIONS_PER_THREAD_MAX = 240,
    // Per connection: request line and headers, then the head of the answer. Browsers send 1 to
    // 2 KiB; bodies do not stand here but in a buffer of ours. More headers get a 431.
    CONNECTION_MEMORY_BYTES = 8 * 1024,
    CONNECTION_INCREMENT_BYTES = 1024,
    // Handlers keep large things on the heap; jansson's deepest parse needs about 600 KiB.
    THREAD_STACK_BYTES = 1024 * 1024,
    // An answer is sent at this rate or faster, or cut: 2G telephones reach twice as much.
    SEND_BYTES_PER_S = 4096,
    // What server_close gives answers that are being sent.
    CLOSE_GRACE_MS = 2000,
    // Responses kept by the size of their body: an office's pages differ in theirs by some dozens
    // of bytes, the length of its names. Two sizes that meet in a place only take turns.
    ENVELOPE_COUNT = 64,
    // Counter pages have 3 to 4 KiB; with larger ones the headers are the smaller part.
    KEPT_BODY_LIMIT_BYTES = 8 * 1024,
};

struct server {
    struct server_config config;
    struct listener listener;
    struct listener_hosts hosts;
    struct MHD_Daemon *daemon;
    struct reaper *reaper;
    pthread_mutex_t mutex; // for `waiting` and `closing`
    pthread_cond_t changed;
    size_t waiting; // suspended connections; libmicrohttpd aborts when stopped with one
    bool closing;
    atomic_bool refusing;
    atomic_size_t turns;  // requests begun and not yet answered
    struct bodyroom room; // for large bodies
    struct spares spares; // turns that are done
};

// What we keep of a connection.
struct channel {
    int slot;
    char peer[LISTENER_TEXT_SIZE];
};

// A response that has been sent and may be sent again with another body of the same size. To make
// one with all its headers costs libmicrohttpd thirty allocations, more than the whole page.
struct envelope {
    struct MHD_Response *response; // owned; NULL: none
    char *bytes;                   // its body, which it owns
    size_t size_bytes;
    char content_type[DELIVERY_TYPE_SIZE];
};

enum phase { PHASE_NEW, PHASE_BODY, PHASE_WAITING, PHASE_READY, PHASE_SENT };

// What we keep of a request. When it is done, the next one of any connection may take it over with
// its envelope and memory, which are still in the processor's cache.
struct turn {
    struct server *server;
    struct MHD_Connection *connection;
    const struct channel *channel;
    enum phase phase;
    struct envelope *envelopes; // ENVELOPE_COUNT of them; owned; NULL until one is needed
    struct buf memory;          // for the body of the next reply
    struct exchange exchange;
};

static const char *find_header(const struct request *request, const char *name)
{
    struct MHD_Connection *connection = request->source;
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// ---- sending -----------------------------------------------------------------------------------

// Turns that wait for the writer may be many at once; those keep nothing.
static bool may_keep(const struct turn *turn, size_t size_bytes)
{
    const struct exchange *exchange = &turn->exchange;
    return delivery_is_plain(&exchange->reply) && exchange->reply.job == NULL && !exchange->close &&
           size_bytes <= KEPT_BODY_LIMIT_BYTES;
}

static void drop_envelope(struct envelope *envelope)
{
    if (envelope->response != NULL)
        MHD_destroy_response(envelope->response);
    envelope->response = NULL;
}

// True when the response, whose body `bytes` is, belongs to the turn from now on.
static bool keep_response(struct turn *turn, struct MHD_Response *response, char *bytes,
                          size_t size_bytes)
{
    if (!may_keep(turn, size_bytes))
        return false;
    if (turn->envelopes == NULL)
        turn->envelopes = calloc(ENVELOPE_COUNT, sizeof(*turn->envelopes));
    if (turn->envelopes == NULL)
        return false;
    struct envelope *envelope = &turn->envelopes[size_bytes % ENVELOPE_COUNT];
    drop_envelope(envelope);
    envelope->response = response;
    envelope->bytes = bytes;
    envelope->size_bytes = size_bytes;
    (void)stpcpy(envelope->content_type, turn->exchange.reply.content_type);
    return true;
}

// The kept response, now with this answer's body; NULL when none fits.
static struct MHD_Response *fill_envelope(struct turn *turn)
{
    const struct reply *reply = &turn->exchange.reply;
    if (turn->envelopes == NULL)
        return NULL;
    struct envelope *envelope = &turn->envelopes[reply->body.size_bytes % ENVELOPE_COUNT];
    if (envelope->response == NULL || reply->body.size_bytes != envelope->size_bytes ||
        !may_keep(turn, envelope->size_bytes) ||
        strcmp(reply->content_type, envelope->content_type) != 0)
        return NULL;
    // Nobody sends from it any more: the request that it answered is done.
    memcpy(envelope->bytes, reply->body.data, envelope->size_bytes);
    return envelope->response;
}

// `ret_body` is the body when the response owns it.
static struct MHD_Response *make_response(struct turn *turn, const struct delivery *delivery,
                                          char **ret_body)
{
    static char nothing[1];
    struct reply *reply = &turn->exchange.reply;
    if (delivery->size_bytes == 0)
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    if (delivery->embedded)
        return MHD_create_response_from_buffer(
            delivery->size_bytes, (void *)(uintptr_t)delivery->bytes, MHD_RESPMEM_PERSISTENT);
    char *body = buf_take(&reply->body);
    if (body == NULL)
        return NULL;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(delivery->size_bytes, body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(body);
    else
        *ret_body = body;
    return response;
}

static enum MHD_Result add_headers(const struct turn *turn, const struct delivery *delivery,
                                   struct MHD_Response *response)
{
    enum MHD_Result result = MHD_YES;
    for (size_t i = 0; i < delivery->header_count && result == MHD_YES; i++)
        result = MHD_add_response_header(response, delivery->headers[i].name,
                                         delivery->headers[i].value);
    if (turn->exchange.close && result == MHD_YES)
        result = MHD_add_response_header(response, "Connection", "close");
    return result;
}

static enum MHD_Result queue(struct turn *turn, struct MHD_Response *response, unsigned http_status,
                             size_t size_bytes)
{
    struct server *server = turn->server;
    turn->phase = PHASE_SENT;
    int64_t send_ms = (int64_t)(size_bytes / SEND_BYTES_PER_S) * 1000;
    reaper_due_in(server->reaper, turn->channel->slot,
                  send_ms + (int64_t)server->config.request_deadline_ms);
    return MHD_queue_response(turn->connection, http_status, response);
}

static enum MHD_Result send_reply(struct turn *turn)
{
    struct exchange *exchange = &turn->exchange;
    struct delivery delivery;
    struct MHD_Response *response = fill_envelope(turn);
    if (response != NULL)
        return queue(turn, response, exchange->reply.http_status, exchange->reply.body.size_bytes);
    delivery_prepare(&exchange->request, &exchange->reply,
                     turn->server->config.content_security_policy, &delivery);
    char *body = NULL;
    response = make_response(turn, &delivery, &body);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = add_headers(turn, &delivery, response);
    if (result == MHD_YES)
        result = queue(turn, response, delivery.http_status, delivery.size_bytes);
    if (result != MHD_YES || body == NULL ||
        !keep_response(turn, response, body, delivery.size_bytes))
        MHD_destroy_response(response);
    return result;
}

// ---- waiting for the writer ---------------------------------------------------------------------

// Counts a connection as waiting, unless the server is closing.
static bool begin_wait(struct server *server)
{
    pthread_mutex_lock(&server->mutex);
    bool open = !server->closing;
    server->waiting += open;
    pthread_mutex_unlock(&server->mutex);
    return open;
}

// Resumes; afterwards the turn belongs to the event thread and may be gone at any moment.
static void end_wait(struct turn *turn)
{
    struct server *server = turn->server;
    MHD_resume_connection(turn->connection);
    pthread_mutex_lock(&server->mutex);
    server->waiting--;
    if (server->closing)
        pthread_cond_signal(&server->changed);
    pthread_mutex_unlock(&server->mutex);
}

static void job_done(struct writer_job *job)
{
    end_wait(job->waiter);
}

static enum MHD_Result submit(struct turn *turn)
{
    struct exchange *exchange = &turn->exchange;
    struct writer *writer = turn->server->config.writer;
    struct writer_job *job = exchange->reply.job;
    struct err err = {0};
    if (writer == NULL || !begin_wait(turn->server)) {
        bool bug = writer == NULL;
        enum status status = bug ? BUG(&err, "a job for a server without writer") : STATUS_BUSY;
        exchange_fail(exchange, status, &err);
        return send_reply(turn);
    }
    job->done = job_done;
    job->waiter = turn;
    turn->phase = PHASE_WAITING;
    // First suspended, then submitted: the writer may be done before this function returns.
    MHD_suspend_connection(turn->connection);
    enum status status = writer_submit(writer, job, &err);
    if (status == STATUS_OK)
        return MHD_YES;
    // Not run: 503 tells the client to try again, whatever kept the writer from taking it; the
    // writer itself has reported what is broken.
    exchange_fail(exchange, STATUS_BUSY, &err);
    turn->phase = PHASE_READY;
    end_wait(turn);
    return MHD_YES;
}

// ---- a request ----------------------------------------------------------------------------------

struct collected {
    struct guard_header headers[GUARD_HEADER_LIMIT + 1];
    size_t count;
};

static enum MHD_Result collect_header(void *context, enum MHD_ValueKind kind, const char *name,
                                      size_t name_size_bytes, const char *value,
                                      size_t value_size_bytes)
{
    struct collected *collected = context;
    (void)kind;
    collected->headers[collected->count++] =
        (struct guard_header){.name = name,
                              .value = value == NULL ? "" : value,
                              .name_size_bytes = name_size_bytes,
                              .value_size_bytes = value_size_bytes};
    return collected->count <= GUARD_HEADER_LIMIT ? MHD_YES : MHD_NO;
}

static enum MHD_Result run(struct turn *turn)
{
    reaper_idle(turn->server->reaper, turn->channel->slot);
    return exchange_run(&turn->exchange) == EXCHANGE_WAIT ? submit(turn) : send_reply(turn);
}

static enum MHD_Result refuse_busy(struct turn *turn)
{
    turn->exchange.close = true;
    exchange_fail(&turn->exchange, STATUS_BUSY, &(struct err){0});
    return send_reply(turn);
}

static enum MHD_Result begin(struct turn *turn, const char *method, const char *version)
{
    struct server *server = turn->server;
    struct exchange *exchange = &turn->exchange;
    struct collected collected;
    collected.count = 0;
    exchange->request.header = find_header;
    exchange->request.source = turn->connection;
    exchange->request.peer = turn->channel->peer;
    exchange->request.local = server->listener.text;
    if (atomic_load(&server->refusing))
        return refuse_busy(turn);
    (void)MHD_get_connection_values_n(turn->connection, MHD_HEADER_KIND, collect_header,
                                      &collected);
    struct guard_request guard = {.method = method,
                                  .version = version,
                                  .headers = collected.headers,
                                  .header_count = collected.count,
                                  .hosts = server->config.any_host ? NULL : server->hosts.list};
    enum exchange_next next = exchange_begin(exchange, &guard);
    if (exchange->close)
        return send_reply(turn);
    if (!bodyroom_take(&server->room, exchange->announced_bytes, server->config.large_bodies_bytes,
                       &exchange->room_bytes))
        return refuse_busy(turn);
    // libmicrohttpd closes the connection after an answer that was given in this first call, so
    // all others wait for the next one, which comes at once when there is no body.
    turn->phase = next == EXCHANGE_SEND ? PHASE_READY : PHASE_BODY;
    return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *body_size_bytes, void **turn_slot)
{
    struct turn *turn = *turn_slot;
    (void)context;
    (void)connection;
    (void)url;
    if (turn == NULL)
        return MHD_NO;
    switch (turn->phase) {
    case PHASE_NEW:
        return begin(turn, method, version);
    case PHASE_BODY:
        if (*body_size_bytes == 0)
            return run(turn);
        exchange_body(&turn->exchange, body, *body_size_bytes);
        *body_size_bytes = 0;
        return MHD_YES;
    case PHASE_WAITING:
        exchange_after(&turn->exchange);
        return send_reply(turn);
    case PHASE_READY:
        return send_reply(turn);
    case PHASE_SENT:
        break;
    }
    return MHD_YES;
}

// ---- turns -------------------------------------------------------------------------------------

static void free_turn(struct turn *turn)
{
    for (size_t i = 0; turn->envelopes != NULL && i < ENVELOPE_COUNT; i++)
        drop_envelope(&turn->envelopes[i]);
    free(turn->envelopes);
    buf_done(&turn->memory);
    free(turn);
}

static struct turn *new_turn(void)
{
    struct turn *turn = malloc(sizeof(*turn));
    if (turn == NULL)
        return NULL;
    turn->envelopes = NULL;
    buf_init(&turn->memory, 0);
    return turn;
}

// Called with the raw target as soon as the request line is there, for each request.
static void *begin_turn(void *context, const char *target, struct MHD_Connection *connection)
{
    struct server *server = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL)
        return NULL;
    struct turn *turn = spares_take(&server->spares);
    if (turn == NULL)
        turn = new_turn();
    if (turn == NULL)
        return NULL;
    turn->server = server;
    turn->connection = connection;
    turn->channel = info->socket_context;
    turn->phase = PHASE_NEW;
    exchange_init(&turn->exchange, &server->config, target);
    reply_lend(&turn->exchange.reply, &turn->memory);
    (void)atomic_fetch_add(&server->turns, 1);
    reaper_due(server->reaper, turn->channel->slot);
    return turn;
}

static void end_turn(void *context, struct MHD_Connection *connection, void **turn_slot,
                     enum MHD_RequestTerminationCode code)
{
    struct server *server = context;
    struct turn *turn = *turn_slot;
    (void)connection;
    (void)code;
    if (turn == NULL)
        return;
    *turn_slot = NULL;
    // The next request may take the idle time to begin and then its own; libmicrohttpd ends a
    // silent connection sooner, but not one that sends a byte of a request line now and then.
    reaper_due_in(server->reaper, turn->channel->slot,
                  (int64_t)server->config.idle_timeout_s * 1000 +
                      (int64_t)server->config.request_deadline_ms);
    if (turn->exchange.reply.body.capacity_bytes <= KEPT_BODY_LIMIT_BYTES)
        reply_regain(&turn->exchange.reply, &turn->memory);
    bodyroom_give(&server->room, turn->exchange.room_bytes);
    exchange_done(&turn->exchange);
    if (!spares_put(&server->spares, turn))
        free_turn(turn);
    if (atomic_fetch_sub(&server->turns, 1) != 1 || !atomic_load(&server->refusing))
        return;
    pthread_mutex_lock(&server->mutex);
    pthread_cond_signal(&server->changed);
    pthread_mutex_unlock(&server->mutex);
}

// ---- a connection -------------------------------------------------------------------------------

static void open_channel(struct server *server, struct MHD_Connection *connection, void **slot)
{
    struct channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL)
        return;
    channel->slot = -1;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL && info->client_addr != NULL)
        listener_peer(info->client_addr, channel->peer);
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL)
        channel->slot = reaper_add(server->reaper, info->connect_fd);
    *slot = channel;
}

static void notify_connection(void *context, struct MHD_Connection *connection, void **slot,
                              enum MHD_ConnectionNotificationCode code)
{
    struct server *server = context;
    struct channel *channel = *slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_channel(server, connection, slot);
    } else if (channel != NULL) {
        reaper_remove(server->reaper, channel->slot);
        free(channel);
        *slot = NULL;
    }
}

// ---- start and stop -----------------------------------------------------------------------------

static void PRINTF_LIKE(2, 0) log_library(void *context, const char *format, va_list arguments)
{
    const struct server *server = context;
    char text[256];
    (void)vsnprintf(text, sizeof(text), format, arguments);
    log_event(LOG_LEVEL_DEBUG, "http_library", "server", server->config.name, "text", text, NULL);
}

static enum status start_daemon(struct server *server, struct err *err)
{
    const struct server_config *config = &server->config;
    // Not epoll: libmicrohttpd 0.9.75 waits there without a time-out after exactly 128 events, and
    // each connection that waits for the writer costs two epoll_ctl.
    unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem more[] = {
        // A pool of one thread is asked for by not asking.
        {config->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
         (intptr_t)config->threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (strchr(server->listener.text, '[') != NULL)
        flags |= MHD_USE_IPv6;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, log_library, server,
        MHD_OPTION_LISTEN_SOCKET, server->listener.socket_fd, MHD_OPTION_CONNECTION_LIMIT,
        config->threads * config->connections_per_thread, MHD_OPTION_CONNECTION_TIMEOUT,
        config->idle_timeout_s, MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->per_address_limit,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)CONNECTION_INCREMENT_BYTES,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        begin_turn, server, MHD_OPTION_NOTIFY_COMPLETED, end_turn, server,
        MHD_OPTION_NOTIFY_CONNECTION, notify_connection, server,
#if MHD_VERSION >= 0x01000000
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#else
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
#endif
        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (server->daemon == NULL)
        return err_set(err, STATUS_IO, "cannot start the HTTP server on %s", server->listener.text);
    return STATUS_OK;
}

static void free_server(struct server *server)
{
    listener_close(&server->listener);
    for (struct turn *turn; (turn = spares_take(&server->spares)) != NULL;)
        free_turn(turn);
    reaper_close(server->reaper);
    (void)pthread_cond_destroy(&server->changed);
    (void)pthread_mutex_destroy(&server->mutex);
    free(server);
}
AUTO_POINTER(struct server, free_server)

static void init_server(struct server *server, const struct server_config *config)
{
    pthread_condattr_t monotonic;
    server->config = *config;
    server->listener.socket_fd = -1;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&server->mutex, NULL);
    (void)pthread_cond_init(&server->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

enum status server_open(const struct server_config *config, struct server **ret_server,
                        struct err *err)
{
    if (config->threads == 0 || config->threads > THREADS_MAX ||
        config->connections_per_thread == 0 ||
        config->connections_per_thread > CONNECTIONS_PER_THREAD_MAX)
        return err_set(err, STATUS_BAD_INPUT,
                       "a server has 1 to %d threads with 1 to %d connections each", THREADS_MAX,
                       CONNECTIONS_PER_THREAD_MAX);
    AUTO(free_serverp) struct server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a server");
    init_server(server, config);
    TRY(listener_open(config->address, &server->listener, err));
    listener_name(&server->listener, config->hosts, &server->hosts);
    TRY(reaper_open((size_t)config->threads * config->connections_per_thread,
                    config->request_deadline_ms, &server->reaper, err));
    TRY(start_daemon(server, err));
    log_event(LOG_LEVEL_INFO, "listening", "listener", config->name, "address",
              server->listener.text, NULL);
    *ret_server = server;
    server = NULL;
    return STATUS_OK;
}

// Waits until no connection waits for the writer, then a little for answers on their way.
static void drain(struct server *server)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += CLOSE_GRACE_MS / 1000;
    pthread_mutex_lock(&server->mutex);
    server->closing = true;
    while (server->waiting > 0)
        pthread_cond_wait(&server->changed, &server->mutex);
    while (atomic_load(&server->turns) > 0 &&
           pthread_cond_timedwait(&server->changed, &server->mutex, &end) == 0)
        continue;
    pthread_mutex_unlock(&server->mutex);
}

void server_close(struct server *server)
{
    if (server == NULL)
        return;
    atomic_store(&server->refusing, true);
    (void)MHD_quiesce_daemon(server->daemon);
    // Not closed yet: an event thread may still be polling it.
    (void)shutdown(server->listener.socket_fd, SHUT_RDWR);
    drain(server);
    MHD_stop_daemon(server->daemon);
    free_server(server);
}

const char *server_address(const struct server *server)
{
    return server->listener.text;
}
