// SPDX-License-Identifier: MIT
// kiosk_answer.c and kiosk_status.c: what the commands do and what the status says.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "kiosk_answer.h"
#include "kiosk_status.h"
#include "office.h"
#include "timekeeper.h"

static enum status ask(struct office *office, const char *request, json_t **ret_reply)
{
    struct kiosk_answer answer = {.kiosk = office->kiosk, .serving = true};
    json_t *json = NULL;
    assert_int_equal(json_parse(request, strlen(request), 4096, "request", &json, &office->err),
                     STATUS_OK);
    *ret_reply = NULL;
    const enum status status = kiosk_answer(&answer, json, ret_reply, &office->err);
    json_decref(json);
    return status;
}

static void pairing_gives_an_address_with_a_working_phrase(void **state)
{
    struct office *office = *state;
    json_t *reply = NULL;
    assert_int_equal(ask(office, "{\"command\":\"pair\",\"counter\":\"2\"}", &reply), STATUS_OK);
    const char *url = json_text_or(reply, "url", "");
    static const char prefix[] = "http://10.0.0.5:8080/pair/";
    assert_int_equal(strncmp(url, prefix, strlen(prefix)), 0);
    struct device_pair_job job;
    assert_int_equal(
        device_pair_prepare(office->kiosk->devices, url + strlen(prefix), &job, &office->err),
        STATUS_OK);
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
    assert_string_equal(job.counter, "2");
    json_decref(reply);
    assert_int_equal(ask(office, "{\"command\":\"pair\",\"desk\":true}", &reply), STATUS_OK);
    json_decref(reply);
}

static void a_slip_and_a_poster_come_with_their_addresses(void **state)
{
    struct office *office = *state;
    json_t *reply = NULL;
    assert_int_equal(ask(office,
                         "{\"command\":\"slip\",\"area\":\"HT\",\"counter\":\"1\",\"step\":"
                         "\"intake\",\"dossier\":\"H1\"}",
                         &reply),
                     STATUS_OK);
    const char *code = json_text_or(reply, "code", "");
    assert_int_equal(office_slip_state(office, code).state, SLIP_OPEN);
    assert_int_equal(office_slip_state(office, code).step, RESPONSE_STEP_INTAKE);
    assert_non_null(strstr(json_text_or(reply, "url", ""), "/HT/1/I"));
    assert_string_equal(json_text_or(reply, "expires", ""), "2026-12-03");
    assert_true(json_bool_or(reply, "private", false));
    assert_string_equal(json_text_or(reply, "office", ""), office->kiosk->setup.office_name);
    assert_string_equal(json_text_or(reply, "counter_name", ""), "Quầy 1 – Hộ tịch, chứng thực");
    assert_true(json_bool_or(reply, "trial", false));
    assert_false(json_bool_or(reply, "sample", true));
    json_decref(reply);
    assert_int_equal(ask(office, "{\"command\":\"poster\"}", &reply), STATUS_OK);
    assert_string_equal(json_text_or(reply, "office", ""), office->kiosk->setup.office_name);
    assert_string_equal(json_text_or(reply, "counter_name", "x"), "");
    json_decref(reply);
    assert_int_equal(ask(office, "{\"command\":\"poster\",\"counter\":\"3\"}", &reply), STATUS_OK);
    char counter[RESPONSE_CODE_CHARS + 1];
    assert_true(slip_poster_find(office->kiosk, json_text_or(reply, "code", ""), counter));
    assert_string_equal(counter, "3");
    json_decref(reply);
}

static void the_clock_is_confirmed_with_its_date_or_gone_back_behind(void **state)
{
    static const struct {
        int64_t off_s; // days
        const char *request;
        enum status status;
        bool trusted;
    } CASES[] = {
        {400, "{\"command\":\"clock\",\"confirm\":true}", STATUS_DENIED, false},
        {400, "{\"command\":\"pair\",\"desk\":true}", STATUS_OK, false}, // by the same bounds
        {400, "{\"command\":\"clock\",\"confirm\":true,\"date\":\"tomorrow\"}", STATUS_BAD_INPUT,
         false},
        {400, "{\"command\":\"clock\",\"confirm\":true,\"date\":\"2026-11-03\"}", STATUS_CONFLICT,
         false},
        {400, "{\"command\":\"clock\",\"back\":true}", STATUS_CONFLICT, false},
        {400, "{\"command\":\"clock\",\"confirm\":true,\"date\":\"2027-12-08\"}", STATUS_OK, true},
        {0, "{\"command\":\"clock\",\"confirm\":true}", STATUS_CONFLICT, false},
        {0, "{\"command\":\"seal\"}", STATUS_CONFLICT, false},
        {0, "{\"command\":\"clock\",\"back\":true}", STATUS_OK, false},
    };
    struct office *office = *state;
    clock_fix_boot(1000000, 21);
    office_reopen(office);
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        json_t *reply = NULL;
        clock_fix(OFFICE_NOW_S + CASES[i].off_s * OFFICE_DAY_S);
        const enum status status = ask(office, CASES[i].request, &reply);
        json_decref(reply);
        if (status != CASES[i].status ||
            timekeeper_is_trusted(office->kiosk->timekeeper) != CASES[i].trusted)
            fail_msg("case %zu: %s %s", i, status_name(status), office->err.text);
        if (CASES[i].trusted) { // an entry of that hour
            char token[TOKEN_TEXT_CHARS + 1];
            office_token(office, RESPONSE_POSTER, "HT", "", 0, token);
            assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL),
                             STATUS_OK);
        }
    }
    office_reopen(office);
    assert_true(timekeeper_is_trusted(office->kiosk->timekeeper));
    clock_fix_boot(0, 0);
}

