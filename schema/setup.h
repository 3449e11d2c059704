// SPDX-License-Identifier: MIT
// The setup: one JSON document that says what an office is (units, areas, counters, forms, plan,
// hours, addresses). Kiosk and hub read the same document; it is an entry in the journal.
#ifndef HAILONG_SETUP_H
#define HAILONG_SETUP_H

#include "form.h"
#include "opening.h"
#include "response.h"
#include "unit.h"

enum { SETUP_LIMIT_BYTES = 256 * 1024, SETUP_AREA_MAX = 64, SETUP_COUNTER_MAX = 64 };

struct setup_area {
    char code[RESPONSE_CODE_CHARS + 1];
    const char *name_vi, *name_en; // borrowed from the setup
    const char *icon;              // name of an icon of the pages, or "dossier"
    const struct form *form;
};

struct setup_counter {
    char id[RESPONSE_CODE_CHARS + 1]; // "1"
    const char *name_vi, *name_en;
    const struct setup_area *areas[SETUP_AREA_MAX]; // what it serves; one: no area has to be chosen
    size_t area_count;
};

// Thresholds of the live flags (kiosk/judge.h). 0 turns a rule off.
struct setup_flags {
    int64_t repeat_s;       // a tap sooner than this after the last one, default 5, 0…60
    int64_t burst_count;    // so many taps …, default 5, 0 or 2…50
    int64_t burst_gap_s;    // … each sooner than this after the one before, default 8, 1…120
    int64_t streak_count;   // so many equal levels …, default 10, 0 or 2…50
    int64_t streak_minutes; // … within this time, default 10, 1…240
    int64_t hours_margin_minutes; // outside the opening hours by more than this, default 30,
                                  // 0…10080; a week: never
};

struct setup {
    json_t *json;                       // owned, the document
    struct unit_tree *units;            // owned, its "units"
    int64_t version;                    // of this setup: a later one has a larger number, default 0
    const char *name;                   // short name of the office: "ba-xuyen"
    char unit[RESPONSE_UNIT_CHARS + 1]; // "05533"
    const char *unit_name;              // "Phường Bá Xuyên"
    const char *office_name;            // "Bộ phận Một cửa …"
    const char *unit_note; // "(địa bàn phường Mỏ Chè trước 01/7/2025)" or ""
    struct setup_area areas[SETUP_AREA_MAX];
    size_t area_count;
    struct setup_counter counters[SETUP_COUNTER_MAX];
    size_t counter_count;
    const char *plan;        // id of schema/plans/: "mo-che-254-2021"
    const char *public_url;  // "" when not set
    const char *witness_url; // of the hub's witness (C2SP tlog-witness), "" when not set
    const char *witness_key; // and its key (vkey), "" when not set
    bool trial;              // "CHẠY THỬ": sync every 5 s, live levels; a real hub refuses it
    bool sample;             // "DỮ LIỆU MẪU": never syncable to a real hub
    bool screen_agency;      // the counter screen also asks `agency` after the topics
    bool screen_factors;     // … and the factors
    int64_t idle_s;          // counter screen, default 25, 10…120
    int64_t slip_days;       // a slip can be used this long, default 30, 1…90
    int64_t insufficient_below; // fewer answers give "chưa đủ căn cứ", default 30, 1…1000
    bool mask_numbers; // telephone numbers and such go from free text before storing, default true
    struct opening opening; // opening hours and holidays
    struct setup_flags flags;
    int64_t clock_gap_days; // a box that was off this long has its clock confirmed, default 4, 1…60
};

// Reads and checks the whole document (schema/examples/ba-xuyen.json shows every key). Every fault
// names the key and what it must be. Opens forms, plans and areas when nobody has. The result does
// not depend on the day of reading, so an old setup reads again as it did: "unit" must be a code
// of "units", and unit_name is the newest unit with it.
// The structure is large (about 50 KiB) and points into itself: pass it by pointer, do not copy it.
enum status setup_parse(const char *text, size_t size_bytes, struct setup *ret_setup,
                        struct err *err) MUST_USE;
void setup_done(struct setup *setup);
const struct setup_area *setup_area(const struct setup *setup, const char *code);
const struct setup_counter *setup_counter(const struct setup *setup, const char *id);

#endif
