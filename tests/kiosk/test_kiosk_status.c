// SPDX-License-Identifier: MIT
// kiosk_status.c: the figures of the model, and the table that people read.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "kiosk_status.h"
#include "office.h"
#include "witnessed.h"

static json_t *status_of(struct office *office, const struct kiosk_status *live)
{
    json_t *model = NULL;
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = kiosk_status(db, &office->kiosk->setup, live, &model, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    return model;
}

static void the_model_counts_what_is_there(void **state)
{
    struct office *office = *state;
    const struct kiosk_status live = {.serving = true,
                                      .hub_url = "https://hub.example.vn",
                                      .phone_url = "http://10.0.0.5:8081",
                                      .screen_url = "http://127.0.0.1:8080",
                                      .writer = {.jobs = 3, .batches = 2, .queued = 1}};
    char phrase[DEVICE_PHRASE_CHARS + 1], code[SLIPCODE_CHARS + 1];
    for (int i = 0; i < 3; i++) {
        struct device_pair_job pairing;
        assert_int_equal(device_invite(office->kiosk->devices, office->kiosk->writer,
                                       i == 0 ? NULL : "1", phrase, &office->err),
                         STATUS_OK);
        assert_int_equal(
            device_pair_prepare(office->kiosk->devices, phrase, &pairing, &office->err), STATUS_OK);
        assert_int_equal(writer_run(office->kiosk->writer, &pairing.job, &office->err), STATUS_OK);
    }
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    AUTO(json_decrefp) json_t *model = status_of(office, &live);
    assert_string_equal(json_text_or(model, "lane", ""), journal_lane(office->kiosk->journal));
    assert_int_equal(json_int_or(model, "entries", -1), (int64_t)office_entries(office));
    assert_int_equal(json_int_or(model, "screens", -1), 2);
    assert_int_equal(json_int_or(model, "desks", -1), 1);
    assert_int_equal(json_int_or(model, "slips_today", -1), 1);
    assert_true(json_bool_or(model, "serving", false));
    assert_true(json_bool_or(model, "phone_url_private", false));
    assert_true(json_bool_or(model, "trial", false));
    assert_false(json_bool_or(model, "sample", true));
    assert_int_equal(json_int_or(json_object_get(model, "writer"), "batches", -1), 2);
    const json_t *hub = json_object_get(model, "hub");
    assert_string_equal(json_text_or(hub, "url", ""), "https://hub.example.vn");
    assert_int_equal(json_int_or(hub, "synced", -1), 0);
    assert_true(json_is_null(json_object_get(hub, "last_contact")));
    assert_string_equal(json_text_or(hub, "problem", "x"), "");
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    AUTO(json_decrefp) json_t *tomorrow = status_of(office, &live);
    assert_int_equal(json_int_or(tomorrow, "slips_today", -1), 0);
}

static void flagged_responses_are_counted_by_counter_and_once(void **state)
{
    struct office *office = *state;
    const struct kiosk_status live = {.hub_url = "", .phone_url = "", .screen_url = ""};
    for (int i = 0; i < 7; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        clock_fix(OFFICE_NOW_S + i * 3); // all but the first are repeats; the fifth ends a burst
        office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL),
                         STATUS_OK);
    }
    AUTO(json_decrefp) json_t *model = status_of(office, &live);
    const json_t *flagged = json_object_get(model, "flagged_today");
    assert_int_equal(json_int_or(flagged, "1", -1), 7);
    assert_int_equal(json_int_or(flagged, "2", -1), 0);
    assert_int_equal(json_int_or(flagged, "", -1), 0);
    AUTO(buf_done) struct buf out;
    buf_init(&out, 64 * 1024);
    kiosk_status_text(model, &out);
    assert_non_null(strstr(buf_text(&out), "Bất thường hôm nay    quầy 1: 7\n"));
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    AUTO(json_decrefp) json_t *tomorrow = status_of(office, &live);
    assert_int_equal(json_int_or(json_object_get(tomorrow, "flagged_today"), "1", -1), 0);
    buf_clear(&out);
    kiosk_status_text(tomorrow, &out);
    assert_non_null(strstr(buf_text(&out), "Bất thường hôm nay    không\n"));
}

