// SPDX-License-Identifier: MIT
// Reads options from the command line, the environment and an INI file.
#include "option.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

#include "file.h"
#include "log.h"
#include "option_table.h"
#include "text.h"

enum {
    // libinih reads lines into 200 bytes: line end, NUL and one CR leave this many.
    OPTION_INI_LINE_BYTES = 197,
    OPTION_INI_LIMIT_BYTES = 64 * 1024, // a table's worth of lines is a few kilobytes
};

// Where a value came from; a higher one wins.
enum option_source { OPTION_FROM_NOWHERE, OPTION_FROM_INI, OPTION_FROM_ENV, OPTION_FROM_LINE };

struct option_value {
    char *text; // owned
    enum option_source source;
};

struct option_set {
    const struct program_def *program;
    const struct command_def *command;
    struct option_value *values; // one per row of the table, then "config"
    const char **arguments;      // borrowed from argv; the first is the command
    size_t argument_count;
    bool help, version;
};

// ---- values ------------------------------------------------------------------------------------

// One line more of a list.
static char *option_joined(const char *before, const char *text)
{
    size_t size = strlen(before) + strlen(text) + 2;
    char *joined = malloc(size);
    if (joined != NULL)
        snprintf(joined, size, "%s\n%s", before, text);
    return joined;
}

