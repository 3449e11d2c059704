// SPDX-License-Identifier: MIT
// How handlers fill a reply: its life, headers, redirects, cookies.
#ifndef HAILONG_REPLY_H
#define HAILONG_REPLY_H

#include "http.h"

enum { REPLY_BODY_LIMIT_BYTES = 16 * 1024 * 1024 };
void reply_init(struct reply *reply);
void reply_done(struct reply *reply);
// Lets a fresh reply's body begin in memory that an earlier one has left; `memory` is empty then.
void reply_lend(struct reply *reply, struct buf *memory);
// Moves the body's memory out into `memory`, an empty buffer, for a later reply; before reply_done.
void reply_regain(struct reply *reply, struct buf *memory);
// Adds a header; the value is copied. Too many is a BUG.
void reply_header(struct reply *reply, const char *name, const char *value);
// 303 See Other to a path of our own.
void reply_redirect(struct reply *reply, const char *path);
// Sets a cookie: HttpOnly, SameSite=Strict, Path=/, and Secure when `secure`.
void reply_cookie(struct reply *reply, const char *name, const char *value, int64_t max_age_s,
                  bool secure);

#endif
