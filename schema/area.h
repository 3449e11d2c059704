// SPDX-License-Identifier: MIT
// Service areas (lĩnh vực): schema/areas.json, embedded. An area's code is the same in every unit.
#ifndef HAILONG_AREA_H
#define HAILONG_AREA_H

#include "json.h"

enum { AREA_CODE_CHARS = 16, AREA_MAX = 64 };

struct area {
    char code[AREA_CODE_CHARS + 1]; // "HT", "SV-YT"
    const char *name_vi, *name_en;  // live as long as the program
    const char *icon;               // an icon of the pages
};

// Parses the embedded list once; later calls do nothing. Called by main and by tests.
enum status area_open(struct err *err) MUST_USE;
// NULL when there is none.
const struct area *area_find(const char *code);
size_t area_count(void);
// In the order in which areas are listed to people. NULL past the end.
const struct area *area_at_index(size_t index);

#endif
