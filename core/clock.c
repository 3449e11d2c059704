// SPDX-License-Identifier: MIT
// Civil time at UTC+7 by arithmetic, independent of the process locale and time zone.
#include "clock.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

static _Atomic int64_t clock_fixed_s, clock_fixed_boot_ms, clock_fixed_start;
static _Atomic bool clock_fixed_synced;
// Steered time minus boot clock, in milliseconds.
#define CLOCK_FREE INT64_MIN
static const char clock_hex[] = "0123456789abcdef";
static _Atomic int64_t clock_steered_ms = CLOCK_FREE;

enum {
    DAY_S = 86400,
    HOUR_S = 3600,
    OFFSET_HOURS = CLOCK_OFFSET_S / HOUR_S,
    CLOCK_START_BYTES = 64
};

static int64_t clock_read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_s(void)
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

void clock_fix_boot(int64_t boot_ms, int64_t start)
{
    atomic_store_explicit(&clock_fixed_start, start, memory_order_relaxed);
    atomic_store_explicit(&clock_fixed_boot_ms, boot_ms, memory_order_relaxed);
}

void clock_fix_synced(bool synced)
{
    atomic_store_explicit(&clock_fixed_synced, synced, memory_order_relaxed);
}

int64_t clock_mono_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    const int64_t boot_ms = atomic_load_explicit(&clock_fixed_boot_ms, memory_order_relaxed);
    if (boot_ms != 0)
        return boot_ms;
    const int64_t fixed_s = atomic_load_explicit(&clock_fixed_s, memory_order_relaxed);
    const int64_t now_ms = clock_read_ms(CLOCK_BOOTTIME);
    // As far from the boot clock as the wall clock is: fixing and releasing are no jumps.
    return fixed_s == 0 ? now_ms : fixed_s * 1000 - clock_read_ms(CLOCK_REALTIME) + now_ms;
}

int64_t clock_start(void)
{
    enum { DIGITS = 15 }; // of 32: 60 random bits
    static _Atomic int64_t unknown;
    const int64_t fixed = atomic_load_explicit(&clock_fixed_start, memory_order_relaxed);
    if (fixed != 0)
        return fixed;
    AUTO(buf_done) struct buf text;
    buf_init(&text, CLOCK_START_BYTES);
    int64_t start = 0;
    size_t digits = 0;
    if (file_read("/proc/sys/kernel/random/boot_id", &text, NULL) != STATUS_OK)
        return clock_read_ms(CLOCK_REALTIME) + atomic_fetch_add(&unknown, 1);
    for (const char *c = buf_text(&text); *c != '\0' && digits < DIGITS; c++) {
        const char *digit = strchr(clock_hex, *c);
        if (digit == NULL)
            continue;
        start = start << 4 | (digit - clock_hex);
        digits++;
    }
    return start + 1;
}

void clock_steer(int64_t utc_s, int64_t boot_ms)
{
    const int64_t steered_ms = utc_s == 0 ? CLOCK_FREE : utc_s * 1000 - boot_ms;
    atomic_store_explicit(&clock_steered_ms, steered_ms, memory_order_relaxed);
}

static int64_t clock_floor(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

int64_t clock_now_s(void)
{
    const int64_t steered_ms = atomic_load_explicit(&clock_steered_ms, memory_order_relaxed);
    const int64_t wall_s = clock_wall_s();
    if (steered_ms == CLOCK_FREE)
        return wall_s;
    const int64_t steered_s = clock_floor(clock_boot_ms() + steered_ms, 1000);
    const int64_t apart_s = wall_s - steered_s;
    return apart_s >= -CLOCK_TOLERANCE_S && apart_s <= CLOCK_TOLERANCE_S ? wall_s : steered_s;
}

bool clock_is_synced(void)
{
    // systemd-timesyncd, where it runs, says by this file that it has reached its servers.
    static const char folder[] = "/run/systemd/timesync";
    static const char reached[] = "/run/systemd/timesync/synchronized";
    if (atomic_load_explicit(&clock_fixed_s, memory_order_relaxed) != 0)
        return atomic_load_explicit(&clock_fixed_synced, memory_order_relaxed);
    struct timex kernel = {0};
    if (adjtimex(&kernel) == -1 || (kernel.status & STA_UNSYNC) != 0)
        return false;
    // Who shows this process another clock does not have that one kept.
    const int64_t apart_s = kernel.time.tv_sec - clock_wall_s();
    return apart_s >= -1 && apart_s <= 1 &&
           (access(folder, F_OK) != 0 || access(reached, F_OK) == 0);
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