// Takes the value over unless a stronger source gave one; from equal ones the last wins, or joins
// a list.
static enum status option_put(struct option_set *set, size_t index, const char *text,
                              enum option_source source, const char *where, struct err *err)
{
    TRY(option_table_check(option_table_at(set->program, index), text, where, err));
    struct option_value *value = &set->values[index];
    if (value->source > source)
        return STATUS_OK;
    bool more =
        option_table_at(set->program, index)->kind == OPTION_LIST && value->source == source;
    char *copy = more ? option_joined(value->text, text) : strdup(text);
    if (copy == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the options");
    free(value->text);
    *value = (struct option_value){.text = copy, .source = source};
    return STATUS_OK;
}

// ---- command line ------------------------------------------------------------------------------

// The command that the line names, NULL when it names none.
static const struct command_def *option_named_command(const struct option_set *set)
{
    return set->argument_count > 0 ? option_table_command(set->program, set->arguments[0]) : NULL;
}

static enum status option_unknown(const struct option_set *set, const char *word, struct err *err)
{
    AUTO(buf_done) struct buf names;
    buf_init(&names, 4096);
    const struct command_def *command = option_named_command(set);
    for (size_t i = 0; i <= set->program->option_count; i++) {
        if (option_table_taken(option_table_at(set->program, i), command))
            buf_addf(&names, " --%s", option_table_at(set->program, i)->name);
    }
    return err_set(err, STATUS_USAGE, "no option %.40s here; there are%s --help --version", word,
                   buf_text(&names));
}

// Reads the option at argv[*at] and moves *at past its value.
static enum status option_read_option(struct option_set *set, char **argv, int *at, struct err *err)
{
    const char *word = argv[*at];
    if (strcmp(word, "--help") == 0 || strcmp(word, "--version") == 0) {
        set->help |= word[2] == 'h';
        set->version |= word[2] == 'v';
        return STATUS_OK;
    }
    size_t size = strcspn(word, "=");
    size_t index = strncmp(word, "--", 2) == 0
                       ? option_table_index(set->program, word + 2, size - 2)
                       : set->program->option_count + 1;
    if (index > set->program->option_count)
        return option_unknown(set, word, err);
    char where[64];
    snprintf(where, sizeof where, "--%s", option_table_at(set->program, index)->name);
    if (word[size] == '=')
        return option_put(set, index, word + size + 1, OPTION_FROM_LINE, where, err);
    if (option_table_at(set->program, index)->kind == OPTION_FLAG)
        return option_put(set, index, "true", OPTION_FROM_LINE, where, err);
    const char *value = argv[*at + 1];
    if (value == NULL || strncmp(value, "--", 2) == 0)
        return err_set(err, STATUS_USAGE, "%s needs a value: %s %s", where, where,
                       option_table_at(set->program, index)->value_name);
    *at += 1;
    return option_put(set, index, value, OPTION_FROM_LINE, where, err);
}

static enum status option_read_line(struct option_set *set, int argc, char **argv, struct err *err)
{
    bool plain = false; // behind "--" everything is an argument
    for (int i = 1; i < argc; i++) {
        if (!plain && strcmp(argv[i], "--") == 0)
            plain = true;
        else if (!plain && argv[i][0] == '-' && argv[i][1] != '\0')
            TRY(option_read_option(set, argv, &i, err));
        else
            set->arguments[set->argument_count++] = argv[i];
    }
    return STATUS_OK;
}

static enum status option_no_command(const struct program_def *program, struct err *err)
{
    AUTO(buf_done) struct buf names;
    buf_init(&names, 4096);
    for (size_t i = 0; i < program->command_count; i++)
        buf_addf(&names, " %s", program->commands[i].name);
    return err_set(err, STATUS_USAGE, "say what to do: %s COMMAND, one of:%s (or --help)",
                   program->name, buf_text(&names));
}

static enum status option_check_line(const struct option_set *set,
                                     const struct command_def *command, struct err *err)
{
    for (size_t i = 0; i < set->program->option_count; i++) {
        if (set->values[i].source != OPTION_FROM_NOWHERE &&
            !option_table_taken(&set->program->options[i], command))
            return err_set(err, STATUS_USAGE, "%s does not take --%s; see %s %s --help",
                           command->name, set->program->options[i].name, set->program->name,
                           command->name);
    }
    size_t count = option_argument_count(set);
    if (count >= command->min_arguments && count <= command->max_arguments)
        return STATUS_OK;
    if (command->max_arguments == 0)
        return err_set(err, STATUS_USAGE, "%s takes options only, no arguments", command->name);
    return err_set(err, STATUS_USAGE, "wrong number of arguments; write: %s %s %s",
                   set->program->name, command->name,
                   command->arguments != NULL ? command->arguments : "");
}

// ---- environment and INI file ------------------------------------------------------------------

static enum status option_read_environment(struct option_set *set, struct err *err)
{
    for (size_t i = 0; i <= set->program->option_count; i++) {
        const struct option_def *option = option_table_at(set->program, i);
        char name[128];
        int size = snprintf(name, sizeof name, "%s%s", set->program->env_prefix, option->name);
        for (int k = 0; k < size && name[k] != '\0'; k++)
            name[k] = name[k] == '-' ? '_' : (char)toupper((unsigned char)name[k]);
        const char *text = getenv(name);
        // "NAME=" in a unit file is how people switch a variable off.
        if (text != NULL && text[0] != '\0' && option_table_taken(option, set->command))
            TRY(option_put(set, i, text, OPTION_FROM_ENV, name, err));
    }
    return STATUS_OK;
}

struct option_ini {
    struct option_set *set;
    const char *where; // "FILE: line N"
    enum status status;
    struct err *err;
};

// libinih's handler: 1 is success.
static int option_take_ini(void *context, const char *section, const char *name, const char *text)
{
    (void)section; // sections only group lines for the reader
    struct option_ini *ini = context;
    const struct program_def *program = ini->set->program;
    size_t index = option_table_index(program, name, strlen(name));
    char where[320];
    snprintf(where, sizeof where, "%.200s: %.60s", ini->where, name);
    if (index >= program->option_count) // "config" too: a file does not name another
        ini->status = err_set(ini->err, STATUS_USAGE, "%s: no such option", where);
    else if (option_table_taken(&program->options[index], ini->set->command))
        ini->status = option_put(ini->set, index, text, OPTION_FROM_INI, where, ini->err);
    return ini->status == STATUS_OK ? 1 : 0;
}

// Lines go to libinih one at a time: so an error has its line, and neither a cut line nor an
// indented one can be taken for the continuation of the one before.
static enum status option_read_ini_line(struct option_set *set, const char *line, size_t size,
                                        const char *where, struct err *err)
{
    if (size > 0 && line[size - 1] == '\r')
        size--;
    if (size > OPTION_INI_LINE_BYTES)
        return err_set(err, STATUS_USAGE,
                       "%s: longer than %d bytes; give that option on the "
                       "command line or in the environment",
                       where, OPTION_INI_LINE_BYTES);
    if (!text_is_clean(line, size, true))
        return err_set(err, STATUS_USAGE, "%s: not UTF-8 text", where);
    char copy[OPTION_INI_LINE_BYTES + 1];
    memcpy(copy, line, size);
    copy[size] = '\0';
    struct option_ini ini = {.set = set, .where = where, .err = err};
    int result = ini_parse_string(copy, option_take_ini, &ini);
    TRY(ini.status);
    if (result != 0)
        return err_set(err, STATUS_USAGE, "%s: write it as name = value", where);
    return STATUS_OK;
}

static enum status option_read_ini(struct option_set *set, const char *path, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, OPTION_INI_LIMIT_BYTES);
    TRY(file_read(path, &text, err));
    const char *at = buf_text(&text), *end = at + text.size_bytes;
    for (int line = 1; at < end; line++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *stop = feed != NULL ? feed : end;
        char where[240];
        snprintf(where, sizeof where, "%.180s: line %d", path, line);
        TRY(option_read_ini_line(set, at, (size_t)(stop - at), where, err));
        at = stop + 1;
    }
    return STATUS_OK;
}

