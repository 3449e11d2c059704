// SPDX-License-Identifier: MIT
// What enrolled kiosks send, each request signed by the lane's key (schema/signing.h).
#ifndef HAILONG_LANE_API_H
#define HAILONG_LANE_API_H

#include "enrolment.h"
#include "http.h"

enum {
    // One push: the kiosk sends at most 1 MiB of lines; the last one may pass that by its own
    // length, and note and key stand behind them.
    LANE_API_BODY_LIMIT_BYTES = 1024 * 1024 + 32 * 1024,
    LANE_API_HEAD_LIMIT_BYTES = 64,
    // A kit in base64 and a day's texts.
    LANE_API_DEPOSIT_LIMIT_BYTES = 2 * ENROLMENT_KIT_LIMIT_BYTES,
};

// All answer 404 for what is no lane's name, 403 {"error"} for a lane that is unknown ("enrol
// first"), suspended or retired (naming the one that replaced it), 401 {"error","time"} without a
// good signature of less than SIGNING_SKEW_S ago.

// Before a large body is read: refuses what these would refuse anyhow for its lane or for its
// Authorization, of which the signature cannot be checked yet. Other addresses pass.
enum status lane_api_before(const struct request *request, struct reply *reply, struct err *err);

// POST /api/v1/lanes/{lane}/entries, body: a transfer. 200 {"size","root","time","ack","witnessed",
// "witness","messages"}: the lane has `size` entries here; "ack" is null while its checkpoint is
// ahead of them; "witness" the head that another organisation has cosigned, with its line, or null.
// 409 {"error","size"}: send from there; with "fork":true other bytes or another root stand here.
// 400 {"error","seq"}: a bad entry. Of a refused push nothing is taken.
enum status lane_api_entries(const struct request *request, struct reply *reply, struct err *err);
// POST …/head {} → {"size","root","time","checkpoints":[[size,"root","note"],…]}
enum status lane_api_head(const struct request *request, struct reply *reply, struct err *err);
// POST …/deposit {"received","texts","kit"} → {"texts_taken"}
enum status lane_api_deposit(const struct request *request, struct reply *reply, struct err *err);
// POST …/quarantine {"of","from","lines"} → {"taken"}
enum status lane_api_quarantine(const struct request *request, struct reply *reply,
                                struct err *err);

#endif