static void the_table_says_it_in_vietnamese(void **state)
{
    (void)state;
    AUTO(json_decrefp)
    json_t *model = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:b, s:i, s:i, s:i, s:s, s:b, s:{s:s, s:i, s:I, "
        "s:s}}",
        "unit", "05533", "unit_name", "Phường Bá Xuyên", "office", "Bộ phận Một cửa", "lane", "ab",
        "root", "cd", "entries", 7, "serving", 1, "trial", 1, "sample", 1, "screens", 2, "desks", 1,
        "slips_today", 4, "phone_url", "http://10.0.0.5:8081", "phone_url_private", 1, "hub", "url",
        "https://hub.example.vn", "synced", 5, "last_contact", (json_int_t)OFFICE_NOW_S, "problem",
        "refused");
    assert_non_null(model);
    AUTO(buf_done) struct buf out;
    buf_init(&out, 64 * 1024);
    kiosk_status_text(model, &out);
    static const char *const lines[] = {
        "Đơn vị                Phường Bá Xuyên (05533)\n",
        "CHẠY THỬ\n",
        "DỮ LIỆU MẪU\n",
        "Đang chạy             có\n",
        "Nhân chứng            chưa có nhân chứng bên ngoài\n",
        "Phiếu QR hôm nay      4\n",
        "Đã gửi                5 trên 7 dòng sổ\n",
        "Liên lạc lần cuối     09:30 ngày 03/11/2026\n",
        "Lần gửi lỗi           refused\n",
        "chỉ dùng được trong mạng của cơ quan\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        if (strstr(buf_text(&out), lines[i]) == NULL)
            fail_msg("\"%s\" is not in:\n%s", lines[i], buf_text(&out));
}

static void a_witness_is_told_as_it_is_known(void **state)
{
    static const struct {
        int witnessed;
        bool witness, said;
        const char *line;
    } CASES[] = {
        {WITNESSED_NO, false, false, "Nhân chứng            chưa có nhân chứng bên ngoài\n"},
        {WITNESSED_SAID, false, true,
         "Nhân chứng            máy tổng hợp báo có nhân chứng, chưa kiểm tra được ở đây\n"},
        {WITNESSED_CHECKED, true, false, "Nhân chứng            đã có nhân chứng bên ngoài\n"},
    };
    struct office *office = *state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        const struct kiosk_status live = {
            .hub_url = "", .phone_url = "", .screen_url = "", .witnessed = CASES[i].witnessed};
        AUTO(json_decrefp) json_t *model = status_of(office, &live);
        AUTO(buf_done) struct buf out;
        buf_init(&out, 64 * 1024);
        kiosk_status_text(model, &out);
        assert_non_null(strstr(buf_text(&out), CASES[i].line));
        assert_int_equal(json_bool_or(model, "witness", !CASES[i].witness), CASES[i].witness);
        assert_int_equal(json_bool_or(model, "witness_said", !CASES[i].said), CASES[i].said);
    }
}

static void our_own_acks_are_nothing_to_wait_for(void **state)
{
    (void)state;
    AUTO(json_decrefp)
    json_t *model = json_pack("{s:i, s:{s:s, s:i, s:i}}", "entries", 7, "hub", "url",
                              "https://hub.example.vn", "synced", 6, "missing", 0);
    AUTO(buf_done) struct buf out;
    buf_init(&out, 64 * 1024);
    kiosk_status_text(model, &out);
    assert_non_null(strstr(buf_text(&out), "Đã gửi                hết\n"));
}

static void an_empty_model_is_still_a_table(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *model = json_object();
    AUTO(buf_done) struct buf out;
    buf_init(&out, 64 * 1024);
    kiosk_status_text(model, &out);
    assert_non_null(strstr(buf_text(&out), "Máy tổng hợp          chưa khai báo\n"));
    assert_non_null(strstr(buf_text(&out), "Liên lạc lần cuối     chưa có\n"));
    assert_non_null(strstr(buf_text(&out), "Đang chạy             không\n"));
    assert_null(strstr(buf_text(&out), "CHẠY THỬ"));
    assert_null(strstr(buf_text(&out), "Địa chỉ trên phiếu"));
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(the_model_counts_what_is_there),
        OFFICE_TEST(flagged_responses_are_counted_by_counter_and_once),
        cmocka_unit_test(the_table_says_it_in_vietnamese),
        OFFICE_TEST(a_witness_is_told_as_it_is_known),
        cmocka_unit_test(our_own_acks_are_nothing_to_wait_for),
        cmocka_unit_test(an_empty_model_is_still_a_table),
    };
    return cmocka_run_group_tests_name("kiosk_status", tests, NULL, NULL);
}
