// SPDX-License-Identifier: MIT
// The operational log: one key=value line per event on stderr, with the "<N>" priority prefix
// that journald understands when stderr is not a terminal. Free text, codes, tokens and addresses
// of people are never logged.
#ifndef HAILONG_LOG_H
#define HAILONG_LOG_H

#include "err.h"

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
};

// Lines above this level are dropped. Default LOG_LEVEL_INFO.
void log_set_level(enum log_level level);
// The same by name: "error", "warning", "info" or "debug"; another one is STATUS_USAGE.
enum status log_choose_level(const char *name, struct err *err) MUST_USE;
// Writes `event=… ` and the pairs: (const char *key, const char *value)… ended by NULL. Values
// are quoted and escaped where needed; one write(2) per line. Any thread.
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
// Logs a failure at the edge: status name and text.
void log_err(const char *event, const struct err *err);

#endif
