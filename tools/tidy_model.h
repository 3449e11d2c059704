// SPDX-License-Identifier: MIT
// What clang-tidy's analyzer cannot see across files; tools/lint.sh includes it before every source
// but core/err.c: err_set gives back the status it was given, so that what lies behind a refused
// TRY() is not taken for a way on with values that were never filled in.
#ifndef HAILONG_TIDY_MODEL_H
#define HAILONG_TIDY_MODEL_H

#include "err.h"

#define err_set(err, status, ...) ((void)err_set(err, status, __VA_ARGS__), (status))
#define err_errno(err, ...) ((void)err_errno(err, __VA_ARGS__), STATUS_IO)
#define err_bug(err, ...) ((void)err_bug(err, __VA_ARGS__), STATUS_INTERNAL)

#endif
