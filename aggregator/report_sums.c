// SPDX-License-Identifier: MIT
// Sums tallies into a report's groups, areas and channels.
#include "report_sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "form.h"
#include "hub_sql.h"
#include "stmt.h"

// ---- rows into sums --------------------------------------------------------------------------

static bool is_overall(const struct tally_row *row)
{
    return strcmp(row->item, "overall") == 0;
}

// IND-01, IND-03: whether a row belongs to a group by its item; *ret_pooled when `overall` stands
// in for an item that the row's form does not ask.
static bool fits_item(const struct plan_group *group, const struct tally_row *row, bool *ret_pooled)
{
    bool asks = form_asks(row->form, group->item);
    *ret_pooled = !asks && group->item_or_overall && is_overall(row);
    return asks ? strcmp(row->item, group->item) == 0 : *ret_pooled;
}

static size_t area_index(const struct plan_group *group, const char *area)
{
    size_t i = 0;
    while (i < group->area_count && strcmp(group->areas[i], area) != 0)
        i++;
    return i;
}

static void add_to_groups(struct report_sums *sums, const struct tally_row *row)
{
    const struct plan *plan = sums->hub->plan;
    for (size_t i = 0; i < plan->group_count; i++) {
        bool pooled = false;
        size_t area = area_index(&plan->groups[i], row->area);
        if (area == plan->groups[i].area_count || !fits_item(&plan->groups[i], row, &pooled))
            continue;
        indicator_add(&sums->groups[i].counts, &row->counts);
        indicator_add(&sums->groups[i].parts[area], &row->counts);
        sums->groups[i].pooled = sums->groups[i].pooled || pooled;
    }
}

static void add_to_area(struct report_sums *sums, const struct tally_row *row)
{
    size_t i = 0;
    while (i < sums->area_count && strcmp(sums->areas[i], row->area) != 0)
        i++;
    if (i == REPORT_SUMS_AREA_MAX)
        return; // still in the total and in its groups
    if (i == sums->area_count)
        snprintf(sums->areas[sums->area_count++], sizeof sums->areas[0], "%s", row->area);
    indicator_add(&sums->area_counts[i], &row->counts);
}

static void take_headline(void *context, const struct tally_row *row)
{
    struct report_sums *sums = context;
    add_to_groups(sums, row);
    if (!is_overall(row))
        return;
    add_to_area(sums, row);
    indicator_add(&sums->total, &row->counts);
}

// Posters count where the plan says so (IND-01); paper is shown apart as well (IND-09).
static void take_channel_for_groups(struct report_sums *sums, const struct tally_row *row,
                                    enum response_channel channel)
{
    const struct plan *plan = sums->hub->plan;
    for (size_t i = 0; i < plan->group_count; i++) {
        const struct plan_group *group = &plan->groups[i];
        bool pooled = false;
        size_t area = area_index(group, row->area);
        if (area == group->area_count || !fits_item(group, row, &pooled))
            continue;
        if (channel == RESPONSE_PAPER)
            indicator_add(&sums->groups[i].paper, &row->counts);
        if (channel != RESPONSE_POSTER || !group->posters)
            continue;
        indicator_add(&sums->groups[i].counts, &row->counts);
        indicator_add(&sums->groups[i].parts[area], &row->counts);
        sums->groups[i].pooled = sums->groups[i].pooled || pooled;
    }
}

static void take_channel(void *context, const struct tally_row *row)
{
    struct report_sums *sums = context;
    enum response_channel channel = RESPONSE_SCREEN; // IND-09
    if (!response_channel_find(row->channel, &channel))
        return; // a CHECK of the table keeps such a row out
    if (!row->flagged)
        take_channel_for_groups(sums, row, channel);
    if (!is_overall(row))
        return;
    indicator_add(&sums->all_in, &row->counts);
    if (row->flagged) {
        indicator_add(&sums->flagged, &row->counts);
        return;
    }
    indicator_add(&sums->by_channel[channel], &row->counts);
    if (row->linked && response_channel_headline(channel))
        indicator_add(&sums->linked, &row->counts);
}

// ---- a unit and those below it, over time ----------------------------------------------------

// Days on which the tree changes within a range, with its two ends, sorted.
struct borders {
    int32_t *days;
    size_t count;
};

