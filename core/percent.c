// SPDX-License-Identifier: MIT
// Decodes percent escapes.
#include "percent.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int percent_byte(const char *at, const char *end)
{
    if (end - at < 3)
        return -1;
    int high = hex_value(at[1]);
    int low = hex_value(at[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}
