// SPDX-License-Identifier: MIT
// The aggregator's pages, without sockets, over a hub made from the example setup.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "clock.h"
#include "file.h"
#include "form.h"
#include "hub.h"
#include "hub_actions.h"
#include "hub_pages.h"
#include "hub_routes.h"
#include "plan.h"
#include "reply.h"
#include "support/scratch.h"

// 2026-11-21T09:00+07:00, in the fourth official quarter.
static const int64_t now_s = 1795226400;

struct office {
    struct scratch scratch;
    struct hub *hub;
};

static int open_office(void **state)
{
    static struct office office;
    office.scratch = scratch_make();
    clock_fix(now_s);
    char folder[SCRATCH_PATH_SIZE];
    scratch_path(&office.scratch, "hub", folder);
    struct err err = {0};
    assert_int_equal(form_open(&err), STATUS_OK);
    assert_int_equal(plan_open(&err), STATUS_OK);
    if (hub_init(folder, "schema/examples/ba-xuyen.json", &err) != STATUS_OK ||
        hub_open(folder, HUB_WRITE, &office.hub, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    *state = &office;
    return 0;
}

static int close_office(void **state)
{
    struct office *office = *state;
    hub_close(office->hub);
    scratch_remove(&office->scratch);
    clock_fix(0);
    return 0;
}

static const char *no_header(const struct request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

static struct request request_to(const struct office *office, const char *path, const char *query)
{
    return (struct request){.method = HTTP_GET,
                            .path = path,
                            .query = query,
                            .body = "",
                            .listener = HUB_LISTEN,
                            .peer = "127.0.0.1",
                            .local = "127.0.0.1:8090",
                            .context = office->hub,
                            .header = no_header};
}

static struct request totals_request(const struct office *office, const char *unit,
                                     const char *period, const char *query)
{
    struct request request = request_to(office, "/units/05533/2026-Q4", query);
    request.param[0] = unit;
    request.param[1] = period;
    request.param_count = 2;
    return request;
}

static const char *header_of(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    }
    return "";
}

static void health_is_one_word(void **state)
{
    struct request request = request_to(*state, "/healthz", "");
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    assert_int_equal(hub_pages_health(&request, &reply, NULL), STATUS_OK);
    assert_string_equal(buf_text(&reply.body), "ok\n");
}

static void home_leads_to_this_offices_current_quarter(void **state)
{
    static const struct {
        const char *query, *location;
    } cases[] = {
        {"", "/units/05533/2026-Q4"},
        {"lang=vi", "/units/05533/2026-Q4"},
        {"lang=en", "/units/05533/2026-Q4?lang=en"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct request request = request_to(*state, "/", cases[i].query);
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        assert_int_equal(hub_pages_home(&request, &reply, NULL), STATUS_OK);
        assert_int_equal(reply.http_status, 303);
        assert_string_equal(header_of(&reply, "Location"), cases[i].location);
    }
}

static void a_language_that_there_is_not_is_refused(void **state)
{
    static const char *const queries[] = {"lang=fr",     "lang=",    "lang",
                                          "lang=vi&x=1", "lang=%00", "lang=vi&lang=en"};
    for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
        struct request request = totals_request(*state, "05533", "2026-Q4", queries[i]);
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        assert_int_equal(hub_pages_totals(&request, &reply, NULL), STATUS_BAD_INPUT);
    }
}

static void an_empty_hub_shows_all_groups_and_areas_without_data(void **state)
{
    static const struct {
        const char *query;
        const char *there[6];
    } cases[] = {
        {"",
         {"<html lang=\"vi\">", "Phường Bá Xuyên", "Chưa có dữ liệu", "CHẠY THỬ",
          "Chưa có kiosk nào gửi dữ liệu về đây", "Quý IV năm 2026"}},
        {"lang=en",
         {"<html lang=\"en\">", "Phường Bá Xuyên", "No data yet", "TRIAL RUN",
          "No kiosk has sent anything here yet", "Quarter 4 of 2026"}},
    };
    static const char *const always[] = {"id=\"group-TTHC\"", "id=\"group-DDXDDT\"",
                                         "id=\"group-CQHC\"", "id=\"group-YTGD\"",
                                         "id=\"area-HT\"",    "id=\"area-SV-YT\"",
                                         "254/KH-UBND",       "/units/05533/2026-Q3",
                                         "report.csv",        "/api/v1/report/05533/2026-Q4"};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct request request = totals_request(*state, "05533", "2026-Q4", cases[i].query);
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        assert_int_equal(hub_pages_totals(&request, &reply, NULL), STATUS_OK);
        for (size_t j = 0; j < ARRAY_SIZE(cases[i].there); j++)
            assert_non_null(strstr(buf_text(&reply.body), cases[i].there[j]));
        for (size_t j = 0; j < ARRAY_SIZE(always); j++)
            assert_non_null(strstr(buf_text(&reply.body), always[j]));
        assert_null(strstr(buf_text(&reply.body), "style="));
        assert_null(strstr(buf_text(&reply.body), "<script"));
    }
}

static void take_paper(struct office *office, int count)
{
    char path[SCRATCH_PATH_SIZE], rows[128];
    AUTO(json_decrefp) json_t *reply = NULL;
    scratch_path(&office->scratch, "paper.csv", path);
    snprintf(rows, sizeof rows,
             "unit,day,area,item,level,count\n05533,2026-11-03,HT,overall,5,%d\n", count);
    assert_int_equal(file_write(path, rows, strlen(rows), 0600, NULL), STATUS_OK);
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:s}", "command", "paper", "path", path);
    assert_int_equal(hub_actions_answer(office->hub, request, &reply, NULL), STATUS_OK);
}

