// SPDX-License-Identifier: MIT
// `hailong-kiosk serve`, and what the other commands share with it.
#ifndef HAILONG_KIOSK_SERVE_H
#define HAILONG_KIOSK_SERVE_H

#include "kiosk_answer.h"
#include "option.h"

// Serves until SIGINT or SIGTERM: two listeners, the writer, the control socket, the chores.
enum status kiosk_serve(const struct option_set *set, struct err *err) MUST_USE;
// Opens the kiosk of --data with the addresses and the hub that the options name; *ret_push is
// NULL without a hub. The caller holds the lock.
enum status kiosk_serve_open(const struct option_set *set, struct kiosk **ret_kiosk,
                             struct push **ret_push, struct err *err) MUST_USE;

#endif
