// SPDX-License-Identifier: MIT
// One budget of memory for the large bodies of all requests of a server, as they were announced.
#ifndef HAILONG_BODYROOM_H
#define HAILONG_BODYROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    // Such bodies of all connections together are no burden, and are not counted.
    BODYROOM_SMALL_BYTES = 64 * 1024,
    // Larger ones that may be on their way or in work at once: eight kits or sixty pushes.
    BODYROOM_BYTES = 64 * 1024 * 1024,
};

struct bodyroom {
    atomic_size_t taken_bytes;
};
// Takes room for a body; `limit_bytes` 0: BODYROOM_BYTES. False when others have too much of it.
// *ret_held is what must be given back.
bool bodyroom_take(struct bodyroom *room, size_t bytes, size_t limit_bytes, size_t *ret_held);
void bodyroom_give(struct bodyroom *room, size_t held_bytes);

#endif
