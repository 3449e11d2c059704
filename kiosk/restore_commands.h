// SPDX-License-Identifier: MIT
// The commands of a kiosk that comes from a backup: restore, slips.
#ifndef HAILONG_RESTORE_COMMANDS_H
#define HAILONG_RESTORE_COMMANDS_H

#include "option.h"

// --data DIR --from FILE [--kit KITFILE]; or --kit KITFILE alone, later.
enum status restore_commands_restore(const struct option_set *set, struct err *err);
// --data DIR --accept-gap
enum status restore_commands_slips(const struct option_set *set, struct err *err);

#endif
