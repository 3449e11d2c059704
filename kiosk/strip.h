// SPDX-License-Identifier: MIT
// A strip of receipt paper to print: lines of text around one QR code, as an SVG measured in
// millimetres. Lengths here are tenths of a millimetre.
#ifndef HAILONG_STRIP_H
#define HAILONG_STRIP_H

#include "json.h"
#include "page.h"

enum {
    STRIP_WIDE = 800,   // the roll of a receipt printer; on A4 it is cut out
    STRIP_NARROW = 580, // the smaller roll; a strip for it prints on the wide one, too
    STRIP_GAP = 20,
    STRIP_TEXT = 30, // sizes of letters
    STRIP_MARK = 44,
    STRIP_LABEL = 56,
};

struct strip {
    struct page_set *pages;
    json_t *model, *lines; // owned; borrowed from it
    int width, bottom;
    bool failed; // sticky: no memory for a part
};

// Release with strip_done, also after a failure.
enum status strip_open(int width, struct strip *ret_strip, struct err *err) MUST_USE;
void strip_done(struct strip *strip);
// Sets a value of the template; `value` is taken.
void strip_set(struct strip *strip, const char *key, json_t *value);
// Adds lines: the text is broken at blanks.
void strip_text(struct strip *strip, const char *text, int size, bool bold);
// … a word of the Vietnamese catalogue.
void strip_word(struct strip *strip, const char *word, const json_t *values, int size, bool bold);
// The marks of a trial and of sample data, as `reply` says.
void strip_marks(struct strip *strip, const json_t *reply);
// The code, at least `side` wide with its quiet zone; `title` is its accessible name.
enum status strip_code(struct strip *strip, const char *text, const char *title, int side,
                       struct err *err) MUST_USE;
// Appends the picture.
enum status strip_render(struct strip *strip, struct buf *out, struct err *err) MUST_USE;

#endif
