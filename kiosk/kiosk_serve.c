// SPDX-License-Identifier: MIT
// Serving: opens everything in order, waits for a signal, closes in the opposite order.
#include "kiosk_serve.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chores.h"
#include "clock.h"
#include "control.h"
#include "enrol.h"
#include "hubkeys.h"
#include "kiosk_assets.h"
#include "kiosk_routes.h"
#include "kiosk_sql.h"
#include "lock.h"
#include "log.h"
#include "server.h"
#include "stmt.h"
#include "timekeeper.h"

enum {
    THREADS = 2,                  // an office PC has two cores; more threads only take turns
    CONNECTIONS_PER_THREAD = 240, // 480 for each listener: far more than an office has
    // Phones: an attack from one address must leave room for the others. Behind a proxy on this
    // host all have one address, so loopback is not limited here.
    PHONE_ADDRESS_LIMIT = 64,
    PHONE_IDLE_S = 10,
    PHONE_DEADLINE_MS = 8000,
    // Screens poll every second and keep their connection.
    SCREEN_IDLE_S = 60,
    SCREEN_DEADLINE_MS = 15000,
};

struct serving {
    struct kiosk *kiosk;
    struct push *push;
    struct chores *chores;
    struct control *control;
    struct server *phone, *screen;
    struct kiosk_answer answer;
    pthread_mutex_t opening; // held until both listeners have their addresses
    const char *hosts[3];    // the public address's host, and NULL
    char host[KIOSK_URL_BYTES];
    struct addresses *addresses;
    bool again; // it is closed to be opened anew
};

// Where the listeners are: the same again after opening anew, also when any free port was asked
// for. "" before the first time.
struct addresses {
    char phone[KIOSK_URL_BYTES], screen[KIOSK_URL_BYTES];
};

// ---- addresses ----------------------------------------------------------------------------------

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0 ||
           strncmp(address, "localhost:", 10) == 0;
}

// A listener on all addresses is reached by one of them: the first that is up and not loopback.
static bool first_own_address(char ret_host[INET_ADDRSTRLEN])
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        return false;
    bool found = false;
    for (const struct ifaddrs *at = list; at != NULL && !found; at = at->ifa_next) {
        if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET ||
            (at->ifa_flags & IFF_LOOPBACK) != 0 || (at->ifa_flags & IFF_UP) == 0)
            continue;
        struct sockaddr_in address;
        memcpy(&address, at->ifa_addr, sizeof address);
        found = inet_ntop(AF_INET, &address.sin_addr, ret_host, INET_ADDRSTRLEN) != NULL;
    }
    freeifaddrs(list);
    return found;
}

static void url_of_address(const char *address, char ret_url[KIOSK_URL_BYTES])
{
    char host[INET_ADDRSTRLEN];
    const char *port = strrchr(address, ':');
    const bool wildcard = strncmp(address, "0.0.0.0:", 8) == 0 || strncmp(address, "[::]:", 5) == 0;
    if (wildcard && port != NULL && first_own_address(host))
        snprintf(ret_url, KIOSK_URL_BYTES, "http://%s%s", host, port);
    else
        snprintf(ret_url, KIOSK_URL_BYTES, "http://%s", address);
}

static void set_phone_url(struct kiosk *kiosk, const char *address)
{
    const char *public_url = kiosk->setup.public_url;
    if (public_url[0] == '\0') {
        url_of_address(address, kiosk->phone_url);
        return;
    }
    size_t chars = strnlen(public_url, KIOSK_URL_BYTES - 1);
    while (chars > 0 && public_url[chars - 1] == '/')
        chars--;
    memcpy(kiosk->phone_url, public_url, chars);
    kiosk->phone_url[chars] = '\0';
}

