// SPDX-License-Identifier: MIT
// Draws a QR code, one box per run of dark modules.
#include "codepng.h"

#include "draw.h"
#include "qr.h"

// Draws one row of modules; a run of dark ones is one box.
static void draw_row(struct draw *draw, const struct qr *qr, unsigned row, unsigned module_px)
{
    const uint8_t *modules = qr->modules + (size_t)row * qr->width;
    unsigned start = 0;
    for (unsigned at = 0; at <= qr->width; at++) {
        if (at < qr->width && modules[at] != 0)
            continue;
        if (at > start)
            draw_box(draw, (start + QR_QUIET_MODULES) * module_px,
                     (row + QR_QUIET_MODULES) * module_px, (at - start) * module_px, module_px);
        start = at + 1;
    }
}

enum status codepng_write(const char *text, unsigned module_px, struct buf *out, struct err *err)
{
    if (module_px < 1 || module_px > CODEPNG_MODULE_MAX_PX)
        return err_set(err, STATUS_BAD_INPUT, "module_px must be 1 to %d", CODEPNG_MODULE_MAX_PX);
    AUTO(qr_done) struct qr qr = {0};
    TRY(qr_encode(text, &qr, err));
    unsigned side_px = (qr.width + 2 * QR_QUIET_MODULES) * module_px;
    AUTO(draw_closep) struct draw *draw = NULL;
    TRY(draw_open(side_px, side_px, &draw, err));
    for (unsigned row = 0; row < qr.width; row++)
        draw_row(draw, &qr, row, module_px);
    return draw_png(draw, out, err);
}

enum status codepng_of_model(const json_t *model, struct buf *out, struct err *err)
{
    static const char *const keys[] = {"kind", "text", "module_px", NULL};
    TRY(json_only(model, "model", keys, err));
    const char *text = NULL;
    TRY(json_text(model, "text", "model", &text, err));
    if (*text == '\0')
        return err_set(err, STATUS_BAD_INPUT, "model: \"text\" must not be empty");
    int64_t module_px = CODEPNG_MODULE_PX;
    if (json_object_get(model, "module_px") != NULL)
        TRY(json_int(model, "module_px", "model", 1, CODEPNG_MODULE_MAX_PX, &module_px, err));
    return codepng_write(text, (unsigned)module_px, out, err);
}
