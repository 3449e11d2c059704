// SPDX-License-Identifier: MIT
// desk_pages.c: slips and armed screens, for a paired desk only.
#include "kiosk/pages_case.h"

#include "timekeeper.h"

static const char *code_in(const struct answer *answer)
{
    static const char before[] = "<p class=\"code\">";
    static char code[SLIPCODE_CHARS + 1];
    char shown[SLIPCODE_SHOWN_CHARS + 1] = "";
    const char *at = strstr(answer->body, before);
    assert_non_null(at);
    memcpy(shown, at + strlen(before), SLIPCODE_SHOWN_CHARS);
    assert_true(slipcode_read(shown, code));
    return code;
}

static int64_t slips_today(struct web *web)
{
    int64_t count = -1;
    struct err err = {0};
    struct db *db = dbpool_take(web->kiosk->readers);
    assert_int_equal(slip_count_day(db, clock_day(clock_now_s()), &count, &err), STATUS_OK);
    dbpool_give(web->kiosk->readers, db);
    return count;
}

static void only_a_desk_may_issue_or_arm(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    static const char *const targets[] = {"/desk/slips", "/desk/arm", "/desk/cancel",
                                          "/desk/clock"};
    for (int paired = 0; paired < 2; paired++) {
        if (paired)
            web_pair(&web, "1");
        assert_has(web_ask(&web, SCREEN, "/desk", NULL), "Máy này chưa được ghép");
        for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
            const struct answer *answer =
                web_ask(&web, SCREEN, targets[i], "area=HT&counter=1&step=result");
            assert_int_equal(answer->http_status, 403);
            assert_lacks(answer, "class=\"code\"");
        }
    }
    assert_int_equal(slips_today(&web), 0);
    assert_int_equal(arming_now(web.kiosk->armings, "1").number, 0);
    web_close(&web);
}

static void a_form_from_another_site_is_refused(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    web.origin = "http://evil.example";
    assert_int_equal(web_ask(&web, SCREEN, "/desk/slips", "area=HT")->http_status, 403);
    assert_int_equal(web_ask(&web, SCREEN, "/desk/arm", "area=HT&counter=1")->http_status, 403);
    assert_int_equal(slips_today(&web), 0);
    web.origin = "http://127.0.0.1:8080";
    assert_int_equal(web_ask(&web, SCREEN, "/desk/slips", "area=HT")->http_status, 200);
    web_close(&web);
}

static void a_clock_that_has_jumped_is_confirmed_by_one_press(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    assert_lacks(web_ask(&web, SCREEN, "/desk", NULL), "/desk/clock");
    const int64_t boot_ms = clock_boot_ms();
    clock_fix_boot(boot_ms, 0);
    clock_fix(1000);
    const struct answer *answer = web_ask(&web, SCREEN, "/desk", NULL);
    assert_has(answer, "01/01/1970");
    assert_has(answer, "action=\"/desk/clock");
    answer = web_ask(&web, SCREEN, "/desk/clock", "");
    assert_int_equal(answer->http_status, 409);
    assert_has(answer, "Xin chỉnh giờ của máy trước");
    assert_lacks(answer, "action=\"/desk/clock"); // no second invitation to the same press
    assert_false(timekeeper_is_trusted(web.kiosk->timekeeper));
    clock_fix(PAGES_NOW_S + INT64_C(366) * 24 * 3600); // a wrong year
    answer = web_ask(&web, SCREEN, "/desk/clock", "");
    assert_int_equal(answer->http_status, 409);
    assert_has(answer, "Xin xem lại ngày, tháng, năm");
    assert_false(timekeeper_is_trusted(web.kiosk->timekeeper));
    clock_fix(PAGES_NOW_S + 3 * 3600);
    web.origin = "http://evil.example";
    assert_int_equal(web_ask(&web, SCREEN, "/desk/clock", "")->http_status, 403);
    assert_false(timekeeper_is_trusted(web.kiosk->timekeeper));
    web.origin = NULL;
    answer = web_ask(&web, SCREEN, "/desk/clock", "");
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "Đã ghi nhận đồng hồ đúng.");
    assert_lacks(answer, "action=\"/desk/clock");
    assert_true(timekeeper_is_trusted(web.kiosk->timekeeper));
    clock_fix_boot(0, 0);
    web_close(&web);
}

