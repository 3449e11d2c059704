// SPDX-License-Identifier: MIT
// The made-up office: areas differ, Mondays are busy, land files are slow, the year improves.
#include "sample_visit.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    VISITS_PER_DAY = 100,
    FIRST_HOUR = 7,
    HOURS = 10,
    CHOICE_MAX = 256,
};

struct choice {
    const struct setup_counter *counter;
    const struct setup_area *area;
    unsigned weight;
    double satisfied; // share of levels 4 and 5 in the middle of the year
};

struct sample_office {
    uint64_t random;
    struct choice choices[CHOICE_MAX];
    size_t choice_count;
    unsigned weight;
};

// What the counters are asked for, and how it goes. Round figures; nobody's real ones.
static const struct {
    const char *area;
    unsigned weight;
    double satisfied;
} habits[] = {
    {"HT", 30, 0.955}, {"CT", 26, 0.965},  {"DD", 18, 0.835}, {"XD", 5, 0.850},
    {"DT", 2, 0.880},  {"BTXH", 6, 0.915}, {"TE", 3, 0.930},  {"NCC", 3, 0.935},
};
static const unsigned usual_weight = 2;
static const double usual_satisfied = 0.905;

// Visits per hour, 7 to 16 o'clock, with the noon break.
static const unsigned hour_weights[HOURS] = {4, 18, 20, 17, 4, 0, 8, 14, 11, 4};

