// SPDX-License-Identifier: MIT
// Reads the kiosk's state from its tables and writes it for people.
#include "kiosk_status.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "flagcount.h"
#include "kiosk_sql.h"
#include "merkle.h"
#include "slip.h"
#include "stmt.h"
#include "text.h"
#include "witnessed.h"

enum { ACKS_MAX = 4 }; // as many of our own acks stand at the end at most, one for a round

static enum status add_head(struct db *db, json_t *model, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the database has no journal; run init first");
    struct merkle tree;
    size_t frontier_bytes = 0;
    const void *frontier = stmt_blob(q, 2, &frontier_bytes);
    TRY(merkle_read((uint64_t)stmt_int(q, 1), frontier, frontier_bytes, &tree, err));
    uint8_t root[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    merkle_root(&tree, root);
    text_hex(root, sizeof root, hex);
    json_object_set_new(model, "lane", json_string(stmt_text(q, 0)));
    json_object_set_new(model, "entries", json_integer((json_int_t)tree.size));
    json_object_set_new(model, "root", json_string(hex));
    return STATUS_OK;
}

static enum status add_devices(struct db *db, json_t *model, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_DEVICE_LIST, &q, err));
    json_int_t screens = 0, desks = 0;
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        screens += stmt_int(q, 1) == DEVICE_SCREEN ? 1 : 0;
        desks += stmt_int(q, 1) == DEVICE_DESK ? 1 : 0;
    }
    json_object_set_new(model, "screens", json_integer(screens));
    json_object_set_new(model, "desks", json_integer(desks));
    return STATUS_OK;
}

// What the hub lacks. Our own acks at the end go with the next round and are nothing to wait for.
static enum status count_missing(struct db *db, int64_t from, int64_t size, int64_t *ret_missing,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    *ret_missing = size > from ? size - from : 0;
    if (size - from > ACKS_MAX)
        return STATUS_OK;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, from);
    stmt_bind_int(q, 2, size);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        if (strstr(stmt_text(q, 1), "\"kind\":\"ack\"") == NULL)
            return STATUS_OK;
    }
    *ret_missing = 0;
    return STATUS_OK;
}

static enum status add_hub(struct db *db, const struct kiosk_status *live, json_t *model,
                           struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "the table sync has lost its row");
    int64_t missing = 0;
    TRY(count_missing(db, stmt_int(q, 0), json_int_or(model, "entries", 0), &missing, err));
    const int64_t contact_s = stmt_int(q, 1);
    const char *problem = live->problem != NULL ? live->problem : stmt_text(q, 2);
    json_object_set_new(
        model, "hub",
        json_pack("{s:s, s:I, s:I, s:o, s:s}", "url", live->hub_url, "synced",
                  (json_int_t)stmt_int(q, 0), "missing", (json_int_t)missing, "last_contact",
                  contact_s == 0 ? json_null() : json_integer(contact_s), "problem", problem));
    return STATUS_OK;
}

// {counter id: count}; those of no counter under "".
static enum status add_flags(struct db *db, const struct setup *setup, json_t *model,
                             struct err *err)
{
    struct flagcount count;
    TRY(flagcount_day(db, setup, clock_day(clock_now_s()), &count, err));
    json_t *flagged = json_object();
    for (size_t i = 0; i < setup->counter_count; i++)
        json_object_set_new(flagged, setup->counters[i].id, json_integer(count.counters[i]));
    json_object_set_new(flagged, "", json_integer(count.others));
    json_object_set_new(model, "flagged_today", flagged);
    return STATUS_OK;
}

static enum status fill(struct db *db, const struct setup *setup, const struct kiosk_status *live,
                        json_t *model, struct err *err)
{
    int64_t slips = 0;
    json_object_set_new(model, "unit", json_string(setup->unit));
    json_object_set_new(model, "unit_name", json_string(setup->unit_name));
    json_object_set_new(model, "office", json_string(setup->office_name));
    TRY(add_head(db, model, err));
    json_object_set_new(model, "serving", json_boolean(live->serving));
    TRY(add_devices(db, model, err));
    TRY(slip_count_day(db, clock_day(clock_now_s()), &slips, err));
    json_object_set_new(model, "slips_today", json_integer(slips));
    TRY(add_flags(db, setup, model, err));
    TRY(add_hub(db, live, model, err));
    json_object_set_new(model, "screen_url", json_string(live->screen_url));
    json_object_set_new(model, "phone_url", json_string(live->phone_url));
    json_object_set_new(model, "phone_url_private",
                        json_boolean(slip_url_is_private(live->phone_url)));
    json_object_set_new(model, "trial", json_boolean(setup->trial));
    json_object_set_new(model, "sample", json_boolean(setup->sample));
    json_object_set_new(model, "writer",
                        json_pack("{s:I, s:I, s:I}", "jobs", (json_int_t)live->writer.jobs,
                                  "batches", (json_int_t)live->writer.batches, "queued",
                                  (json_int_t)live->writer.queued));
    json_object_set_new(model, "witness", json_boolean(live->witnessed == WITNESSED_CHECKED));
    json_object_set_new(model, "witness_said", json_boolean(live->witnessed == WITNESSED_SAID));
    return STATUS_OK;
}

