// SPDX-License-Identifier: MIT
// slip.c and slip_url.c: one code for one visit, states told apart, addresses that fit a QR.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "office.h"

static void a_new_slip_is_open_and_knows_its_visit(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1], shown[SLIPCODE_SHOWN_CHARS + 1];
    assert_int_equal(office_slip(office, "DD", "", false, code), STATUS_OK);
    struct slip slip = office_slip_state(office, code);
    assert_int_equal(slip.state, SLIP_OPEN);
    assert_string_equal(slip.area, "DD");
    assert_string_equal(slip.counter, "1");
    assert_int_equal(slip.step, RESPONSE_STEP_RESULT);
    assert_int_equal(slip.expires_day, clock_day(OFFICE_NOW_S) + 30);
    slipcode_shown(code, shown); // as a person types it
    assert_int_equal(office_slip_state(office, shown).state, SLIP_OPEN);
}

static void codes_that_are_none_are_unknown(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    slipcode_new(code);
    assert_int_equal(office_slip_state(office, code).state, SLIP_UNKNOWN);
    static const char *const CODES[] = {"",      "K7QM2", "K7QM2-F9D4", "K7QM2-F9D4X-9",
                                        "phiếu", "\x01"};
    for (size_t i = 0; i < ARRAY_SIZE(CODES); i++)
        assert_int_equal(office_slip_state(office, CODES[i]).state, SLIP_UNKNOWN);
}

struct spend_job {
    struct writer_job job;
    struct kiosk *kiosk;
    const char *code;
};

static enum status apply_spend(struct db *db, struct writer_job *job, struct err *err)
{
    const struct spend_job *spend = (const struct spend_job *)job;
    return slip_spend(spend->kiosk, db, spend->code, err);
}

static enum status spend(struct office *office, const char *code)
{
    struct spend_job job = {.job.apply = apply_spend, .kiosk = office->kiosk, .code = code};
    return writer_run(office->kiosk->writer, &job.job, &office->err);
}

static void a_slip_is_spent_once(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "DD", "", false, code), STATUS_OK);
    assert_int_equal(spend(office, code), STATUS_OK);
    assert_int_equal(office_slip_state(office, code).state, SLIP_FINISHED);
    assert_int_equal(spend(office, code), STATUS_GONE);
    slipcode_new(code);
    assert_int_equal(spend(office, code), STATUS_GONE);
}

static void its_last_day_is_good_and_the_next_is_not(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1], other[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "DD", "", false, code), STATUS_OK);
    assert_int_equal(office_slip(office, "DD", "", false, other), STATUS_OK);
    clock_fix(OFFICE_NOW_S + 30 * OFFICE_DAY_S);
    assert_int_equal(office_slip_state(office, code).state, SLIP_OPEN);
    assert_int_equal(spend(office, code), STATUS_OK);
    clock_fix(OFFICE_NOW_S + 31 * OFFICE_DAY_S);
    assert_int_equal(office_slip_state(office, other).state, SLIP_EXPIRED);
    assert_int_equal(spend(office, other), STATUS_GONE);
    assert_int_equal(office_slip_state(office, code).state, SLIP_FINISHED);
}

static void a_dossier_has_one_slip_for_each_step(void **state)
{
    struct office *office = *state;
    char first[SLIPCODE_CHARS + 1], second[SLIPCODE_CHARS + 1], third[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "DD", "H19.23-0001", false, first), STATUS_OK);
    assert_int_equal(office_slip(office, "DD", " h19.23-0001 ", false, second), STATUS_CONFLICT);
    assert_int_equal(office_slip(office, "DD", "H19.23-0002", false, second), STATUS_OK);
    assert_int_equal(office_slip(office, "DD", "H19.23-0001", true, third), STATUS_OK);
    assert_int_equal(office_slip_state(office, first).state, SLIP_WITHDRAWN);
    assert_int_equal(office_slip_state(office, second).state, SLIP_OPEN);
    assert_int_equal(office_slip_state(office, third).state, SLIP_OPEN);
    assert_int_equal(spend(office, first), STATUS_GONE);
    struct slip_order intake = {
        .area = "DD", .counter = "1", .step = RESPONSE_STEP_INTAKE, .dossier = "H19.23-0001"};
    struct slip_job job;
    assert_int_equal(slip_prepare(office->kiosk, &intake, &job, &office->err), STATUS_OK);
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
}