// Days off with a fixed date (Labour Code 2019, article 112): month, day.
static const int holidays[][2] = {{1, 1}, {4, 30}, {5, 1}, {9, 1}, {9, 2}};

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
static uint64_t next(struct sample_office *office)
{
    uint64_t z = office->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double share(struct sample_office *office)
{
    return (double)(next(office) >> 11) * 0x1.0p-53;
}

static size_t pick(struct sample_office *office, const unsigned *weights, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    if (sum == 0)
        return 0;
    uint64_t at = next(office) % sum;
    for (size_t i = 0; i < count; i++) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return count - 1;
}

static void add_choice(struct sample_office *office, const struct setup_counter *counter,
                       const struct setup_area *area)
{
    if (office->choice_count == CHOICE_MAX)
        return;
    struct choice choice = {counter, area, usual_weight, usual_satisfied};
    for (size_t i = 0; i < ARRAY_SIZE(habits); i++) {
        if (strcmp(habits[i].area, area->code) != 0)
            continue;
        choice.weight = habits[i].weight;
        choice.satisfied = habits[i].satisfied;
    }
    office->choices[office->choice_count++] = choice;
    office->weight += choice.weight;
}

enum status sample_visit_open(const struct setup *setup, struct sample_office **ret_office,
                              struct err *err)
{
    struct sample_office *office = calloc(1, sizeof *office);
    if (office == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the sample");
    office->random = 254; // any number; the first plan's
    for (size_t i = 0; i < setup->counter_count; i++)
        for (size_t j = 0; j < setup->counters[i].area_count; j++)
            add_choice(office, &setup->counters[i], setup->counters[i].areas[j]);
    if (office->choice_count == 0) {
        free(office);
        return err_set(err, STATUS_BAD_INPUT, "the setup has no counter with an area");
    }
    *ret_office = office;
    return STATUS_OK;
}

void sample_visit_close(struct sample_office *office)
{
    free(office);
}

static const struct choice *pick_choice(struct sample_office *office)
{
    uint64_t at = next(office) % office->weight;
    for (size_t i = 0; i < office->choice_count; i++) {
        if (at < office->choices[i].weight)
            return &office->choices[i];
        at -= office->choices[i].weight;
    }
    return &office->choices[0];
}

static void pick_channel(struct sample_office *office, struct sample_visit *visit)
{
    static const unsigned weights[] = {24, 30, 34, 12}; // armed, open screen, slip, poster
    static const enum response_channel channels[] = {RESPONSE_SCREEN, RESPONSE_SCREEN,
                                                     RESPONSE_SLIP, RESPONSE_POSTER};
    const size_t at = pick(office, weights, ARRAY_SIZE(weights));
    visit->channel = channels[at];
    visit->linked = at == 0 || at == 2;
}

static void pick_step(struct sample_office *office, struct sample_visit *visit)
{
    static const unsigned weights[RESPONSE_STEP_COUNT] = {
        [RESPONSE_STEP_INTAKE] = 20,
        [RESPONSE_STEP_SUPPLEMENT] = 7,
        [RESPONSE_STEP_REFUSAL] = 3,
        [RESPONSE_STEP_RESULT] = 70,
    };
    // An open screen and a poster do not know the step; they ask about the result.
    visit->step = visit->linked ? (enum response_step)pick(office, weights, RESPONSE_STEP_COUNT)
                                : RESPONSE_STEP_RESULT;
}

static int pick_level(struct sample_office *office, double satisfied)
{
    static const unsigned good[] = {45, 55}, poor[] = {15, 30, 55};
    if (share(office) < satisfied)
        return 4 + (int)pick(office, good, ARRAY_SIZE(good));
    return 1 + (int)pick(office, poor, ARRAY_SIZE(poor));
}

static double satisfied_at(const struct choice *choice, const struct sample_visit *visit,
                           double progress)
{
    double satisfied = choice->satisfied + 0.04 * (progress - 0.5);
    if (visit->step == RESPONSE_STEP_SUPPLEMENT)
        satisfied -= 0.12;
    if (visit->step == RESPONSE_STEP_REFUSAL)
        satisfied -= 0.25;
    return satisfied;
}

// Who is content names topics rarely, who is not mostly: time and procedure before the rest.
static void pick_topics(struct sample_office *office, struct sample_visit *visit)
{
    static const char *const topics[] = {"attitude",  "time", "guidance",
                                         "procedure", "cost", "place"};
    static const unsigned weights[] = {15, 30, 14, 24, 5, 12};
    if (visit->end != RESPONSE_END_TAP || share(office) > (visit->level >= 4 ? 0.25 : 0.8))
        return;
    const size_t first = pick(office, weights, ARRAY_SIZE(weights));
    visit->topics[0] = topics[first];
    const size_t second = pick(office, weights, ARRAY_SIZE(weights));
    if (second != first && share(office) < 0.3)
        visit->topics[1] = topics[second];
}

static void pick_rest(struct sample_office *office, struct sample_visit *visit)
{
    static const unsigned ends[RESPONSE_END_COUNT] = {55, 28, 5, 12};
    visit->end = (enum response_end)pick(office, ends, RESPONSE_END_COUNT);
    pick_topics(office, visit);
    if (share(office) < 0.012)
        visit->changed_level = visit->level < 5 ? visit->level + 1 : 4;
    if (visit->end == RESPONSE_END_TAP && form_item(visit->area->form, "agency") != NULL &&
        share(office) < 0.8)
        visit->agency = share(office) < 0.75 ? visit->level : pick_level(office, 0.93);
}

// 0 Monday … 6 Sunday; 1970-01-01 was a Thursday.
static int weekday(int32_t day)
{
    return (day + 3) % 7;
}

bool sample_visit_week_ends(int32_t day)
{
    return weekday(day) == 4;
}

static bool is_day_off(int32_t day)
{
    const struct civil date = clock_date_of_day(day);
    if (weekday(day) >= 5)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(holidays); i++)
        if (date.month == holidays[i][0] && date.day == holidays[i][1])
            return true;
    return false;
}

static int by_hour(const void *a, const void *b)
{
    return ((const struct sample_visit *)a)->hour - ((const struct sample_visit *)b)->hour;
}

size_t sample_visit_day(struct sample_office *office, int32_t day, double progress,
                        struct sample_visit ret_visits[SAMPLE_VISIT_MAX])
{
    static const double busy[] = {1.25, 1.05, 0.95, 0.9, 0.85}; // Monday … Friday
    if (is_day_off(day))
        return 0;
    const double mean = VISITS_PER_DAY * busy[weekday(day)];
    const size_t count = (size_t)(mean * (0.8 + 0.4 * share(office)));
    for (size_t i = 0; i < count; i++) {
        const struct choice *choice = pick_choice(office);
        struct sample_visit visit = {.counter = choice->counter, .area = choice->area};
        visit.hour = FIRST_HOUR + (int)pick(office, hour_weights, HOURS);
        pick_channel(office, &visit);
        pick_step(office, &visit);
        visit.level = pick_level(office, satisfied_at(choice, &visit, progress));
        pick_rest(office, &visit);
        ret_visits[i] = visit;
    }
    qsort(ret_visits, count, sizeof *ret_visits, by_hour);
    return count;
}

// ---- later steps --------------------------------------------------------------------------------

static void begin_form(struct buf *text, const char *token, int part, const char *page,
                       enum response_end end)
{
    static const char *const ends[RESPONSE_END_COUNT] = {"tap", "skip", "exit", "timeout"};
    buf_clear(text);
    buf_addf(text, "token=%s&part=%d&page=%s&end=%s", token, part, page, ends[end]);
}

bool sample_visit_detail(const struct sample_visit *visit, int part, const char *token,
                         struct buf *text)
{
    const int changes = visit->changed_level != 0 ? 1 : 0;
    if (part <= changes) {
        begin_form(text, token, part, "overall", RESPONSE_END_TAP);
        buf_addf(text, "&overall=%d", visit->changed_level);
        return true;
    }
    if (part == changes + 1) {
        begin_form(text, token, part, "topics", visit->end);
        for (size_t i = 0; i < ARRAY_SIZE(visit->topics); i++)
            if (visit->topics[i] != NULL)
                buf_addf(text, "&topic_%s=1", visit->topics[i]);
        return true;
    }
    if (part == changes + 2 && visit->agency != 0) {
        begin_form(text, token, part, "agency", RESPONSE_END_TAP);
        buf_addf(text, "&agency=%d", visit->agency);
        return true;
    }
    return false;
}
