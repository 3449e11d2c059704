// SPDX-License-Identifier: MIT
// The command that shows the box's clock and confirms it: clock.
#ifndef HAILONG_CLOCK_COMMANDS_H
#define HAILONG_CLOCK_COMMANDS_H

#include "option.h"

enum status clock_commands_clock(const struct option_set *set, struct err *err) MUST_USE;

#endif
