// SPDX-License-Identifier: MIT
// Journals that are carried by hand: a plain or sealed transfer in a file of any length.
#ifndef HAILONG_CARRY_H
#define HAILONG_CARRY_H

#include "hub.h"

struct carry_result {
    char lane[ENTRY_LANE_CHARS + 1];
    int64_t size, added;
    uint8_t root[CRYPTO_HASH_BYTES];
};

// Reads the file twice: first all lines against the signed checkpoint at its end, then to take them
// in batches, each in a transaction of its own, so that pushes go on meanwhile. STATUS_BAD_INPUT
// when it has no checkpoint, is cut or changed, or is sealed to another hub: nothing is taken.
// When an entry in the middle is refused for what it says, those before it stay (they are what the
// lane signed), and the text names it. A lane that is unknown here is enrolled "by hand".
enum status carry_import(struct hub *hub, const char *path, struct carry_result *ret_result,
                         struct err *err) MUST_USE;

#endif