static void what_cannot_be_done_is_refused_with_its_status(void **state)
{
    static const struct {
        const char *request;
        enum status status;
    } CASES[] = {
        {"{}", STATUS_BAD_INPUT},
        {"{\"command\":\"format\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"pair\"}", STATUS_USAGE},
        {"{\"command\":\"pair\",\"counter\":\"1\",\"desk\":true}", STATUS_USAGE},
        {"{\"command\":\"pair\",\"counter\":\"77\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"slip\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"slip\",\"area\":\"ZZ\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"slip\",\"area\":\"HT\",\"step\":\"later\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"slip\",\"area\":\"HT\",\"counter\":\"77\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"poster\",\"counter\":\"77\"}", STATUS_BAD_INPUT},
        {"{\"command\":\"sync\"}", STATUS_USAGE},
    };
    struct office *office = *state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        json_t *reply = NULL;
        const enum status status = ask(office, CASES[i].request, &reply);
        if (status != CASES[i].status)
            fail_msg("%s: %s", CASES[i].request, status_name(status));
        assert_null(reply);
        assert_true(office->err.text[0] != '\0');
    }
}

static void the_status_tells_what_is_there(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    json_t *status = NULL;
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    assert_int_equal(ask(office, "{\"command\":\"status\"}", &status), STATUS_OK);
    assert_string_equal(json_text_or(status, "unit", ""), "05533");
    assert_string_equal(json_text_or(status, "lane", ""), journal_lane(office->kiosk->journal));
    assert_int_equal(json_int_or(status, "entries", -1), 1);
    assert_int_equal(strlen(json_text_or(status, "root", "")), 64);
    assert_true(json_bool_or(status, "serving", false));
    assert_int_equal(json_int_or(status, "screens", -1), 0);
    assert_int_equal(json_int_or(status, "slips_today", -1), 1);
    assert_true(json_is_null(json_object_get(json_object_get(status, "hub"), "last_contact")));
    assert_true(json_bool_or(status, "phone_url_private", false));
    assert_true(json_bool_or(status, "trial", false));
    assert_false(json_bool_or(status, "sample", true));
    assert_true(json_is_false(json_object_get(status, "witness")));
    json_decref(status);
}

static void the_status_reads_well_and_says_what_is_missing(void **state)
{
    struct office *office = *state;
    json_t *status = NULL;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 8192);
    assert_int_equal(ask(office, "{\"command\":\"status\"}", &status), STATUS_OK);
    kiosk_status_text(status, &out);
    assert_int_equal(buf_check(&out, &office->err), STATUS_OK);
    static const char *const WORDS[] = {
        "Phường Bá Xuyên (05533)", "CHẠY THỬ",         "chưa có nhân chứng bên ngoài",
        "chưa khai báo",           "0 trên 1 dòng sổ", "chỉ dùng được trong mạng của cơ quan"};
    for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
        if (strstr(buf_text(&out), WORDS[i]) == NULL)
            fail_msg("\"%s\" is not in:\n%s", WORDS[i], buf_text(&out));
    assert_null(strstr(buf_text(&out), "DỮ LIỆU MẪU"));
    json_decref(status);
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(pairing_gives_an_address_with_a_working_phrase),
        OFFICE_TEST(a_slip_and_a_poster_come_with_their_addresses),
        OFFICE_TEST(the_clock_is_confirmed_with_its_date_or_gone_back_behind),
        OFFICE_TEST(what_cannot_be_done_is_refused_with_its_status),
        OFFICE_TEST(the_status_tells_what_is_there),
        OFFICE_TEST(the_status_reads_well_and_says_what_is_missing),
    };
    return cmocka_run_group_tests_name("kiosk_answer", tests, NULL, NULL);
}
