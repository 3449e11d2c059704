// SPDX-License-Identifier: MIT
// Reads and asks opening hours.
#include "opening.h"

#include <string.h>

#include "clock.h"

enum { DAY_MINUTES = 24 * 60, RANGE_CHARS = 11 /* "07:30-11:30" */ };

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

// Reads "HH:MM" up to 24:00; -1 when it is none.
static int read_minute(const char *text)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : (text[i] < '0' || text[i] > '9'))
            return -1;
    int hour = (text[0] - '0') * 10 + (text[1] - '0');
    int minute = (text[3] - '0') * 10 + (text[4] - '0');
    int total = hour * 60 + minute;
    return minute < 60 && total <= DAY_MINUTES ? total : -1;
}

static bool read_range(const char *text, struct opening_range *ret_range)
{
    if (text == NULL || strlen(text) != RANGE_CHARS || text[5] != '-')
        return false;
    ret_range->from_minute = read_minute(text);
    ret_range->to_minute = read_minute(text + 6);
    return ret_range->from_minute >= 0 && ret_range->from_minute < ret_range->to_minute;
}

static enum status read_day(const json_t *ranges, size_t day, struct opening *opening,
                            struct err *err)
{
    int after = 0;
    size_t count = json_array_size(ranges);
    bool fits = json_is_array(ranges) && count <= OPENING_RANGE_MAX;
    for (size_t i = 0; fits && i < count; i++) {
        struct opening_range range = {0, 0};
        fits = read_range(json_string_value(json_array_get(ranges, i)), &range) &&
               range.from_minute >= after;
        opening->ranges[day][i] = range;
        after = range.to_minute;
    }
    if (!fits)
        return err_set(err, STATUS_BAD_INPUT,
                       "hours: \"%s\" must be a list of at most %d times as \"07:30-11:30\", in "
                       "order",
                       weekdays[day], OPENING_RANGE_MAX);
    opening->range_count[day] = count;
    return STATUS_OK;
}

static enum status read_holidays(const json_t *holidays, struct opening *opening, struct err *err)
{
    size_t count = json_array_size(holidays);
    if (!json_is_array(holidays) || count > OPENING_HOLIDAY_MAX)
        return err_set(err, STATUS_BAD_INPUT, "\"holidays\" must be a list of at most %d days",
                       OPENING_HOLIDAY_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *day = json_string_value(json_array_get(holidays, i));
        if (day == NULL || clock_parse_day(day, &opening->holidays[i], NULL) != STATUS_OK)
            return err_set(err, STATUS_BAD_INPUT, "holidays[%zu] must be a day as 2026-09-02", i);
    }
    opening->holiday_count = count;
    return STATUS_OK;
}

enum status opening_parse(const json_t *hours, const json_t *holidays, struct opening *ret_opening,
                          struct err *err)
{
    struct opening opening = {.known = hours != NULL};
    if (hours != NULL && !json_is_object(hours))
        return err_set(err, STATUS_BAD_INPUT, "\"hours\" must be an object of weekdays");
    if (hours != NULL)
        TRY(json_only(hours, "hours", weekdays, err));
    for (size_t day = 0; day < 7; day++) {
        const json_t *ranges = json_object_get(hours, weekdays[day]);
        if (ranges != NULL)
            TRY(read_day(ranges, day, &opening, err));
    }
    if (holidays != NULL)
        TRY(read_holidays(holidays, &opening, err));
    *ret_opening = opening;
    return STATUS_OK;
}

static bool is_holiday(const struct opening *opening, int32_t day)
{
    for (size_t i = 0; i < opening->holiday_count; i++)
        if (opening->holidays[i] == day)
            return true;
    return false;
}

bool opening_is_open(const struct opening *opening, int64_t utc_s)
{
    if (!opening->known)
        return true;
    struct civil now = clock_civil(utc_s);
    int minute = now.hour * 60 + now.minute;
    size_t day = (size_t)now.weekday - 1;
    if (is_holiday(opening, clock_day(utc_s)))
        return false;
    for (size_t i = 0; i < opening->range_count[day]; i++)
        if (opening->ranges[day][i].from_minute <= minute &&
            minute < opening->ranges[day][i].to_minute)
            return true;
    return false;
}

int opening_minutes(const struct opening *opening, int32_t day)
{
    if (!opening->known)
        return DAY_MINUTES;
    if (is_holiday(opening, day))
        return 0;
    size_t weekday = (size_t)clock_date_of_day(day).weekday - 1;
    int minutes = 0;
    for (size_t i = 0; i < opening->range_count[weekday]; i++)
        minutes += opening->ranges[weekday][i].to_minute - opening->ranges[weekday][i].from_minute;
    return minutes;
}
