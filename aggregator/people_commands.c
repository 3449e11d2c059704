// SPDX-License-Identifier: MIT
// Users, proposals and confirmations from the command line.
#include "people_commands.h"

#include <stdio.h>
#include <string.h>

#include "hub_cli.h"
#include "hub_sql.h"
#include "passphrase.h"
#include "proposal.h"
#include "quarantine.h"
#include "stmt.h"
#include "text.h"

enum { TARGET_LIMIT_BYTES = 4096 };

static void wipe(char (*line)[PASSPHRASE_BYTES])
{
    crypto_wipe(*line, sizeof *line);
}

typedef enum status (*list_fn)(struct db *db, json_t *rows, struct err *err);

// Opens the hub for reading and fills a list.
static enum status read_list(const struct option_set *options, list_fn list, json_t *rows,
                             struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    if (rows == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a list");
    TRY(hub_cli_open(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = list(db, rows, err);
    dbpool_give(hub->readers, db);
    return status;
}

// ---- user --------------------------------------------------------------------------------------

static enum status user_add(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(wipe) char passphrase[PASSPHRASE_BYTES] = "";
    const char *name = option_text(options, "name");
    TRY(hub_cli_need(options, "name", err));
    TRY(hub_cli_need(options, "role", err));
    TRY(passphrase_read(option_text(options, "passphrase-file"), name, true, passphrase, err));
    return hub_cli_act(options,
                       json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s}", "command", "user", "act", "add",
                                 "name", name, "role", option_text(options, "role"), "unit",
                                 option_text(options, "unit"), "passphrase", passphrase),
                       &reply, err);
}

static enum status user_remove(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(hub_cli_need(options, "name", err));
    return hub_cli_act(options,
                       json_pack("{s:s, s:s, s:s}", "command", "user", "act", "remove", "name",
                                 option_text(options, "name")),
                       &reply, err);
}

static enum status user_list(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *people = json_array();
    size_t index = 0;
    const json_t *person = NULL;
    TRY(read_list(options, person_list, people, err));
    json_array_foreach(people, index, person)
    {
        printf("%-8s  %-8s  %s%s\n", json_text_or(person, "role", ""),
               json_text_or(person, "unit", ""), json_text_or(person, "name", ""),
               json_bool_or(person, "locked", false) ? "  (tạm khóa)" : "");
    }
    return hub_cli_print("", 0, err);
}

enum status people_commands_user(const struct option_set *options, struct err *err)
{
    static const struct {
        const char *name;
        enum status (*run)(const struct option_set *, struct err *);
    } acts[] = {{"add", user_add}, {"list", user_list}, {"remove", user_remove}};
    TRY(hub_cli_need(options, "data", err));
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
        if (strcmp(acts[i].name, option_argument(options, 0)) == 0)
            return acts[i].run(options, err);
    return err_set(err, STATUS_USAGE, "write user add, user list or user remove");
}

// ---- proposing ---------------------------------------------------------------------------------

static enum status send_proposal(const struct option_set *options, const struct proposal *proposal,
                                 struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(wipe) char passphrase[PASSPHRASE_BYTES] = "";
    const char *user = option_text(options, "user");
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "user", err));
    TRY(passphrase_read(option_text(options, "passphrase-file"), user, false, passphrase, err));
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "command", "propose", "act",
                              proposal->act, "target", proposal->target, "field", proposal->field,
                              "reason", proposal->reason, "user", user, "passphrase", passphrase),
                    &reply, err));
    printf("Đề nghị số %lld; một người khác xác nhận bằng `hailong-aggregator confirm --proposal "
           "%lld`.\n",
           (long long)json_int_or(reply, "n", 0), (long long)json_int_or(reply, "n", 0));
    return hub_cli_print("", 0, err);
}

// A list option has one line for each value.
static enum status read_ids(const struct option_set *options, struct buf *ids, struct err *err)
{
    TRY(hub_cli_need(options, "id", err));
    buf_add_text(ids, option_text(options, "id"));
    TRY(buf_check(ids, err));
    for (size_t i = 0; i < ids->size_bytes; i++)
        if (ids->data[i] == '\n')
            ids->data[i] = ' ';
    return STATUS_OK;
}

enum status people_commands_propose(const struct option_set *options, struct err *err)
{
    AUTO(buf_done) struct buf ids;
    struct proposal proposal = {.act = option_command(options)->name, .field = ""};
    buf_init(&ids, TARGET_LIMIT_BYTES);
    TRY(read_ids(options, &ids, err));
    TRY(hub_cli_need(options, "reason", err));
    proposal.target = buf_text(&ids);
    proposal.reason = option_text(options, "reason");
    if (strcmp(proposal.act, "redact") == 0) {
        TRY(hub_cli_need(options, "field", err));
        proposal.field = option_text(options, "field");
    }
    return send_proposal(options, &proposal, err);
}