static void no_word_on_certainty_stands_beside_too_few_answers(void **state)
{
    static const struct {
        int more; // 29, 34 and 40 in all
        const char *there, *not_there;
    } cases[] = {
        {29, "Khoảng tin cậy", "Mức chắc chắn"},
        {5, "sát ngưỡng", "chắc: khoảng"},
        {6, "chắc: khoảng", "sát ngưỡng: thêm"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        take_paper(*state, cases[i].more);
        struct request request = totals_request(*state, "05533", "2026-Q4", "");
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        assert_int_equal(hub_pages_totals(&request, &reply, NULL), STATUS_OK);
        if (strstr(buf_text(&reply.body), cases[i].there) == NULL)
            fail_msg("%s is not there", cases[i].there);
        assert_null(strstr(buf_text(&reply.body), cases[i].not_there));
    }
}

static void every_level_of_the_tree_has_its_totals(void **state)
{
    static const char *const units[] = {"05533", "19", "VN"};
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        struct request request = totals_request(*state, units[i], "2026", "");
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        assert_int_equal(hub_pages_totals(&request, &reply, NULL), STATUS_OK);
    }
}

static void what_cannot_be_shown_has_its_own_status(void **state)
{
    static const struct {
        const char *unit, *period;
        enum status status;
    } cases[] = {
        {"05533", "2026-Q4", STATUS_OK},
        {"05533", "cal:2026-11", STATUS_OK},
        {"99999", "2026-Q4", STATUS_NOT_FOUND},
        {"05533", "2026-Q5", STATUS_BAD_INPUT},
        {"05533", "hôm nay", STATUS_BAD_INPUT},
        {"05533", "2026-09-15..2026-12-14", STATUS_BAD_INPUT},
    };
    static const handler_fn handlers[] = {hub_pages_totals, hub_pages_json, hub_pages_csv};
    for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(handlers); i++) {
        size_t at = i / ARRAY_SIZE(handlers);
        struct request request = totals_request(*state, cases[at].unit, cases[at].period, "");
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        assert_int_equal(handlers[i % ARRAY_SIZE(handlers)](&request, &reply, NULL),
                         cases[at].status);
    }
}

static void the_json_is_the_reports_model(void **state)
{
    struct request request = totals_request(*state, "05533", "2026-Q4", "");
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    assert_int_equal(hub_pages_json(&request, &reply, NULL), STATUS_OK);
    assert_string_equal(reply.content_type, "application/json");
    AUTO(json_decrefp) json_t *model = NULL;
    assert_int_equal(
        json_parse(buf_text(&reply.body), reply.body.size_bytes, 1 << 20, "report", &model, NULL),
        STATUS_OK);
    const json_t *period = json_object_get(model, "period");
    assert_string_equal(json_text_or(period, "from", ""), "2026-09-15");
    assert_string_equal(json_text_or(period, "to", ""), "2026-12-14");
    assert_int_equal(json_array_size(json_object_get(model, "groups")), 4);
}

