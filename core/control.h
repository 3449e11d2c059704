// SPDX-License-Identifier: MIT
// DIR/control.sock (0600): one JSON object per connection in each direction, each ended by a line
// feed. Requests are {"command":…,…}, replies {"status":"ok",…} or {"status":…,"error":…}.
#ifndef HAILONG_CONTROL_H
#define HAILONG_CONTROL_H

#include "json.h"

enum { CONTROL_MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024 };

// Answers one request: fills `ret_reply` (an object, given) on STATUS_OK.
typedef enum status (*control_fn)(void *context, const json_t *request, json_t **ret_reply,
                                  struct err *err);

struct control;
// Listens and answers on a thread of its own until control_close. A stale socket file is
// replaced (the caller holds the lock).
enum status control_open(const char *folder, control_fn answer, void *context,
                         struct control **ret_control, struct err *err) MUST_USE;
void control_close(struct control *control);
AUTO_POINTER(struct control, control_close)
// Sends a request to whoever serves the folder and waits for the reply (given). *ret_served is
// false, with STATUS_NOT_FOUND, when nobody listens; the status and text of a refused request are
// those of the other side.
enum status control_call(const char *folder, const json_t *request, bool *ret_served,
                         json_t **ret_reply, struct err *err) MUST_USE;

#endif
