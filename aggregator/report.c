// SPDX-License-Identifier: MIT
// Makes the report's model from its sums.
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "area.h"
#include "clock.h"
#include "hub_sql.h"
#include "hubhead.h"
#include "lanestate.h"
#include "report_sums.h"
#include "stmt.h"
#include "witness.h"

enum { NO_TARGET = -1, CONTACT_BYTES = 24, WARNING_BYTES = 512, INTERVAL_BYTES = 16 };

// A model in the making: jansson's failures (memory) are kept and reported once.
struct model {
    const struct hub *hub;
    const struct period *period;
    const struct report_sums *sums;
    bool failed;
};

static void put(struct model *model, json_t *object, const char *key, json_t *value)
{
    if (value == NULL || json_object_set_new(object, key, value) != 0)
        model->failed = true;
}

static void put_text(struct model *model, json_t *object, const char *key, const char *text)
{
    put(model, object, key, text != NULL ? json_string(text) : json_null());
}

static void append(struct model *model, json_t *array, json_t *value)
{
    if (value == NULL || json_array_append_new(array, value) != 0)
        model->failed = true;
}

// ---- figures ---------------------------------------------------------------------------------

static void put_figure(struct model *model, json_t *object, const struct tally_counts *counts,
                       int64_t target)
{
    char percent[INDICATOR_PERCENT_BYTES];
    struct indicator_share share = indicator_share_of(counts);
    json_t *levels = json_array();
    bool any = indicator_percent(share, target, percent);
    put(model, object, "satisfied", json_integer(share.satisfied));
    put(model, object, "answered", json_integer(share.answered));
    put_text(model, object, "percent", any ? percent : NULL);
    for (int i = 0; i < FORM_LEVELS; i++)
        append(model, levels, json_integer(counts->n[i]));
    put(model, object, "levels", levels);
}

static json_t *figure(struct model *model, const struct tally_counts *counts)
{
    json_t *object = json_object();
    put_figure(model, object, counts, NO_TARGET);
    return object;
}

static json_t *figure_or_null(struct model *model, const struct tally_counts *counts)
{
    return model->sums->channels ? figure(model, counts) : json_null();
}

static int64_t target_of(const struct model *model, const struct plan_group *group)
{
    const struct plan_target *target =
        group != NULL ? plan_target_in(group, model->period->year) : NULL;
    return target != NULL ? target->percent_hundredths : NO_TARGET;
}

static json_t *target_json(int64_t target)
{
    if (target < 0)
        return json_null();
    return target % 100 == 0 ? json_integer(target / 100) : json_real((double)target / 100);
}

// "met" or "not_met" by the plan's exact arithmetic; NULL without answers or target.
static const char *by_plan(const struct tally_counts *counts, int64_t target)
{
    struct indicator_share share = indicator_share_of(counts);
    if (share.answered == 0 || target < 0)
        return NULL;
    return indicator_reaches(share, target) ? "met" : "not_met";
}

static void put_verdict(struct model *model, json_t *object, const struct tally_counts *counts,
                        int64_t target)
{
    enum indicator_verdict verdict =
        indicator_verdict(indicator_share_of(counts), target, model->hub->setup.insufficient_below);
    put(model, object, "target", target_json(target));
    put_text(model, object, "verdict", indicator_verdict_name(verdict));
    put_text(model, object, "by_plan", by_plan(counts, target));
}

static json_t *interval_json(const struct tally_counts *counts)
{
    char low[INTERVAL_BYTES], high[INTERVAL_BYTES];
    struct indicator_share share = indicator_share_of(counts);
    if (share.answered == 0)
        return json_null();
    struct indicator_interval interval = indicator_wilson(share);
    snprintf(low, sizeof low, "%.2f", 100 * interval.low);
    snprintf(high, sizeof high, "%.2f", 100 * interval.high);
    return json_pack("[s, s]", low, high);
}

static void put_firmness(struct model *model, json_t *object, const struct tally_counts *counts,
                         int64_t target)
{
    struct indicator_share share = indicator_share_of(counts);
    int64_t needed = 0;
    // A word on certainty beside "chưa đủ căn cứ" would contradict it.
    enum indicator_verdict verdict =
        indicator_verdict(share, target, model->hub->setup.insufficient_below);
    bool known = verdict == INDICATOR_MET || verdict == INDICATOR_NOT_MET;
    bool firm = known && indicator_firm(share, target, &needed);
    put(model, object, "interval", interval_json(counts));
    put(model, object, "firm", known ? json_boolean(firm) : json_null());
    put(model, object, "needed", needed > 0 ? json_integer(needed) : json_null());
}

