// SPDX-License-Identifier: MIT
// Slip and poster codes: nine random characters and one that catches slips of the finger.
#include "slipcode.h"

#include <string.h>

#include "crypto.h"

// Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U.
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// The check character comes from the same 32 symbols (Crockford's own mod-37 check needs "~" and
// "=", which alphanumeric QR codes do not have). The symbols are elements of GF(2^5) modulo
// x^5+x^2+1, in which x has order 31, and a code is valid when Σ x^(9-i)·c[i] = 0. The ten weights
// x^9…x^0 are different and not zero, so a single wrong character always changes the sum, and so
// does the exchange of any two different characters: (a-b)·(x^i-x^j) is not zero.
static unsigned times_x(unsigned element)
{
    unsigned shifted = element << 1;
    return (shifted & 32U) != 0 ? shifted ^ 37U : shifted; // 37 = 100101 = x^5+x^2+1
}

static unsigned sum_of(const unsigned *symbols, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum = times_x(sum) ^ symbols[i];
    return sum;
}

static bool symbol_of(char c, unsigned *ret_symbol)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'I' || c == 'L')
        c = '1';
    if (c == 'O')
        c = '0';
    const char *found = c == '\0' ? NULL : strchr(alphabet, c);
    if (found == NULL)
        return false;
    *ret_symbol = (unsigned)(found - alphabet);
    return true;
}

void slipcode_new(char ret_code[SLIPCODE_CHARS + 1])
{
    uint8_t random[SLIPCODE_CHARS - 1];
    crypto_random(random, sizeof random);
    slipcode_of_bytes(random, ret_code);
}

void slipcode_of_bytes(const uint8_t bytes[SLIPCODE_CHARS - 1], char ret_code[SLIPCODE_CHARS + 1])
{
    unsigned symbols[SLIPCODE_CHARS];
    for (size_t i = 0; i < SLIPCODE_CHARS - 1; i++)
        symbols[i] = bytes[i] & 31U;
    symbols[SLIPCODE_CHARS - 1] = times_x(sum_of(symbols, SLIPCODE_CHARS - 1));
    for (size_t i = 0; i < SLIPCODE_CHARS; i++)
        ret_code[i] = alphabet[symbols[i]];
    ret_code[SLIPCODE_CHARS] = '\0';
}

bool slipcode_read(const char *text, char ret_code[SLIPCODE_CHARS + 1])
{
    unsigned symbols[SLIPCODE_CHARS];
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (count == SLIPCODE_CHARS || !symbol_of(*text, &symbols[count]))
            return false;
        count++;
    }
    if (count != SLIPCODE_CHARS || sum_of(symbols, count) != 0)
        return false;
    for (size_t i = 0; i < SLIPCODE_CHARS; i++)
        ret_code[i] = alphabet[symbols[i]];
    ret_code[SLIPCODE_CHARS] = '\0';
    return true;
}

void slipcode_shown(const char code[SLIPCODE_CHARS + 1], char ret_shown[SLIPCODE_SHOWN_CHARS + 1])
{
    enum { HALF = SLIPCODE_CHARS / 2 };
    memcpy(ret_shown, code, HALF);
    ret_shown[HALF] = '-';
    memcpy(ret_shown + HALF + 1, code + HALF, HALF);
    ret_shown[SLIPCODE_SHOWN_CHARS] = '\0';
}
