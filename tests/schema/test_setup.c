// SPDX-License-Identifier: MIT
// The setup: the example office read whole, and each key refused when it is off.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "setup.h"

static json_t *example; // schema/examples/ba-xuyen.json

static enum status parse_json(const json_t *json, struct setup *ret_setup, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, SETUP_LIMIT_BYTES);
    assert_int_equal(json_write(json, &text, err), STATUS_OK);
    return setup_parse(text.data, text.size_bytes, ret_setup, err);
}

static void the_example_office_is_ba_xuyen(void **state)
{
    (void)state;
    AUTO(setup_done) struct setup setup = {.json = NULL};
    struct err err = {.text = ""};
    if (parse_json(example, &setup, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_string_equal(setup.name, "ba-xuyen");
    assert_string_equal(setup.unit, "05533");
    assert_string_equal(setup.unit_name, "Phường Bá Xuyên");
    assert_string_equal(setup.office_name, "Bộ phận Một cửa phường Bá Xuyên");
    assert_string_equal(setup.unit_note, "(địa bàn phường Mỏ Chè trước 01/7/2025)");
    assert_string_equal(setup.plan, "mo-che-254-2021");
    assert_string_equal(setup.public_url, "");
    assert_true(setup.trial && !setup.sample);
    assert_true(setup.screen_agency && !setup.screen_factors);
    assert_int_equal(setup.idle_s, 25);
    assert_int_equal(setup.slip_days, 30);
    assert_int_equal(setup.insufficient_below, 30);
    assert_int_equal(setup.area_count, 21);
    assert_int_equal(setup.counter_count, 5);
    assert_string_equal(unit_find(setup.units, "05533", clock_day_of_date(2025, 6, 30))->name,
                        "Phường Mỏ Chè");
    assert_int_equal(opening_minutes(&setup.opening, clock_day_of_date(2026, 11, 3)), 450);
}

static void counters_point_at_the_areas_of_their_own_setup(void **state)
{
    (void)state;
    AUTO(setup_done) struct setup setup = {.json = NULL};
    struct err err;
    size_t served = 0;
    assert_int_equal(parse_json(example, &setup, &err), STATUS_OK);
    for (size_t i = 0; i < setup.counter_count; i++)
        for (size_t k = 0; k < setup.counters[i].area_count; k++) {
            const struct setup_area *area = setup.counters[i].areas[k];
            assert_in_range(area - setup.areas, 0, setup.area_count - 1);
            assert_ptr_equal(setup_area(&setup, area->code), area);
            served++;
        }
    // Every area but the two services, each at one counter.
    assert_int_equal(served, 19);
    assert_string_equal(setup_area(&setup, "HT")->name_vi, "Hộ tịch");
    assert_string_equal(setup_area(&setup, "HT")->form->name, "tthc@1");
    assert_string_equal(setup_area(&setup, "SV-YT")->form->name, "mot-cau@1");
    assert_string_equal(setup_counter(&setup, "1")->name_vi, "Quầy 1 – Hộ tịch, chứng thực");
    assert_null(setup_area(&setup, "CTR"));
    assert_null(setup_counter(&setup, "6"));
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    static const char *const optional[] = {"trial",
                                           "sample",
                                           "screen",
                                           "hours",
                                           "public_url",
                                           "slip_days",
                                           "insufficient_below",
                                           "holidays",
                                           "flags",
                                           "clock_gap_days"};
    AUTO(setup_done) struct setup setup = {.json = NULL};
    AUTO(json_decrefp) json_t *json = json_deep_copy(example);
    struct err err;
    for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
        assert_int_equal(json_object_del(json, optional[i]), 0);
    assert_int_equal(json_object_del(json_object_get(json, "office"), "note"), 0);
    assert_int_equal(parse_json(json, &setup, &err), STATUS_OK);
    assert_false(setup.trial || setup.sample || setup.screen_agency || setup.screen_factors);
    assert_false(setup.opening.known);
    assert_int_equal(setup.idle_s, 25);
    assert_int_equal(setup.slip_days, 30);
    assert_int_equal(setup.insufficient_below, 30);
    assert_int_equal(setup.flags.repeat_s, 5);
    assert_int_equal(setup.flags.burst_count, 5);
    assert_int_equal(setup.flags.burst_gap_s, 8);
    assert_int_equal(setup.flags.streak_count, 10);
    assert_int_equal(setup.flags.streak_minutes, 10);
    assert_int_equal(setup.flags.hours_margin_minutes, 30);
    assert_int_equal(setup.clock_gap_days, 4);
    assert_string_equal(setup.public_url, "");
    assert_string_equal(setup.unit_note, "");
}

static void an_office_may_name_an_area_of_its_own(void **state)
{
    (void)state;
    AUTO(setup_done) struct setup setup = {.json = NULL};
    AUTO(json_decrefp) json_t *json = json_deep_copy(example);
    struct err err;
    json_array_append_new(json_object_get(json, "areas"),
                          json_pack("{s:s,s:{s:s}}", "code", "DIEN", "name", "vi", "Cấp điện"));
    json_array_append_new(json_object_get(json, "areas"),
                          json_pack("{s:s,s:{s:s,s:s},s:s}", "code", "CTR", "name", "vi",
                                    "Thường trú", "en", "Residence", "icon", "house"));
    assert_int_equal(parse_json(json, &setup, &err), STATUS_OK);
    const struct setup_area *own = setup_area(&setup, "DIEN"), *renamed = setup_area(&setup, "CTR");
    assert_string_equal(own->name_vi, "Cấp điện");
    assert_string_equal(own->name_en, "Cấp điện");
    assert_string_equal(own->icon, "dossier");
    assert_string_equal(renamed->name_en, "Residence");
    assert_string_equal(renamed->icon, "house");
}

// The example with one member changed: a path of keys and indices, and the new value (NULL: left
// out).
static json_t *changed(const char *path, const char *value)
{
    json_t *json = json_deep_copy(example), *at = json;
    char part[40];
    for (;;) {
        size_t chars = strcspn(path, "/");
        memcpy(part, path, chars);
        part[chars] = '\0';
        if (path[chars] == '\0')
            break;
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part)) : json_object_get(at, part);
        assert_non_null(at);
        path += chars + 1;
    }
    if (value == NULL) {
        assert_int_equal(json_object_del(at, part), 0);
        return json;
    }
    json_t *member = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(member);
    if (json_is_array(at))
        assert_int_equal(json_array_set_new(at, (size_t)atoi(part), member), 0);
    else
        assert_int_equal(json_object_set_new(at, part, member), 0);
    return json;
}