static void print_tail(const json_t *row)
{
    const json_t *levels = json_object_get(row, "levels");
    const long long responses = (long long)json_int_or(row, "responses", 0);
    printf("%s  dòng sổ %lld–%lld, gửi bởi làn %s\n      %lld lượt đánh giá",
           json_text_or(row, "lane", ""), (long long)json_int_or(row, "first", 0),
           (long long)json_int_or(row, "last", 0), json_text_or(row, "by_lane", ""), responses);
    if (responses > 0)
        printf(", từ ngày %s đến ngày %s", json_text_or(row, "from", ""),
               json_text_or(row, "to", ""));
    for (size_t i = 0; i < json_array_size(levels); i++)
        printf("%s mức %zu: %lld", i == 0 ? ";" : ",", i + 1,
               (long long)json_integer_value(json_array_get(levels, i)));
    putchar('\n');
}

static enum status print_quarantine(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *rows = json_array();
    size_t index = 0;
    const json_t *row = NULL;
    TRY(hub_cli_need(options, "data", err));
    TRY(read_list(options, quarantine_list, rows, err));
    json_array_foreach(rows, index, row)
    {
        print_tail(row);
    }
    return hub_cli_print("", 0, err);
}

enum status people_commands_quarantine(const struct option_set *options, struct err *err)
{
    struct proposal proposal = {.act = "quarantine", .field = "", .reason = ""};
    if (strcmp(option_argument(options, 0), "list") == 0)
        return print_quarantine(options, err);
    if (strcmp(option_argument(options, 0), "refuse") == 0)
        proposal.act = "discard";
    else if (strcmp(option_argument(options, 0), "accept") != 0)
        return err_set(err, STATUS_USAGE,
                       "write quarantine list, quarantine accept or quarantine refuse");
    TRY(hub_cli_need(options, "lane", err));
    proposal.target = option_text(options, "lane");
    return send_proposal(options, &proposal, err);
}

// ---- listing and confirming --------------------------------------------------------------------

static const char *state_words(const char *state)
{
    static const struct {
        const char *name, *words;
    } all[] = {
        {"open", "chờ người thứ hai"},
        {"done", "đã làm"},
        {"waiting", "chờ xóa ở máy lấy ý kiến"},
        {"refused", "bị bác"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (strcmp(all[i].name, state) == 0)
            return all[i].words;
    return state;
}

static void print_proposal(const json_t *row)
{
    const char *field = json_text_or(row, "field", ""), *second = json_text_or(row, "second", "");
    const char *reason = json_text_or(row, "reason", "");
    size_t index = 0;
    const json_t *tail = NULL;
    printf("%4lld  %s  %s%s%s  %s\n      %s%s%s\n", (long long)json_int_or(row, "n", 0),
           json_text_or(row, "made", ""), json_text_or(row, "act", ""), field[0] != '\0' ? " " : "",
           field, state_words(json_text_or(row, "state", "")), json_text_or(row, "proposer", ""),
           second[0] != '\0' ? ", " : "", second);
    if (reason[0] != '\0')
        printf("      %s\n", reason);
    printf("      %s\n", json_text_or(row, "target", ""));
    json_array_foreach(json_object_get(row, "tails"), index, tail)
    {
        print_tail(tail);
    }
}

enum status people_commands_proposals(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *rows = json_array();
    size_t index = 0;
    const json_t *row = NULL;
    TRY(hub_cli_need(options, "data", err));
    TRY(read_list(options, proposal_list, rows, err));
    if (option_flag(options, "json"))
        return hub_cli_print_json(rows, err);
    json_array_foreach(rows, index, row)
    {
        print_proposal(row);
    }
    return hub_cli_print("", 0, err);
}

enum status people_commands_confirm(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(wipe) char passphrase[PASSPHRASE_BYTES] = "";
    const char *user = option_text(options, "user");
    bool refuse = strcmp(option_command(options)->name, "refuse") == 0;
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "user", err));
    TRY(hub_cli_need(options, "proposal", err));
    TRY(passphrase_read(option_text(options, "passphrase-file"), user, false, passphrase, err));
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:I, s:s, s:s, s:b}", "command", "confirm", "proposal",
                              (json_int_t)option_int(options, "proposal"), "user", user,
                              "passphrase", passphrase, "refuse", (int)refuse),
                    &reply, err));
    puts(refuse ? "Đã bác đề nghị." : "Đã làm.");
    if (json_int_or(reply, "counted", 0) > 0)
        printf("Tính thêm %lld lượt đánh giá.\n", (long long)json_int_or(reply, "counted", 0));
    if (json_bool_or(reply, "owed", false))
        puts("Tệp nhật ký ghi trước (WAL) còn đang được đọc; nó được dọn ngay khi có thể.");
    return hub_cli_print("", 0, err);
}
