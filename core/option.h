// SPDX-License-Identifier: MIT
// Options from one table: command line, environment, INI file (libinih), --help and the man page
// all follow from it. Precedence: command line, then environment, then INI, then default.
#ifndef HAILONG_OPTION_H
#define HAILONG_OPTION_H

#include "buf.h"

enum option_kind {
    OPTION_TEXT,    // any text of 1 to 1024 bytes
    OPTION_LIST,    // the same, may be given several times: the value has one line for each
    OPTION_INT,     // decimal within minimum…maximum
    OPTION_FLAG,    // given or not; "true"/"false" in environment and INI
    OPTION_ADDRESS, // host:port or [v6]:port, port 0…65535
};

struct option_set;

struct option_def {
    const char *name; // "screen-listen": --screen-listen, PREFIX_SCREEN_LISTEN, screen-listen=
    enum option_kind kind;
    const char *value_name; // "ADDRESS:PORT" in --help; NULL for a flag
    const char *fallback;   // default as text, or NULL
    int64_t minimum, maximum;
    const char *commands; // " serve init " the subcommands that take it, spaces around; NULL: all
    const char *help;     // one sentence
};

struct command_def {
    const char *name;      // "serve"
    const char *arguments; // "FILE" in the usage line, or NULL
    size_t min_arguments, max_arguments;
    const char *help;
    // Runs the command; prints its result on stdout.
    enum status (*run)(const struct option_set *, struct err *);
};

struct program_def {
    const char *name;       // "hailong-kiosk"
    const char *summary;    // one sentence
    const char *env_prefix; // "HAILONG_KIOSK_"
    const struct option_def *options;
    size_t option_count;
    const struct command_def *commands;
    size_t command_count;
};

// Parses argv (and environment and the file named by --config). On STATUS_OK `*ret_set` is given
// to the caller. `--help` and `--version` print and leave `*ret_set` NULL with STATUS_OK. A wrong
// option, value or count is STATUS_USAGE with a text that says what to write instead.
enum status option_parse(const struct program_def *program, int argc, char **argv,
                         struct option_set **ret_set, struct err *err) MUST_USE;
void option_free(struct option_set *set);
AUTO_POINTER(struct option_set, option_free)
const struct command_def *option_command(const struct option_set *set);
// The value in force, or NULL when the option has none. Asking for a name that is not in the
// table is a BUG.
const char *option_text(const struct option_set *set, const char *name);
int64_t option_int(const struct option_set *set, const char *name);
bool option_flag(const struct option_set *set, const char *name);
// True when the value came from the command line, environment or INI and not from the default.
bool option_given(const struct option_set *set, const char *name);
size_t option_argument_count(const struct option_set *set);
const char *option_argument(const struct option_set *set, size_t index);
// Prints the help (whole program, or one command when given) to `out`.
void option_help(const struct program_def *program, const struct command_def *command,
                 struct buf *out);
// The body of main(): parses, runs the command, logs the failure once, returns the exit code.
int option_main(const struct program_def *program, int argc, char **argv);

#endif