static void a_restored_kiosk_says_why_it_issues_no_slip(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    web.kiosk->slips_waiting = true;
    const struct answer *answer = web_ask(&web, SCREEN, "/desk/slips", "area=HT&step=result");
    assert_int_equal(answer->http_status, 503);
    assert_has(answer, "đang chờ danh sách phiếu");
    assert_int_equal(slips_today(&web), 0);
    web.kiosk->slips_waiting = false;
    web_close(&web);
}

static void a_slip_is_shown_with_its_code_and_works(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    assert_has(web_ask(&web, SCREEN, "/desk", NULL), "Hôm nay đã cấp 0 phiếu");
    const struct answer *answer =
        web_ask(&web, SCREEN, "/desk/slips", "area=DD&counter=2&step=refusal&dossier=");
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "<svg");
    assert_has(answer, "Từ chối hồ sơ");
    assert_has(answer, "đến hết ngày 03/12/2026");
    assert_has(answer, "Chỉ dùng được trong mạng của cơ quan");
    assert_has(answer, "Hôm nay đã cấp 1 phiếu");
    struct slip slip = {0};
    struct err err = {0};
    struct db *db = dbpool_take(web.kiosk->readers);
    assert_int_equal(slip_find(web.kiosk, db, code_in(answer), &slip, &err), STATUS_OK);
    dbpool_give(web.kiosk->readers, db);
    assert_int_equal(slip.state, SLIP_OPEN);
    assert_string_equal(slip.area, "DD");
    assert_string_equal(slip.counter, "2");
    assert_int_equal(slip.step, RESPONSE_STEP_REFUSAL);
    web_close(&web);
}

static void the_last_area_is_remembered(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    (void)web_ask(&web, SCREEN, "/desk/slips", "area=XD&counter=2");
    char cookies[512];
    (void)snprintf(cookies, sizeof(cookies), "%s; hailong_desk_area=XD; hailong_desk_counter=2",
                   web.cookie);
    web.cookie = cookies;
    const struct answer *answer = web_ask(&web, SCREEN, "/desk", NULL);
    assert_has(answer, "value=\"XD\" required checked");
    assert_has(answer, "value=\"2\" selected");
    web_close(&web);
}

static void a_second_slip_for_a_dossier_is_asked_about(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    char first[SLIPCODE_CHARS + 1];
    (void)strcpy(first, code_in(web_ask(&web, SCREEN, "/desk/slips",
                                        "area=HT&step=result&dossier=H19.26-0001")));
    const struct answer *answer =
        web_ask(&web, SCREEN, "/desk/slips", "area=HT&step=result&dossier=H19.26-0001");
    assert_int_equal(answer->http_status, 409);
    assert_has(answer, "Hồ sơ này đã có phiếu");
    assert_has(answer, "name=\"dossier\" value=\"H19.26-0001\"");
    assert_lacks(answer, "class=\"code\"");
    assert_int_equal(slips_today(&web), 1);
    answer =
        web_ask(&web, SCREEN, "/desk/slips", "area=HT&step=result&dossier=H19.26-0001&replace=1");
    assert_int_equal(answer->http_status, 200);
    assert_string_not_equal(code_in(answer), first);
    // Another step of the same dossier is another visit.
    answer = web_ask(&web, SCREEN, "/desk/slips", "area=HT&step=intake&dossier=H19.26-0001");
    assert_int_equal(answer->http_status, 200);
    web_close(&web);
}

static void a_step_that_was_rated_gets_no_further_slip(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    char target[64];
    (void)snprintf(target, sizeof(target), "/S/%s",
                   code_in(web_ask(&web, SCREEN, "/desk/slips", "area=HT&dossier=D1")));
    const char *token = token_of(web_ask(&web, PHONE, target, NULL));
    assert_int_equal(
        web_ask(&web, PHONE, "/api/v1/responses", form_of(token, "part=0&page=overall&overall=1"))
            ->http_status,
        200);
    const struct answer *answer =
        web_ask(&web, SCREEN, "/desk/slips", "area=HT&dossier=D1&replace=1");
    assert_int_equal(answer->http_status, 410);
    assert_has(answer, "đã được đánh giá");
    // That it was rated is all that the desk learns.
    assert_lacks(answer, "không hài lòng");
    web_close(&web);
}

