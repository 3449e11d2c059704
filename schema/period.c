// SPDX-License-Identifier: MIT
// Reads the names of reporting periods and says them in words.
#include "period.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "text.h"

enum {
    // clock.h counts 1970…9999, and a reporting year begins in December of the year before.
    YEAR_FIRST = 1971,
    YEAR_LAST = 9998,
    BORDER_DAY = 15, // official windows run 15th–14th (NĐ 09/2019/NĐ-CP, Kinh Môn's plan of 2021)
    FREE_YEARS_MAX = 10,
};

enum shape_kind { SHAPE_YEAR, SHAPE_HALF, SHAPE_QUARTER, SHAPE_MONTH, SHAPE_FREE };

struct shape {
    enum shape_kind kind;
    bool calendar;
    int year, number;            // number of the half-year, quarter or month, from 1
    int32_t first_day, last_day; // free: both inclusive
};

static bool read_number(const char *digits, size_t count, int minimum, int maximum, int *ret_number)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        number = number * 10 + (digits[i] - '0');
    }
    if (number < minimum || number > maximum)
        return false;
    *ret_number = number;
    return true;
}

static bool read_free(const char *text, struct shape *ret_shape)
{
    enum { DAY_CHARS = CLOCK_DAY_TEXT_SIZE - 1 };
    if (strlen(text) != 2 * DAY_CHARS + 2 || memcmp(text + DAY_CHARS, "..", 2) != 0)
        return false;
    char first[CLOCK_DAY_TEXT_SIZE] = "";
    memcpy(first, text, DAY_CHARS);
    ret_shape->kind = SHAPE_FREE;
    if (clock_parse_day(first, &ret_shape->first_day, NULL) != STATUS_OK ||
        clock_parse_day(text + DAY_CHARS + 2, &ret_shape->last_day, NULL) != STATUS_OK)
        return false;
    struct civil from = clock_date_of_day(ret_shape->first_day);
    struct civil to = clock_date_of_day(ret_shape->last_day);
    if (from.year < YEAR_FIRST || to.year > YEAR_LAST)
        return false;
    // "At most ten years": the day before the same date ten years on is the last one allowed.
    int span = (to.year - from.year) * 10000 + (to.month - from.month) * 100 + (to.day - from.day);
    return ret_shape->first_day <= ret_shape->last_day && span < FREE_YEARS_MAX * 10000;
}

static bool read_shape(const char *text, struct shape *ret_shape)
{
    struct shape shape = {.kind = SHAPE_YEAR};
    if (strncmp(text, "cal:", 4) == 0) {
        shape.calendar = true;
        text += 4;
    }
    size_t chars = strlen(text);
    if (chars > 7) {
        if (shape.calendar || !read_free(text, &shape))
            return false;
        *ret_shape = shape;
        return true;
    }
    if (chars < 4 || !read_number(text, 4, YEAR_FIRST, YEAR_LAST, &shape.year))
        return false;
    const char *rest = text + 4;
    if (chars == 4) {
        shape.number = 1;
    } else if (chars == 7 && rest[0] == '-' && rest[1] == 'Q') {
        shape.kind = SHAPE_QUARTER;
        if (!read_number(rest + 2, 1, 1, 4, &shape.number))
            return false;
    } else if (chars == 7 && rest[0] == '-' && rest[1] == 'H' && !shape.calendar) {
        shape.kind = SHAPE_HALF;
        if (!read_number(rest + 2, 1, 1, 2, &shape.number))
            return false;
    } else if (chars == 7 && rest[0] == '-') {
        shape.kind = SHAPE_MONTH;
        if (!read_number(rest + 1, 2, 1, 12, &shape.number))
            return false;
    } else {
        return false;
    }
    *ret_shape = shape;
    return true;
}

int32_t period_half(int32_t day)
{
    struct civil date = clock_date_of_day(day);
    return (int32_t)((date.year * 12 + date.month - 1) * 2 + (date.day >= BORDER_DAY ? 1 : 0));
}

int32_t period_half_first_day(int32_t half)
{
    int month = half / 2;
    return clock_day_of_date(month / 12, month % 12 + 1, half % 2 == 0 ? 1 : BORDER_DAY);
}

static void fill_named(const struct shape *shape, struct period *period)
{
    static const int months_of[] = {
        [SHAPE_YEAR] = 12, [SHAPE_HALF] = 6, [SHAPE_QUARTER] = 3, [SHAPE_MONTH] = 1};
    int months = months_of[shape->kind];
    // A calendar month is two half-months; the official one begins a half-month earlier.
    int32_t from = (int32_t)((shape->year * 12 + (shape->number - 1) * months) * 2);
    period->from_half = shape->calendar ? from : from - 1;
    period->to_half = period->from_half + 2 * months;
    period->from_day = period_half_first_day(period->from_half);
    period->to_day = period_half_first_day(period->to_half);
    period->halves = true;
    period->year = shape->year;
}

