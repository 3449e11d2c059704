// SPDX-License-Identifier: MIT
// Draws the bar of five levels. Lengths are percent of the bar, so that it fits any width.
#include "levelbar.h"

#include <string.h>

#include "mustache.h"

enum { WHOLE = 10000 }; // hundredths of a percent

// "12.34%"
static void add_length(struct buf *out, const char *name, int64_t hundredths)
{
    buf_add_char(out, ' ');
    buf_add_text(out, name);
    buf_addf(out, "=\"%d.%02d%%\"", (int)(hundredths / 100), (int)(hundredths % 100));
}

static void add_segment(struct buf *out, int level, int64_t from, int64_t to)
{
    if (from == to)
        return;
    buf_addf(out, "<rect class=\"l%d\" y=\"5\" height=\"22\"", level);
    add_length(out, "x", from);
    add_length(out, "width", to - from);
    buf_add_text(out, "/>");
}

static void add_segments(struct buf *out, const int64_t levels[LEVELBAR_LEVELS], int64_t total)
{
    int64_t sum = 0;
    int64_t from = 0;
    for (int i = 0; i < LEVELBAR_LEVELS; i++) {
        sum += levels[i];
        // Double, because counts of a country times 10,000 are far from its 53 bits but might
        // not be from a sum of untrusted ones times 10,000 in 64.
        int64_t to = (int64_t)((double)sum * WHOLE / (double)total);
        add_segment(out, i + 1, from, to);
        from = to;
    }
}

static void add_target(struct buf *out, int64_t target_hundredths)
{
    buf_add_text(out, "<svg class=\"aim\" overflow=\"visible\"");
    // The satisfied part grows from the right.
    add_length(out, "x", WHOLE - target_hundredths);
    buf_add_text(out, "><path d=\"M0 1v30M-5 0h10l-5 6zM-5 32h10l-5-6z\"/></svg>");
}

void levelbar_svg(const int64_t levels[LEVELBAR_LEVELS], int64_t target_hundredths,
                  const char *title, struct buf *out)
{
    int64_t total = 0;
    for (int i = 0; i < LEVELBAR_LEVELS; i++)
        total += levels[i];
    buf_add_text(out,
                 "<svg class=\"levels\" width=\"100%\" height=\"32\" role=\"img\" aria-label=\"");
    mustache_escape(title, strlen(title), out);
    buf_add_text(out, "\">");
    if (total > 0)
        add_segments(out, levels, total);
    else
        buf_add_text(out, "<rect class=\"none\" x=\"1\" y=\"6\" width=\"99%\" height=\"20\"/>");
    if (target_hundredths != LEVELBAR_NO_TARGET)
        add_target(out, target_hundredths);
    buf_add_text(out, "</svg>");
}
