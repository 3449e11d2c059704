// SPDX-License-Identifier: MIT
// The commands about kiosks and keys.
#include "hub_lanes.h"

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "hub_cli.h"
#include "lane_actions.h"
#include "lanestate.h"
#include "lock.h"
#include "log.h"
#include "text.h"
#include "transfer.h"

enum { KEY_TEXT_BYTES = 512 };

static enum status check_utf8(const struct buf *text, struct err *err)
{
    AUTO(buf_done) struct buf composed;
    // Of all forms of a text the composed one grows least; three times is Unicode's worst case.
    buf_init(&composed, 3 * text->size_bytes + 1);
    const enum status status = text_nfc(buf_text(text), text->size_bytes, &composed, NULL);
    if (status == STATUS_BAD_INPUT)
        return err_set(err, status, "the file is no UTF-8 text; save it as UTF-8");
    return status == STATUS_OK ? STATUS_OK : err_set(err, status, "no memory for a text");
}

static enum status read_text(const char *path, size_t limit_bytes, struct buf *out, struct err *err)
{
    buf_init(out, limit_bytes);
    TRY(file_read(path, out, err));
    if (strlen(buf_text(out)) != out->size_bytes)
        return err_set(err, STATUS_BAD_INPUT, "the file is no text");
    return check_utf8(out, err);
}

// ---- the hub itself --------------------------------------------------------------------------

enum status hub_lanes_setup(const struct option_set *options, struct err *err)
{
    AUTO(lock_freep) struct lock *lock = NULL;
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(buf_done) struct buf text = {.data = NULL};
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "setup", err));
    const char *folder = option_text(options, "data");
    TRY(log_choose_level(option_text(options, "log-level"), err));
    TRY(read_text(option_text(options, "setup"), SETUP_LIMIT_BYTES, &text, err));
    TRY(hub_check(folder, err));
    // Whoever serves has the old setup in its hands.
    enum status status = lock_take(folder, &lock, err);
    if (status == STATUS_BUSY)
        return err_set(err, STATUS_BUSY,
                       "the hub is being served; stop it (`systemctl stop hailong-aggregator`), "
                       "run this again, and start it");
    TRY(status);
    TRY(hub_open(folder, HUB_WRITE, &hub, err));
    TRY(lane_actions_setup(hub, buf_text(&text), text.size_bytes, err));
    puts("Đã nhận cấu hình mới.");
    return hub_cli_print("", 0, err);
}

enum status hub_lanes_key(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(buf_done) struct buf text;
    char vkey[NOTE_VKEY_BYTES];
    buf_init(&text, KEY_TEXT_BYTES);
    TRY(hub_cli_open(options, &hub, err));
    if (hublane_box(hub->lane) == NULL)
        return err_set(err, STATUS_NOT_FOUND,
                       "keys/box.key is not there yet; start the hub once (`hailong-aggregator "
                       "serve`)");
    struct transfer_box box = {.lane = ""};
    snprintf(box.lane, sizeof box.lane, "%s", hublane_known_as(hub->lane));
    memcpy(box.public_key, hublane_box(hub->lane)->public_key, sizeof box.public_key);
    note_vkey(hublane_key(hub->lane), vkey);
    buf_add_text(&text, vkey);
    buf_add_char(&text, '\n');
    transfer_box_text(&box, &text);
    buf_add_char(&text, '\n');
    TRY(buf_check(&text, err));
    return hub_cli_print(text.data, text.size_bytes, err);
}

// ---- kiosks ----------------------------------------------------------------------------------

enum status hub_lanes_join(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "unit", err));
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:s?}", "command", "join", "unit",
                              option_text(options, "unit"), "replaces",
                              option_text(options, "replaces")),
                    &reply, err));
    printf("%s\n", json_text_or(reply, "phrase", ""));
    return hub_cli_print("", 0, err);
}

enum status hub_lanes_device(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "lane", err));
    return hub_cli_act(options,
                       json_pack("{s:s, s:s, s:s, s:s?}", "command", "device", "act",
                                 option_argument(options, 0), "lane", option_text(options, "lane"),
                                 "replaced_by", option_text(options, "replaced-by")),
                       &reply, err);
}

enum status hub_lanes_send_setup(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(buf_done) struct buf text = {.data = NULL};
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "lane", err));
    TRY(hub_cli_need(options, "setup", err));
    TRY(read_text(option_text(options, "setup"), SETUP_LIMIT_BYTES, &text, err));
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:s}", "command", "send-setup", "lane",
                              option_text(options, "lane"), "text", buf_text(&text)),
                    &reply, err));
    puts("Kiosk sẽ nhận cấu hình mới ở lần liên hệ tới.");
    return hub_cli_print("", 0, err);
}