enum status kiosk_status(struct db *db, const struct setup *setup, const struct kiosk_status *live,
                         json_t **ret_model, struct err *err)
{
    AUTO(json_decrefp) json_t *model = json_object();
    if (model == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the status");
    TRY(fill(db, setup, live, model, err));
    *ret_model = json_incref(model);
    return STATUS_OK;
}

// ---- for people ---------------------------------------------------------------------------------

// Labels are padded by characters, not bytes: Vietnamese letters take up to three.
static void label(struct buf *out, const char *text)
{
    enum { LABEL_CHARS = 22 };
    buf_add_text(out, text);
    for (size_t i = text_count(text, strlen(text)); i < LABEL_CHARS; i++)
        buf_add_char(out, ' ');
}

static void line(struct buf *out, const char *name, const char *value)
{
    label(out, name);
    buf_addf(out, "%s\n", value);
}

static void line_int(struct buf *out, const char *name, const json_t *model, const char *key)
{
    label(out, name);
    buf_add_int(out, json_int_or(model, key, 0));
    buf_add_char(out, '\n');
}

static void line_contact(struct buf *out, int64_t contact_s)
{
    label(out, "Liên lạc lần cuối");
    if (contact_s == 0) {
        buf_add_text(out, "chưa có\n");
        return;
    }
    const struct civil at = clock_civil(contact_s);
    buf_addf(out, "%02d:%02d ngày %02d/%02d/%d\n", at.hour, at.minute, at.day, at.month, at.year);
}

static void hub_text(const json_t *model, struct buf *out)
{
    const json_t *hub = json_object_get(model, "hub");
    const char *url = json_text_or(hub, "url", "");
    const char *problem = json_text_or(hub, "problem", "");
    line(out, "Máy tổng hợp", url[0] == '\0' ? "chưa khai báo" : url);
    label(out, "Đã gửi");
    if (url[0] != '\0' && json_int_or(hub, "missing", 1) == 0)
        buf_add_text(out, "hết\n");
    else
        buf_addf(out, "%" PRId64 " trên %" PRId64 " dòng sổ\n", json_int_or(hub, "synced", 0),
                 json_int_or(model, "entries", 0));
    line_contact(out, json_int_or(hub, "last_contact", 0));
    if (problem[0] != '\0')
        line(out, "Lần gửi lỗi", problem);
}

static void phone_text(const json_t *model, struct buf *out)
{
    const char *url = json_text_or(model, "phone_url", "");
    if (url[0] == '\0')
        return;
    line(out, "Địa chỉ trên phiếu", url);
    if (json_bool_or(model, "phone_url_private", false))
        line(out, "", "chỉ dùng được trong mạng của cơ quan");
}

// "quầy 1: 3, quầy 2: 1"; counters without any are left out.
static void flags_text(const json_t *model, struct buf *out)
{
    const char *counter;
    json_t *count, *flagged = json_object_get(model, "flagged_today");
    bool any = false;
    label(out, "Bất thường hôm nay");
    json_object_foreach(flagged, counter, count)
    {
        if (json_integer_value(count) == 0)
            continue;
        buf_add_text(out, any ? ", " : "");
        if (counter[0] == '\0')
            buf_add_text(out, "không theo quầy");
        else
            buf_addf(out, "quầy %s", counter);
        buf_addf(out, ": %" PRId64, (int64_t)json_integer_value(count));
        any = true;
    }
    buf_add_text(out, any ? "\n" : "không\n");
}

void kiosk_status_text(const json_t *model, struct buf *out)
{
    label(out, "Đơn vị");
    buf_addf(out, "%s (%s)\n", json_text_or(model, "unit_name", ""),
             json_text_or(model, "unit", ""));
    line(out, "Nơi tiếp dân", json_text_or(model, "office", ""));
    if (json_bool_or(model, "trial", false))
        line(out, "", "CHẠY THỬ");
    if (json_bool_or(model, "sample", false))
        line(out, "", "DỮ LIỆU MẪU");
    line(out, "Đang chạy", json_bool_or(model, "serving", false) ? "có" : "không");
    line(out, "Làn sổ", json_text_or(model, "lane", ""));
    line_int(out, "Số dòng sổ", model, "entries");
    line(out, "Mã gốc", json_text_or(model, "root", ""));
    line(out, "Nhân chứng",
         json_bool_or(model, "witness", false) ? "đã có nhân chứng bên ngoài"
         : json_bool_or(model, "witness_said", false)
             ? "máy tổng hợp báo có nhân chứng, chưa kiểm tra được ở đây"
             : "chưa có nhân chứng bên ngoài");
    line_int(out, "Màn hình đã ghép", model, "screens");
    line_int(out, "Bàn cán bộ đã ghép", model, "desks");
    line_int(out, "Phiếu QR hôm nay", model, "slips_today");
    flags_text(model, out);
    hub_text(model, out);
    phone_text(model, out);
}
