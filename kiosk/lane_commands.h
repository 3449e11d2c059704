// SPDX-License-Identifier: MIT
// The commands that seal the lane, show it and carry it out: seal, checkpoint, export, visits.
#ifndef HAILONG_LANE_COMMANDS_H
#define HAILONG_LANE_COMMANDS_H

#include "option.h"

enum status lane_commands_seal(const struct option_set *set, struct err *err) MUST_USE;
enum status lane_commands_checkpoint(const struct option_set *set, struct err *err) MUST_USE;
enum status lane_commands_export(const struct option_set *set, struct err *err) MUST_USE;
enum status lane_commands_visits(const struct option_set *set, struct err *err) MUST_USE;

#endif
