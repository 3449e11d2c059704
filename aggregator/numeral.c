// SPDX-License-Identifier: MIT
// Writes counts and percentages in the reader's language.
#include "numeral.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_english(const char *language)
{
    return strcmp(language, "en") == 0;
}

void numeral_count(const char *language, int64_t count, struct buf *out)
{
    char digits[24];
    int size = snprintf(digits, sizeof(digits), "%" PRId64, count);
    for (int i = 0; i < size; i++) {
        bool border = i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-';
        if (border)
            buf_add_char(out, is_english(language) ? ',' : '.');
        buf_add_char(out, digits[i]);
    }
}

// The sign stands behind a no-break space in Vietnamese (as in "90 %" of the plans).
static void add_sign(const char *language, struct buf *out)
{
    buf_add_text(out, is_english(language) ? "%" : "\u00a0%");
}

void numeral_percent(const char *language, const char *percent, struct buf *out)
{
    if (percent == NULL) {
        buf_add_text(out, "–");
        return;
    }
    for (const char *at = percent; *at != '\0'; at++)
        buf_add_char(out, *at == '.' && !is_english(language) ? ',' : *at);
    add_sign(language, out);
}

int64_t numeral_hundredths(const json_t *target)
{
    return json_is_number(target) ? (int64_t)(json_number_value(target) * 100 + 0.5) : -1;
}

void numeral_target(const char *language, int64_t hundredths, struct buf *out)
{
    buf_add_int(out, hundredths / 100);
    int rest = (int)(hundredths % 100);
    if (rest != 0)
        buf_add_char(out, is_english(language) ? '.' : ',');
    if (rest != 0)
        buf_add_int(out, rest / 10);
    if (rest % 10 != 0)
        buf_add_int(out, rest % 10);
    add_sign(language, out);
}
