// SPDX-License-Identifier: MIT
// The bar of five levels as SVG: worst to best from left to right, neutral in the middle, and a
// mark that the satisfied part (the two levels on the right) must reach.
#ifndef HAILONG_LEVELBAR_H
#define HAILONG_LEVELBAR_H

#include "buf.h"

enum { LEVELBAR_LEVELS = 5, LEVELBAR_NO_TARGET = -1 };

// Appends one <svg> element. `levels` are counts from level 1 (worst) to 5; without any answer
// the bar is an empty outline. `target_hundredths` is 9000 for 90 %, or LEVELBAR_NO_TARGET.
// `title` is the accessible name (escaped here).
void levelbar_svg(const int64_t levels[LEVELBAR_LEVELS], int64_t target_hundredths,
                  const char *title, struct buf *out);

#endif
