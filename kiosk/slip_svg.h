// SPDX-License-Identifier: MIT
// A slip or poster as a small piece of paper to print: one SVG, measured in millimetres.
#ifndef HAILONG_SLIP_SVG_H
#define HAILONG_SLIP_SVG_H

#include "json.h"

// Appends the picture for the reply of "slip" or "poster" (kiosk_answer.h): the marks of a trial
// or a sample, office, invitation, the code as a QR of at least 35 mm and in letters, area and
// counter, the last day of use, and whether the address works in the office's network only.
enum status slip_svg(const json_t *reply, struct buf *out, struct err *err) MUST_USE;

#endif
