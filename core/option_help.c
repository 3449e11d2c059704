// SPDX-License-Identifier: MIT
// Prints the help from a program's tables.
#include "option_table.h"

static void option_help_option(const struct option_def *option, struct buf *out)
{
    buf_addf(out, "  --%s", option->name);
    if (option->kind != OPTION_FLAG)
        buf_addf(out, " %s", option->value_name);
    buf_addf(out, "\n        %s", option->help);
    if (option->kind == OPTION_INT)
        buf_addf(out, " From %lld to %lld.", (long long)option->minimum,
                 (long long)option->maximum);
    if (option->fallback != NULL && option->kind != OPTION_FLAG)
        buf_addf(out, " Default: %s.", option->fallback);
    buf_add_char(out, '\n');
}

static void option_help_commands(const struct program_def *program, struct buf *out)
{
    buf_add_text(out, "\nCommands:\n");
    for (size_t i = 0; i < program->command_count; i++) {
        const struct command_def *command = &program->commands[i];
        bool arguments = command->arguments != NULL;
        buf_addf(out, "  %s%s%s\n        %s\n", command->name, arguments ? " " : "",
                 arguments ? command->arguments : "", command->help);
    }
}

void option_help(const struct program_def *program, const struct command_def *command,
                 struct buf *out)
{
    if (command == NULL) {
        buf_addf(out, "%s: %s\n\nUsage: %s COMMAND [OPTION]… [ARGUMENT]…\n", program->name,
                 program->summary, program->name);
        option_help_commands(program, out);
    } else {
        bool arguments = command->arguments != NULL;
        buf_addf(out, "Usage: %s %s [OPTION]…%s%s\n\n%s\n", program->name, command->name,
                 arguments ? " " : "", arguments ? command->arguments : "", command->help);
    }
    buf_add_text(out, "\nOptions:\n");
    for (size_t i = 0; i <= program->option_count; i++) {
        if (option_table_taken(option_table_at(program, i), command))
            option_help_option(option_table_at(program, i), out);
    }
    buf_addf(out,
             "  --help\n        Print this (behind a command: its own options).\n"
             "  --version\n        Print the version.\n\n"
             "An option may also stand in the environment, as %sCONFIG for --config, or in\n"
             "the file that --config names. The command line wins, then the environment.\n",
             program->env_prefix);
}
