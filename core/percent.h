// SPDX-License-Identifier: MIT
// Percent escapes of addresses and forms (RFC 3986 §2.1).
#ifndef HAILONG_PERCENT_H
#define HAILONG_PERCENT_H

// The byte of the escape that begins at the '%' at `at`, or -1 when it is broken or runs past
// `end`.
int percent_byte(const char *at, const char *end);

#endif