enum status hub_lanes_answer(const struct option_set *options, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(buf_done) struct buf text = {.data = NULL};
    size_t index = 0;
    const json_t *lane = NULL;
    TRY(hub_cli_need(options, "data", err));
    TRY(hub_cli_need(options, "petition", err));
    TRY(hub_cli_need(options, "text-file", err));
    TRY(read_text(option_text(options, "text-file"), LANE_ACTIONS_ANSWER_LIMIT_BYTES, &text, err));
    TRY(hub_cli_act(options,
                    json_pack("{s:s, s:s, s:s}", "command", "answer", "petition",
                              option_text(options, "petition"), "text", buf_text(&text)),
                    &reply, err));
    json_array_foreach(json_object_get(reply, "lanes"), index, lane)
    {
        printf("Câu trả lời sẽ đến kiosk (làn %s) ở lần liên hệ tới.\n", json_string_value(lane));
    }
    return hub_cli_print("", 0, err);
}

// ---- devices ---------------------------------------------------------------------------------

// The words for a code of the list, or the code itself.
static const char *words_of(const char *code)
{
    static const struct {
        const char *code, *words;
    } table[] = {
        {"new", "mới ghi danh"},           {"active", "đang dùng"},
        {"suspended", "tạm ngừng"},        {"retired", "đã thôi dùng"},
        {"never", "chưa liên hệ lần nào"}, {"good", "đang liên hệ"},
        {"behind", "còn thiếu dòng sổ"},   {"silent", "im lặng"},
        {"hand", "nhập từ tệp"},           {"join", "ghi danh bằng mã"},
        {"by hand", "nhập bằng tay"},      {"moved", "đã chuyển sang làn khác"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (strcmp(table[i].code, code) == 0)
            return table[i].words;
    return code;
}

static void print_witness(const json_t *witness)
{
    struct witness_cover cover;
    witness_from_json(witness, &cover);
    if (cover.cosigned)
        printf("; nhân chứng %s xác nhận %s%lld dòng lúc %s\n", cover.name,
               cover.covered ? "" : "đến ", (long long)cover.size,
               json_text_or(witness, "time", ""));
    else
        puts("; chưa có nhân chứng bên ngoài");
    if (cover.refuser[0] != '\0')
        printf("    nhân chứng %s từ chối điểm chốt của làn này: %s\n", cover.refuser,
               cover.refusal);
}

static void print_device(const json_t *lane)
{
    const char *unit = json_text_or(lane, "unit", "");
    const char *refusal = json_text_or(lane, "refusal", "");
    const long long missing = (long long)json_int_or(lane, "missing", 0);
    printf("%s  đơn vị %s\n  %s (%s), %s; liên hệ cuối: %s\n  %lld dòng sổ",
           json_text_or(lane, "lane", ""), unit[0] != '\0' ? unit : "?",
           words_of(json_text_or(lane, "state", "")), words_of(json_text_or(lane, "how", "")),
           words_of(json_text_or(lane, "contact", "")),
           json_text_or(lane, "last_contact", "chưa có"),
           (long long)json_int_or(lane, "entries", 0));
    if (missing > 0)
        printf(", còn thiếu %lld dòng", missing);
    print_witness(json_object_get(lane, "witness"));
    if (json_text_or(lane, "replaced_by", NULL) != NULL)
        printf("  thay bằng làn %s\n", json_text_or(lane, "replaced_by", ""));
    if (json_text_or(lane, "moved_to", NULL) != NULL)
        printf("  đã chuyển sang làn %s\n", json_text_or(lane, "moved_to", ""));
    if (json_bool_or(lane, "unconfirmed", false))
        puts("  làn nối tiếp, chờ xác nhận: nếu đúng là máy của đơn vị, chạy `hailong-aggregator "
             "device resume`; nếu không, `device retire`");
    if (refusal[0] != '\0')
        printf("  lần gửi cuối bị từ chối: %s\n", refusal);
}

static bool is_kiosk(const json_t *lane)
{
    return strcmp(json_text_or(lane, "kind", ""), "kiosk") == 0;
}

static enum status print_devices(const json_t *lanes, struct err *err)
{
    size_t index = 0, shown = 0;
    const json_t *lane = NULL;
    json_array_foreach(lanes, index, lane)
    {
        if (!is_kiosk(lane))
            continue;
        print_device(lane);
        shown++;
    }
    if (shown == 0)
        puts("Chưa có kiosk nào; tạo mã ghi danh bằng `hailong-aggregator join`.");
    return hub_cli_print("", 0, err);
}

static enum status print_devices_json(json_t *lanes, struct err *err)
{
    AUTO(json_decrefp) json_t *kiosks = json_array();
    size_t index = 0;
    json_t *lane = NULL;
    json_array_foreach(lanes, index, lane)
    {
        if (is_kiosk(lane) && json_array_append(kiosks, lane) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for the devices");
    }
    AUTO(json_decrefp) json_t *whole = json_pack("{s:O}", "devices", kiosks);
    if (whole == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the devices");
    return hub_cli_print_json(whole, err);
}

enum status hub_lanes_devices(const struct option_set *options, struct err *err)
{
    AUTO(hub_closep) struct hub *hub = NULL;
    AUTO(json_decrefp) json_t *lanes = json_array();
    TRY(hub_cli_open(options, &hub, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = lanestate_list(hub, db, lanes, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    return option_flag(options, "json") ? print_devices_json(lanes, err)
                                        : print_devices(lanes, err);
}
