// SPDX-License-Identifier: MIT
// What stands on a slip, from top to bottom.
#include "slip_svg.h"

#include <string.h>

#include "clock.h"
#include "strip.h"
#include "slipcode.h"
#include "view.h"

enum {
    // 25 mm would do; a telephone held in a hand reads this one at once.
    QR_SIDE = 350,
    WORD_LIMIT_BYTES = 1024,
};

static enum status add_code(struct strip *strip, const json_t *reply, struct err *err)
{
    char shown[SLIPCODE_SHOWN_CHARS + 1] = "";
    const char *code = json_text_or(reply, "code", "");
    if (strlen(code) == SLIPCODE_CHARS)
        slipcode_shown(code, shown);
    TRY(strip_code(strip, json_text_or(reply, "url", ""), shown, QR_SIDE, err));
    strip_text(strip, shown, STRIP_LABEL, true);
    return STATUS_OK;
}

static enum status add_place(struct strip *strip, const json_t *reply, struct err *err)
{
    const char *area = json_text_or(reply, "area_name", "");
    const char *counter = json_text_or(reply, "counter_name", "");
    AUTO(buf_done) struct buf place;
    buf_init(&place, WORD_LIMIT_BYTES);
    buf_add_text(&place, area);
    if (area[0] != '\0' && counter[0] != '\0')
        buf_add_text(&place, " · ");
    buf_add_text(&place, counter);
    TRY(buf_check(&place, err));
    strip_text(strip, buf_text(&place), STRIP_TEXT, false);
    return STATUS_OK;
}

static void add_until(struct strip *strip, const json_t *reply)
{
    int32_t day = 0;
    char text[VIEW_DAY_BYTES];
    if (clock_parse_day(json_text_or(reply, "expires", ""), &day, NULL) != STATUS_OK)
        return; // a poster has no last day
    view_day(day, text);
    AUTO(json_decrefp) json_t *values = json_pack("{s:s}", "day", text);
    strip_word(strip, "slip_until", values, STRIP_TEXT, false);
}

enum status slip_svg(const json_t *reply, struct buf *out, struct err *err)
{
    AUTO(strip_done) struct strip strip = {0};
    TRY(strip_open(STRIP_WIDE, &strip, err));
    strip_marks(&strip, reply);
    strip_text(&strip, json_text_or(reply, "office", ""), STRIP_TEXT, true);
    strip_word(&strip, "slip_ask", NULL, STRIP_TEXT, false);
    TRY(add_code(&strip, reply, err));
    TRY(add_place(&strip, reply, err));
    add_until(&strip, reply);
    if (json_bool_or(reply, "private", false))
        strip_word(&strip, "slip_private", NULL, STRIP_TEXT, false);
    return strip_render(&strip, out, err);
}
