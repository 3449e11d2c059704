// SPDX-License-Identifier: MIT
// Slip and poster codes: 9 random Crockford base-32 characters and a check character
// (K7QM2-F9D4X), and their addresses.
#ifndef HAILONG_SLIPCODE_H
#define HAILONG_SLIPCODE_H

#include "buf.h"

enum { SLIPCODE_CHARS = 10, SLIPCODE_SHOWN_CHARS = 11 };

// A new code from random bytes, without the dash.
void slipcode_new(char ret_code[SLIPCODE_CHARS + 1]);
// The code that those bytes give (the low five bits of each are used): posters derive theirs.
void slipcode_of_bytes(const uint8_t bytes[SLIPCODE_CHARS - 1], char ret_code[SLIPCODE_CHARS + 1]);
// Reads what a person typed or a QR held: any case, spaces and dashes anywhere, I and L for 1, O
// for 0. False when the length, a character or the check character is wrong.
bool slipcode_read(const char *text, char ret_code[SLIPCODE_CHARS + 1]);
// "K7QM2-F9D4X"
void slipcode_shown(const char code[SLIPCODE_CHARS + 1], char ret_shown[SLIPCODE_SHOWN_CHARS + 1]);

#endif
