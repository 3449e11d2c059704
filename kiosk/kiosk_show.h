// SPDX-License-Identifier: MIT
// Shows an address as text, as a QR for the terminal, as SVG, or as PNG by hailong-print.
#ifndef HAILONG_KIOSK_SHOW_H
#define HAILONG_KIOSK_SHOW_H

#include "json.h"

// Writes the reply of "slip" or "poster" (kiosk_answer.h) to standard output in `format`: "url",
// "text", "svg" (a slip to print), "png" (the bare code). STATUS_USAGE for another format;
// STATUS_NOT_FOUND when there is no hailong-print beside this program or in PATH.
enum status kiosk_show(const json_t *reply, const char *format, struct err *err) MUST_USE;
// Writes the whole buffer to standard output. STATUS_IO when it cannot (a full disk, a closed
// pipe).
enum status kiosk_show_buf(const struct buf *out, struct err *err) MUST_USE;

#endif