// ---- the set -----------------------------------------------------------------------------------

// NULL when there is no memory.
static struct option_set *option_new(const struct program_def *program, int argc)
{
    struct option_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->program = program;
    set->values = calloc(program->option_count + 1, sizeof *set->values);
    set->arguments = calloc((size_t)argc + 1, sizeof *set->arguments);
    if (set->values != NULL && set->arguments != NULL)
        return set;
    option_free(set);
    return NULL;
}

static enum status option_print(const struct option_set *set, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, (size_t)256 * 1024); // the largest table prints some 10 KB
    if (set->version)
        buf_addf(&text, "%s %s\n", set->program->name, HAILONG_VERSION);
    else
        option_help(set->program, option_named_command(set), &text);
    TRY(buf_check(&text, err));
    fwrite(buf_text(&text), 1, text.size_bytes, stdout);
    return STATUS_OK;
}

static enum status option_fill(struct option_set *set, int argc, char **argv, struct err *err)
{
    TRY(option_read_line(set, argc, argv, err));
    if (set->help || set->version)
        return option_print(set, err);
    set->command = option_named_command(set);
    if (set->command == NULL)
        return option_no_command(set->program, err);
    TRY(option_check_line(set, set->command, err));
    TRY(option_read_environment(set, err));
    const char *config = set->values[set->program->option_count].text;
    return config != NULL ? option_read_ini(set, config, err) : STATUS_OK;
}

enum status option_parse(const struct program_def *program, int argc, char **argv,
                         struct option_set **ret_set, struct err *err)
{
    struct option_set *set = option_new(program, argc);
    if (set == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the options");
    enum status status = option_fill(set, argc, argv, err);
    if (status == STATUS_OK)
        *ret_set = set->command != NULL ? set : NULL;
    if (status != STATUS_OK || set->command == NULL)
        option_free(set);
    return status;
}

void option_free(struct option_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; set->values != NULL && i <= set->program->option_count; i++)
        free(set->values[i].text);
    free(set->values);
    free(set->arguments);
    free(set);
}

const struct command_def *option_command(const struct option_set *set)
{
    return set->command;
}

// NULL (a BUG) when the table has no such option.
static const struct option_value *option_get(const struct option_set *set, const char *name)
{
    size_t index = option_table_index(set->program, name, strlen(name));
    if (index <= set->program->option_count)
        return &set->values[index];
    BUG(NULL, "option %s is not in the table", name);
    return NULL;
}

const char *option_text(const struct option_set *set, const char *name)
{
    const struct option_value *value = option_get(set, name);
    if (value == NULL || value->text != NULL)
        return value != NULL ? value->text : NULL;
    return option_table_at(set->program, (size_t)(value - set->values))->fallback;
}

int64_t option_int(const struct option_set *set, const char *name)
{
    const char *text = option_text(set, name);
    int64_t value = 0;
    if (text != NULL && text_int(text, INT64_MIN, INT64_MAX, name, &value, NULL) != STATUS_OK)
        BUG(NULL, "option %s has no number", name);
    return value;
}

bool option_flag(const struct option_set *set, const char *name)
{
    const char *text = option_text(set, name);
    return text != NULL && strcmp(text, "true") == 0;
}

bool option_given(const struct option_set *set, const char *name)
{
    const struct option_value *value = option_get(set, name);
    return value != NULL && value->source != OPTION_FROM_NOWHERE;
}

size_t option_argument_count(const struct option_set *set)
{
    return set->argument_count - 1; // the first is the command
}

const char *option_argument(const struct option_set *set, size_t index)
{
    return index < option_argument_count(set) ? set->arguments[index + 1] : NULL;
}

// ---- main -----------------------------------------------------------------------------

static void option_report(const struct program_def *program, struct err *err, enum status status)
{
    if (err->text[0] == '\0') // a command that failed without a word
        err_set(err, status, "failed: %s", status_name(status));
    if (isatty(STDERR_FILENO) == 0)
        log_err("failed", err);
    else
        dprintf(STDERR_FILENO, "%s: %s\n", program->name, err->text);
}

int option_main(const struct program_def *program, int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); // a closed connection or pipe is a failed write, not our death
    struct err err = {0};
    AUTO(option_freep) struct option_set *set = NULL;
    enum status status = option_parse(program, argc, argv, &set, &err);
    if (status == STATUS_OK && set != NULL)
        status = set->command->run(set, &err);
    if (fflush(stdout) != 0 && status == STATUS_OK)
        status = err_errno(&err, "the result cannot be written");
    if (status != STATUS_OK)
        option_report(program, &err, status);
    return status_exit(status);
}
