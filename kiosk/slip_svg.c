// SPDX-License-Identifier: MIT
// Lays a slip's lines out and renders them by a template, which escapes what stands in them.
#include "slip_svg.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "kiosk_assets.h"
#include "page.h"
#include "qr.h"
#include "slipcode.h"
#include "view.h"

// Lengths are tenths of a millimetre.
enum {
    PAPER_WIDTH = 800, // the roll of a receipt printer; on A4 it is cut out
    MARGIN = 40,
    GAP = 20,
    // 25 mm would do; a telephone held in a hand reads this one at once.
    QR_SIDE = 350,
    SIZE_TEXT = 30,
    SIZE_MARK = 44,
    SIZE_CODE = 56,
    // A letter's width in percent of the font's size: wider than ordinary words; a line of nothing
    // but capitals takes the margins, too.
    LETTER_PERCENT = 62,
    LINE_PERCENT = 135,
    WORD_LIMIT_BYTES = 1024,
    CODE_LIMIT_BYTES = 256 * 1024,
};

struct paper {
    struct page_set *pages;
    json_t *model, *lines; // owned; borrowed from it
    int bottom;
    bool failed;
};

static void paper_done(struct paper *paper)
{
    json_decref(paper->model);
    page_close(paper->pages);
}

static void set(struct paper *paper, const char *key, json_t *value)
{
    if (json_object_set_new(paper->model, key, value) != 0)
        paper->failed = true;
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

static void add_line(struct paper *paper, const char *text, size_t size_bytes, int size, bool bold)
{
    paper->bottom += size * LINE_PERCENT / 100;
    json_t *line =
        json_pack("{s:s%, s:i, s:i, s:b}", "text", text, size_bytes, "y",
                  paper->bottom - size * (LINE_PERCENT - 100) / 100, "size", size, "bold", bold);
    if (json_array_append_new(paper->lines, line) != 0)
        paper->failed = true;
}

static void add_text(struct paper *paper, const char *text, int size, bool bold)
{
    const int letters = (PAPER_WIDTH - 2 * MARGIN) * 100 / (size * LETTER_PERCENT);
    while (*text != '\0') {
        const size_t size_bytes = line_bytes(text, (size_t)letters);
        add_line(paper, text, size_bytes, size, bold);
        text += size_bytes;
        text += strspn(text, " ");
    }
}

static void add_word(struct paper *paper, const char *word, const json_t *values, int size,
                     bool bold)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, WORD_LIMIT_BYTES);
    page_word(paper->pages, "vi", word, values, &text);
    add_text(paper, buf_text(&text), size, bold);
}

// ---- parts -------------------------------------------------------------------------------------

static void add_marks(struct paper *paper, const json_t *reply)
{
    static const struct {
        const char *key, *mark, *note;
    } marks[] = {{"sample", "sample_mark", "sample_note"}, {"trial", "trial_mark", "trial_note"}};
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        if (!json_bool_or(reply, marks[i].key, false))
            continue;
        add_word(paper, marks[i].mark, NULL, SIZE_MARK, true);
        add_word(paper, marks[i].note, NULL, SIZE_TEXT, false);
        paper->bottom += GAP;
    }
}

static enum status add_code(struct paper *paper, const json_t *reply, struct err *err)
{
    char shown[SLIPCODE_SHOWN_CHARS + 1] = "";
    const char *code = json_text_or(reply, "code", "");
    if (strlen(code) == SLIPCODE_CHARS)
        slipcode_shown(code, shown);
    AUTO(qr_done) struct qr qr = {0};
    TRY(qr_encode(json_text_or(reply, "url", ""), &qr, err));
    // Whole tenths for each module, so that none is drawn wider than its neighbour.
    const unsigned side = qr.width + 2 * QR_QUIET_MODULES;
    const unsigned module = (QR_SIDE + side - 1) / side;
    AUTO(buf_done) struct buf svg;
    buf_init(&svg, CODE_LIMIT_BYTES);
    qr_svg(&qr, module, shown, &svg);
    TRY(buf_check(&svg, err));
    set(paper, "qr", json_string(buf_text(&svg)));
    set(paper, "qr_x", json_integer((PAPER_WIDTH - (int)(side * module)) / 2));
    set(paper, "qr_y", json_integer(paper->bottom));
    paper->bottom += (int)(side * module);
    add_text(paper, shown, SIZE_CODE, true);
    return STATUS_OK;
}

static enum status add_place(struct paper *paper, const json_t *reply, struct err *err)
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
    add_text(paper, buf_text(&place), SIZE_TEXT, false);
    return STATUS_OK;
}

static void add_until(struct paper *paper, const json_t *reply)
{
    int32_t day = 0;
    char text[VIEW_DAY_BYTES];
    if (clock_parse_day(json_text_or(reply, "expires", ""), &day, NULL) != STATUS_OK)
        return; // a poster has no last day
    view_day(day, text);
    AUTO(json_decrefp) json_t *values = json_pack("{s:s}", "day", text);
    add_word(paper, "slip_until", values, SIZE_TEXT, false);
}

static void set_size(struct paper *paper)
{
    char height[32];
    paper->bottom += MARGIN;
    (void)snprintf(height, sizeof height, "%d.%dmm", paper->bottom / 10, paper->bottom % 10);
    set(paper, "height", json_integer(paper->bottom));
    set(paper, "height_mm", json_string(height));
    set(paper, "width", json_integer(PAPER_WIDTH));
    set(paper, "middle", json_integer(PAPER_WIDTH / 2));
}

enum status slip_svg(const json_t *reply, struct buf *out, struct err *err)
{
    AUTO(paper_done)
    struct paper paper = {.model = json_object(), .lines = json_array(), .bottom = MARGIN};
    set(&paper, "lines", paper.lines);
    if (paper.failed)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a slip's picture");
    TRY(page_open(&kiosk_assets, "kiosk", &paper.pages, err));
    add_marks(&paper, reply);
    add_text(&paper, json_text_or(reply, "office", ""), SIZE_TEXT, true);
    add_word(&paper, "slip_ask", NULL, SIZE_TEXT, false);
    TRY(add_code(&paper, reply, err));
    TRY(add_place(&paper, reply, err));
    add_until(&paper, reply);
    if (json_bool_or(reply, "private", false))
        add_word(&paper, "slip_private", NULL, SIZE_TEXT, false);
    set_size(&paper);
    if (paper.failed)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a slip's picture");
    return page_render(paper.pages, "slip_svg", "vi", paper.model, out, err);
}
