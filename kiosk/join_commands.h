// SPDX-License-Identifier: MIT
// The commands by which an office belongs to its hub: enrol, and setup (a new one by hand).
#ifndef HAILONG_JOIN_COMMANDS_H
#define HAILONG_JOIN_COMMANDS_H

#include "option.h"

enum status join_commands_enrol(const struct option_set *set, struct err *err) MUST_USE;
enum status join_commands_setup(const struct option_set *set, struct err *err) MUST_USE;

#endif
