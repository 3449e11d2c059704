// SPDX-License-Identifier: MIT
// The commands and options of hailong-aggregator.
#ifndef HAILONG_HUB_COMMANDS_H
#define HAILONG_HUB_COMMANDS_H

#include "option.h"

extern const struct program_def hub_commands;

#endif
