// SPDX-License-Identifier: MIT
// What the hub does by the clock: its own lane's hourly checkpoint and daily seal, and the heads of
// all lanes to the witness.
#ifndef HAILONG_HUBCHORES_H
#define HAILONG_HUBCHORES_H

#include "hub.h"
#include "note.h"

struct hubchores;
struct hubchores_witness {
    const char *url; // "" when there is none to send to
    struct note_key key;
};
// Whom the options or else the setup name as this hub's witness; the key counts from then on (an
// `audit` entry when it is new). The address may be missing: heads are then carried by hand.
// STATUS_USAGE when only an address is there, or they are no address and key.
enum status hubchores_choose(const struct hub *hub, const char *url, const char *vkey,
                             struct hubchores_witness *ret_witness, struct err *err) MUST_USE;
// Starts the thread: a first round at once, then each hour; a trial looks every 5 seconds.
enum status hubchores_open(const struct hub *hub, const struct hubchores_witness *witness,
                           struct hubchores **ret_chores, struct err *err) MUST_USE;
// Stops it, waiting for a round that is under way, and signs the last head.
void hubchores_close(struct hubchores *chores);
AUTO_POINTER(struct hubchores, hubchores_close)
// After so many rounds in a row without an answer: seconds until the next try.
int64_t hubchores_wait_s(int failures);

#endif
