// SPDX-License-Identifier: MIT
// What the hub keeps for bad days: its own backups, and the kits of kiosks.
#ifndef HAILONG_HUB_KEEP_H
#define HAILONG_HUB_KEEP_H

#include "option.h"

// --data DIR --to FILE: a copy of the database while the hub serves. Keys, open phrases and
// passphrases' locks are not what it is for: keys lie in keys/ and are kept apart.
enum status hub_keep_backup(const struct option_set *options, struct err *err);
// --data DIR --lane LANE | --from FILE, --for VKEY: prints the kit that a lane left here, or that a
// kiosk's backup holds, sealed to the key of the lane that replaces it.
enum status hub_keep_kit(const struct option_set *options, struct err *err);

#endif