static void a_faulty_order_says_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body, *text;
    } rows[] = {
        {"/desk/slips", "area=ZZ", "Xin chọn lĩnh vực"},
        {"/desk/slips", "", "Xin chọn lĩnh vực"},
        {"/desk/arm", "area=HT&counter=", "Xin chọn một quầy"},
        {"/desk/arm", "area=HT&counter=77", "Xin chọn một quầy"},
        {"/desk/arm", "counter=1", "Xin chọn lĩnh vực"},
        {"/desk/cancel", "counter=", "Xin chọn một quầy"},
    };
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct answer *answer = web_ask(&web, SCREEN, rows[i].target, rows[i].body);
        assert_int_equal(answer->http_status, 400);
        assert_has(answer, rows[i].text);
    }
    char body[128] = "area=HT&dossier=";
    memset(body + strlen(body), 'A', SLIP_DOSSIER_CHARS + 1);
    const struct answer *answer = web_ask(&web, SCREEN, "/desk/slips", body);
    assert_int_equal(answer->http_status, 400);
    assert_has(answer, "Mã hồ sơ chưa hợp lệ");
    assert_int_equal(web_ask(&web, SCREEN, "/desk/slips", "area=HT&step=x")->http_status, 400);
    assert_int_equal(web_ask(&web, SCREEN, "/desk/slips", "area=HT&level=5")->http_status, 400);
    assert_int_equal(slips_today(&web), 0);
    web_close(&web);
}

static void a_dossiers_code_is_escaped_where_it_is_repeated(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    for (int i = 0; i < 2; i++) {
        const struct answer *answer =
            web_ask(&web, SCREEN, "/desk/slips", "area=HT&dossier=%3Cb%3E%22%27%26");
        assert_lacks(answer, "<b>\"");
    }
    web_close(&web);
}

static void an_armed_screen_is_listed_and_can_be_cancelled(void **state)
{
    (void)state;
    struct web web;
    web_open(&web, NULL);
    web_pair(&web, NULL);
    assert_has(web_ask(&web, SCREEN, "/desk", NULL), "Chưa mở màn hình nào");
    const struct answer *answer =
        web_ask(&web, SCREEN, "/desk/arm", "area=XD&counter=2&step=supplement&dossier=");
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "Đã mở màn hình Quầy 2 – Đất đai, xây dựng cho lĩnh vực Xây dựng");
    struct arming arming = arming_now(web.kiosk->armings, "2");
    assert_int_not_equal(arming.number, 0);
    assert_int_equal(arming.step, RESPONSE_STEP_SUPPLEMENT);
    answer = web_ask(&web, SCREEN, "/desk/cancel?lang=en", "counter=2");
    assert_int_equal(answer->http_status, 200);
    assert_has(answer, "None at present");
    assert_int_equal(arming_now(web.kiosk->armings, "2").number, 0);
    assert_int_equal(slips_today(&web), 0);
    web_close(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_desk_may_issue_or_arm),
        cmocka_unit_test(a_form_from_another_site_is_refused),
        cmocka_unit_test(a_clock_that_has_jumped_is_confirmed_by_one_press),
        cmocka_unit_test(a_restored_kiosk_says_why_it_issues_no_slip),
        cmocka_unit_test(a_slip_is_shown_with_its_code_and_works),
        cmocka_unit_test(the_last_area_is_remembered),
        cmocka_unit_test(a_second_slip_for_a_dossier_is_asked_about),
        cmocka_unit_test(a_step_that_was_rated_gets_no_further_slip),
        cmocka_unit_test(a_faulty_order_says_what_to_do),
        cmocka_unit_test(a_dossiers_code_is_escaped_where_it_is_repeated),
        cmocka_unit_test(an_armed_screen_is_listed_and_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
