// SPDX-License-Identifier: MIT
// The outcome type of every fallible function, its HTTP status and its exit code, and the few
// macros that the whole tree uses.
#ifndef HAILONG_STATUS_H
#define HAILONG_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// name, HTTP status, exit code (0 ok, 1 a check failed, 2 usage, 65 bad data, 74 I/O, 75 retry).
#define STATUS_LIST(X)                                                                             \
    X(OK, 200, 0)                                                                                  \
    X(CHECK_FAILED, 409, 1) /* a verification found something wrong */                             \
    X(USAGE, 400, 2)        /* the command line is off */                                          \
    X(BAD_INPUT, 400, 65)   /* outside data that does not fit its rules */                         \
    X(DENIED, 403, 1)       /* known and refused: not paired, wrong key, bad origin */             \
    X(UNAUTHORIZED, 401, 1) /* no usable credential was sent */                                    \
    X(NOT_FOUND, 404, 74)   /* no such row, file or address; a check that failed says 1 */         \
    X(CONFLICT, 409, 1)     /* the same key with other content; a gap; a fork */                   \
    X(GONE, 410, 1)         /* was there once: a finished slip, an old page */                     \
    X(TOO_LARGE, 413, 65)   /* over a stated limit */                                              \
    X(BUSY, 503, 75)        /* queue or lock is taken: try again later */                          \
    X(FULL, 503, 74)        /* no space left on the disk; nothing was written */                   \
    X(IO, 500, 74)          /* reading, writing or syncing failed */                               \
    X(NO_MEMORY, 503, 75)   /* an allocation failed; nothing has happened */                       \
    X(INTERNAL, 500, 74)    /* a bug of ours that production survives */

enum status {
#define X(name, http, code) STATUS_##name,
    STATUS_LIST(X)
#undef X
        STATUS_COUNT
};

// Short lower-case name ("not_found"), for logs and the control socket.
const char *status_name(enum status status);
// HTTP status code of an answer that reports `status`.
unsigned status_http(enum status status);
// Process exit code.
int status_exit(enum status status);
// The status with that name, or STATUS_INTERNAL.
enum status status_of_name(const char *name);

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
// Declares an owned local: `fn` is called with its address when the scope ends.
#define AUTO(fn) __attribute__((cleanup(fn)))
// Defines `fnp` for pointers, so that AUTO(fnp) frees what the pointer holds (NULL is fine).
#define AUTO_POINTER(type, fn)                                                                     \
    static inline void fn##p(type **pointer)                                                       \
    {                                                                                              \
        if (*pointer != NULL)                                                                      \
            fn(*pointer);                                                                          \
    }
// Passes a failure on to the caller. The only macro that hides control flow.
#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum status try_status_ = (expression);                                                    \
        if (try_status_ != STATUS_OK)                                                              \
            return try_status_;                                                                    \
    } while (0)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
