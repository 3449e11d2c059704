// SPDX-License-Identifier: MIT
// Shows a seal.
#include "closing.h"

#include <ctype.h>
#include <string.h>

#include "clock.h"
#include "kiosk_assets.h"
#include "strip.h"
#include "qr.h"
#include "text.h"
#include "view.h"
#include "witnessed.h"

enum {
    // More modules than a slip's code, so it is larger: half a millimetre for each.
    QR_SIDE = 440,
    CODE_LIMIT_BYTES = 256,
};

static void add_code(const struct kiosk *kiosk, const struct seal *seal, const char *day,
                     struct buf *out)
{
    buf_addf(out, "HAILONG/SEAL/%s/%s/", journal_lane(kiosk->journal), day);
    buf_add_int(out, (int64_t)seal->size);
    buf_add_char(out, '/');
    buf_add_hex(out, seal->root, sizeof seal->root);
    // Capitals fit the smaller mode of a QR code.
    for (size_t i = 0; i < out->size_bytes; i++)
        out->data[i] = (char)toupper((unsigned char)out->data[i]);
}

enum status closing_model(const struct kiosk *kiosk, const struct seal *seal, json_t **ret_model,
                          struct err *err)
{
    const struct setup *setup = &kiosk->setup;
    char day[CLOCK_DAY_TEXT_SIZE], root[2 * CRYPTO_HASH_BYTES + 1], code[SEAL_SHORT_CHARS + 1];
    clock_day_text(seal->day, day);
    text_hex(seal->root, sizeof seal->root, root);
    seal_short(seal->root, code);
    AUTO(buf_done) struct buf qr;
    buf_init(&qr, CODE_LIMIT_BYTES);
    add_code(kiosk, seal, day, &qr);
    TRY(buf_check(&qr, err));
    json_t *model =
        json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b}", "day", day,
                  "count", (json_int_t)seal->count, "size", (json_int_t)seal->size, "root", root,
                  "short", code, "code", qr.data, "lane", journal_lane(kiosk->journal), "office",
                  setup->office_name, "witnessed", kiosk->witnessed == WITNESSED_CHECKED,
                  "witness_said", kiosk->witnessed == WITNESSED_SAID, "made", (int)seal->made,
                  "trial", (int)setup->trial, "sample", (int)setup->sample);
    if (model == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a closing slip");
    *ret_model = model;
    return STATUS_OK;
}

// ---- the lines, for both forms
// -------------------------------------------------------------------

// {day, count, size, short} for the catalogue.
static json_t *make_values(const json_t *model)
{
    int32_t day = 0;
    char text[VIEW_DAY_BYTES] = "";
    if (clock_parse_day(json_text_or(model, "day", ""), &day, NULL) == STATUS_OK)
        view_day(day, text);
    return json_pack("{s:s, s:I, s:I, s:s}", "day", text, "count",
                     (json_int_t)json_int_or(model, "count", 0), "size",
                     (json_int_t)json_int_or(model, "size", 0), "short",
                     json_text_or(model, "short", ""));
}

static const char *witness_word(const json_t *model)
{
    const enum witnessed witnessed = json_bool_or(model, "witnessed", false) ? WITNESSED_CHECKED
                                     : json_bool_or(model, "witness_said", false) ? WITNESSED_SAID
                                                                                  : WITNESSED_NO;
    return witnessed_word(witnessed);
}

enum status closing_svg(const json_t *model, struct buf *out, struct err *err)
{
    AUTO(strip_done) struct strip strip = {0};
    TRY(strip_open(STRIP_NARROW, &strip, err));
    AUTO(json_decrefp) json_t *values = make_values(model);
    if (values == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a closing slip");
    strip_marks(&strip, model);
    strip_text(&strip, json_text_or(model, "office", ""), STRIP_TEXT, true);
    strip_word(&strip, "closing_title", values, STRIP_TEXT, true);
    strip_word(&strip, "closing_count", values, STRIP_TEXT, false);
    const char *code = json_text_or(model, "short", "");
    TRY(strip_code(&strip, json_text_or(model, "code", ""), code, QR_SIDE, err));
    strip_word(&strip, "closing_code", NULL, STRIP_TEXT, false);
    strip_text(&strip, code, STRIP_MARK, true);
    strip_word(&strip, "closing_size", values, STRIP_TEXT, false);
    strip_word(&strip, witness_word(model), NULL, STRIP_TEXT, true);
    strip_word(&strip, "closing_how", NULL, STRIP_TEXT, false);
    return strip_render(&strip, out, err);
}

static void add_word(const struct page_set *pages, const char *word, const json_t *values,
                     struct buf *out)
{
    page_word(pages, "vi", word, values, out);
    buf_add_char(out, '\n');
}

enum status closing_text(const json_t *model, struct buf *out, struct err *err)
{
    AUTO(page_closep) struct page_set *pages = NULL;
    TRY(page_open(&kiosk_assets, "kiosk", &pages, err));
    AUTO(json_decrefp) json_t *values = make_values(model);
    AUTO(qr_done) struct qr qr = {0};
    if (values == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a closing slip");
    TRY(qr_encode(json_text_or(model, "code", ""), &qr, err));
    if (json_bool_or(model, "sample", false))
        add_word(pages, "sample_mark", NULL, out);
    if (json_bool_or(model, "trial", false))
        add_word(pages, "trial_mark", NULL, out);
    buf_addf(out, "%s\n", json_text_or(model, "office", ""));
    add_word(pages, "closing_title", values, out);
    add_word(pages, "closing_count", values, out);
    add_word(pages, "closing_size", values, out);
    page_word(pages, "vi", "closing_code", NULL, out);
    buf_addf(out, ": %s\n%s\n", json_text_or(model, "short", ""), json_text_or(model, "root", ""));
    add_word(pages, witness_word(model), NULL, out);
    add_word(pages, "closing_how", NULL, out);
    buf_add_char(out, '\n');
    qr_terminal(&qr, out);
    return buf_check(out, err);
}
