// SPDX-License-Identifier: MIT
// A private folder for one test.
#ifndef HAILONG_SCRATCH_H
#define HAILONG_SCRATCH_H

#include <stddef.h>

enum { SCRATCH_PATH_SIZE = 256 };

struct scratch {
    char folder[64];
};

// Makes a new folder under /tmp; fails the test when it cannot.
struct scratch scratch_make(void);
// Removes the folder and all in it. For AUTO(scratch_remove).
void scratch_remove(struct scratch *scratch);
// FOLDER/name.
void scratch_path(const struct scratch *scratch, const char *name,
                  char ret_path[SCRATCH_PATH_SIZE]);

#endif
