// SPDX-License-Identifier: MIT
// mask.c: what goes, and what stays.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "mask.h"

static void assert_mask(const char *text, const char *expected)
{
    struct buf out;
    buf_init(&out, 4096);
    mask_text(text, &out);
    assert_int_equal(out.failed, STATUS_OK);
    assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
}

static void telephone_numbers_go_however_they_are_broken(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "09 12 34 56 78",
        "091 2345 678",
        "+84912345678",
        "+84 912 345 678",
        "+84 (0) 912 345 678",
        "(+84) 912.345.678",
        "84912345678",
        "0084 912 345 678",
        "024 3825 1234",
        "(024) 3825 1234",
        "02438251234",
        "0208 3855 123",
        "(0208) 3.855.123",
        "0912\xC2\xA0"
        "345\xC2\xA0"
        "678",
        "0912–345–678",
    };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        char text[128], expected[128];
        (void)strcpy(stpcpy(stpcpy(text, "Xin gọi "), numbers[i]), ", cảm ơn");
        // A bracket before the country's number stays with what is around it.
        const bool bracket = strncmp(numbers[i], "(+", 2) == 0;
        (void)strcpy(expected,
                     bracket ? "Xin gọi (" MASK_TEXT ", cảm ơn" : "Xin gọi " MASK_TEXT ", cảm ơn");
        assert_mask(text, expected);
    }
    assert_mask("sđt0912345678", "sđt" MASK_TEXT);
    assert_mask("0912345678 0987654321", MASK_TEXT " " MASK_TEXT);
    assert_mask("0912345678\n0987654321", MASK_TEXT "\n" MASK_TEXT);
}

static void identity_numbers_of_nine_and_twelve_digits_go(void **state)
{
    (void)state;
    assert_mask("CCCD 019085012345.", "CCCD " MASK_TEXT ".");
    assert_mask("CCCD 019 085 012 345", "CCCD " MASK_TEXT);
    assert_mask("CMND 090123456", "CMND " MASK_TEXT);
    assert_mask("CMND 190 123 456", "CMND " MASK_TEXT);
    assert_mask("số 12345678 và 1234567890123", "số 12345678 và 1234567890123"); // 8 and 13
    assert_mask("1234567890", "1234567890"); // ten that do not begin with 0
}

static void dossier_codes_go(void **state)
{
    (void)state;
    assert_mask("Hồ sơ H08.16-240903-0002 chậm", "Hồ sơ " MASK_TEXT " chậm");
    assert_mask("h08.16-240903-0002", MASK_TEXT);
    assert_mask("000.00.12.H44-210901-0001", MASK_TEXT);
    assert_mask("(H44.28.26-210901-12345)", "(" MASK_TEXT ")");
    assert_mask("XY-24090-00", "XY-24090-00");
    assert_mask("XY-240903-12", "XY-240903-12");
}

static void what_names_nobody_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "Công chức nhiệt tình, chờ 45 phút.",
        "Ngày 03-11-2026 09:30 tôi đến quầy 2",
        "ngày 03/11/2026, 08 giờ",
        "phí 150.000 đồng, nộp 1.250.000.000 đ",
        "150.000.000 đồng",
        "Nghị định 61/2018/NĐ-CP, Thông tư 01/2018",
        "từ 2021 đến 2025",
        "8.5 điểm, 100 %",
        "Đường số 12, tổ 5, P. Bá Xuyên",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_mask(texts[i], texts[i]);
}

static void a_number_that_passes_the_limit_of_the_buffer_is_said(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4);
    mask_text("0912345678", &out);
    assert_int_equal(out.failed, STATUS_TOO_LARGE);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telephone_numbers_go_however_they_are_broken),
        cmocka_unit_test(identity_numbers_of_nine_and_twelve_digits_go),
        cmocka_unit_test(dossier_codes_go),
        cmocka_unit_test(what_names_nobody_stays),
        cmocka_unit_test(a_number_that_passes_the_limit_of_the_buffer_is_said),
    };
    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
