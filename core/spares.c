// SPDX-License-Identifier: MIT
// Keeps spare things in atomic places.
#include "spares.h"

#include <stdatomic.h>

void *spares_take(struct spares *spares)
{
    for (size_t i = 0; i < SPARES_COUNT; i++) {
        void *thing = atomic_exchange(&spares->place[i], NULL);
        if (thing != NULL)
            return thing;
    }
    return NULL;
}

bool spares_put(struct spares *spares, void *thing)
{
    for (size_t i = 0; i < SPARES_COUNT; i++) {
        void *none = NULL;
        if (atomic_compare_exchange_strong(&spares->place[i], &none, thing))
            return true;
    }
    return false;
}