// ---- groups and areas ------------------------------------------------------------------------

static void put_area_name(struct model *model, json_t *object, const char *code)
{
    const struct setup_area *ours = setup_area(&model->hub->setup, code);
    const struct area *known = area_find(code);
    const char *vi = code, *en = code;
    if (ours != NULL) {
        vi = ours->name_vi;
        en = ours->name_en;
    } else if (known != NULL) {
        vi = known->name_vi;
        en = known->name_en;
    }
    put_text(model, object, "code", code);
    put_text(model, object, "name", vi);
    put_text(model, object, "name_en", en);
}

// IND-10: a group with parts is tested on the pooled figure; each part that fails by itself is
// named.
static void put_parts(struct model *model, json_t *object, const struct plan_group *group,
                      const struct report_sums_group *sums, int64_t target)
{
    json_t *parts = json_array(), *failing = json_array();
    char warning[WARNING_BYTES] = "";
    for (size_t i = 0; group->split && i < group->area_count; i++) {
        json_t *part = json_object();
        const char *verdict = by_plan(&sums->parts[i], target);
        put_area_name(model, part, group->areas[i]);
        put_figure(model, part, &sums->parts[i], target);
        put_text(model, part, "by_plan", verdict);
        if (verdict != NULL && strcmp(verdict, "not_met") == 0) {
            size_t used = strlen(warning);
            snprintf(warning + used, sizeof warning - used, "%s%s",
                     used == 0 ? "Tính riêng thì chưa đạt: " : ", ",
                     json_text_or(part, "name", ""));
            append(model, failing, json_string(group->areas[i]));
        }
        append(model, parts, part);
    }
    put(model, object, "parts", parts);
    put_text(model, object, "warning", warning[0] != '\0' ? warning : NULL);
    put(model, object, "warning_areas", failing);
}

static json_t *group_json(struct model *model, const struct plan_group *group,
                          const struct report_sums_group *sums)
{
    json_t *object = json_object();
    int64_t target = target_of(model, group);
    put_text(model, object, "code", group->code);
    put_text(model, object, "name", group->name_vi);
    put_text(model, object, "name_en", group->name_en);
    put_text(model, object, "parent", group->parent);
    put_text(model, object, "item", group->item);
    put_text(model, object, "item_note",
             sums->pooled ? "Phiếu không hỏi riêng về cơ quan phục vụ thì tính câu hỏi chung."
                          : NULL);
    put(model, object, "item_pooled", json_boolean(sums->pooled));
    put_figure(model, object, &sums->counts, target);
    put_verdict(model, object, &sums->counts, target);
    put_firmness(model, object, &sums->counts, target);
    put_text(model, object, "source", group->source);
    put(model, object, "paper", figure_or_null(model, &sums->paper));
    put_parts(model, object, group, sums, target);
    return object;
}

static json_t *area_json(struct model *model, size_t index)
{
    const struct report_sums *sums = model->sums;
    const struct plan_group *group = plan_group_of_area(model->hub->plan, sums->areas[index]);
    json_t *object = json_object();
    int64_t target = target_of(model, group);
    put_area_name(model, object, sums->areas[index]);
    put_text(model, object, "group", group != NULL ? group->code : NULL);
    put_figure(model, object, &sums->area_counts[index], target);
    put_verdict(model, object, &sums->area_counts[index], target);
    return object;
}

static void put_rows(struct model *model, json_t *report)
{
    const struct plan *plan = model->hub->plan;
    json_t *groups = json_array(), *areas = json_array();
    for (size_t i = 0; i < plan->group_count; i++)
        append(model, groups, group_json(model, &plan->groups[i], &model->sums->groups[i]));
    for (size_t i = 0; i < model->sums->area_count; i++)
        append(model, areas, area_json(model, i));
    put(model, report, "groups", groups);
    put(model, report, "areas", areas);
}

// Fewer flagged answers than this show nothing but their number: their levels would give people
// away, and so would "all in" less the rest (IND-14).
enum { FLAGGED_LEAST = 10 };

