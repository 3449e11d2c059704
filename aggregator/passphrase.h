// SPDX-License-Identifier: MIT
// Asks for a passphrase at the terminal, or reads it from a file, for scripts.
#ifndef HAILONG_PASSPHRASE_H
#define HAILONG_PASSPHRASE_H

#include "buf.h"

enum { PASSPHRASE_BYTES = 1024 }; // of the longest line that is read

// `path`: a file whose first line it is, "-" for standard input, or NULL: asks at the terminal,
// without echo, and a second time when `twice`. The words of the question are English, as those of
// all commands. STATUS_USAGE: no terminal; STATUS_BAD_INPUT: the two differ, or the line is too
// long. Wipe the result.
enum status passphrase_read(const char *path, const char *who, bool twice,
                            char ret_passphrase[PASSPHRASE_BYTES], struct err *err) MUST_USE;

#endif