static void borders_done(struct borders *borders)
{
    free(borders->days);
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void add_border(struct borders *borders, int32_t day, int32_t from, int32_t to)
{
    if (day >= from && day <= to)
        borders->days[borders->count++] = day;
}

static enum status find_borders(const struct unit_tree *units, int32_t from, int32_t to,
                                struct borders *ret_borders, struct err *err)
{
    size_t count = unit_count(units), kept = 0;
    ret_borders->days = calloc(2 * count + 2, sizeof *ret_borders->days);
    if (ret_borders->days == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a report");
    add_border(ret_borders, from, from, to);
    add_border(ret_borders, to, from, to);
    for (size_t i = 0; i < count; i++) {
        add_border(ret_borders, unit_at_index(units, i)->valid_from, from, to);
        add_border(ret_borders, unit_at_index(units, i)->valid_to, from, to);
    }
    qsort(ret_borders->days, ret_borders->count, sizeof *ret_borders->days, compare_days);
    for (size_t i = 0; i < ret_borders->count; i++)
        if (kept == 0 || ret_borders->days[kept - 1] != ret_borders->days[i])
            ret_borders->days[kept++] = ret_borders->days[i];
    ret_borders->count = kept;
    return STATUS_OK;
}

struct sweep {
    struct report_sums *sums;
    struct db *db;
    const char *ancestor;
    bool halves; // read tally C, else B
};

// The first half-month that begins on or after a day: a half that a change of the tree cuts
// belongs to the time in which it begins, because tally C knows no days.
static int32_t half_from(int32_t day)
{
    int32_t half = period_half(day);
    return period_half_first_day(half) == day ? half : half + 1;
}

// The hour number that a civil day begins with.
static int64_t first_hour(int32_t day)
{
    enum { DAY_HOURS = 24, OFFSET_HOURS = CLOCK_OFFSET_S / 3600 };
    int64_t hour = (int64_t)day * DAY_HOURS - OFFSET_HOURS;
    return hour > 0 ? hour : 0;
}

static enum status read_span(const struct sweep *sweep, const char *unit, int32_t from, int32_t to,
                             struct err *err)
{
    if (sweep->halves)
        return tally_read_c(sweep->db, unit, half_from(from), half_from(to), take_channel,
                            sweep->sums, err);
    return tally_read_b(sweep->db, unit, from, to, take_headline, sweep->sums, err);
}

// IND-15
static enum status count_voided(const struct sweep *sweep, const char *unit, int32_t from,
                                int32_t to, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(sweep->db, HUB_RESPONSE_VOIDED_COUNT, &q, err));
    stmt_bind_text(q, 1, unit);
    stmt_bind_int(q, 2, first_hour(from));
    stmt_bind_int(q, 3, first_hour(to));
    TRY(stmt_row(q, &found, err));
    sweep->sums->voided += found ? stmt_int(q, 0) : 0;
    return STATUS_OK;
}

static enum status sweep_unit(const struct sweep *sweep, const char *unit,
                              const struct borders *borders, struct err *err)
{
    const struct unit_tree *units = sweep->sums->hub->units;
    for (size_t i = 0; i + 1 < borders->count; i++) {
        int32_t from = borders->days[i];
        if (!unit_is_below(units, unit, sweep->ancestor, from))
            continue;
        while (i + 2 < borders->count &&
               unit_is_below(units, unit, sweep->ancestor, borders->days[i + 1]))
            i++;
        TRY(read_span(sweep, unit, from, borders->days[i + 1], err));
        TRY(count_voided(sweep, unit, from, borders->days[i + 1], err));
    }
    return STATUS_OK;
}

static enum status sweep_below(const struct sweep *sweep, const struct period *period,
                               struct err *err)
{
    AUTO(borders_done) struct borders borders = {.days = NULL};
    const struct unit_tree *units = sweep->sums->hub->units;
    TRY(find_borders(units, period->from_day, period->to_day, &borders, err));
    for (size_t i = 0; i < unit_count(units); i++) {
        const struct unit *unit = unit_at_index(units, i);
        // A code that was borne by several units is one row of cells.
        if (unit_newest(units, unit->code) == unit)
            TRY(sweep_unit(sweep, unit->code, &borders, err));
    }
    return STATUS_OK;
}

enum status report_sums_read(const struct hub *hub, struct db *db, const char *unit,
                             const struct period *period, struct report_sums *ret_sums,
                             struct err *err)
{
    const struct setup *setup = &hub->setup;
    struct sweep sweep = {.sums = ret_sums, .db = db, .ancestor = unit, .halves = period->halves};
    memset(ret_sums, 0, sizeof *ret_sums);
    ret_sums->hub = hub;
    for (size_t i = 0; i < setup->area_count; i++)
        memcpy(ret_sums->areas[i], setup->areas[i].code, sizeof ret_sums->areas[i]);
    ret_sums->area_count = setup->area_count;
    ret_sums->channels = period->halves;
    // IND-11: every official and calendar period ends on half-month borders.
    if (period->halves)
        TRY(tally_read_a(db, unit, period->from_half, period->to_half, take_headline, ret_sums,
                         err));
    return sweep_below(&sweep, period, err);
}
