// SPDX-License-Identifier: MIT
// The commands about kiosks and keys (hub_commands.h has the table).
#ifndef HAILONG_HUB_LANES_H
#define HAILONG_HUB_LANES_H

#include "option.h"

enum status hub_lanes_setup(const struct option_set *options, struct err *err);
enum status hub_lanes_key(const struct option_set *options, struct err *err);
enum status hub_lanes_join(const struct option_set *options, struct err *err);
enum status hub_lanes_devices(const struct option_set *options, struct err *err);
enum status hub_lanes_device(const struct option_set *options, struct err *err);
enum status hub_lanes_send_setup(const struct option_set *options, struct err *err);
enum status hub_lanes_answer(const struct option_set *options, struct err *err);

#endif
