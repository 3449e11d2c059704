// SPDX-License-Identifier: MIT
// A client for server tests that sends exactly the bytes it is given and reads one answer at a
// time.
#ifndef HAILONG_WIRE_H
#define HAILONG_WIRE_H

#include <stdbool.h>
#include <stddef.h>

enum { WIRE_ANSWER_LIMIT = 128 * 1024 };

struct wire_answer {
    int status; // 0: the other side closed without one
    char head[8192];
    char body[WIRE_ANSWER_LIMIT];
    size_t body_size;
};

// Connects to "127.0.0.1:PORT"; fails the test when it cannot. Reads give up after 20 s.
int wire_open(const char *address);
void wire_close(int *wire); // for AUTO
// Sends the text; false when the other side has closed.
bool wire_send(int wire, const char *text);
bool wire_send_bytes(int wire, const void *bytes, size_t size);
// Reads one whole answer; `bodiless` for HEAD.
void wire_read(int wire, bool bodiless, struct wire_answer *ret_answer);
// True when nothing more comes and the other side has closed.
bool wire_is_closed(int wire);
// The value of a header of the answer, copied into ret_value; false when absent.
bool wire_header(const struct wire_answer *answer, const char *name, char *ret_value, size_t size);
// One request on a connection of its own: "GET", "/path", further header lines ("A: b\r\n"), body.
void wire_ask(const char *address, const char *method, const char *target, const char *headers,
              const char *body, struct wire_answer *ret_answer);
// As wire_ask on an open connection.
void wire_ask_on(int wire, const char *address, const char *method, const char *target,
                 const char *headers, const char *body, struct wire_answer *ret_answer);

#endif