static void each_key_is_checked_on_both_sides(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value, *says; // says NULL: good
    } cases[] = {
        {"v", NULL, "\"v\""},
        {"v", "2", "\"v\""},
        {"colour", "\"red\"", "colour"},
        {"name", NULL, "\"name\""},
        {"name", "\"Bá Xuyên\"", "\"name\""},
        {"name", "\"-x\"", "\"name\""},
        {"name", "\"x-\"", "\"name\""},
        {"name", "\"0123456789012345678901234567890123456789\"", NULL},
        {"name", "\"01234567890123456789012345678901234567890\"", "\"name\""},
        {"trial", "1", "trial"},
        {"sample", "\"no\"", "sample"},
        {"unit", NULL, "\"unit\""},
        {"unit", "\"05534\"", "\"unit\""},
        {"unit", "5533", "\"unit\""},
        {"unit", "\"19\"", NULL},
        {"office", NULL, "office"},
        {"office", "\"x\"", "office"},
        {"office/name", "\"\"", "name"},
        {"office/name", "\"a\\nb\"", "name"},
        {"office/phone", "\"0208\"", "phone"},
        {"units", NULL, "units"},
        {"units/1/parent", "\"VM\"", "parents"},
        {"units/3/valid_from", "\"2025-06-30\"", "one code on one day"},
        {"areas", NULL, "areas"},
        {"areas", "[]", "areas"},
        {"areas/0", "\"HT\"", "areas[0]"},
        {"areas/0/code", "\"ht\"", "areas[0]"},
        {"areas/0/code", "\"CT\"", "areas[1]"},
        {"areas/20/code", "\"XX\"", "name"},
        {"areas/0/form", "\"tthc@2\"", "areas[0]"},
        {"areas/0/form", "5", "areas[0]"},
        {"areas/0/group", "\"TTHC\"", "group"},
        {"counters", NULL, "counters"},
        {"counters", "[]", NULL},
        {"counters/4", "7", "counters[4]"},
        {"counters/4/id", "\"1\"", "counters[4]"},
        {"counters/4/id", "\"quầy\"", "counters[4]"},
        {"counters/4/id", "\"A-5\"", NULL},
        {"counters/4/areas", "[]", "areas"},
        {"counters/4/areas", "[\"K\"]", NULL},
        {"counters/4/areas", "[\"CTR\"]", "areas[0]"},
        {"counters/4/areas", "[\"K\",\"K\"]", "areas[1]"},
        {"counters/4/areas", "[7]", "areas[0]"},
        {"counters/4/name", NULL, "name"},
        {"counters/4/name", "\"Quầy 5\"", "name"},
        {"plan", NULL, "plan"},
        {"plan", "\"mo-che\"", "plan"},
        {"plan", "\"minh-tien-2021\"", NULL},
        {"witness", "5", "witness"},
        {"witness", "{}", "key"},
        {"witness", "{\"url\":\"https://tinh.example\",\"key\":\"x\"}", "key"},
        {"witness", "{\"url\":\"ftp://x\",\"key\":\"x\"}", "url"},
        {"witness", "{\"url\":\"https://x\",\"vkey\":\"x\"}", "vkey"},
        {"witness",
         "{\"url\":\"https://tinh.example/w\",\"key\":\"example.com/foo+530d903b+"
         "BIGlQgl2KDXAY+dzCHV/bOHWWxB/p3Fhx0qAP3AwVk6Y\"}",
         "key"}, // its id is not that of its key
        {"public_url", "\"https://hailong.example.vn\"", NULL},
        {"public_url", "\"http://192.168.1.10:8080/d\"", NULL},
        {"public_url", "\"https://hailong.example.vn/\"", "public_url"},
        {"public_url", "\"https://\"", "public_url"},
        {"public_url", "\"https:///x\"", "public_url"},
        {"public_url", "\"ftp://x\"", "public_url"},
        {"public_url", "\"hailong.example.vn\"", "public_url"},
        {"public_url", "\"https://x/?a=1\"", "public_url"},
        {"public_url", "\"https://đ.vn\"", "public_url"},
        {"public_url", "5", "public_url"},
        {"screen", "true", "screen"},
        {"screen/idle_s", "9", "idle_s"},
        {"screen/idle_s", "10", NULL},
        {"screen/idle_s", "120", NULL},
        {"screen/idle_s", "121", "idle_s"},
        {"screen/agency", "null", "agency"},
        {"screen/topics", "true", "topics"},
        {"slip_days", "0", "slip_days"},
        {"slip_days", "1", NULL},
        {"slip_days", "90", NULL},
        {"slip_days", "91", "slip_days"},
        {"slip_days", "30.0", "slip_days"},
        {"insufficient_below", "0", "insufficient_below"},
        {"insufficient_below", "1", NULL},
        {"insufficient_below", "1000", NULL},
        {"insufficient_below", "1001", "insufficient_below"},
        {"flags", "[]", "flags"},
        {"flags/pace", "1", "pace"},
        {"flags/repeat_s", "0", NULL},
        {"flags/repeat_s", "60", NULL},
        {"flags/repeat_s", "-1", "repeat_s"},
        {"flags/repeat_s", "61", "repeat_s"},
        {"flags/burst_count", "0", NULL},
        {"flags/burst_count", "1", "burst_count"},
        {"flags/burst_count", "2", NULL},
        {"flags/burst_count", "50", NULL},
        {"flags/burst_count", "51", "burst_count"},
        {"flags/burst_gap_s", "0", "burst_gap_s"},
        {"flags/burst_gap_s", "1", NULL},
        {"flags/burst_gap_s", "120", NULL},
        {"flags/burst_gap_s", "121", "burst_gap_s"},
        {"flags/streak_count", "0", NULL},
        {"flags/streak_count", "1", "streak_count"},
        {"flags/streak_count", "2", NULL},
        {"flags/streak_count", "50", NULL},
        {"flags/streak_count", "51", "streak_count"},
        {"flags/streak_minutes", "0", "streak_minutes"},
        {"flags/streak_minutes", "1", NULL},
        {"flags/streak_minutes", "240", NULL},
        {"flags/streak_minutes", "241", "streak_minutes"},
        {"flags/hours_margin_minutes", "-1", "hours_margin_minutes"},
        {"flags/hours_margin_minutes", "0", NULL},
        {"flags/hours_margin_minutes", "10080", NULL},
        {"flags/hours_margin_minutes", "10081", "hours_margin_minutes"},
        {"clock_gap_days", "0", "clock_gap_days"},
        {"clock_gap_days", "1", NULL},
        {"clock_gap_days", "60", NULL},
        {"clock_gap_days", "61", "clock_gap_days"},
        {"hours/mon", "[\"25:00-26:00\"]", "mon"},
        {"hours/monday", "[]", "monday"},
        {"holidays", "[\"2/9/2026\"]", "holidays[0]"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(setup_done) struct setup setup = {.idle_s = 77};
        AUTO(json_decrefp) json_t *json = changed(cases[i].path, cases[i].value);
        struct err err = {.text = ""};
        enum status status = parse_json(json, &setup, &err);
        if (status != (cases[i].says == NULL ? STATUS_OK : STATUS_BAD_INPUT))
            fail_msg("case %zu (%s): %s", i, cases[i].path, err.text);
        if (cases[i].says == NULL)
            continue;
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu (%s): %s", i, cases[i].path, err.text);
        assert_int_equal(setup.idle_s, 77);
        assert_null(setup.json);
    }
}

static void a_setup_past_its_limit_is_refused(void **state)
{
    (void)state;
    struct setup setup;
    struct err err;
    char *text = calloc(1, SETUP_LIMIT_BYTES + 1);
    assert_non_null(text);
    memset(text, ' ', SETUP_LIMIT_BYTES + 1);
    text[0] = '{';
    text[1] = '}';
    assert_int_equal(setup_parse(text, SETUP_LIMIT_BYTES, &setup, &err), STATUS_BAD_INPUT);
    assert_int_equal(setup_parse(text, SETUP_LIMIT_BYTES + 1, &setup, &err), STATUS_TOO_LARGE);
    free(text);
}

static int read_example(void **state)
{
    (void)state;
    return json_read("schema/examples/ba-xuyen.json", SETUP_LIMIT_BYTES, &example, NULL) ==
                   STATUS_OK
               ? 0
               : -1;
}

static int forget_example(void **state)
{
    (void)state;
    json_decref(example);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_office_is_ba_xuyen),
        cmocka_unit_test(counters_point_at_the_areas_of_their_own_setup),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(an_office_may_name_an_area_of_its_own),
        cmocka_unit_test(each_key_is_checked_on_both_sides),
        cmocka_unit_test(a_setup_past_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, read_example, forget_example);
}
