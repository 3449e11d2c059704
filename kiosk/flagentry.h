// SPDX-License-Identifier: MIT
// The kiosk's `flag` entries: earlier responses whose pace only a later one has shown.
#ifndef HAILONG_FLAGENTRY_H
#define HAILONG_FLAGENTRY_H

#include "judge.h"

// Inside the job that has appended `response`: one entry for each pace that it completes.
enum status flagentry_append(struct kiosk *kiosk, struct db *db, const struct response *response,
                             const struct judge_earlier earlier[JUDGE_PACES],
                             struct err *err) MUST_USE;

#endif
