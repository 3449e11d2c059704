// SPDX-License-Identifier: MIT
// Finds numbers group by group.
#include "mask.h"

#include <string.h>

enum {
    GROUPS_MAX = 14,   // of one number; more are looked at from the second on
    DIGITS_MAX = 16,   // 0084 and a landline's eleven, less its zero
    GAP_BYTES_MAX = 4, // between two groups: ") -" and the like
    AGENCY_CHARS_MAX = 32,
};

struct group {
    const char *begin, *end; // digits
};

// A number's groups of digits, and the characters that join them.
struct number {
    struct group groups[GROUPS_MAX];
    size_t count;
    const char *begin; // of the first group, or of "+" and "(" before it
    bool plus;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static const char *skip_digits(const char *at)
{
    while (is_digit(*at))
        at++;
    return at;
}

// Bytes of one joining character: blank, dot, dash, bracket, no-break blank, the longer dashes.
static size_t joint_bytes(const char *at)
{
    static const char *const joints[] = {" ",
                                         ".",
                                         "-",
                                         "(",
                                         ")",
                                         "\xC2\xA0",
                                         "\xE2\x80\x90",
                                         "\xE2\x80\x91",
                                         "\xE2\x80\x92",
                                         "\xE2\x80\x93",
                                         "\xE2\x80\xAF"};
    for (size_t i = 0; i < ARRAY_SIZE(joints); i++)
        if (strncmp(at, joints[i], strlen(joints[i])) == 0)
            return strlen(joints[i]);
    return 0;
}

static void read_number(const char *at, struct number *number)
{
    number->count = 0;
    while (is_digit(*at) && number->count < GROUPS_MAX) {
        struct group *group = &number->groups[number->count++];
        *group = (struct group){at, skip_digits(at)};
        at = group->end;
        size_t bytes = 0;
        while (at - group->end < GAP_BYTES_MAX && (bytes = joint_bytes(at)) > 0)
            at += bytes;
    }
}

// ---- what a number can be -----------------------------------------------------------------------

static bool is_landline_or_mobile(const char *digits, size_t count)
{
    // Behind the zero: nine digits of a mobile, nine or ten of a landline or an old mobile.
    return (count == 9 || count == 10) && digits[0] >= '1' && digits[0] <= '9';
}

static bool is_phone(const char *digits, size_t count, bool plus)
{
    if (count > 4 && strncmp(digits, "0084", 4) == 0) {
        digits += 4;
        count -= 4;
    } else if (count > 2 && strncmp(digits, "84", 2) == 0 && (plus || count >= 11)) {
        digits += 2;
        count -= 2;
        if (digits[0] != '0')
            return is_landline_or_mobile(digits, count);
    } else if (digits[0] != '0') {
        return false;
    }
    if (digits[0] == '0') { // +84 (0)912…
        digits++;
        count--;
    }
    return is_landline_or_mobile(digits, count);
}

static bool dotted_thousands(const struct number *number, size_t groups)
{
    for (size_t i = 1; i < groups; i++) {
        const struct group *group = &number->groups[i];
        if (group->end - group->begin != 3 || group->begin[-1] != '.')
            return false;
    }
    return groups > 1 && number->groups[0].begin[0] != '0';
}

static int value_of(const struct group *group)
{
    int value = 0;
    for (const char *at = group->begin; at < group->end && value < 10000; at++)
        value = value * 10 + (*at - '0');
    return value;
}

static bool begins_with_date(const struct number *number)
{
    if (number->count < 3)
        return false;
    const struct group *group = number->groups;
    const int year = value_of(&group[2]);
    return group[0].end - group[0].begin <= 2 && group[1].end - group[1].begin <= 2 &&
           group[2].end - group[2].begin == 4 && value_of(&group[0]) <= 31 &&
           value_of(&group[1]) <= 12 && year >= 1900 && year < 2100;
}

// Whether the first `groups` groups are a number that must go.
static bool must_go(const struct number *number, size_t groups)
{
    char digits[DIGITS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < groups; i++)
        for (const char *at = number->groups[i].begin; at < number->groups[i].end; at++) {
            if (count == DIGITS_MAX)
                return false;
            digits[count++] = *at;
        }
    digits[count] = '\0';
    if (is_phone(digits, count, number->plus))
        return true;
    return (count == 9 || count == 12) && !dotted_thousands(number, groups);
}

// The longest beginning that must go; 0: none.
static size_t groups_that_go(const struct number *number)
{
    for (size_t groups = number->count; groups > 0; groups--)
        if (must_go(number, groups))
            return groups;
    return 0;
}

// ---- dossier codes ------------------------------------------------------------------------------

// H44.28.26-210901-0001, 000.00.12.H44-210901-0001: agency, six digits of a day, four or more.
// Returns its end, NULL when it is none.
static const char *dossier_end(const char *at)
{
    const char *agency = at;
    while (is_letter(*at) || is_digit(*at) || *at == '.')
        at++;
    if (at == agency || at - agency > AGENCY_CHARS_MAX || *at != '-' || *agency == '.')
        return NULL;
    const char *day = at + 1;
    const char *day_end = skip_digits(day);
    if (day_end - day != 6 || *day_end != '-')
        return NULL;
    const char *end = skip_digits(day_end + 1);
    return end - day_end - 1 >= 4 ? end : NULL;
}

// ---- the walk -----------------------------------------------------------------------------------

static const char *begin_of(const char *text, const char *digits, bool *ret_plus)
{
    const char *begin = digits;
    if (begin > text && begin[-1] == '(')
        begin--;
    *ret_plus = begin > text && begin[-1] == '+';
    return *ret_plus ? begin - 1 : begin;
}

// Where the groups that stay end: a date whole, else the first.
static const char *kept_end(const struct number *number)
{
    return number->groups[begins_with_date(number) ? 2 : 0].end;
}

// `at` is the beginning of digits. Returns how far it has come; *kept is what is not yet written.
static const char *take_number(const char *text, const char *at, const char **kept, struct buf *out)
{
    struct number number;
    number.begin = begin_of(text, at, &number.plus);
    if (number.begin < *kept)
        number.begin = *kept;
    read_number(at, &number);
    const size_t groups = begins_with_date(&number) ? 0 : groups_that_go(&number);
    if (groups == 0)
        return kept_end(&number);
    buf_add(out, *kept, (size_t)(number.begin - *kept));
    buf_add_text(out, MASK_TEXT);
    *kept = number.groups[groups - 1].end;
    return *kept;
}

void mask_text(const char *text, struct buf *out)
{
    const char *kept = text;
    const char *at = text;
    while (*at != '\0') {
        const bool word_begins =
            at == text || !(is_letter(at[-1]) || is_digit(at[-1]) || at[-1] == '.');
        const char *end = word_begins ? dossier_end(at) : NULL;
        if (end != NULL) {
            buf_add(out, kept, (size_t)(at - kept));
            buf_add_text(out, MASK_TEXT);
            kept = at = end;
        } else if (is_digit(*at)) {
            at = take_number(text, at, &kept, out);
        } else {
            at++;
        }
    }
    buf_add(out, kept, (size_t)(at - kept));
}
