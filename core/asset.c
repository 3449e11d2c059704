// SPDX-License-Identifier: MIT
// Finds embedded files by name.
#include "asset.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct asset *)row)->name);
}

const struct asset *asset_find(const struct asset_table *table, const char *name)
{
    return bsearch(name, table->assets, table->count, sizeof(struct asset), compare_name);
}

enum status asset_each(const struct asset_table *table, const char *folder, asset_each_fn each,
                       struct err *err)
{
    for (size_t i = 0; i < table->count; i++)
        if (strncmp(table->assets[i].name, folder, strlen(folder)) == 0)
            TRY(each(&table->assets[i], err));
    return STATUS_OK;
}
