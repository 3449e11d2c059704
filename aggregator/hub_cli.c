// SPDX-License-Identifier: MIT
// The parts that the hub's commands are made of.
#include "hub_cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"
#include "hub_actions.h"
#include "lock.h"
#include "log.h"

enum { OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024 };

enum status hub_cli_need(const struct option_set *options, const char *name, struct err *err)
{
    const char *value = option_text(options, name);
    if (value == NULL || value[0] == '\0')
        return err_set(err, STATUS_USAGE, "--%s is missing", name);
    return STATUS_OK;
}

enum status hub_cli_print(const char *text, size_t size_bytes, struct err *err)
{
    if (fwrite(text, 1, size_bytes, stdout) != size_bytes || fflush(stdout) != 0)
        return err_errno(err, "writing to standard output failed");
    return STATUS_OK;
}

enum status hub_cli_print_json(const json_t *json, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, OUTPUT_LIMIT_BYTES);
    TRY(json_write(json, &text, err));
    buf_add_char(&text, '\n');
    TRY(buf_check(&text, err));
    return hub_cli_print(text.data, text.size_bytes, err);
}

static enum status ask_server(const char *folder, const json_t *request, json_t **ret_reply,
                              struct err *err)
{
    bool served = false;
    enum status status = control_call(folder, request, &served, ret_reply, err);
    // The lock is taken, but by no server: another command is at work.
    if (!served)
        return err_set(err, STATUS_BUSY, "another command is writing to this hub; try again");
    return status;
}

enum status hub_cli_act(const struct option_set *options, json_t *request, json_t **ret_reply,
                        struct err *err)
{
    AUTO(json_decrefp) json_t *owned = request;
    AUTO(lock_freep) struct lock *lock = NULL;
    AUTO(hub_closep) struct hub *hub = NULL;
    const char *folder = option_text(options, "data");
    if (owned == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the request");
    TRY(log_choose_level(option_text(options, "log-level"), err));
    TRY(hub_check(folder, err));
    enum status status = lock_take(folder, &lock, err);
    if (status == STATUS_BUSY)
        return ask_server(folder, owned, ret_reply, err);
    TRY(status);
    TRY(hub_open(folder, HUB_WRITE, &hub, err));
    return hub_actions_answer(hub, owned, ret_reply, err);
}

enum status hub_cli_absolute(const char *path, char ret_path[PATH_MAX], struct err *err)
{
    if (realpath(path, ret_path) == NULL)
        return err_errno(err, "the file to import cannot be found");
    return STATUS_OK;
}

enum status hub_cli_open(const struct option_set *options, struct hub **ret_hub, struct err *err)
{
    TRY(hub_cli_need(options, "data", err));
    TRY(log_choose_level(option_text(options, "log-level"), err));
    return hub_open(option_text(options, "data"), HUB_READ, ret_hub, err);
}