static void fill_free(const struct shape *shape, struct period *period)
{
    period->from_day = shape->first_day;
    period->to_day = shape->last_day + 1;
    period->free = true;
    period->from_half = period_half(period->from_day);
    period->to_half = period_half(period->to_day);
    period->halves = period_half_first_day(period->from_half) == period->from_day &&
                     period_half_first_day(period->to_half) == period->to_day;
    struct civil last = clock_date_of_day(shape->last_day);
    period->year = last.month == 12 && last.day >= BORDER_DAY ? last.year + 1 : last.year;
}

enum status period_parse(const char *text, struct period *ret_period, struct err *err)
{
    struct shape shape;
    if (!read_shape(text, &shape))
        return err_set(err, STATUS_BAD_INPUT,
                       "not a period; write 2026-Q4, 2026-H1, 2026 or 2026-11 (15th to 14th), "
                       "cal:2026-Q4, cal:2026 or cal:2026-11 (whole months), or days as "
                       "2026-09-15..2026-12-14 (at most 10 years)");
    struct period period = {.name = ""};
    memcpy(period.name, text, strlen(text));
    if (shape.kind == SHAPE_FREE)
        fill_free(&shape, &period);
    else
        fill_named(&shape, &period);
    *ret_period = period;
    return STATUS_OK;
}

static void name_vi(const struct shape *shape, char *ret_name, size_t room)
{
    static const char *const romans[] = {"", "I", "II", "III", "IV"};
    const char *suffix = shape->calendar ? " theo lịch" : "";
    if (shape->kind == SHAPE_YEAR)
        snprintf(ret_name, room, "Năm %d%s", shape->year, suffix);
    else if (shape->kind == SHAPE_HALF)
        snprintf(ret_name, room, "6 tháng %s năm %d", shape->number == 1 ? "đầu" : "cuối",
                 shape->year);
    else if (shape->kind == SHAPE_QUARTER)
        snprintf(ret_name, room, "Quý %s năm %d%s", romans[shape->number], shape->year, suffix);
    else
        snprintf(ret_name, room, "Tháng %d năm %d%s", shape->number, shape->year, suffix);
}

static const char *const months_en[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

static void name_en(const struct shape *shape, char *ret_name, size_t room)
{
    const char *prefix = shape->calendar ? "Calendar " : "";
    if (shape->kind == SHAPE_YEAR)
        snprintf(ret_name, room, "%s %d", shape->calendar ? "Calendar year" : "Year", shape->year);
    else if (shape->kind == SHAPE_HALF)
        snprintf(ret_name, room, "%s half of %d", shape->number == 1 ? "First" : "Second",
                 shape->year);
    else if (shape->kind == SHAPE_QUARTER)
        snprintf(ret_name, room, "%s %d of %d", shape->calendar ? "Calendar quarter" : "Quarter",
                 shape->number, shape->year);
    else
        snprintf(ret_name, room, "%s%s %d", prefix, months_en[shape->number - 1], shape->year);
}

void period_words_vi(const struct period *period, char ret_words[PERIOD_WORDS_BYTES])
{
    struct shape shape;
    char name[48];
    struct civil from = clock_date_of_day(period->from_day);
    struct civil last = clock_date_of_day(period->to_day - 1);
    if (period->free || !read_shape(period->name, &shape)) {
        snprintf(ret_words, PERIOD_WORDS_BYTES, "Từ %02d/%02d/%d đến %02d/%02d/%d", from.day,
                 from.month, from.year, last.day, last.month, last.year);
        return;
    }
    name_vi(&shape, name, sizeof name);
    snprintf(ret_words, PERIOD_WORDS_BYTES, "%s (%02d/%02d/%d–%02d/%02d/%d)", name, from.day,
             from.month, from.year, last.day, last.month, last.year);
}

// Months by name: 03/04 is read both ways in English.
void period_words_en(const struct period *period, char ret_words[PERIOD_WORDS_BYTES])
{
    struct shape shape;
    char name[48];
    struct civil from = clock_date_of_day(period->from_day);
    struct civil last = clock_date_of_day(period->to_day - 1);
    const char *from_month = months_en[from.month - 1], *last_month = months_en[last.month - 1];
    if (period->free || !read_shape(period->name, &shape)) {
        snprintf(ret_words, PERIOD_WORDS_BYTES, "%d %s %d to %d %s %d", from.day, from_month,
                 from.year, last.day, last_month, last.year);
        return;
    }
    name_en(&shape, name, sizeof name);
    snprintf(ret_words, PERIOD_WORDS_BYTES, "%s (%d %.3s %d – %d %.3s %d)", name, from.day,
             from_month, from.year, last.day, last_month, last.year);
}

void period_quarter_of(int32_t day, char ret_name[PERIOD_NAME_CHARS + 1])
{
    // Half-month 1 of a month belongs to the next official month.
    int32_t month = (period_half(day) + 1) / 2;
    snprintf(ret_name, PERIOD_NAME_CHARS + 1, "%d-Q%d", (int)(month / 12),
             (int)(month % 12) / 3 + 1);
}
