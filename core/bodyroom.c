// SPDX-License-Identifier: MIT
// Counts announced bytes.
#include "bodyroom.h"

bool bodyroom_take(struct bodyroom *room, size_t bytes, size_t limit_bytes, size_t *ret_held)
{
    const size_t limit = limit_bytes > 0 ? limit_bytes : BODYROOM_BYTES;
    if (bytes <= BODYROOM_SMALL_BYTES)
        return true;
    if (atomic_fetch_add(&room->taken_bytes, bytes) + bytes > limit) {
        bodyroom_give(room, bytes);
        return false;
    }
    *ret_held = bytes;
    return true;
}

void bodyroom_give(struct bodyroom *room, size_t held_bytes)
{
    (void)atomic_fetch_sub(&room->taken_bytes, held_bytes);
}
