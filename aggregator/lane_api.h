// SPDX-License-Identifier: MIT
// POST /api/v1/lanes/{lane}/entries: a kiosk pushes the next lines of its journal.
#ifndef HAILONG_LANE_API_H
#define HAILONG_LANE_API_H

#include "http.h"

// One push: the kiosk sends at most 1 MiB of lines; the last one may pass that by its own length.
enum { LANE_API_BODY_LIMIT_BYTES = 1024 * 1024 + 16 * 1024 };

// Body: lines as stored in the journal, each ended by a line feed. Authorization: Bearer KEY.
// 200 {"size":N,"root":"hex"}: the lane has N entries here. 409 {"error":…,"size":N}: send from N.
// 401 without a usable key, 403 for a key of another lane, 400 or 409 {"error":…} when an entry is
// refused: nothing of that push was taken.
enum status lane_api_post(const struct request *request, struct reply *reply, struct err *err);

#endif
