// SPDX-License-Identifier: MIT
// `hailong-kiosk verify`: a data directory or a copied file, against keys and heads held elsewhere.
#ifndef HAILONG_KIOSK_VERIFY_H
#define HAILONG_KIOSK_VERIFY_H

#include "option.h"

// Of --file when it is given, else of --data; --checkpoint and --witness may come several times.
// Prints "ok SIZE ROOT" and what it was held against. STATUS_CHECK_FAILED names the first bad
// entry.
enum status kiosk_verify(const struct option_set *set, struct err *err) MUST_USE;

#endif
