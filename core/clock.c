// SPDX-License-Identifier: MIT
// Civil time at UTC+7 by arithmetic, independent of the process locale and time zone.
#include "clock.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t clock_fixed_s;

enum { DAY_S = 86400, HOUR_S = 3600, OFFSET_HOURS = CLOCK_OFFSET_S / HOUR_S };

int64_t clock_now_s(void)
{
    int64_t fixed = atomic_load_explicit(&clock_fixed_s, memory_order_relaxed);
    if (fixed != 0)
        return fixed;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

void clock_fix(int64_t utc_s)
{
    atomic_store_explicit(&clock_fixed_s, utc_s, memory_order_relaxed);
}

int64_t clock_mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t clock_floor(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

int32_t clock_day(int64_t utc_s)
{
    return (int32_t)clock_floor(utc_s + CLOCK_OFFSET_S, DAY_S);
}

uint32_t clock_hour(int64_t utc_s)
{
    return (uint32_t)clock_floor(utc_s, HOUR_S);
}

int32_t clock_day_of_hour(uint32_t hour)
{
    return (int32_t)(((int64_t)hour + OFFSET_HOURS) / 24);
}

static bool clock_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int clock_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && clock_leap(year) ? 1 : 0);
}

// Days from 1970-01-01 to January 1st of `year` (1970 or later).
static int32_t clock_year_start(int year)
{
    int past = year - 1;
    int leaps = past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leaps;
}

int32_t clock_day_of_date(int year, int month, int day)
{
    int32_t number = clock_year_start(year);
    for (int m = 1; m < month; m++)
        number += clock_month_days(year, m);
    return number + day - 1;
}

struct civil clock_date_of_day(int32_t day)
{
    // 146097 days are 400 years: the estimate is off by at most one year.
    int year = 1970 + (int)((int64_t)day * 400 / 146097);
    while (clock_year_start(year) > day)
        year--;
    while (clock_year_start(year + 1) <= day)
        year++;
    struct civil civil = {.year = year, .month = 1};
    int32_t rest = day - clock_year_start(year);
    for (; rest >= clock_month_days(year, civil.month); civil.month++)
        rest -= clock_month_days(year, civil.month);
    civil.day = rest + 1;
    // 1970-01-01 was a Thursday.
    civil.weekday = (int)(((int64_t)day + 3) % 7 + 7) % 7 + 1;
    return civil;
}

struct civil clock_civil(int64_t utc_s)
{
    int32_t day = clock_day(utc_s);
    struct civil civil = clock_date_of_day(day);
    int second = (int)(utc_s + CLOCK_OFFSET_S - (int64_t)day * DAY_S);
    civil.hour = second / HOUR_S;
    civil.minute = second % HOUR_S / 60;
    civil.second = second % 60;
    return civil;
}

static void clock_put(char *text, size_t digits, int value)
{
    for (size_t i = digits; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
}

void clock_day_text(int32_t day, char ret_text[CLOCK_DAY_TEXT_SIZE])
{
    struct civil civil = clock_date_of_day(day);
    memcpy(ret_text, "0000-00-00", CLOCK_DAY_TEXT_SIZE);
    clock_put(ret_text, 4, civil.year);
    clock_put(ret_text + 5, 2, civil.month);
    clock_put(ret_text + 8, 2, civil.day);
}

void clock_hour_text(uint32_t hour, char ret_text[CLOCK_HOUR_TEXT_SIZE])
{
    clock_day_text(clock_day_of_hour(hour), ret_text);
    memcpy(ret_text + 10, "T00+07", sizeof "T00+07");
    clock_put(ret_text + 11, 2, (int)((hour + OFFSET_HOURS) % 24));
}

// Reads exactly `digits` digits; -1 when another byte (or the end) stands there.
static int clock_take(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

// The date at the beginning of a text that has at least its length.
static bool clock_read_date(const char *text, int32_t *ret_day)
{
    int year = clock_take(text, 4), month = clock_take(text + 5, 2), day = clock_take(text + 8, 2);
    if (text[4] != '-' || text[7] != '-' || year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > clock_month_days(year, month))
        return false;
    *ret_day = clock_day_of_date(year, month, day);
    return true;
}

enum status clock_parse_day(const char *text, int32_t *ret_day, struct err *err)
{
    if (strlen(text) != CLOCK_DAY_TEXT_SIZE - 1 || !clock_read_date(text, ret_day))
        return err_set(err, STATUS_BAD_INPUT, "a day is written YYYY-MM-DD, as 2026-11-03");
    return STATUS_OK;
}

enum status clock_parse_hour(const char *text, uint32_t *ret_hour, struct err *err)
{
    int32_t day = 0;
    if (strlen(text) == CLOCK_HOUR_TEXT_SIZE - 1 && clock_read_date(text, &day) &&
        text[10] == 'T' && strcmp(text + 13, "+07") == 0) {
        int hour = clock_take(text + 11, 2);
        int64_t number = (int64_t)day * 24 + hour - OFFSET_HOURS;
        if (hour >= 0 && hour <= 23 && number >= 0) {
            *ret_hour = (uint32_t)number;
            return STATUS_OK;
        }
    }
    return err_set(err, STATUS_BAD_INPUT,
                   "an hour is written YYYY-MM-DDTHH+07, as 2026-11-03T09+07");
}
