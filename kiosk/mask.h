// SPDX-License-Identifier: MIT
// Free text loses what could name a person before it is stored: Vietnamese telephone numbers,
// identity numbers of 9 and 12 digits, dossier codes.
#ifndef HAILONG_MASK_H
#define HAILONG_MASK_H

#include "buf.h"

// What stands in the place of a number.
#define MASK_TEXT "•••"

// Appends the text with such numbers replaced. It is UTF-8 (NFC); everything else stays as it is.
// A number may be broken by blanks, dots, dashes and brackets. What has groups of three joined by
// dots is a sum of money, what reads as day, month and year a date: both stay. Digits written out
// as words are not found.
void mask_text(const char *text, struct buf *out);

#endif
