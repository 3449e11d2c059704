// SPDX-License-Identifier: MIT
// A page to draw on, in pixels, white at first (the .c is the only file that includes cairo.h).
#ifndef HAILONG_DRAW_H
#define HAILONG_DRAW_H

#include "buf.h"

// 4096² pixels take 64 MiB while they are drawn: enough for an A3 poster at 300 dpi's short side
// and little enough for an old office PC.
enum { DRAW_SIDE_MAX_PX = 4096 };

struct draw;
// Both sides 1…DRAW_SIDE_MAX_PX; STATUS_TOO_LARGE otherwise.
enum status draw_open(unsigned width_px, unsigned height_px, struct draw **ret_draw,
                      struct err *err) MUST_USE;
void draw_close(struct draw *draw);
AUTO_POINTER(struct draw, draw_close)
// Fills whole pixels with black, without smoothed edges. What lies outside the page is left out.
void draw_box(struct draw *draw, unsigned x_px, unsigned y_px, unsigned width_px,
              unsigned height_px);
// Appends the page as PNG.
enum status draw_png(struct draw *draw, struct buf *out, struct err *err) MUST_USE;

#endif
