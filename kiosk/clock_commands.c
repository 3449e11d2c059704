// SPDX-License-Identifier: MIT
// Shows and confirms the clock.
#include "clock_commands.h"

#include "clock.h"
#include "kiosk_commands.h"
#include "kiosk_show.h"

enum { OUT_LIMIT_BYTES = 4096 };

static void add_time(struct buf *out, const char *label, int64_t utc_s)
{
    const struct civil at = clock_civil(utc_s);
    buf_addf(out, "%s%02d:%02d ngày %02d/%02d/%d\n", label, at.hour, at.minute, at.day, at.month,
             at.year);
}

// The new lane is made when the kiosk next opens: at once by the process that serves, else here.
static enum status go_back(const struct option_set *set, const json_t *said, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    if (!json_bool_or(said, "serving", false))
        TRY(kiosk_commands_ask(set, json_pack("{s:s}", "command", "clock"), &reply, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    buf_add_text(&out,
                 "Máy chuyển sang làn sổ mới theo giờ đúng; các dòng ghi sai giờ giữ ở làn cũ "
                 "(a new lane begins; the entries of the wrong hours stay in the old one).\n");
    return kiosk_show_buf(&out, err);
}

enum status clock_commands_clock(const struct option_set *set, struct err *err)
{
    const char *date = option_text(set, "date");
    const bool confirm = option_flag(set, "confirm"), back = option_flag(set, "back");
    if ((date != NULL && !confirm) || (confirm && back))
        return err_set(err, STATUS_USAGE, "--date goes with --confirm, and --back alone");
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(kiosk_commands_ask(set,
                           json_pack("{s:s, s:b, s:b, s:s}", "command", "clock", "confirm",
                                     (int)confirm, "back", (int)back, "date",
                                     date == NULL ? "" : date),
                           &reply, err));
    if (back)
        return go_back(set, reply, err);
    const bool trusted = json_bool_or(reply, "trusted", false);
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    add_time(&out, "Đồng hồ của máy       ", json_int_or(reply, "wall", 0));
    buf_add_text(&out, trusted ? "Đã được xác nhận      có\n" : "Đã được xác nhận      chưa\n");
    if (!trusted) {
        add_time(&out, "Tạm ghi theo          ", json_int_or(reply, "now", 0));
        buf_add_text(&out, "Nếu đồng hồ của máy đúng (if the clock is right): hailong-kiosk clock "
                           "--data DIR --confirm\n");
    }
    return kiosk_show_buf(&out, err);
}