static void a_used_slip_is_not_replaced(void **state)
{
    struct office *office = *state;
    char first[SLIPCODE_CHARS + 1], second[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "DD", "H19.1", false, first), STATUS_OK);
    assert_int_equal(spend(office, first), STATUS_OK);
    assert_int_equal(office_slip(office, "DD", "H19.1", false, second), STATUS_GONE);
    assert_int_equal(office_slip(office, "DD", "H19.1", true, second), STATUS_GONE);
    assert_int_equal(office_slip_state(office, first).state, SLIP_FINISHED);
}

static void an_expired_slip_is_replaced(void **state)
{
    struct office *office = *state;
    char first[SLIPCODE_CHARS + 1], second[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "DD", "H19.1", false, first), STATUS_OK);
    clock_fix(OFFICE_NOW_S + 31 * OFFICE_DAY_S);
    assert_int_equal(office_slip(office, "DD", "H19.1", true, second), STATUS_OK);
    assert_int_equal(office_slip_state(office, second).state, SLIP_OPEN);
}

static void orders_that_do_not_fit_are_refused(void **state)
{
    struct office *office = *state;
    char long_dossier[SLIP_DOSSIER_CHARS + 2];
    memset(long_dossier, '7', sizeof long_dossier - 1);
    long_dossier[sizeof long_dossier - 1] = '\0';
    const struct {
        const char *area, *counter, *dossier;
        enum status status;
    } cases[] = {
        {"HT", "", "", STATUS_OK},
        {"HT", NULL, NULL, STATUS_OK},
        {"HT", "5", "hồ sơ số 7", STATUS_OK},
        {"HT", "1", long_dossier + 1, STATUS_OK},
        {"HT", "1", long_dossier, STATUS_BAD_INPUT},
        {"HT", "1", "H19\n2", STATUS_BAD_INPUT},
        {"HT", "1", "H19\xff", STATUS_BAD_INPUT},
        {"HT", "6", "", STATUS_BAD_INPUT},
        {"ht", "1", "", STATUS_BAD_INPUT},
        {"", "1", "", STATUS_BAD_INPUT},
        {NULL, "1", "", STATUS_BAD_INPUT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct slip_order order = {
            .area = cases[i].area, .counter = cases[i].counter, .dossier = cases[i].dossier};
        struct slip_job job;
        assert_int_equal(slip_prepare(office->kiosk, &order, &job, &office->err), cases[i].status);
    }
}

static int64_t count_on(struct office *office, int32_t day)
{
    int64_t count = -1;
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = slip_count_day(db, day, &count, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    return count;
}

static void each_days_slips_are_counted_when_they_are_made(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    const int32_t today = clock_day(OFFICE_NOW_S);
    assert_int_equal(count_on(office, today), 0);
    assert_int_equal(office_slip(office, "HT", "A", false, code), STATUS_OK);
    assert_int_equal(office_slip(office, "HT", "B", false, code), STATUS_OK);
    assert_int_equal(office_slip(office, "HT", "B", false, code), STATUS_CONFLICT);
    assert_int_equal(count_on(office, today), 2);
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    assert_int_equal(count_on(office, today), 2);
    assert_int_equal(count_on(office, today + 1), 1);
}

static void addresses_are_upper_case_unless_they_have_a_path(void **state)
{
    struct office *office = *state;
    char url[SLIP_URL_BYTES];
    slip_url(office->kiosk, "K7QM2F9D4X", "SV-YT", "", RESPONSE_STEP_REFUSAL, url);
    assert_string_equal(url, "HTTP://10.0.0.5:8081/S/K7QM2F9D4X/SV-YT/0/X");
    assert_int_equal(strspn(url, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), strlen(url));
    strcpy(office->kiosk->phone_url, "https://dvc.example.vn/danhgia");
    slip_url(office->kiosk, "K7QM2F9D4X", "HT", "1", RESPONSE_STEP_RESULT, url);
    assert_string_equal(url, "https://dvc.example.vn/danhgia/S/K7QM2F9D4X/HT/1/R");
}

static void a_posters_code_stays_and_leads_to_its_counter(void **state)
{
    struct office *office = *state;
    char first[SLIPCODE_CHARS + 1], again[SLIPCODE_CHARS + 1], counter[RESPONSE_CODE_CHARS + 1];
    char url[SLIP_URL_BYTES];
    static const char *const COUNTERS[] = {"1", "2", "5", ""};
    for (size_t i = 0; i < ARRAY_SIZE(COUNTERS); i++) {
        slip_poster_code(office->kiosk, COUNTERS[i], first);
        assert_true(slipcode_read(first, again));
        strcpy(counter, "?");
        assert_true(slip_poster_find(office->kiosk, first, counter));
        assert_string_equal(counter, COUNTERS[i]);
    }
    slip_poster_url(office->kiosk, "", url);
    assert_string_equal(url + strlen("HTTP://10.0.0.5:8081/P/"), first);
    office_reopen(office);
    slip_poster_code(office->kiosk, "", again);
    assert_string_equal(first, again);
    slipcode_new(first);
    assert_false(slip_poster_find(office->kiosk, first, counter));
    assert_false(slip_poster_find(office->kiosk, "nonsense", counter));
}

static void private_addresses_are_told_from_public_ones(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool is_private;
    } CASES[] = {
        {"http://127.0.0.1:8081", true},
        {"HTTP://LOCALHOST:8081/S/X", true},
        {"http://10.1.2.3", true},
        {"http://172.15.255.255", false},
        {"http://172.16.0.0", true},
        {"http://172.31.255.255", true},
        {"http://172.32.0.0", false},
        {"http://192.168.1.9:80", true},
        {"http://192.169.1.9", false},
        {"http://169.254.9.9", true},
        {"http://100.64.0.1", true},
        {"http://100.128.0.1", false},
        {"http://0.0.0.0:8081", true},
        {"http://[::1]:8081", true},
        {"http://[fe80::1]", true},
        {"http://[fd00::1]/x", true},
        {"http://[2405:4800::1]/x", false},
        {"http://[::ffff:192.168.0.1]", true},
        {"http://kiosk", true},
        {"http://kiosk.local/x", true},
        {"http://kiosk.lan", true},
        {"http://local.example.vn", false},
        {"https://danhgia.thainguyen.gov.vn", false},
        {"HTTPS://203.162.4.190/S/X", false},
        {"", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++)
        if (slip_url_is_private(CASES[i].url) != CASES[i].is_private)
            fail_msg("%s", CASES[i].url);
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_new_slip_is_open_and_knows_its_visit),
        OFFICE_TEST(codes_that_are_none_are_unknown),
        OFFICE_TEST(a_slip_is_spent_once),
        OFFICE_TEST(its_last_day_is_good_and_the_next_is_not),
        OFFICE_TEST(a_dossier_has_one_slip_for_each_step),
        OFFICE_TEST(a_used_slip_is_not_replaced),
        OFFICE_TEST(an_expired_slip_is_replaced),
        OFFICE_TEST(orders_that_do_not_fit_are_refused),
        OFFICE_TEST(each_days_slips_are_counted_when_they_are_made),
        OFFICE_TEST(addresses_are_upper_case_unless_they_have_a_path),
        OFFICE_TEST(a_posters_code_stays_and_leads_to_its_counter),
        cmocka_unit_test(private_addresses_are_told_from_public_ones),
    };
    return cmocka_run_group_tests_name("slip", tests, NULL, NULL);
}
