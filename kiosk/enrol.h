// SPDX-License-Identifier: MIT
// Enrolling this kiosk at a hub with a one-time phrase (docs/api.md): both sides show that they
// know the phrase, and each learns the other's key.
#ifndef HAILONG_ENROL_H
#define HAILONG_ENROL_H

#include "kiosk.h"

// Plain http is for this box itself and for trials: whoever listens could keep the hub away.
bool enrol_url_ok(const char *url, bool trial);
// Asks the hub at `url`, checks its answer and stores its keys (hubkeys.h); a kit that comes with
// it is loaded when the kiosk next opens, which the service is then asked to do (kiosk->again).
// STATUS_BAD_INPUT: no phrase; STATUS_USAGE: no address that may be used; STATUS_BUSY: no answer;
// STATUS_DENIED or STATUS_CONFLICT: the hub's refusal, or a hub that does not know the phrase. The
// phrase is never in the text. Not from the writer's thread.
enum status enrol_run(struct kiosk *kiosk, const char *url, const char *phrase,
                      struct err *err) MUST_USE;

#endif