static void put_left_out(struct model *model, json_t *report)
{
    const struct report_sums *sums = model->sums;
    int64_t flagged = indicator_share_of(&sums->flagged).answered;
    bool few = flagged > 0 && flagged < FLAGGED_LEAST;
    put(model, report, "flagged", few ? json_null() : figure_or_null(model, &sums->flagged));
    put(model, report, "all_in", few ? json_null() : figure_or_null(model, &sums->all_in));
    put(model, report, "flagged_count", sums->channels ? json_integer(flagged) : json_null());
    put(model, report, "voided", json_integer(sums->voided));
}

static void put_channels(struct model *model, json_t *report)
{
    const struct report_sums *sums = model->sums;
    json_t *channels = json_array();
    for (size_t i = 0; sums->channels && i < RESPONSE_CHANNEL_COUNT; i++) {
        json_t *row = json_object();
        put_text(model, row, "channel", response_channel_name((enum response_channel)i));
        put_figure(model, row, &sums->by_channel[i], NO_TARGET);
        append(model, channels, row);
    }
    put(model, report, "posters", figure_or_null(model, &sums->by_channel[RESPONSE_POSTER]));
    put(model, report, "linked", figure_or_null(model, &sums->linked));
    put_left_out(model, report);
    put(model, report, "by_channel", channels);
    put(model, report, "total", figure(model, &sums->total));
    put_text(model, report, "denominator", "answers");
}

// ---- what the report is about ----------------------------------------------------------------

static void put_head(struct model *model, json_t *report, const struct unit *unit)
{
    const struct hub *hub = model->hub;
    const struct period *period = model->period;
    bool ours = strcmp(unit->code, hub->setup.unit) == 0;
    char from[CLOCK_DAY_TEXT_SIZE], to[CLOCK_DAY_TEXT_SIZE], made[CLOCK_DAY_TEXT_SIZE];
    char words[PERIOD_WORDS_BYTES], words_en[PERIOD_WORDS_BYTES];
    clock_day_text(period->from_day, from);
    clock_day_text(period->to_day - 1, to);
    clock_day_text(clock_day(clock_now_s()), made);
    period_words_vi(period, words);
    period_words_en(period, words_en);
    put(model, report, "unit",
        json_pack("{s:s, s:s, s:s}", "code", unit->code, "name", unit->name, "note",
                  ours ? hub->setup.unit_note : ""));
    put(model, report, "period",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "name", period->name, "from", from, "to", to,
                  "words", words, "words_en", words_en, "free", (int)period->free));
    put(model, report, "plan",
        json_pack("{s:s, s:s, s:s}", "id", hub->plan->id, "document", hub->plan->document, "note",
                  hub->plan->note));
    put(model, report, "trial", json_boolean(hub->setup.trial));
    put(model, report, "sample", json_boolean(hub->setup.sample));
    put_text(model, report, "made", made);
    // No head of a lane has come back signed by another organisation: that begins with signatures.
    put(model, report, "witness", json_false());
    put(model, report, "insufficient_below", json_integer(hub->setup.insufficient_below));
}

static void contact_text(int64_t utc_s, char ret_text[CONTACT_BYTES])
{
    struct civil at = clock_civil(utc_s);
    snprintf(ret_text, CONTACT_BYTES, "%04u-%02u-%02u %02u:%02u", (unsigned)at.year % 10000U,
             (unsigned)at.month % 100U, (unsigned)at.day % 100U, (unsigned)at.hour % 100U,
             (unsigned)at.minute % 100U);
}

static void put_witness(struct model *model, json_t *report, const struct witness_sum *sum)
{
    char when[CONTACT_BYTES];
    const bool all = sum->lanes > 0 && !sum->open;
    contact_text(sum->time_s, when);
    put(model, report, "witness", json_boolean(all));
    put_text(model, report, "witness_time", all ? when : NULL);
    put(model, report, "witness_refused", json_integer(sum->refused));
}

