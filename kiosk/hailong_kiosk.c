// SPDX-License-Identifier: MIT
// The kiosk program.
#include "kiosk_commands.h"

int main(int argc, char **argv)
{
    return option_main(&kiosk_commands, argc, argv);
}
