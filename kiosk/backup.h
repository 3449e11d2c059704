// SPDX-License-Identifier: MIT
// Backups of a kiosk: one file, made while it serves, with neither signing key nor day key.
#ifndef HAILONG_BACKUP_H
#define HAILONG_BACKUP_H

#include "option.h"

// --data DIR --to FILE. Slip key and slips are in it only sealed to the hub's key; before the
// kiosk is enrolled they are not in it at all, which is said.
enum status backup_command(const struct option_set *set, struct err *err);

#endif
