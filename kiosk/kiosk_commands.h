// SPDX-License-Identifier: MIT
// The command line of hailong-kiosk: options and commands as tables.
#ifndef HAILONG_KIOSK_COMMANDS_H
#define HAILONG_KIOSK_COMMANDS_H

#include "option.h"

extern const struct program_def kiosk_commands;

#endif
