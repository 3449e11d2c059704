// SPDX-License-Identifier: MIT
// A bare QR code with its quiet zone as PNG: {"kind":"code","text":"…","module_px":8}.
#ifndef HAILONG_CODEPNG_H
#define HAILONG_CODEPNG_H

#include "json.h"

// 40 px are 3.4 mm at 300 dpi: more only makes a file larger.
enum { CODEPNG_MODULE_PX = 8, CODEPNG_MODULE_MAX_PX = 40 };

// Draws `text` with `module_px` (1…CODEPNG_MODULE_MAX_PX) pixels per module and appends the PNG.
// STATUS_TOO_LARGE when the text fits no code or the picture would pass draw.h's limit.
enum status codepng_write(const char *text, unsigned module_px, struct buf *out,
                          struct err *err) MUST_USE;
// As codepng_write, from a model. STATUS_BAD_INPUT names the key that is missing, unknown or off.
enum status codepng_of_model(const json_t *model, struct buf *out, struct err *err) MUST_USE;

#endif
