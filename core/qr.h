// SPDX-License-Identifier: MIT
// QR codes by libqrencode (the .c is its only including file).
#ifndef HAILONG_QR_H
#define HAILONG_QR_H

#include "buf.h"

struct qr {
    unsigned width;   // modules per side, without the quiet zone
    uint8_t *modules; // width*width bytes, 1 = dark; owned
};

enum { QR_QUIET_MODULES = 4 }; // ISO/IEC 18004

// Encodes at error correction level M; upper-case alphanumeric text gets the smaller mode by
// itself. STATUS_TOO_LARGE when it does not fit a code.
enum status qr_encode(const char *text, struct qr *ret_qr, struct err *err) MUST_USE;
void qr_done(struct qr *qr);
// One <svg> element, a single path of run-length rows, with quiet zone, `module_px` per module and
// `title` as its accessible name (escaped here).
void qr_svg(const struct qr *qr, unsigned module_px, const char *title, struct buf *out);
// For a terminal: two modules per character cell with half blocks, dark on light, quiet zone.
void qr_terminal(const struct qr *qr, struct buf *out);

#endif
