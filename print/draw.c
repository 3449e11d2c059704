// SPDX-License-Identifier: MIT
// A page in memory, drawn by cairo.
#include "draw.h"

#include <cairo/cairo.h>
#include <stdlib.h>

struct draw {
    cairo_surface_t *surface;
    cairo_t *pen;
};

static void release(struct draw *draw)
{
    cairo_destroy(draw->pen);
    cairo_surface_destroy(draw->surface);
}

void draw_close(struct draw *draw)
{
    if (draw == NULL)
        return;
    release(draw);
    free(draw);
}

static enum status status_of_cairo(cairo_status_t status, struct err *err)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return STATUS_OK;
    if (status == CAIRO_STATUS_NO_MEMORY)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the picture; make it smaller");
    return err_set(err, STATUS_INTERNAL, "drawing failed: %s", cairo_status_to_string(status));
}

static void paint_paper(struct draw *draw)
{
    cairo_set_source_rgb(draw->pen, 1, 1, 1);
    cairo_paint(draw->pen);
    cairo_set_source_rgb(draw->pen, 0, 0, 0);
    // A code reader wants hard edges.
    cairo_set_antialias(draw->pen, CAIRO_ANTIALIAS_NONE);
}

enum status draw_open(unsigned width_px, unsigned height_px, struct draw **ret_draw,
                      struct err *err)
{
    if (width_px < 1 || width_px > DRAW_SIDE_MAX_PX || height_px < 1 ||
        height_px > DRAW_SIDE_MAX_PX)
        return err_set(err, STATUS_TOO_LARGE,
                       "a picture has 1 to %d pixels per side; this one "
                       "would have %u by %u",
                       DRAW_SIDE_MAX_PX, width_px, height_px);
    AUTO(release) struct draw made = {0};
    made.surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width_px, (int)height_px);
    made.pen = cairo_create(made.surface);
    paint_paper(&made);
    TRY(status_of_cairo(cairo_status(made.pen), err));
    struct draw *draw = malloc(sizeof(*draw));
    if (draw == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the picture");
    *draw = made;
    made = (struct draw){0};
    *ret_draw = draw;
    return STATUS_OK;
}

void draw_box(struct draw *draw, unsigned x_px, unsigned y_px, unsigned width_px,
              unsigned height_px)
{
    cairo_rectangle(draw->pen, x_px, y_px, width_px, height_px);
    cairo_fill(draw->pen);
}

static cairo_status_t add_bytes(void *context, const unsigned char *bytes, unsigned size_bytes)
{
    struct buf *out = context;
    buf_add(out, bytes, size_bytes);
    return out->failed == STATUS_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

enum status draw_png(struct draw *draw, struct buf *out, struct err *err)
{
    TRY(status_of_cairo(cairo_status(draw->pen), err));
    cairo_surface_flush(draw->surface);
    cairo_status_t written = cairo_surface_write_to_png_stream(draw->surface, add_bytes, out);
    TRY(buf_check(out, err));
    return status_of_cairo(written, err);
}
