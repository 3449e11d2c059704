// SPDX-License-Identifier: MIT
// A few places for things that are done with and wait to be used again, without a lock.
#ifndef HAILONG_SPARES_H
#define HAILONG_SPARES_H

#include "err.h"

enum { SPARES_COUNT = 8 }; // one for each thread of a server, which takes and puts in turns

struct spares {
    _Atomic(void *) place[SPARES_COUNT]; // all zero: empty
};

// Any thread. Takes one thing out; NULL when there is none.
void *spares_take(struct spares *spares);
// False when all places are taken: then `thing` still belongs to the caller.
bool spares_put(struct spares *spares, void *thing);

#endif
