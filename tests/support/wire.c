// SPDX-License-Identifier: MIT
// Raw HTTP over a socket, for tests.
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

int wire_open(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    struct timeval patience = {.tv_sec = 20};
    int wire = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(wire >= 0);
    setsockopt(wire, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(wire, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(wire, (struct sockaddr *)&to, sizeof(to)), 0);
    return wire;
}

void wire_close(int *wire)
{
    if (*wire >= 0)
        close(*wire);
    *wire = -1;
}

bool wire_send_bytes(int wire, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(wire, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool wire_send(int wire, const char *text)
{
    return wire_send_bytes(wire, text, strlen(text));
}

// Reads byte by byte up to the empty line, so that nothing of the next answer is taken.
static bool read_head(int wire, struct wire_answer *answer)
{
    size_t size = 0;
    while (size + 1 < sizeof(answer->head)) {
        if (recv(wire, answer->head + size, 1, 0) != 1)
            return false;
        answer->head[++size] = '\0';
        if (size >= 4 && memcmp(answer->head + size - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

void wire_read(int wire, bool bodiless, struct wire_answer *ret_answer)
{
    char length[32] = "0";
    memset(ret_answer, 0, sizeof(*ret_answer));
    if (!read_head(wire, ret_answer) ||
        sscanf(ret_answer->head, "HTTP/1.1 %d", &ret_answer->status) != 1)
        return;
    if (ret_answer->status == 100) {
        wire_read(wire, bodiless, ret_answer);
        return;
    }
    (void)wire_header(ret_answer, "Content-Length", length, sizeof(length));
    size_t wanted = bodiless || ret_answer->status == 304 ? 0 : (size_t)atoi(length);
    assert_true(wanted < sizeof(ret_answer->body));
    while (ret_answer->body_size < wanted) {
        ssize_t got =
            recv(wire, ret_answer->body + ret_answer->body_size, wanted - ret_answer->body_size, 0);
        assert_true(got > 0);
        ret_answer->body_size += (size_t)got;
    }
}

bool wire_is_closed(int wire)
{
    char byte;
    return recv(wire, &byte, 1, 0) <= 0;
}

bool wire_header(const struct wire_answer *answer, const char *name, char *ret_value, size_t size)
{
    size_t name_size = strlen(name);
    for (const char *line = strstr(answer->head, "\r\n"); line != NULL;
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_size) != 0 || line[name_size] != ':')
            continue;
        const char *value = line + name_size + 1 + strspn(line + name_size + 1, " ");
        snprintf(ret_value, size, "%.*s", (int)strcspn(value, "\r\n"), value);
        return true;
    }
    return false;
}

void wire_ask_on(int wire, const char *address, const char *method, const char *target,
                 const char *headers, const char *body, struct wire_answer *ret_answer)
{
    char length[64] = "";
    char head[4096];
    if (body != NULL)
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
    int size = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", method,
                        target, address, headers == NULL ? "" : headers, length);
    assert_in_range(size, 1, sizeof(head) - 1);
    assert_true(wire_send(wire, head));
    if (body != NULL)
        (void)wire_send(wire, body);
    wire_read(wire, strcmp(method, "HEAD") == 0, ret_answer);
}

void wire_ask(const char *address, const char *method, const char *target, const char *headers,
              const char *body, struct wire_answer *ret_answer)
{
    int wire = wire_open(address);
    wire_ask_on(wire, address, method, target, headers, body, ret_answer);
    close(wire);
}
