// SPDX-License-Identifier: MIT
// kiosk_sample.c and sample_visit.c: a believable office, only where it is allowed.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "file.h"
#include "kiosk_sample.h"
#include "office.h"
#include "sample_visit.h"

static void sample_setup(const struct scratch *scratch, char ret_path[SCRATCH_PATH_SIZE])
{
    struct err err;
    AUTO(buf_done) struct buf text;
    buf_init(&text, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(OFFICE_SETUP, &text, &err), STATUS_OK);
    char *at = strstr(text.data, "\"sample\": false");
    assert_non_null(at);
    memcpy(at, "\"sample\": true ", 15);
    scratch_path(scratch, "sample.json", ret_path);
    assert_int_equal(file_write(ret_path, text.data, text.size_bytes, 0600, &err), STATUS_OK);
}

struct figures {
    int64_t responses, details, linked, satisfied, channels[RESPONSE_CHANNEL_COUNT];
    uint32_t first_hour, last_hour;
};

static void count_line(const char *line, struct figures *figures)
{
    struct entry entry;
    struct response response;
    struct err err;
    assert_int_equal(entry_read(line, strlen(line), &entry, &err), STATUS_OK);
    if (entry.kind == ENTRY_RESPONSE) {
        assert_int_equal(response_read(&entry, &response, &err), STATUS_OK);
        figures->responses++;
        figures->linked += response.linked ? 1 : 0;
        figures->satisfied += response.answers[0].level >= 4 ? 1 : 0;
        figures->channels[response.channel]++;
        if (figures->first_hour == 0)
            figures->first_hour = response.hour;
        assert_true(response.hour >= figures->last_hour); // time goes forward
        figures->last_hour = response.hour;
    }
    figures->details += entry.kind == ENTRY_DETAIL ? 1 : 0;
    entry_done(&entry);
}

static struct figures count(const char *folder)
{
    struct figures figures = {0};
    struct err err;
    struct db *db = NULL;
    struct stmt *q = NULL;
    assert_int_equal(kiosk_open_reader(folder, &db, &err), STATUS_OK);
    assert_int_equal(stmt_use(db, KIOSK_ENTRY_LIST, &q, &err), STATUS_OK);
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, INT64_MAX);
    for (bool found = true; found;) {
        assert_int_equal(stmt_row(q, &found, &err), STATUS_OK);
        if (found)
            count_line(stmt_text(q, 1), &figures);
    }
    stmt_release(q);
    db_close(db);
    return figures;
}

static void two_weeks_look_like_an_office_and_expire_on_the_way(void **state)
{
    (void)state;
    struct scratch scratch = scratch_make();
    struct err err;
    char setup[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE];
    sample_setup(&scratch, setup);
    scratch_path(&scratch, "data", folder);
    assert_int_equal(kiosk_init(folder, setup, &err), STATUS_OK);
    assert_int_equal(kiosk_sample(folder, 14, &err), STATUS_OK);
    const struct figures figures = count(folder);
    assert_in_range(figures.responses, 800, 1300); // ten working days, one may be a holiday
    assert_in_range(figures.satisfied * 100 / figures.responses, 82, 97);
    assert_in_range(figures.linked * 100 / figures.responses, 45, 70);
    assert_true(figures.details > figures.responses);
    assert_true(figures.channels[RESPONSE_SCREEN] > 0);
    assert_true(figures.channels[RESPONSE_SLIP] > 0);
    assert_true(figures.channels[RESPONSE_POSTER] > 0);
    const int32_t today = clock_day(clock_now_s());
    assert_in_range(clock_day_of_hour(figures.first_hour), today - 14, today - 11);
    assert_true(clock_day_of_hour(figures.last_hour) < today);
    // it is in use now
    assert_int_equal(kiosk_sample(folder, 14, &err), STATUS_CONFLICT);
    scratch_remove(&scratch);
}

static void a_real_office_is_never_filled_with_samples(void **state)
{
    (void)state;
    struct scratch scratch = scratch_make();
    struct err err;
    char folder[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "data", folder);
    assert_int_equal(kiosk_init(folder, OFFICE_SETUP, &err), STATUS_OK);
    assert_int_equal(kiosk_sample(folder, 14, &err), STATUS_DENIED);
    assert_int_equal(count(folder).responses, 0);
    scratch_remove(&scratch);
}

static void the_same_days_give_the_same_visits(void **state)
{
    struct office *office = *state;
    struct sample_office *first = NULL, *second = NULL;
    struct sample_visit a[SAMPLE_VISIT_MAX], b[SAMPLE_VISIT_MAX];
    assert_int_equal(sample_visit_open(&office->kiosk->setup, &first, &office->err), STATUS_OK);
    assert_int_equal(sample_visit_open(&office->kiosk->setup, &second, &office->err), STATUS_OK);
    for (int32_t day = 20000; day < 20030; day++) {
        const size_t visits = sample_visit_day(first, day, 0.5, a);
        assert_int_equal(sample_visit_day(second, day, 0.5, b), visits);
        if (clock_civil((int64_t)day * 86400).weekday >= 6)
            assert_int_equal(visits, 0);
        for (size_t i = 0; i < visits; i++) {
            assert_ptr_equal(a[i].area, b[i].area);
            assert_int_equal(a[i].level, b[i].level);
            assert_in_range(a[i].level, 1, 5);
            assert_in_range(a[i].hour, 7, 16);
            assert_true(i == 0 || a[i].hour >= a[i - 1].hour);
        }
    }
    sample_visit_close(first);
    sample_visit_close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_weeks_look_like_an_office_and_expire_on_the_way),
        cmocka_unit_test(a_real_office_is_never_filled_with_samples),
        cmocka_unit_test_setup_teardown(the_same_days_give_the_same_visits, office_setup,
                                        office_teardown),
    };
    return cmocka_run_group_tests_name("kiosk_sample", tests, NULL, NULL);
}
