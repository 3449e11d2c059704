// SPDX-License-Identifier: MIT
// Counts responses and levels between seals.
#include "laneseal.h"

#include <string.h>

void laneseal_init(struct laneseal *seal)
{
    *seal = (struct laneseal){.seal_seq = -1, .told_seq = -1};
}

void laneseal_response(struct laneseal *seal, int level)
{
    seal->responses++;
    if (level > 0)
        seal->levels[level - 1]++;
}

bool laneseal_change(struct laneseal *seal, int64_t seq, int from, int to)
{
    if (seq < seal->told_seq)
        return false;
    seal->levels[from - 1]--;
    seal->levels[to - 1]++;
    return true;
}

const char *laneseal_take(struct laneseal *seal, const struct entry *entry, bool hub,
                          int64_t *ret_from)
{
    const json_t *levels = json_object_get(entry->json, "levels");
    *ret_from = seal->seal_seq;
    const int64_t counted = hub ? entry->seq - seal->seal_seq - 1 : seal->responses;
    if (json_int_or(entry->json, "count", -1) != counted)
        return hub ? "entries than stand before it" : "responses than stand before it";
    seal->responses = 0;
    seal->seal_seq = entry->seq;
    if (levels == NULL)
        return NULL;
    *ret_from = seal->told_seq;
    for (size_t i = 0; i < FORM_LEVELS; i++)
        if (json_integer_value(json_array_get(levels, i)) != seal->levels[i])
            return "levels than stand before it";
    memset(seal->levels, 0, sizeof seal->levels);
    seal->told_seq = entry->seq;
    return NULL;
}
