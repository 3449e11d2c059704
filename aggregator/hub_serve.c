// SPDX-License-Identifier: MIT
// Starts and stops the hub's listener.
#include "hub_serve.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "control.h"
#include "hub.h"
#include "hub_actions.h"
#include "hub_assets.h"
#include "hub_routes.h"
#include "hubchores.h"
#include "lane_api.h"
#include "lock.h"
#include "log.h"
#include "server.h"

enum {
    THREADS = 4,
    // 480 in all, half of what the server allows: kiosks push once an hour or by demand, and the
    // pages are read by an office.
    CONNECTIONS_PER_THREAD = 120,
    IDLE_TIMEOUT_S = 15,
    REQUEST_DEADLINE_MS = 30 * 1000, // a push of 1 MiB over a slow line
    HOST_BYTES = 64,
};

bool hub_serve_is_loopback(const char *address)
{
    char host[HOST_BYTES];
    struct in_addr v4;
    struct in6_addr v6;
    const char *colon = strrchr(address, ':');
    if (colon == NULL || (size_t)(colon - address) >= sizeof host)
        return false;
    size_t size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[' && address[size - 1] == ']') {
        memcpy(host, address + 1, size - 2);
        host[size - 2] = '\0';
        return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
    }
    memcpy(host, address, size);
    host[size] = '\0';
    if (strcasecmp(host, "localhost") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

static enum status open_server(struct hub *hub, const char *listen, struct server **ret_server,
                               struct err *err)
{
    const struct server_config config = {
        .name = "hub",
        .address = listen,
        .listener = HUB_LISTEN,
        .threads = THREADS,
        .connections_per_thread = CONNECTIONS_PER_THREAD,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .request_deadline_ms = REQUEST_DEADLINE_MS,
        .routes = hub_routes,
        .route_count = hub_routes_count,
        .assets = &hub_assets,
        .asset_folder = "assets/",
        .content_security_policy = hub_routes_csp(),
        .writer = hub->writer,
        .context = hub,
        .before_body = lane_api_before,
        .refusal = hub_routes_refusal,
    };
    return server_open(&config, ret_server, err);
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

static void wait_for_stop(void)
{
    sigset_t set = stop_signals();
    int number = 0;
    while (sigwait(&set, &number) != 0)
        continue;
    log_event(LOG_LEVEL_INFO, "stopping", "signal", number == SIGINT ? "INT" : "TERM",
              (char *)NULL);
}

enum status hub_serve(const struct hub_serve_options *options, struct err *err)
{
    const char *folder = options->folder, *listen = options->listen;
    AUTO(lock_freep) struct lock *lock = NULL;
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(hubchores_closep) struct hubchores *chores = NULL;
    AUTO(server_closep) struct server *server = NULL;
    AUTO(control_closep) struct control *control = NULL;
    struct hubchores_witness witness;
    sigset_t set = stop_signals();
    if (!hub_serve_is_loopback(listen))
        return err_set(err, STATUS_USAGE,
                       "--listen must be a loopback address (127.0.0.1:8090): pages have no "
                       "sign-in yet, so whoever reached them from outside could read everything; "
                       "put a server with sign-in in front");
    // Before any thread starts, so that all of them leave the signals to sigwait.
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); // a closed connection is an error code of its write
    signal(SIGXFSZ, SIG_IGN); // so is a file that has reached the limit of its size
    TRY(hub_check(folder, err));
    TRY(lock_take(folder, &lock, err));
    TRY(hub_open(folder, HUB_WRITE, &hub, err));
    TRY(hubchores_choose(hub, options->witness_url, options->witness_key, &witness, err));
    // Before the listener, whose "listening" in the log tells scripts that commands can begin.
    TRY(control_open(folder, hub_actions_answer, hub, &control, err));
    TRY(hubchores_open(hub, &witness, &chores, err));
    TRY(open_server(hub, listen, &server, err));
    wait_for_stop();
    return STATUS_OK;
}
