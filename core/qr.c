// SPDX-License-Identifier: MIT
// Encodes by libqrencode and draws as SVG or in a terminal.
#include "qr.h"

#include <errno.h>
#include <stdlib.h>

#include <qrencode.h>

static void qr_freep(QRcode **code)
{
    QRcode_free(*code);
}

static enum status qr_failed(int number, struct err *err)
{
    if (number == ERANGE)
        return err_set(err, STATUS_TOO_LARGE, "the text is too long for a QR code");
    if (number == EINVAL)
        return err_set(err, STATUS_BAD_INPUT, "an empty text makes no QR code");
    return err_set(err, STATUS_NO_MEMORY, "no memory for a QR code");
}

enum status qr_encode(const char *text, struct qr *ret_qr, struct err *err)
{
    // Case sensitive: the library then picks the smallest mode for each stretch of the text.
    AUTO(qr_freep) QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL)
        return qr_failed(errno, err);
    size_t width = (size_t)code->width;
    uint8_t *modules = malloc(width * width);
    if (modules == NULL)
        return qr_failed(ENOMEM, err);
    for (size_t i = 0; i < width * width; i++)
        modules[i] = code->data[i] & 1;
    *ret_qr = (struct qr){.width = (unsigned)width, .modules = modules};
    return STATUS_OK;
}

void qr_done(struct qr *qr)
{
    free(qr->modules);
    *qr = (struct qr){0};
}

// True for a dark module; x and y count from the quiet zone's corner.
static bool qr_dark(const struct qr *qr, size_t x, size_t y)
{
    size_t column = x - QR_QUIET_MODULES, row = y - QR_QUIET_MODULES; // wraps when outside
    return column < qr->width && row < qr->width && qr->modules[row * qr->width + column] != 0;
}

static size_t qr_side(const struct qr *qr)
{
    return qr->width + (size_t)2 * QR_QUIET_MODULES;
}

static void qr_add_attribute(struct buf *out, const char *name, size_t value)
{
    buf_add_char(out, ' ');
    buf_add_text(out, name);
    buf_add_text(out, "=\"");
    buf_add_int(out, (int64_t)value);
    buf_add_char(out, '"');
}

static void qr_add_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buf_add_text(out, "&amp;");
            break;
        case '<':
            buf_add_text(out, "&lt;");
            break;
        case '>':
            buf_add_text(out, "&gt;");
            break;
        default:
            buf_add_char(out, *text);
        }
    }
}

// A dark run as a rectangle one module high: "M4 4h7v1h-7z".
static void qr_add_run(struct buf *out, size_t x, size_t y, size_t size)
{
    buf_add_char(out, 'M');
    buf_add_int(out, (int64_t)x);
    buf_add_char(out, ' ');
    buf_add_int(out, (int64_t)y);
    buf_add_char(out, 'h');
    buf_add_int(out, (int64_t)size);
    buf_add_text(out, "v1h-");
    buf_add_int(out, (int64_t)size);
    buf_add_char(out, 'z');
}

static void qr_add_row(const struct qr *qr, size_t y, struct buf *out)
{
    size_t run = 0;
    for (size_t x = 0; x < qr_side(qr); x++) { // ends in the quiet zone, which closes the last run
        if (qr_dark(qr, x, y)) {
            run++;
            continue;
        }
        if (run > 0)
            qr_add_run(out, x - run, y, run);
        run = 0;
    }
}

void qr_svg(const struct qr *qr, unsigned module_px, const char *title, struct buf *out)
{
    size_t side = qr_side(qr);
    buf_add_text(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
    qr_add_attribute(out, "width", side * module_px);
    qr_add_attribute(out, "height", side * module_px);
    buf_add_text(out, " viewBox=\"0 0 ");
    buf_add_int(out, (int64_t)side);
    buf_add_char(out, ' ');
    buf_add_int(out, (int64_t)side);
    // Colours are fixed: a page's dark scheme must not invert a code, cameras may not read it.
    buf_add_text(out, "\" shape-rendering=\"crispEdges\"><title>");
    qr_add_escaped(out, title);
    buf_add_text(out, "</title><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
                      "<path fill=\"#000\" d=\"");
    for (size_t y = 0; y < side; y++)
        qr_add_row(qr, y, out);
    buf_add_text(out, "\"/></svg>");
}

void qr_terminal(const struct qr *qr, struct buf *out)
{
    static const char *const cells[] = {" ", "▀", "▄", "█"};
    size_t side = qr_side(qr);
    for (size_t y = 0; y < side; y += 2) {
        // Black on bright white whatever the terminal's own colours are.
        buf_add_text(out, "\033[30;107m");
        for (size_t x = 0; x < side; x++)
            buf_add_text(out, cells[(qr_dark(qr, x, y) ? 1 : 0) + (qr_dark(qr, x, y + 1) ? 2 : 0)]);
        buf_add_text(out, "\033[0m\n");
    }
}
