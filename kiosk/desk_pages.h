// SPDX-License-Identifier: MIT
// The clerk's desk: issues slips, arms and disarms counter screens. Shows how many slips went out
// today, never an answer.
#ifndef HAILONG_DESK_PAGES_H
#define HAILONG_DESK_PAGES_H

#include "http.h"

// GET /desk. All of these answer 403 with the page of an unpaired device to any other than a desk.
enum status desk_pages_get(const struct request *request, struct reply *reply,
                           struct err *err) MUST_USE;
// POST /desk/slips: area, step, counter, dossier, replace → the slip with its QR code, or the
// question whether an earlier slip of that dossier is to be replaced (409), or 410 when that step
// has been rated.
enum status desk_pages_slip(const struct request *request, struct reply *reply,
                            struct err *err) MUST_USE;
// POST /desk/arm: opens the counter's screen for one visit.
enum status desk_pages_arm(const struct request *request, struct reply *reply,
                           struct err *err) MUST_USE;
// POST /desk/clock: somebody has looked at the clock and says that it is right.
enum status desk_pages_clock(const struct request *request, struct reply *reply,
                             struct err *err) MUST_USE;
// POST /desk/cancel: counter.
enum status desk_pages_cancel(const struct request *request, struct reply *reply,
                              struct err *err) MUST_USE;

#endif
