// SPDX-License-Identifier: MIT
// Lays lines and a code out and renders them by a template, which escapes what stands in them.
#include "strip.h"

#include <stdio.h>
#include <string.h>

#include "kiosk_assets.h"
#include "qr.h"

// Lengths are tenths of a millimetre.
enum {
    MARGIN = 40,
    // A letter's width in percent of the font's size: wider than ordinary words; a line of nothing
    // but capitals takes the margins, too.
    LETTER_PERCENT = 62,
    LINE_PERCENT = 135,
    WORD_LIMIT_BYTES = 1024,
    CODE_LIMIT_BYTES = 256 * 1024,
};

void strip_done(struct strip *strip)
{
    json_decref(strip->model);
    page_close(strip->pages);
    *strip = (struct strip){.model = NULL};
}

void strip_set(struct strip *strip, const char *key, json_t *value)
{
    if (json_object_set_new(strip->model, key, value) != 0)
        strip->failed = true;
}

// ---- lines -------------------------------------------------------------------------------------

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

// Bytes of the text that fit a line: up to a blank, or in the midst of a word that is too long.
static size_t line_bytes(const char *text, size_t letters)
{
    size_t at = 0, blank = 0, count = 0;
    while (text[at] != '\0' && count <= letters) {
        if (text[at] == ' ')
            blank = at;
        if (count == letters)
            return blank > 0 ? blank : at;
        at++;
        while (continues(text[at]))
            at++;
        count++;
    }
    return at;
}

static void add_line(struct strip *strip, const char *text, size_t size_bytes, int size, bool bold)
{
    strip->bottom += size * LINE_PERCENT / 100;
    json_t *line =
        json_pack("{s:s%, s:i, s:i, s:b}", "text", text, size_bytes, "y",
                  strip->bottom - size * (LINE_PERCENT - 100) / 100, "size", size, "bold", bold);
    if (json_array_append_new(strip->lines, line) != 0)
        strip->failed = true;
}

void strip_text(struct strip *strip, const char *text, int size, bool bold)
{
    const int letters = (strip->width - 2 * MARGIN) * 100 / (size * LETTER_PERCENT);
    while (*text != '\0') {
        const size_t size_bytes = line_bytes(text, (size_t)letters);
        add_line(strip, text, size_bytes, size, bold);
        text += size_bytes;
        text += strspn(text, " ");
    }
}

void strip_word(struct strip *strip, const char *word, const json_t *values, int size, bool bold)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, WORD_LIMIT_BYTES);
    page_word(strip->pages, "vi", word, values, &text);
    strip_text(strip, buf_text(&text), size, bold);
}

// ---- the whole ---------------------------------------------------------------------------------

enum status strip_open(int width, struct strip *ret_strip, struct err *err)
{
    *ret_strip = (struct strip){
        .model = json_object(), .lines = json_array(), .width = width, .bottom = MARGIN};
    strip_set(ret_strip, "lines", ret_strip->lines);
    if (ret_strip->failed)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a picture");
    return page_open(&kiosk_assets, "kiosk", &ret_strip->pages, err);
}

enum status strip_code(struct strip *strip, const char *text, const char *title, int side,
                       struct err *err)
{
    AUTO(qr_done) struct qr qr = {0};
    TRY(qr_encode(text, &qr, err));
    // Whole tenths for each module, so that none is drawn wider than its neighbour.
    const unsigned modules = qr.width + 2 * QR_QUIET_MODULES;
    const unsigned module = ((unsigned)side + modules - 1) / modules;
    AUTO(buf_done) struct buf svg;
    buf_init(&svg, CODE_LIMIT_BYTES);
    qr_svg(&qr, module, title, &svg);
    TRY(buf_check(&svg, err));
    strip_set(strip, "qr", json_string(buf_text(&svg)));
    strip_set(strip, "qr_x", json_integer((strip->width - (int)(modules * module)) / 2));
    strip_set(strip, "qr_y", json_integer(strip->bottom));
    strip->bottom += (int)(modules * module);
    return STATUS_OK;
}

void strip_marks(struct strip *strip, const json_t *reply)
{
    static const struct {
        const char *key, *mark, *note;
    } marks[] = {{"sample", "sample_mark", "sample_note"}, {"trial", "trial_mark", "trial_note"}};
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        if (!json_bool_or(reply, marks[i].key, false))
            continue;
        strip_word(strip, marks[i].mark, NULL, STRIP_MARK, true);
        strip_word(strip, marks[i].note, NULL, STRIP_TEXT, false);
        strip->bottom += STRIP_GAP;
    }
}

enum status strip_render(struct strip *strip, struct buf *out, struct err *err)
{
    strip->bottom += MARGIN;
    char height[32], width[32];
    (void)snprintf(height, sizeof height, "%d.%dmm", strip->bottom / 10, strip->bottom % 10);
    (void)snprintf(width, sizeof width, "%dmm", strip->width / 10);
    strip_set(strip, "height_mm", json_string(height));
    strip_set(strip, "width_mm", json_string(width));
    strip_set(strip, "height", json_integer(strip->bottom));
    strip_set(strip, "width", json_integer(strip->width));
    strip_set(strip, "middle", json_integer(strip->width / 2));
    if (strip->failed)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a picture");
    return page_render(strip->pages, "slip_svg", "vi", strip->model, out, err);
}
