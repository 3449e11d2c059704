// SPDX-License-Identifier: MIT
// Pages for phones: a typed code, a slip's page, a poster's, and the steps behind a tap. They work
// without scripts, cookies and further requests.
#ifndef HAILONG_PHONE_PAGES_H
#define HAILONG_PHONE_PAGES_H

#include "slip.h"
#include "view.h"

// GET / on the phones' listener: one field for a code.
enum status phone_pages_start(const struct request *request, struct reply *reply,
                              struct err *err) MUST_USE;
// POST /code: leads to the slip or poster, or asks again.
enum status phone_pages_code(const struct request *request, struct reply *reply,
                             struct err *err) MUST_USE;
// GET /S/{code} and what may stand behind it: the faces while the slip is open, else its state.
enum status phone_pages_slip(const struct request *request, struct reply *reply,
                             struct err *err) MUST_USE;
// GET /P/{code}, /P/{code}/{area}: the faces, or first the areas.
enum status phone_pages_poster(const struct request *request, struct reply *reply,
                               struct err *err) MUST_USE;
// The page of a slip that is not open: 410, or 404 for a code that is not known.
enum status phone_pages_state(struct view *view, const struct slip *slip, struct reply *reply,
                              struct err *err) MUST_USE;
// In the place of a page that is too old: its slip's state, or the faces with a fresh token and a
// word that nothing was recorded (410). The old token need not be proved (token_read, STATUS_GONE).
// STATUS_GONE when the setup no longer has its area or counter.
enum status phone_pages_again(struct view *view, const struct token *token, struct reply *reply,
                              struct err *err) MUST_USE;
// As screen_pages_step and screen_pages_next, for a page of a phone.
enum status phone_pages_step(struct view *view, const struct token *token,
                             const struct view_step *step, struct buf *out,
                             struct err *err) MUST_USE;
const char *phone_pages_next(const struct form *form, const char *page);
// The comment's box once more, under the words `word`, `word`_what and `word`_then.
enum status phone_pages_write(struct kiosk *kiosk, const char *language, const char *word,
                              const char *token, struct buf *out, struct err *err) MUST_USE;
// Looks a slip up with a reading connection of the kiosk's.
enum status phone_pages_find(struct kiosk *kiosk, const char *code, struct slip *ret_slip,
                             struct err *err) MUST_USE;

#endif
