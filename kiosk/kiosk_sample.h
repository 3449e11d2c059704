// SPDX-License-Identifier: MIT
// Sample data for `make demo`: a believable stretch of responses through the real write path.
#ifndef HAILONG_KIOSK_SAMPLE_H
#define HAILONG_KIOSK_SAMPLE_H

#include "err.h"

// Fills the kiosk in `folder` with the working days of the last `days` days; the same days and
// setup give the same responses. STATUS_DENIED when its setup does not say "sample":true,
// STATUS_CONFLICT when its journal holds more than the setup. Sets and releases the clock.
enum status kiosk_sample(const char *folder, int64_t days, struct err *err) MUST_USE;

#endif
