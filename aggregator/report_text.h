// SPDX-License-Identifier: MIT
// The totals as a table for the terminal, in Vietnamese.
#ifndef HAILONG_REPORT_TEXT_H
#define HAILONG_REPORT_TEXT_H

#include "json.h"

// Appends the table of a report model (report.h).
enum status report_text_write(const json_t *model, struct buf *out, struct err *err) MUST_USE;

#endif
