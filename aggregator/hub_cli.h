// SPDX-License-Identifier: MIT
// What the hub's commands have in common: options that must be there, printing, opening the data
// directory for reading, and having a request answered by whoever may write.
#ifndef HAILONG_HUB_CLI_H
#define HAILONG_HUB_CLI_H

#include <limits.h>

#include "hub.h"
#include "option.h"

// STATUS_USAGE, "--name is missing", when the option has no value.
enum status hub_cli_need(const struct option_set *options, const char *name,
                         struct err *err) MUST_USE;
// To standard output, flushed.
enum status hub_cli_print(const char *text, size_t size_bytes, struct err *err) MUST_USE;
enum status hub_cli_print_json(const json_t *json, struct err *err) MUST_USE;
// Has a request (hub_actions.h; taken, NULL is a failed allocation) answered by the process that
// serves, or by this one when nobody does.
enum status hub_cli_act(const struct option_set *options, json_t *request, json_t **ret_reply,
                        struct err *err) MUST_USE;
// The path as the process that serves, perhaps in another folder, finds it.
enum status hub_cli_absolute(const char *path, char ret_path[PATH_MAX], struct err *err) MUST_USE;
// Opens --data read-only.
enum status hub_cli_open(const struct option_set *options, struct hub **ret_hub,
                         struct err *err) MUST_USE;

#endif
