// SPDX-License-Identifier: MIT
// How a lane becomes known: an operator makes a one-time phrase, a kiosk shows that it knows it
// and gets the hub's keys (schema/signing.h, docs/api.md).
#ifndef HAILONG_ENROLMENT_H
#define HAILONG_ENROLMENT_H

#include "http.h"
#include "hub.h"
#include "signing.h"

enum {
    // Long enough to carry it to the kiosk on paper, short enough that a lost note is worthless.
    ENROLMENT_PHRASE_S = 24 * 3600,
    // Somebody who mistypes finds out after one or two; of 100 random bits five guess nothing.
    ENROLMENT_TRIES_MAX = 5,
    ENROLMENT_BODY_LIMIT_BYTES = 4096,
    // What a replaced kiosk leaves behind: a slip key and the slips that still run (30 days of
    // some 500 a day, 150 bytes each) are below 3 MiB.
    ENROLMENT_KIT_LIMIT_BYTES = 4 * 1024 * 1024,
};

// Inside a transaction: makes a phrase for a unit; `replaces` (NULL: none) is the lane that the
// new one replaces. STATUS_BAD_INPUT when that is not a kiosk's lane of this unit.
enum status enrolment_make(const struct hub *hub, struct db *db, const char *unit,
                           const char *replaces, char ret_phrase[SIGNING_PHRASE_CHARS + 1],
                           struct err *err) MUST_USE;
// POST /api/v1/enrol {"phrase_id","vkey","mac"} → 200 {"hub","box","unit","mac","time","kit"?}. A
// phrase is for one lane, which may ask again (its first answer may have been lost). 403 without
// saying which of phrase and MAC is wrong; 400 when it is no such body.
enum status enrolment_post(const struct request *request, struct reply *reply, struct err *err);

// Inside a transaction: drops the secrets of phrases whose time is over, used or not.
enum status enrolment_sweep(struct db *db, struct err *err) MUST_USE;
// Inside a transaction: keeps the kit of a lane, as it came (sealed to this hub's box key).
// STATUS_BAD_INPUT when that key does not open it to a JSON object.
// One that was signed earlier than the kept one is passed over: it comes late.
enum status enrolment_keep_kit(const struct hub *hub, struct db *db, const char *lane,
                               int64_t time_s, const void *sealed, size_t size_bytes,
                               struct err *err) MUST_USE;

#endif
