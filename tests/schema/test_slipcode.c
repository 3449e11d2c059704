// SPDX-License-Identifier: MIT
// Slip codes: what is read, and that every single slip of the finger is caught.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "crypto.h"
#include "slipcode.h"

static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void new_codes_are_readable_different_and_spread(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static char codes[COUNT][SLIPCODE_CHARS + 1];
    size_t seen[SLIPCODE_CHARS][32] = {{0}};
    for (size_t i = 0; i < COUNT; i++) {
        char again[SLIPCODE_CHARS + 1];
        slipcode_new(codes[i]);
        assert_true(slipcode_read(codes[i], again));
        assert_string_equal(again, codes[i]);
        for (size_t k = 0; k < SLIPCODE_CHARS; k++)
            seen[k][strchr(symbols, codes[i][k]) - symbols]++;
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(codes[k], codes[i]);
    }
    // 62 expected; a symbol that never comes has a chance of e^-62.
    for (size_t k = 0; k < SLIPCODE_CHARS; k++)
        for (size_t s = 0; s < 32; s++)
            assert_true(seen[k][s] > 0);
}

static void every_single_wrong_character_is_caught(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        char code[SLIPCODE_CHARS + 1], ret_code[SLIPCODE_CHARS + 1];
        slipcode_new(code);
        for (size_t at = 0; at < SLIPCODE_CHARS; at++) {
            char right = code[at];
            for (size_t s = 0; s < 32; s++) {
                code[at] = symbols[s];
                assert_int_equal(slipcode_read(code, ret_code), symbols[s] == right);
            }
            code[at] = right;
        }
    }
}

static void every_exchange_of_two_different_characters_is_caught(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        char code[SLIPCODE_CHARS + 1], ret_code[SLIPCODE_CHARS + 1];
        slipcode_new(code);
        for (size_t i = 0; i < SLIPCODE_CHARS; i++)
            for (size_t k = i + 1; k < SLIPCODE_CHARS; k++) {
                char swapped[SLIPCODE_CHARS + 1];
                memcpy(swapped, code, sizeof swapped);
                swapped[i] = code[k];
                swapped[k] = code[i];
                assert_int_equal(slipcode_read(swapped, ret_code), code[i] == code[k]);
            }
    }
}

static void every_pair_of_neighbours_is_told_from_its_exchange(void **state)
{
    (void)state;
    // All 32 × 32 pairs at each place, the check character found by trying.
    for (size_t at = 0; at + 2 < SLIPCODE_CHARS; at++)
        for (size_t a = 0; a < 32; a++)
            for (size_t b = 0; b < 32; b++) {
                char code[SLIPCODE_CHARS + 1] = "0000000000", ret_code[SLIPCODE_CHARS + 1];
                size_t valid = 0, check = 0;
                code[at] = symbols[a];
                code[at + 1] = symbols[b];
                for (size_t s = 0; s < 32; s++) {
                    code[SLIPCODE_CHARS - 1] = symbols[s];
                    if (slipcode_read(code, ret_code)) {
                        valid++;
                        check = s;
                    }
                }
                assert_int_equal(valid, 1);
                code[SLIPCODE_CHARS - 1] = symbols[check];
                code[at] = symbols[b];
                code[at + 1] = symbols[a];
                assert_int_equal(slipcode_read(code, ret_code), a == b);
            }
}

static void any_case_blanks_dashes_and_look_alikes_are_read(void **state)
{
    (void)state;
    // A code whose characters hold a 1 and a 0, its check character found by trying.
    char code[SLIPCODE_CHARS + 1] = "1A0BC1D0E0", typed[40], ret_code[SLIPCODE_CHARS + 1];
    size_t check = 0;
    for (; check < 32; check++) {
        code[9] = symbols[check];
        if (slipcode_read(code, ret_code))
            break;
    }
    assert_true(check < 32);
    static const char *const forms[] = {"1A0BC1D0E%c",     "1a0bc1d0e%c",  "1A0BC-1D0E%c",
                                        " 1A0 BC1 D0E%c ", "IAOBCLDOE%c",  "laobcidoe%c",
                                        "--1A0BC1D0E%c--", "1-A-0BC1D0E%c"};
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        memset(typed, 0, sizeof typed);
        size_t chars = strlen(forms[i]), out = 0;
        for (size_t k = 0; k < chars; k++) {
            if (forms[i][k] == '%') {
                typed[out++] = symbols[check];
                k++;
            } else {
                typed[out++] = forms[i][k];
            }
        }
        assert_true(slipcode_read(typed, ret_code));
        assert_string_equal(ret_code, code);
    }
}

static void anything_else_is_no_code(void **state)
{
    (void)state;
    static const char *const cases[] = {"",           "-",           "000000000",    "00000000000",
                                        "000000000U", "00000_00000", "0000000000\n", "mã 00000000",
                                        "000000000*"};
    char ret_code[SLIPCODE_CHARS + 1] = "UNTOUCHED!";
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_false(slipcode_read(cases[i], ret_code));
    assert_string_equal(ret_code, "UNTOUCHED!");
    assert_true(slipcode_read("00000-00000", ret_code));
}

static void a_code_is_shown_in_two_halves(void **state)
{
    (void)state;
    char shown[SLIPCODE_SHOWN_CHARS + 1], ret_code[SLIPCODE_CHARS + 1], code[SLIPCODE_CHARS + 1];
    slipcode_shown("K7QM2F9D4X", shown);
    assert_string_equal(shown, "K7QM2-F9D4X");
    slipcode_new(code);
    slipcode_shown(code, shown);
    assert_true(slipcode_read(shown, ret_code));
    assert_string_equal(ret_code, code);
}

static int open_all(void **state)
{
    (void)state;
    return crypto_open(NULL) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_codes_are_readable_different_and_spread),
        cmocka_unit_test(every_single_wrong_character_is_caught),
        cmocka_unit_test(every_exchange_of_two_different_characters_is_caught),
        cmocka_unit_test(every_pair_of_neighbours_is_told_from_its_exchange),
        cmocka_unit_test(any_case_blanks_dashes_and_look_alikes_are_read),
        cmocka_unit_test(anything_else_is_no_code),
        cmocka_unit_test(a_code_is_shown_in_two_halves),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
