// SPDX-License-Identifier: MIT
// hailong-aggregator: the hub that takes journals and shows totals.
#include "hub_commands.h"

int main(int argc, char **argv)
{
    return option_main(&hub_commands, argc, argv);
}