// "https://danhgia.example.vn/x" → "danhgia.example.vn", what browsers send as Host.
static void set_hosts(struct serving *serving)
{
    const char *host = strstr(serving->kiosk->setup.public_url, "://");
    if (host == NULL)
        return;
    snprintf(serving->host, sizeof serving->host, "%.*s", (int)strcspn(host + 3, "/"), host + 3);
    for (char *c = serving->host; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    serving->hosts[0] = serving->host;
}

// ---- opening ------------------------------------------------------------------------------------

static enum status open_push(const struct option_set *set, struct kiosk *kiosk,
                             struct push **ret_push, struct err *err)
{
    const char *given = option_text(set, "hub");
    char url[KIOSK_URL_BYTES] = "";
    if (given == NULL || given[0] == '\0')
        TRY(hubkeys_url(kiosk->folder, url, err));
    else if (snprintf(url, sizeof url, "%s", given) >= (int)sizeof url)
        return err_set(err, STATUS_USAGE, "--hub is too long");
    if (url[0] == '\0')
        return STATUS_OK;
    if (!enrol_url_ok(url, kiosk->setup.trial))
        return err_set(err, STATUS_USAGE,
                       "--hub must begin with https://; http:// is for a hub on this very "
                       "computer and for trials");
    memcpy(kiosk->hub_url, url, sizeof url);
    return push_open(kiosk, url, ret_push, err);
}

enum status kiosk_serve_open(const struct option_set *set, struct kiosk **ret_kiosk,
                             struct push **ret_push, struct err *err)
{
    AUTO(kiosk_closep) struct kiosk *kiosk = NULL;
    struct push *push = NULL;
    TRY(kiosk_open(option_text(set, "data"), &kiosk, err));
    set_phone_url(kiosk, option_text(set, "phone-listen"));
    url_of_address(option_text(set, "screen-listen"), kiosk->screen_url);
    TRY(open_push(set, kiosk, &push, err));
    *ret_kiosk = kiosk;
    *ret_push = push;
    kiosk = NULL;
    return STATUS_OK;
}

struct boot_job {
    struct writer_job job;
    struct kiosk *kiosk;
};

static enum status next_boot(struct db *db, int64_t *ret_boot, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FACT_COUNT, &q, err));
    stmt_bind_text(q, 1, "boot");
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "a counter did not count");
    *ret_boot = stmt_int(q, 0);
    return stmt_row(q, &found, err);
}

