// SPDX-License-Identifier: MIT
// A program's option and command tables, as option.c and option_help.c read them.
#ifndef HAILONG_OPTION_TABLE_H
#define HAILONG_OPTION_TABLE_H

#include "option.h"

// The row at `index`; the one behind the last is "config", which every program has.
const struct option_def *option_table_at(const struct program_def *program, size_t index);
// Index of the option with that name, or option_count + 1.
size_t option_table_index(const struct program_def *program, const char *name, size_t size);
// True when the command (NULL: any) takes the option.
bool option_table_taken(const struct option_def *option, const struct command_def *command);
// NULL when there is no such command.
const struct command_def *option_table_command(const struct program_def *program, const char *name);
// STATUS_USAGE when the text is no value of that option; `where` names it in the error text.
enum status option_table_check(const struct option_def *option, const char *text, const char *where,
                               struct err *err) MUST_USE;

#endif