static void the_csv_has_a_name_that_every_system_takes(void **state)
{
    struct request request = totals_request(*state, "05533", "cal:2026-11", "");
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    assert_int_equal(hub_pages_csv(&request, &reply, NULL), STATUS_OK);
    assert_string_equal(reply.content_type, "text/csv; charset=utf-8");
    assert_string_equal(header_of(&reply, "Content-Disposition"),
                        "attachment; filename=\"hai-long-05533-cal-2026-11.csv\"");
    assert_non_null(strstr(buf_text(&reply.body), "TTHC"));
}

static void every_refusal_says_what_to_do_next(void **state)
{
    static const struct {
        unsigned http_status;
        const char *vi, *en;
    } cases[] = {
        {400, "Địa chỉ này không đọc được", "This address cannot be read"},
        {404, "Không có trang này", "There is no such page"},
        {405, "Địa chỉ này không nhận thao tác đó", "This address does not take that action"},
        {413, "Nội dung gửi lên quá dài", "What was sent is too long"},
        {503, "Hệ thống đang bận", "The system is busy"},
        {500, "Không thực hiện được yêu cầu này", "This request could not be done"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
        bool english = i % 2 == 1;
        struct request request = request_to(*state, "/units/x", english ? "lang=en" : "");
        AUTO(reply_done) struct reply reply;
        reply_init(&reply);
        reply.http_status = cases[i / 2].http_status;
        hub_routes_refusal(&request, &reply);
        assert_int_equal(reply.http_status, cases[i / 2].http_status);
        assert_non_null(strstr(buf_text(&reply.body), english ? cases[i / 2].en : cases[i / 2].vi));
        assert_non_null(
            strstr(buf_text(&reply.body), english ? "href=\"/?lang=en\"" : "href=\"/\""));
    }
}

static void a_refusal_shows_nothing_of_what_was_asked(void **state)
{
    struct request request = request_to(*state, "/units/<script>", "lang=<b>");
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    reply.http_status = 404;
    buf_add_text(&reply.body, "half a page");
    reply.content_type = "text/csv";
    hub_routes_refusal(&request, &reply);
    assert_null(strstr(buf_text(&reply.body), "<script"));
    assert_null(strstr(buf_text(&reply.body), "half a page"));
    assert_string_equal(reply.content_type, "text/html; charset=utf-8");
}

static void a_refused_program_gets_json(void **state)
{
    struct request request = request_to(*state, "/api/v1/report/99999/2026-Q4", "");
    AUTO(reply_done) struct reply reply;
    reply_init(&reply);
    reply.http_status = 404;
    hub_routes_refusal(&request, &reply);
    assert_string_equal(reply.content_type, "application/json");
    assert_string_equal(buf_text(&reply.body), "{\"error\":\"There is no such page\"}");
}

static void the_policy_lets_nothing_foreign_in(void **state)
{
    (void)state;
    assert_non_null(strstr(hub_routes_csp(), "default-src 'none'"));
    assert_non_null(strstr(hub_routes_csp(), "frame-ancestors 'none'"));
    assert_null(strstr(hub_routes_csp(), "unsafe"));
    assert_null(strstr(hub_routes_csp(), "http"));
}

static void only_the_push_takes_a_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < hub_routes_count; i++) {
        assert_non_null(hub_routes[i].handler);
        assert_int_equal(hub_routes[i].body_limit_bytes > 0, hub_routes[i].method == HTTP_POST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(health_is_one_word, open_office, close_office),
        cmocka_unit_test_setup_teardown(home_leads_to_this_offices_current_quarter, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(a_language_that_there_is_not_is_refused, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(an_empty_hub_shows_all_groups_and_areas_without_data,
                                        open_office, close_office),
        cmocka_unit_test_setup_teardown(no_word_on_certainty_stands_beside_too_few_answers,
                                        open_office, close_office),
        cmocka_unit_test_setup_teardown(every_level_of_the_tree_has_its_totals, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(what_cannot_be_shown_has_its_own_status, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(the_json_is_the_reports_model, open_office, close_office),
        cmocka_unit_test_setup_teardown(the_csv_has_a_name_that_every_system_takes, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(every_refusal_says_what_to_do_next, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(a_refusal_shows_nothing_of_what_was_asked, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(a_refused_program_gets_json, open_office, close_office),
        cmocka_unit_test(the_policy_lets_nothing_foreign_in),
        cmocka_unit_test(only_the_push_takes_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