static enum status apply_boot(struct db *db, struct writer_job *job, struct err *err)
{
    struct kiosk *kiosk = ((struct boot_job *)job)->kiosk;
    int64_t boot = 0;
    TRY(next_boot(db, &boot, err));
    uint8_t id[ENTRY_ID_BYTES];
    char hour[CLOCK_HOUR_TEXT_SIZE];
    uint32_t number = 0;
    bool unset = false;
    kiosk_random_id(id);
    timekeeper_hour(kiosk->timekeeper, &number, &unset);
    clock_hour_text(number, hour);
    if (unset)
        TRY(timekeeper_wait(kiosk, db, err));
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    struct jsonw w;
    entry_tail_begin(&w, &tail, ENTRY_BOOT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_int(&w, "boot", boot);
    jsonw_text(&w, "version", HAILONG_VERSION);
    if (unset)
        jsonw_text(&w, "clock", "unset");
    entry_tail_end(&w);
    bool added = false;
    return journal_append(db, kiosk->journal, id, 0, NULL, &tail, &added, err);
}

static enum status write_boot(struct kiosk *kiosk, struct err *err)
{
    struct boot_job boot = {.job.apply = apply_boot, .kiosk = kiosk};
    return writer_run(kiosk->writer, &boot.job, err);
}

// What both listeners have in common.
static struct server_config base_config(const struct serving *serving)
{
    return (struct server_config){
        .threads = THREADS,
        .connections_per_thread = CONNECTIONS_PER_THREAD,
        .routes = kiosk_routes,
        .route_count = kiosk_routes_count,
        .assets = &kiosk_assets,
        .asset_folder = "assets/",
        .hosts = serving->hosts,
        .writer = serving->kiosk->writer,
        .context = serving->kiosk,
        .refusal = kiosk_routes_refusal,
    };
}

static const char *address_of(const struct option_set *set, const char *option, const char *before)
{
    return before[0] != '\0' ? before : option_text(set, option);
}

static void keep_address(const struct server *server, char ret_address[KIOSK_URL_BYTES])
{
    snprintf(ret_address, KIOSK_URL_BYTES, "%s", server_address(server));
}

static enum status open_phone(const struct option_set *set, struct serving *serving,
                              struct err *err)
{
    struct server_config config = base_config(serving);
    config.name = "phone";
    config.address = address_of(set, "phone-listen", serving->addresses->phone);
    config.listener = KIOSK_LISTEN_PHONE;
    // On a network whose names for this box we do not know, any Host is ours.
    config.any_host = !is_loopback(config.address);
    config.per_address_limit = is_loopback(config.address) ? 0 : PHONE_ADDRESS_LIMIT;
    config.idle_timeout_s = PHONE_IDLE_S;
    config.request_deadline_ms = PHONE_DEADLINE_MS;
    config.content_security_policy = kiosk_routes_phone_csp();
    TRY(server_open(&config, &serving->phone, err));
    keep_address(serving->phone, serving->addresses->phone);
    set_phone_url(serving->kiosk, server_address(serving->phone));
    return STATUS_OK;
}

static enum status open_screen(const struct option_set *set, struct serving *serving,
                               struct err *err)
{
    struct server_config config = base_config(serving);
    config.name = "screen";
    config.address = address_of(set, "screen-listen", serving->addresses->screen);
    config.listener = KIOSK_LISTEN_SCREEN;
    config.any_host = !is_loopback(config.address);
    config.idle_timeout_s = SCREEN_IDLE_S;
    config.request_deadline_ms = SCREEN_DEADLINE_MS;
    config.content_security_policy = kiosk_routes_screen_csp();
    TRY(server_open(&config, &serving->screen, err));
    keep_address(serving->screen, serving->addresses->screen);
    url_of_address(server_address(serving->screen), serving->kiosk->screen_url);
    return STATUS_OK;
}

// Commands that come while the listeners open wait: their addresses are not known yet.
static enum status answer_when_open(void *context, const json_t *request, json_t **ret_reply,
                                    struct err *err)
{
    struct serving *serving = context;
    pthread_mutex_lock(&serving->opening);
    pthread_mutex_unlock(&serving->opening);
    return kiosk_answer(&serving->answer, request, ret_reply, err);
}

// The screens last: the desk's slips need the phones' address.
static enum status open_listeners(const struct option_set *set, struct serving *serving,
                                  struct err *err)
{
    TRY(open_phone(set, serving, err));
    return open_screen(set, serving, err);
}

// Somebody who reads the database (an export, a backup) must not keep the office closed: the
// chores try again.
static enum status catch_up(struct kiosk *kiosk, struct err *err)
{
    struct err busy;
    const enum status status = chores_begin(kiosk, &busy);
    if (status == STATUS_BUSY) {
        log_err("expire_failed", &busy);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        *err = busy;
    return status;
}

// From any thread, also from one that the closing waits for.
static void ask_again(void)
{
    kill(getpid(), SIGHUP);
}

static enum status open_all(const struct option_set *set, struct serving *serving, struct err *err)
{
    TRY(kiosk_serve_open(set, &serving->kiosk, &serving->push, err));
    set_hosts(serving);
    serving->kiosk->again = ask_again;
    TRY(write_boot(serving->kiosk, err));
    TRY(catch_up(serving->kiosk, err));
    serving->answer =
        (struct kiosk_answer){.kiosk = serving->kiosk, .push = serving->push, .serving = true};
    // Before the listeners: whoever sees them announced may give a command at once.
    pthread_mutex_lock(&serving->opening);
    enum status status =
        control_open(serving->kiosk->folder, answer_when_open, serving, &serving->control, err);
    if (status == STATUS_OK)
        status = open_listeners(set, serving, err);
    pthread_mutex_unlock(&serving->opening);
    TRY(status);
    return chores_open(serving->kiosk, serving->push, &serving->chores, err);
}

// ---- closing ------------------------------------------------------------------------------------

// Nobody can write any more; the hub gets what it does not have yet.
static void last_round(struct serving *serving)
{
    int64_t sent = 0;
    struct err err;
    if (serving->kiosk != NULL && chores_end(serving->kiosk, &err) != STATUS_OK)
        log_err("last_checkpoint_failed", &err);
    // Who opens anew has just met the hub, or meets it at once.
    if (serving->push != NULL && push_has_news(serving->push) && !serving->again)
        (void)!push_round(serving->push, &sent, NULL);
}

static void close_all(struct serving *serving)
{
    control_close(serving->control);
    server_close(serving->screen);
    server_close(serving->phone);
    chores_close(serving->chores);
    last_round(serving);
    push_close(serving->push);
    kiosk_close(serving->kiosk);
    pthread_mutex_destroy(&serving->opening);
}

static enum status serve_once(const struct option_set *set, const sigset_t *wake,
                              struct addresses *addresses, bool *ret_again, struct err *err)
{
    AUTO(close_all)
    struct serving serving = {.opening = PTHREAD_MUTEX_INITIALIZER, .addresses = addresses};
    TRY(open_all(set, &serving, err));
    int number = 0;
    sigwait(wake, &number);
    serving.again = number == SIGHUP;
    log_event(LOG_LEVEL_INFO, serving.again ? "opening_anew" : "stopping", "signal",
              number == SIGHUP   ? "HUP"
              : number == SIGINT ? "INT"
                                 : "TERM",
              NULL);
    *ret_again = serving.again;
    return STATUS_OK;
}

enum status kiosk_serve(const struct option_set *set, struct err *err)
{
    // Before any thread exists, so that all inherit it and only sigwait takes these.
    sigset_t wake;
    sigemptyset(&wake);
    sigaddset(&wake, SIGINT);
    sigaddset(&wake, SIGTERM);
    sigaddset(&wake, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &wake, NULL);
    // A disk quota is an error of write(2), not a signal.
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    AUTO(lock_freep) struct lock *lock = NULL;
    TRY(lock_take(option_text(set, "data"), &lock, err));
    struct addresses addresses = {.phone = ""};
    for (bool again = true; again;)
        TRY(serve_once(set, &wake, &addresses, &again, err));
    return STATUS_OK;
}
