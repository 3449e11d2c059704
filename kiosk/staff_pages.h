// SPDX-License-Identifier: MIT
// Pages for staff beside the desk: pairing a device, and an index of what there is.
#ifndef HAILONG_STAFF_PAGES_H
#define HAILONG_STAFF_PAGES_H

#include "view.h"

// GET / on the screens' listener.
enum status staff_pages_index(const struct request *request, struct reply *reply,
                              struct err *err) MUST_USE;
// GET /pair/{phrase}: spends the phrase, sets the cookie, leads to the screen or the desk.
enum status staff_pages_pair(const struct request *request, struct reply *reply,
                             struct err *err) MUST_USE;
// 403 with the page that says what this device is not, and what staff do about it. `word`:
// "unpaired", "own_screen" (the desk asked for a counter's screen), "desk_unpaired" (counter NULL).
enum status staff_pages_unpaired(struct view *view, const char *word, const char *counter,
                                 struct reply *reply, struct err *err) MUST_USE;

#endif
