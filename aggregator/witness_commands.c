// SPDX-License-Identifier: MIT
// Witnesses from the command line, and the hub's own lane to standard output.
#include "witness_commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "hub_cli.h"
#include "hub_sql.h"
#include "hubhead.h"
#include "stmt.h"
#include "witness.h"
#include "witnessfile.h"

enum { FAULTS_LIMIT_BYTES = 1024 * 1024 };

typedef enum status (*read_fn)(const struct hub *hub, struct db *db, const void *context,
                               struct err *err);

// Opens the hub for reading and has `read` look.
static enum status with_reader(const struct option_set *options, read_fn read, const void *context,
                               struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    TRY(hub_cli_open(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    const enum status status = read(hub, db, context, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    return hub_cli_print("", 0, err);
}

// ---- the hub's own lane ----------------------------------------------------------------------

static enum status print_checkpoint(const struct hub *hub, struct db *db, const void *context,
                                    struct err *err)
{
    (void)context;
    AUTO(buf_done) struct buf out;
    struct hubhead head;
    char vkey[NOTE_VKEY_BYTES];
    buf_init(&out, NOTE_LIMIT_BYTES + NOTE_VKEY_BYTES);
    TRY(hubhead_note(hub, db, &head, &out, err));
    note_vkey(hublane_key(hub->lane), vkey);
    buf_addf(&out, "%s\n", vkey);
    TRY(buf_check(&out, err));
    return hub_cli_print(out.data, out.size_bytes, err);
}

enum status witness_commands_checkpoint(const struct option_set *options, struct err *err)
{
    return with_reader(options, print_checkpoint, NULL, err);
}

static enum status write_out(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    (void)context;
    return hub_cli_print(bytes, size_bytes, err);
}

static enum status print_lane(const struct hub *hub, struct db *db, const void *context,
                              struct err *err)
{
    (void)context;
    return hubhead_export(hub, db, write_out, NULL, err);
}

enum status witness_commands_export(const struct option_set *options, struct err *err)
{
    return with_reader(options, print_lane, NULL, err);
}

// ---- keys ------------------------------------------------------------------------------------

// The lines of a list option as an array.
static json_t *array_of(const char *lines)
{
    json_t *array = json_array();
    while (lines != NULL && *lines != '\0') {
        const size_t chars = strcspn(lines, "\n");
        if (chars > 0)
            json_array_append_new(array, json_stringn(lines, chars));
        lines += chars + (lines[chars] == '\n');
    }
    return array;
}

static enum status change_keys(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "key", err));
    return hub_cli_act(options,
                       json_pack("{s:s, s:s, s:o}", "command", "witness", "act",
                                 option_argument(options, 0), "keys",
                                 array_of(option_text(options, "key"))),
                       &reply, err);
}

static enum status print_list(const struct hub *hub, struct db *db, const void *context,
                              struct err *err)
{
    (void)hub;
    (void)context;
    AUTO(json_decrefp) json_t *rows = json_array();
    size_t index = 0;
    const json_t *row = NULL;
    TRY(witness_list(db, rows, err));
    json_array_foreach(rows, index, row)
    {
        const bool ours = strcmp(json_text_or(row, "role", ""), "witness") == 0;
        printf("%s  %s\n", ours ? "nhân chứng của ta " : "ta là nhân chứng ",
               json_text_or(row, "vkey", ""));
        if (json_is_integer(json_object_get(row, "size")))
            printf("    đã xác nhận %lld dòng sổ\n", (long long)json_int_or(row, "size", 0));
    }
    return STATUS_OK;
}

// What the witness's operator needs: a key for each lane whose heads will come.
static enum status print_keys(const struct hub *hub, struct db *db, const void *context,
                              struct err *err)
{
    (void)hub;
    (void)context;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_LANE_LIST, &q, err));
    for (;;) {
        struct note_key key;
        char vkey[NOTE_VKEY_BYTES];
        size_t key_bytes = 0;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        note_key_of_lane(stmt_blob(q, 15, &key_bytes), NOTE_ED25519, &key);
        note_vkey(&key, vkey);
        puts(vkey);
    }
}

// ---- files -----------------------------------------------------------------------------------