static enum status put_lanes(struct model *model, struct db *db, const char *unit, json_t *report,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int32_t today = clock_day(clock_now_s());
    json_t *lanes = json_array();
    struct witness_keys keys;
    struct witness_sum sum = {.open = false};
    bool more = false;
    put(model, report, "lanes", lanes);
    TRY(witness_keys(model->hub, db, &keys, err));
    TRY(stmt_use(db, HUB_LANE_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            break;
        struct witness_cover cover;
        const bool shown = unit_is_below(model->hub->units, lanestate_unit(q), unit, today);
        // The hub's own lane has the paper forms and all that people decided.
        if (!shown && strcmp(stmt_text(q, 2), "hub") != 0)
            continue;
        TRY(witness_of(db, &keys, stmt_text(q, 0), &cover, err));
        witness_sum_add(&sum, &cover, stmt_int(q, 4));
        if (shown)
            append(model, lanes, lanestate_json(model->hub, q, &cover));
    }
    put_witness(model, report, &sum);
    bool behind = false;
    TRY(hubhead_clock(model->hub, db, &behind, err));
    put(model, report, "clock_behind", json_boolean(behind));
    return STATUS_OK;
}

// IND-16: whether the hours lie on both sides of one of the period's borders.
static bool reaches_over(const struct period *period, uint32_t first, uint32_t last)
{
    int32_t from = clock_day_of_hour(first), to = clock_day_of_hour(last);
    return (from < period->from_day && to >= period->from_day) ||
           (from < period->to_day && to >= period->to_day);
}

static json_t *time_range_json(uint32_t first, uint32_t last, int64_t count)
{
    char first_text[CLOCK_HOUR_TEXT_SIZE], last_text[CLOCK_HOUR_TEXT_SIZE];
    clock_hour_text(first, first_text);
    clock_hour_text(last, last_text);
    return json_pack("{s:s, s:s, s:I}", "first", first_text, "last", last_text, "count",
                     (json_int_t)count);
}

static enum status put_time_ranges(struct model *model, struct db *db, const char *unit,
                                   json_t *report, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    json_t *ranges = json_array();
    bool more = false;
    put(model, report, "time_ranges", ranges);
    TRY(stmt_use(db, HUB_TIME_RANGE_WALK, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        uint32_t first = (uint32_t)stmt_int(q, 2), last = (uint32_t)stmt_int(q, 3);
        if (reaches_over(model->period, first, last) &&
            unit_is_below(model->hub->units, stmt_text(q, 1), unit, clock_day_of_hour(first)))
            append(model, ranges, time_range_json(first, last, stmt_int(q, 4)));
    }
}

static enum status make_model(struct model *model, struct db *db, const struct unit *unit,
                              json_t *report, struct err *err)
{
    put_head(model, report, unit);
    put_rows(model, report);
    put_channels(model, report);
    TRY(put_time_ranges(model, db, unit->code, report, err));
    TRY(put_lanes(model, db, unit->code, report, err));
    return model->failed ? err_set(err, STATUS_NO_MEMORY, "no memory for a report") : STATUS_OK;
}

static void sums_free(struct report_sums *sums)
{
    free(sums);
}
AUTO_POINTER(struct report_sums, sums_free)

enum status report_model(const struct hub *hub, struct db *db, const char *unit,
                         const struct period *period, json_t **ret_model, struct err *err)
{
    AUTO(sums_freep) struct report_sums *sums = calloc(1, sizeof *sums);
    AUTO(json_decrefp) json_t *report = json_object();
    const struct unit *found = unit_find(hub->units, unit, period->to_day - 1);
    if (sums == NULL || report == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a report");
    // A unit that ended within the period, or that comes later, still has a page.
    if (found == NULL)
        found = unit_newest(hub->units, unit);
    if (found == NULL)
        return err_set(err, STATUS_NOT_FOUND, "the setup has no unit with that code");
    TRY(report_sums_read(hub, db, unit, period, sums, err));
    struct model model = {.hub = hub, .period = period, .sums = sums};
    TRY(make_model(&model, db, found, report, err));
    *ret_model = report;
    report = NULL;
    return STATUS_OK;
}

bool report_is_logged(const struct hub *hub, const struct period *period)
{
    return period->free || (!hub->setup.trial && period->to_day > clock_day(clock_now_s()));
}

enum status report_read(const struct hub *hub, const char *unit, const char *period,
                        json_t **ret_model, struct err *err)
{
    struct period range;
    TRY(period_parse(period, &range, err));
    if (range.free)
        return err_set(err, STATUS_BAD_INPUT, "a free range is for auditors, by the command line");
    struct db *db = dbpool_take(hub->readers);
    enum status status = report_model(hub, db, unit, &range, ret_model, err);
    dbpool_give(hub->readers, db);
    return status;
}
