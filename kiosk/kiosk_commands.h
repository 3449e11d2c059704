// SPDX-License-Identifier: MIT
// The command line of hailong-kiosk: options and commands as tables.
#ifndef HAILONG_KIOSK_COMMANDS_H
#define HAILONG_KIOSK_COMMANDS_H

#include "json.h"
#include "option.h"

extern const struct program_def kiosk_commands;
// Asks whoever serves --data by the control socket, else opens it and does it here
// (kiosk_answer.h). Takes `request`; NULL is STATUS_NO_MEMORY.
enum status kiosk_commands_ask(const struct option_set *set, json_t *request, json_t **ret_reply,
                               struct err *err) MUST_USE;
// STATUS_USAGE when --step names no step.
enum status kiosk_commands_need_step(const struct option_set *set, struct err *err) MUST_USE;

#endif
