// SPDX-License-Identifier: MIT
// Pages of the counter screens: invitation, areas, faces, and the steps behind a tap.
#ifndef HAILONG_SCREEN_PAGES_H
#define HAILONG_SCREEN_PAGES_H

#include "view.h"

// GET /c/{counter}: invitation, or the faces when no area has to be chosen or the desk has armed
// the screen.
enum status screen_pages_home(const struct request *request, struct reply *reply,
                              struct err *err) MUST_USE;
// GET /c/{counter}/areas: the counter's areas as tiles.
enum status screen_pages_areas(const struct request *request, struct reply *reply,
                               struct err *err) MUST_USE;
// GET /c/{counter}/{area}: the faces.
enum status screen_pages_area(const struct request *request, struct reply *reply,
                              struct err *err) MUST_USE;
// GET /c/{counter}/state: {"version":n}, which a screen polls.
enum status screen_pages_state(const struct request *request, struct reply *reply,
                               struct err *err) MUST_USE;
// Renders the page behind a step, or the faces again, for a page of a screen with this token.
// `page` "thanks" is the end.
enum status screen_pages_step(struct view *view, const struct token *token,
                              const struct view_step *step, struct buf *out,
                              struct err *err) MUST_USE;
// Where a screen's page goes after `page` of a form: "topics", "agency", "factors", "thanks".
const char *screen_pages_next(const struct setup *setup, const struct form *form, const char *page);
// "/c/COUNTER"
void screen_pages_path(const char *counter, char ret_path[VIEW_PATH_BYTES]);

#endif
