// SPDX-License-Identifier: MIT
// What a former lane of this box holds beyond the last head that the hub has of it: sent as
// quarantined, signed by the new lane.
#ifndef HAILONG_TAIL_H
#define HAILONG_TAIL_H

#include "hubcall.h"

// Before a round: has the former lane's key speak for this lane, once (docs/api.md, successor). A
// hub that refuses it wants a phrase, which is no failure here.
enum status tail_announce(struct kiosk *kiosk, struct hubcall *call, struct err *err) MUST_USE;
// After a round: sends what is left, piece by piece. A refusal is logged, stays owed, and is no
// failure of the round.
enum status tail_send(struct kiosk *kiosk, struct hubcall *call, struct err *err) MUST_USE;
// What the former lane's key signs: "hailong-successor/v1\n" and the new vkey, with a line feed.
void tail_successor_text(const char *vkey, struct buf *text);

#endif
