// SPDX-License-Identifier: MIT
// fetch.c: what is sent and what is made of the answers, against a small server in a thread.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch.h"

// Takes one connection, keeps what it was sent and says what it was told to.
struct peer {
    int fd;
    unsigned port;
    const char *says;
    size_t wanted_bytes; // of the body, then it answers
    char heard[100000];
    size_t heard_bytes;
    pthread_t thread;
};

static bool peer_has_all(const struct peer *peer)
{
    const char *body = strstr(peer->heard, "\r\n\r\n");
    return body != NULL &&
           peer->heard_bytes - (size_t)(body + 4 - peer->heard) >= peer->wanted_bytes;
}

static void *peer_run(void *argument)
{
    struct peer *peer = argument;
    int fd = accept(peer->fd, NULL, NULL);
    while (!peer_has_all(peer)) {
        ssize_t size = recv(fd, peer->heard + peer->heard_bytes,
                            sizeof peer->heard - 1 - peer->heard_bytes, 0);
        if (size <= 0)
            break;
        peer->heard_bytes += (size_t)size;
    }
    send(fd, peer->says, strlen(peer->says), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static int listening(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static struct peer *peer_new(const char *says, size_t wanted_bytes)
{
    struct peer *peer = calloc(1, sizeof *peer);
    assert_non_null(peer);
    peer->says = says;
    peer->wanted_bytes = wanted_bytes;
    peer->fd = listening(&peer->port);
    assert_int_equal(listen(peer->fd, 1), 0);
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
    return peer;
}

static void peer_stop(struct peer *peer)
{
    pthread_join(peer->thread, NULL);
    close(peer->fd);
}

static enum status post(const struct peer *peer, const char *body, struct fetch_answer *answer,
                        struct err *err)
{
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/entries", peer->port);
    return fetch_post(url, "Bearer abc", "application/json", body, strlen(body), answer, err);
}

static void the_request_carries_body_and_headers(void **state)
{
    (void)state;
    struct peer *peer = peer_new("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello", 5);
    struct fetch_answer answer = {0};
    buf_init(&answer.body, 100);
    struct err err = {0};
    assert_int_equal(post(peer, "Bá X", &answer, &err), STATUS_OK);
    peer_stop(peer);
    assert_int_equal(answer.http_status, 201);
    assert_string_equal(buf_text(&answer.body), "hello");
    assert_memory_equal(peer->heard, "POST /v1/entries HTTP/1.1\r\n", 27);
    assert_non_null(strstr(peer->heard, "\r\nAuthorization: Bearer abc\r\n"));
    assert_non_null(strstr(peer->heard, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(peer->heard, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(peer->heard, "\r\nUser-Agent: hailong/" HAILONG_VERSION "\r\n"));
    assert_non_null(strstr(peer->heard, "\r\n\r\nBá X"));
    assert_null(strcasestr(peer->heard, "Expect:"));
    buf_done(&answer.body);
    free(peer);
}

static void a_large_body_is_sent_without_waiting(void **state)
{
    (void)state;
    char body[60001];
    memset(body, 'b', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    struct peer *peer = peer_new("HTTP/1.1 204 No Content\r\n\r\n", sizeof body - 1);
    struct fetch_answer answer = {0};
    buf_init(&answer.body, 100);
    assert_int_equal(post(peer, body, &answer, NULL), STATUS_OK);
    peer_stop(peer);
    assert_int_equal(answer.http_status, 204);
    assert_null(strcasestr(peer->heard, "Expect:"));
    assert_int_equal(answer.body.size_bytes, 0);
    buf_done(&answer.body);
    free(peer);
}

static void an_empty_body_without_authorization_is_a_post_too(void **state)
{
    (void)state;
    struct peer *peer = peer_new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
    struct fetch_answer answer = {0};
    buf_init(&answer.body, 100);
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer->port);
    assert_int_equal(fetch_post(url, NULL, "text/plain", "", 0, &answer, NULL), STATUS_OK);
    peer_stop(peer);
    assert_memory_equal(peer->heard, "POST / HTTP/1.1\r\n", 17);
    assert_non_null(strstr(peer->heard, "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(peer->heard, "Authorization"));
    buf_done(&answer.body);
    free(peer);
}

static void any_http_status_is_an_answer_and_redirects_are_not_followed(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        unsigned http_status;
    } rows[] = {
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nxx", 503},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", 409},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct peer *peer = peer_new(rows[i].says, 1);
        struct fetch_answer answer = {0};
        buf_init(&answer.body, 100);
        assert_int_equal(post(peer, "x", &answer, NULL), STATUS_OK);
        peer_stop(peer);
        assert_int_equal(answer.http_status, rows[i].http_status);
        buf_done(&answer.body);
        free(peer);
    }
}

static void no_whole_answer_is_busy(void **state)
{
    (void)state;
    static const char *const says[] = {
        "",                                                 // hung up
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", // cut short
        "220 mail.example ESMTP\r\n",                       // not HTTP
    };
    for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
        struct peer *peer = peer_new(says[i], 1);
        struct fetch_answer answer = {0};
        buf_init(&answer.body, 100);
        struct err err = {0};
        assert_int_equal(post(peer, "x", &answer, &err), STATUS_BUSY);
        peer_stop(peer);
        assert_memory_equal(err.text, "the hub did not answer: ", 24);
        assert_null(strstr(err.text, "abc"));
        assert_int_equal(answer.http_status, 0);
        buf_done(&answer.body);
        free(peer);
    }
}

static void a_port_where_nobody_listens_is_busy(void **state)
{
    (void)state;
    struct peer peer = {0};
    int fd = listening(&peer.port); // bound, never listening: refused for sure
    struct fetch_answer answer = {0};
    buf_init(&answer.body, 100);
    struct err err = {0};
    assert_int_equal(post(&peer, "x", &answer, &err), STATUS_BUSY);
    close(fd);
    assert_null(strstr(err.text, "Bearer"));
    buf_done(&answer.body);
}

static void an_answer_past_its_limit_is_too_large(void **state)
{
    (void)state;
    for (size_t limit = 4; limit <= 5; limit++) {
        struct peer *peer = peer_new("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1);
        struct fetch_answer answer = {0};
        buf_init(&answer.body, limit);
        enum status status = post(peer, "x", &answer, NULL);
        peer_stop(peer);
        assert_int_equal(status, limit == 5 ? STATUS_OK : STATUS_TOO_LARGE);
        buf_done(&answer.body);
        free(peer);
    }
}

static void other_schemes_and_broken_addresses_are_bad_input(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "file:///etc/hostname", "ftp://127.0.0.1/", "gopher://a/", "http://", "",
        "http://a b/",          "dict://127.0.0.1/"};
    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        struct fetch_answer answer = {0};
        buf_init(&answer.body, 100);
        struct err err = {0};
        assert_int_equal(fetch_post(urls[i], NULL, "text/plain", "x", 1, &answer, &err),
                         STATUS_BAD_INPUT);
        assert_non_null(strstr(err.text, "http"));
        buf_done(&answer.body);
    }
}

static void a_header_cannot_smuggle_another_nor_be_endless(void **state)
{
    (void)state;
    char endless[5000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    struct fetch_answer answer = {0};
    buf_init(&answer.body, 100);
    assert_int_equal(
        fetch_post("http://127.0.0.1:1/", "Bearer a\r\nX: y", "text/plain", "", 0, &answer, NULL),
        STATUS_BAD_INPUT);
    assert_int_equal(fetch_post("http://127.0.0.1:1/", NULL, "a\nb", "", 0, &answer, NULL),
                     STATUS_BAD_INPUT);
    assert_int_equal(fetch_post("http://127.0.0.1:1/", endless, "a/b", "", 0, &answer, NULL),
                     STATUS_TOO_LARGE);
    buf_done(&answer.body);
}

static void proxies_of_the_environment_are_not_used(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    struct peer *peer = peer_new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1);
    struct fetch_answer answer = {0};
    buf_init(&answer.body, 100);
    enum status status = post(peer, "x", &answer, NULL);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    if (status != STATUS_OK) { // let the peer's thread end
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)peer->port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        (void)connect(fd, (const struct sockaddr *)&address, sizeof address);
        close(fd);
    }
    peer_stop(peer);
    assert_int_equal(status, STATUS_OK);
    buf_done(&answer.body);
    free(peer);
}

static void *post_many(void *argument)
{
    size_t *fine = argument;
    for (int i = 0; i < 5; i++) {
        struct peer *peer = peer_new("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1);
        struct fetch_answer answer = {0};
        buf_init(&answer.body, 100);
        *fine += post(peer, "x", &answer, NULL) == STATUS_OK && answer.body.size_bytes == 2;
        peer_stop(peer);
        buf_done(&answer.body);
        free(peer);
    }
    return NULL;
}

static void several_threads_may_fetch_at_once(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t fine[THREADS] = {0};
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &fine[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(fine[i], 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_threads_may_fetch_at_once), // first: the library opens in a race
        cmocka_unit_test(the_request_carries_body_and_headers),
        cmocka_unit_test(a_large_body_is_sent_without_waiting),
        cmocka_unit_test(an_empty_body_without_authorization_is_a_post_too),
        cmocka_unit_test(any_http_status_is_an_answer_and_redirects_are_not_followed),
        cmocka_unit_test(no_whole_answer_is_busy),
        cmocka_unit_test(a_port_where_nobody_listens_is_busy),
        cmocka_unit_test(an_answer_past_its_limit_is_too_large),
        cmocka_unit_test(other_schemes_and_broken_addresses_are_bad_input),
        cmocka_unit_test(a_header_cannot_smuggle_another_nor_be_endless),
        cmocka_unit_test(proxies_of_the_environment_are_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
