// SPDX-License-Identifier: MIT
// The commands about people and what takes two of them (hub_commands.h has the table).
#ifndef HAILONG_PEOPLE_COMMANDS_H
#define HAILONG_PEOPLE_COMMANDS_H

#include "option.h"

enum status people_commands_user(const struct option_set *options, struct err *err);
// redact, flag, unflag, void, unvoid: the command's name is the act.
enum status people_commands_propose(const struct option_set *options, struct err *err);
enum status people_commands_quarantine(const struct option_set *options, struct err *err);
enum status people_commands_proposals(const struct option_set *options, struct err *err);
// confirm and refuse.
enum status people_commands_confirm(const struct option_set *options, struct err *err);

#endif
