// SPDX-License-Identifier: MIT
// Where the figures come from, in words: the lanes' table and the one line on their last contact,
// so that zero, silent and no source never look alike.
#ifndef HAILONG_SOURCES_VIEW_H
#define HAILONG_SOURCES_VIEW_H

#include "viewmodel.h"

enum sources_state { SOURCES_NONE, SOURCES_GOOD, SOURCES_BEHIND, SOURCES_SILENT, SOURCES_REFUSED };

// Adds "lanes" and "contact" {"state","good","words"} and returns the state that it says.
enum sources_state sources_view_add(struct viewmodel *view, const json_t *report, json_t *model);

#endif
