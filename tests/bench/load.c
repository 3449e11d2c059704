// SPDX-License-Identifier: MIT
// The load generator of `make bench`: one thread, epoll, keep-alive clients that fetch pages and
// post the tokens in them. wrk cannot post a fresh token each time without a script engine that
// would cost more than the server.
//
//   load get  ADDRESS:PORT CLIENTS REQUESTS PAGE…    pages per second
//   load rate ADDRESS:PORT CLIENTS REQUESTS PAGE…    fetches REQUESTS pages, then posts a rating
//                                                    from each
//   load idle ADDRESS:PORT CLIENTS SECONDS           holds idle connections
//
// PAGE is "PATH" or "PATH COOKIE".
//
// Prints one JSON object: {"requests","seconds","rate","p50_ms","p99_ms","max_ms","refused"}.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TOKEN_MAX = 256, PAGE_MAX = 512, ANSWER_MAX = 256 * 1024, CLIENT_MAX = 2048 };

struct client {
    int fd;
    char *answer;
    size_t have, need; // need: 0 until the header is complete
    char request[1024];
    size_t request_size, sent;
    int64_t begin_ns;
};

struct load {
    struct sockaddr_in address;
    const char *host;
    char (*pages)[PAGE_MAX]; // request texts
    int page_count;
    int clients, epoll;
    int64_t wanted, started, finished, refused;
    bool posting, keep_tokens;
    char (*tokens)[TOKEN_MAX];
    int64_t token_count;
    int64_t *latency_ns;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void client_connect(struct load *load, struct client *client)
{
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 ||
        connect(client->fd, (struct sockaddr *)&load->address, sizeof load->address) != 0)
        fail("connect");
    int one = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0)
        fail("epoll_ctl");
}

static void make_request(struct load *load, struct client *client, int64_t number)
{
    if (load->posting) {
        char body[TOKEN_MAX + 64];
        int size = snprintf(body, sizeof body, "token=%s&part=0&page=overall&overall=%d",
                            load->tokens[number], (int)(number * 7 % 5) + 1);
        client->request_size = (size_t)snprintf(
            client->request, sizeof client->request,
            "POST /api/v1/responses HTTP/1.1\r\nHost: %s\r\n"
            "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: %d\r\n\r\n%s",
            load->host, size, body);
    } else {
        const char *page = load->pages[number % load->page_count];
        client->request_size = strlen(page);
        memcpy(client->request, page, client->request_size);
    }
}

static void client_send(struct load *load, struct client *client)
{
    if (load->started >= load->wanted)
        return;
    make_request(load, client, load->started++);
    client->have = client->need = 0;
    client->begin_ns = now_ns();
    ssize_t sent = send(client->fd, client->request, client->request_size, MSG_NOSIGNAL);
    if (sent != (ssize_t)client->request_size)
        fail("send");
}

static void take_token(struct load *load, const char *answer)
{
    const char *at = strstr(answer, "name=\"token\" value=\"");
    if (at == NULL) {
        fprintf(stderr, "load: a page without a token:\n%.600s\n", answer);
        exit(1);
    }
    at += strlen("name=\"token\" value=\"");
    const char *end = strchr(at, '"');
    size_t size = (size_t)(end - at);
    if (size >= TOKEN_MAX)
        fail("token too long");
    memcpy(load->tokens[load->token_count], at, size);
    load->tokens[load->token_count++][size] = 0;
}

static void client_finish(struct load *load, struct client *client)
{
    load->latency_ns[load->finished++] = now_ns() - client->begin_ns;
    if (strncmp(client->answer, "HTTP/1.1 200", 12) != 0) {
        if (load->refused++ == 0)
            fprintf(stderr, "load: refused: %.300s\n", client->answer);
    } else if (load->keep_tokens) {
        take_token(load, client->answer);
    }
    client_send(load, client);
}

