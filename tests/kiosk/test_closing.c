// SPDX-License-Identifier: MIT
// closing.c: what stands on the closing slip, in both forms.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "closing.h"
#include "office.h"
#include "witnessed.h"

#define ROOT_HEX "0842108421000000000000000000000000000000000000000000000000000000"

static json_t *make_model(struct office *office)
{
    const struct seal seal = {.day = clock_day(OFFICE_NOW_S),
                              .count = 124,
                              .size = 1300,
                              .root = {0x08, 0x42, 0x10, 0x84, 0x21}};
    json_t *model = NULL;
    assert_int_equal(closing_model(office->kiosk, &seal, &model, &office->err), STATUS_OK);
    return model;
}

static void assert_says(const struct buf *out, const char *words, bool said)
{
    if ((strstr(buf_text(out), words) != NULL) != said)
        fail_msg("\"%s\" is %sthere:\n%s", words, said ? "not " : "", buf_text(out));
}

static void both_forms_say_the_day_the_count_and_the_code(void **state)
{
    struct office *office = *state;
    static const char *const words[] = {"Khóa sổ ngày 03/11/2026",
                                        "Đã nhận 124 lượt đánh giá",
                                        "Sổ có 1300 dòng",
                                        "11111111",
                                        "Mã khóa sổ",
                                        "Chưa có nhân chứng bên",
                                        "CHẠY THỬ"};
    AUTO(json_decrefp) json_t *model = make_model(office);
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf svg;
    buf_init(&text, 64 * 1024);
    buf_init(&svg, 1024 * 1024);
    assert_int_equal(closing_text(model, &text, &office->err), STATUS_OK);
    assert_int_equal(closing_svg(model, &svg, &office->err), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        assert_says(&text, words[i], true);
        assert_says(&svg, words[i], true);
    }
    assert_says(&text, ROOT_HEX, true);
    assert_says(&svg, "width=\"58mm\"", true);
    assert_says(&svg, "<script", false);
}

static void a_witness_is_named_only_when_there_is_one(void **state)
{
    struct office *office = *state;
    static const char *const words[] = {
        [WITNESSED_NO] = "Chưa có nhân chứng bên ngoài",
        [WITNESSED_SAID] = "Máy tổng hợp báo có nhân chứng, chưa kiểm tra được ở đây",
        [WITNESSED_CHECKED] = "Đã có nhân chứng bên ngoài",
    };
    for (int witnessed = 0; witnessed < (int)ARRAY_SIZE(words); witnessed++) {
        office->kiosk->witnessed = witnessed;
        AUTO(json_decrefp) json_t *model = make_model(office);
        AUTO(buf_done) struct buf text;
        buf_init(&text, 64 * 1024);
        assert_int_equal(closing_text(model, &text, &office->err), STATUS_OK);
        for (int i = 0; i < (int)ARRAY_SIZE(words); i++)
            assert_says(&text, words[i], i == witnessed);
    }
}

static void the_code_holds_the_full_root(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp) json_t *model = make_model(office);
    const char *code = json_text_or(model, "code", "");
    assert_int_equal(strncmp(code, "HAILONG/SEAL/", 13), 0);
    assert_non_null(strstr(code, "/2026-11-03/1300/" ROOT_HEX));
    assert_int_equal(strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ/-"), strlen(code));
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(both_forms_say_the_day_the_count_and_the_code),
        OFFICE_TEST(a_witness_is_named_only_when_there_is_one),
        OFFICE_TEST(the_code_holds_the_full_root),
    };
    return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}
