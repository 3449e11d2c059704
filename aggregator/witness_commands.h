// SPDX-License-Identifier: MIT
// The commands about witnesses and the hub's own lane (hub_commands.h has the table).
#ifndef HAILONG_WITNESS_COMMANDS_H
#define HAILONG_WITNESS_COMMANDS_H

#include "option.h"

// add, remove, trust, distrust, list, keys, export, sign FILE, import FILE.
enum status witness_commands(const struct option_set *options, struct err *err);
enum status witness_commands_checkpoint(const struct option_set *options, struct err *err);
enum status witness_commands_export(const struct option_set *options, struct err *err);

#endif
