// SPDX-License-Identifier: MIT
// The text that goes with a failing status. Who discovers a failure fills it, once; everyone
// above passes it on with TRY; only main and the server log it.
#ifndef HAILONG_ERR_H
#define HAILONG_ERR_H

#include "status.h"

struct err {
    enum status status;
    char text[400]; // English, for staff and the log; never shown to a citizen, never their input
};

// Fills `err` (which may be NULL) and returns `status`, so that a failing function ends in
// `return err_set(err, STATUS_…, "what happened; what to do")`.
enum status err_set(struct err *err, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);
// As err_set, adding the text of errno as it was on entry. ENOSPC and EDQUOT give STATUS_FULL,
// ENOENT STATUS_NOT_FOUND, ENOMEM STATUS_NO_MEMORY, all others STATUS_IO.
enum status err_errno(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
// A mistake of ours: aborts in tests (when HAILONG_ABORT_ON_BUG is set in the environment), else
// logs "bug" and returns STATUS_INTERNAL.
enum status err_bug(struct err *err, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(4, 5);
#define BUG(err, ...) err_bug(err, __FILE__, __LINE__, __VA_ARGS__)

#endif
