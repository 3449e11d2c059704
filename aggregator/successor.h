// SPDX-License-Identifier: MIT
// A lane that goes on after another one of the same box, which has met a fork: the former lane's
// key speaks for it, so nobody has to come with a phrase (docs/api.md).
#ifndef HAILONG_SUCCESSOR_H
#define HAILONG_SUCCESSOR_H

#include "http.h"

// Whether the body of POST /api/v1/enrol is one of a successor: it has "successor_of".
bool successor_asked(const struct request *request);
// {"successor_of": LANE, "vkey", "sig"}: sig by that lane's key over "hailong-successor/v1\n", the
// new vkey and a line feed. 200 {"hub","unit","time"}; the same again is the same answer. 403 when
// the former lane is not active here or has made too many. The former lane stays as it is: another
// box may go on with it; an `audit` entry names the new one, and the devices list shows it as not
// confirmed until staff say `device resume`: whoever has stolen the key could make one.
enum status successor_post(const struct request *request, struct reply *reply, struct err *err);

// Copies of one box that a lane and those that come from it may make known in all: more is no
// accident any more.
enum { SUCCESSOR_MAX = 8 };

#endif