// Line by line: strcasestr takes a microsecond for our headers, as long as a server for the page.
static size_t content_length(const char *head, const char *end)
{
    static const char name[] = "Content-Length:";
    const char *line = head;
    while (line < end && (line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (strncasecmp(++line, name, sizeof name - 1) == 0)
            return strtoul(line + sizeof name - 1, NULL, 10);
    }
    return 0;
}

static void client_read(struct load *load, struct client *client)
{
    ssize_t got = recv(client->fd, client->answer + client->have, ANSWER_MAX - 1 - client->have, 0);
    if (got <= 0)
        fail("connection ended early");
    client->have += (size_t)got;
    client->answer[client->have] = 0;
    if (client->need == 0) {
        char *end = strstr(client->answer, "\r\n\r\n");
        if (end == NULL)
            return;
        client->need = (size_t)(end + 4 - client->answer) + content_length(client->answer, end);
    }
    if (client->have >= client->need)
        client_finish(load, client);
}

static double run(struct load *load, struct client *clients, int64_t wanted)
{
    load->wanted = wanted;
    load->started = load->finished = 0;
    int64_t begin = now_ns();
    for (int i = 0; i < load->clients; i++)
        client_send(load, &clients[i]);
    struct epoll_event events[256];
    while (load->finished < wanted) {
        int count = epoll_wait(load->epoll, events, 256, 30000);
        if (count == 0) {
            errno = ETIMEDOUT;
            fail("no answer for 30 s (a stall)");
        }
        for (int i = 0; i < count; i++)
            client_read(load, events[i].data.ptr);
    }
    return (double)(now_ns() - begin) / 1e9;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(struct load *load, double seconds)
{
    int64_t n = load->finished;
    qsort(load->latency_ns, (size_t)n, sizeof *load->latency_ns, by_size);
    printf("{\"requests\":%lld,\"seconds\":%.4f,\"rate\":%.1f,\"p50_ms\":%.4f,\"p99_ms\":%.4f,"
           "\"max_ms\":%.4f,\"refused\":%lld}\n",
           (long long)n, seconds, (double)n / seconds, (double)load->latency_ns[n / 2] / 1e6,
           (double)load->latency_ns[n * 99 / 100] / 1e6, (double)load->latency_ns[n - 1] / 1e6,
           (long long)load->refused);
}

static void make_pages(struct load *load, char **arguments, int count)
{
    load->pages = calloc((size_t)count, PAGE_MAX);
    load->page_count = count;
    for (int i = 0; i < count; i++) {
        char path[128] = "", cookie[256] = "";
        sscanf(arguments[i], "%127s %255s", path, cookie);
        snprintf(load->pages[i], PAGE_MAX, "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", path,
                 load->host, cookie[0] ? "Cookie: " : "", cookie, cookie[0] ? "\r\n" : "");
    }
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: see the head of tests/bench/load.c\n");
        return 2;
    }
    struct load load = {.host = argv[2], .clients = atoi(argv[3]), .epoll = epoll_create1(0)};
    char ip[64];
    snprintf(ip, sizeof ip, "%s", argv[2]);
    char *colon = strrchr(ip, ':');
    if (colon == NULL || load.clients < 1 || load.clients > CLIENT_MAX)
        return 2;
    *colon = 0;
    load.address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    inet_pton(AF_INET, ip, &load.address.sin_addr);
    struct client *clients = calloc((size_t)load.clients, sizeof *clients);
    for (int i = 0; i < load.clients; i++) {
        clients[i].answer = malloc(ANSWER_MAX);
        client_connect(&load, &clients[i]);
    }
    int64_t requests = atoll(argv[4]);
    if (strcmp(argv[1], "idle") == 0) {
        sleep((unsigned)requests);
        return 0;
    }
    if (argc < 6)
        return 2;
    make_pages(&load, argv + 5, argc - 5);
    load.tokens = calloc((size_t)requests, TOKEN_MAX);
    load.latency_ns = calloc((size_t)requests, sizeof *load.latency_ns);
    bool rate = strcmp(argv[1], "rate") == 0;
    load.keep_tokens = rate;
    double seconds = run(&load, clients, requests);
    if (rate) {
        load.keep_tokens = false;
        load.posting = true;
        seconds = run(&load, clients, requests);
    }
    report(&load, seconds);
    return load.refused == 0 ? 0 : 1;
}