static void figures_done(struct witnessfile_figures *figures)
{
    buf_done(&figures->faults);
}

static enum status write_requests(const struct hub *hub, struct db *db, const void *context,
                                  struct err *err)
{
    const struct option_set *options = context;
    AUTO(buf_done) struct buf out;
    AUTO(figures_done) struct witnessfile_figures figures = {.good = 0};
    const char *to = option_text(options, "to"), *key = option_text(options, "key");
    buf_init(&out, WITNESSFILE_LIMIT_BYTES);
    buf_init(&figures.faults, FAULTS_LIMIT_BYTES);
    if (key != NULL && strchr(key, '\n') != NULL)
        return err_set(err, STATUS_USAGE, "with export --key is given once");
    TRY(witnessfile_write(hub, db, key, &out, &figures, err));
    TRY(file_write_once(to, out.data, out.size_bytes, 0644, err));
    printf("Đã ghi điểm chốt của %lld làn sổ.\n", (long long)figures.good);
    return STATUS_OK;
}

static enum status export_requests(const struct option_set *options, struct err *err)
{
    TRY(hub_cli_need(options, "to", err));
    return with_reader(options, write_requests, options, err);
}

// A file that need not be there yet, as the process that serves finds it.
static enum status absolute(const char *path, char ret_path[PATH_MAX], struct err *err)
{
    char folder[PATH_MAX];
    if (getcwd(folder, sizeof folder) == NULL)
        return err_errno(err, "the working directory cannot be found");
    const int size = path[0] == '/' ? snprintf(ret_path, PATH_MAX, "%s", path)
                                    : snprintf(ret_path, PATH_MAX, "%s/%s", folder, path);
    return size >= 0 && size < PATH_MAX
               ? STATUS_OK
               : err_set(err, STATUS_TOO_LARGE, "the path of --to is too long");
}

static enum status use_file(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    char from[PATH_MAX], to[PATH_MAX] = "";
    const char *act = option_argument(options, 0), *file = option_argument(options, 1);
    const bool sign = strcmp(act, "sign") == 0;
    TRY(hub_cli_need(options, "data", err));
    if (file == NULL)
        return err_set(err, STATUS_USAGE, "witness %s needs a file", act);
    if (sign)
        TRY(hub_cli_need(options, "to", err));
    TRY(hub_cli_absolute(file, from, err));
    if (sign)
        TRY(absolute(option_text(options, "to"), to, err));
    TRY(hub_cli_act(
        options,
        json_pack("{s:s, s:s, s:s, s:s}", "command", "witness", "act", act, "from", from, "to", to),
        &reply, err));
    const long long good = (long long)json_int_or(reply, "good", 0);
    const long long bad = (long long)json_int_or(reply, "bad", 0);
    printf(sign ? "Đã xác nhận %lld điểm chốt.\n" : "Đã nhận xác nhận của %lld điểm chốt.\n", good);
    fputs(json_text_or(reply, "faults", ""), stderr);
    TRY(hub_cli_print("", 0, err));
    return bad == 0
               ? STATUS_OK
               : err_set(err, STATUS_CHECK_FAILED, "%lld heads were refused (listed above)", bad);
}

enum status witness_commands(const struct option_set *options, struct err *err)
{
    static const struct {
        const char *act;
        enum status (*run)(const struct option_set *, struct err *);
    } acts[] = {
        {"add", change_keys},        {"remove", change_keys}, {"trust", change_keys},
        {"distrust", change_keys},   {"sign", use_file},      {"import", use_file},
        {"export", export_requests},
    };
    const char *act = option_argument(options, 0);
    if (option_argument_count(options) > 1 && strcmp(act, "sign") != 0 &&
        strcmp(act, "import") != 0)
        return err_set(err, STATUS_USAGE,
                       "only witness sign and witness import take a file as an argument");
    if (strcmp(act, "list") == 0)
        return with_reader(options, print_list, NULL, err);
    if (strcmp(act, "keys") == 0)
        return with_reader(options, print_keys, NULL, err);
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
        if (strcmp(acts[i].act, act) == 0)
            return acts[i].run(options, err);
    return err_set(err, STATUS_USAGE,
                   "what to do must be add, remove, trust, distrust, list, keys, export, sign or "
                   "import");
}
