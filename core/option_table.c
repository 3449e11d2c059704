// SPDX-License-Identifier: MIT
// Looks rows of a program's tables up and checks values against them.
#include "option_table.h"

#include <arpa/inet.h>
#include <string.h>

#include "text.h"

enum { OPTION_TABLE_VALUE_BYTES = 1024 };

static const struct option_def option_config = {
    .name = "config",
    .kind = OPTION_TEXT,
    .value_name = "FILE",
    .help = "Read options from this INI file, one \"name = value\" per line.",
};

const struct option_def *option_table_at(const struct program_def *program, size_t index)
{
    return index < program->option_count ? &program->options[index] : &option_config;
}

size_t option_table_index(const struct program_def *program, const char *name, size_t size)
{
    size_t i = 0;
    for (; i <= program->option_count; i++) {
        const char *known = option_table_at(program, i)->name;
        if (strlen(known) == size && memcmp(known, name, size) == 0)
            break;
    }
    return i;
}

bool option_table_taken(const struct option_def *option, const struct command_def *command)
{
    if (option->commands == NULL || command == NULL)
        return true;
    size_t size = strlen(command->name);
    for (const char *at = option->commands; (at = strstr(at, command->name)) != NULL; at++) {
        if (at > option->commands && at[-1] == ' ' && at[size] == ' ')
            return true;
    }
    return false;
}

const struct command_def *option_table_command(const struct program_def *program, const char *name)
{
    for (size_t i = 0; i < program->command_count; i++) {
        if (strcmp(program->commands[i].name, name) == 0)
            return &program->commands[i];
    }
    return NULL;
}

static bool option_table_host_ok(const char *host, size_t size)
{
    char copy[256]; // a DNS name has at most 253 characters
    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, host, size);
    copy[size] = '\0';
    if (copy[0] != '[')
        return strspn(copy, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789.-") == size;
    struct in6_addr address;
    if (copy[size - 1] != ']')
        return false;
    copy[size - 1] = '\0';
    return inet_pton(AF_INET6, copy + 1, &address) == 1;
}

static enum status option_table_check_address(const char *text, const char *where, struct err *err)
{
    const char *colon = strrchr(text, ':');
    int64_t port = 0;
    if (colon == NULL || !option_table_host_ok(text, (size_t)(colon - text)) ||
        text_int(colon + 1, 0, 65535, "port", &port, NULL) != STATUS_OK)
        return err_set(err, STATUS_USAGE,
                       "%s must be ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080", where);
    return STATUS_OK;
}

enum status option_table_check(const struct option_def *option, const char *text, const char *where,
                               struct err *err)
{
    int64_t number = 0;
    size_t size = strlen(text);
    // An empty text is a variable that a script has lost; taken, it would choose another meaning.
    if (size == 0 && (option->kind == OPTION_TEXT || option->kind == OPTION_LIST))
        return err_set(err, STATUS_USAGE, "%s is empty; give it a %s or leave it out", where,
                       option->value_name);
    if (size > OPTION_TABLE_VALUE_BYTES || !text_is_clean(text, size, false))
        return err_set(err, STATUS_USAGE, "%s must be UTF-8 text of at most %d bytes", where,
                       OPTION_TABLE_VALUE_BYTES);
    switch (option->kind) {
    case OPTION_INT:
        if (text_int(text, option->minimum, option->maximum, where, &number, NULL) == STATUS_OK)
            return STATUS_OK;
        return err_set(err, STATUS_USAGE, "%s must be a whole number from %lld to %lld", where,
                       (long long)option->minimum, (long long)option->maximum);
    case OPTION_FLAG:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return err_set(err, STATUS_USAGE, "%s must be true or false", where);
        return STATUS_OK;
    case OPTION_ADDRESS:
        return option_table_check_address(text, where, err);
    default:
        return STATUS_OK;
    }
}
