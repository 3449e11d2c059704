// SPDX-License-Identifier: MIT
// token.c: what goes in comes out, and nothing else is believed.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "clock.h"
#include "support/scratch.h"
#include "token.h"

#define NOON_S INT64_C(1793682000) // 2026-11-03T12:00+07
enum { DAY_S = 86400, HOUR_S = 3600 };

static struct scratch scratch;
static struct daykeys *keys;
static struct err err;

static int open_keys(void **state)
{
    (void)state;
    scratch = scratch_make();
    assert_int_equal(crypto_open(&err), STATUS_OK);
    clock_fix(NOON_S);
    assert_int_equal(daykey_open(scratch.folder, &keys, &err), STATUS_OK);
    return 0;
}

static int close_keys(void **state)
{
    (void)state;
    daykey_close(keys);
    clock_fix(0);
    scratch_remove(&scratch);
    return 0;
}

static const struct token FULL = {.channel = RESPONSE_SLIP,
                                  .step = RESPONSE_STEP_REFUSAL,
                                  .linked = true,
                                  .arming = 0xdeadbeef,
                                  .counter = "ABCDEFGHIJ123456",
                                  .area = "SV-YT-ABCDEFGH12",
                                  .code = "K7QM2F9D4X"};

static void make(const struct token *token, char ret_text[TOKEN_TEXT_CHARS + 1])
{
    assert_int_equal(token_make(keys, token, ret_text, &err), STATUS_OK);
}

static void every_field_comes_back(void **state)
{
    (void)state;
    static const struct token EMPTY = {.channel = RESPONSE_SCREEN};
    const struct token *const cases[] = {&FULL, &EMPTY};
    for (size_t i = 0; i < 2; i++) {
        char text[TOKEN_TEXT_CHARS + 1];
        uint8_t id[ENTRY_ID_BYTES];
        struct token read;
        make(cases[i], text);
        assert_int_equal(strlen(text), TOKEN_TEXT_CHARS);
        assert_int_equal(token_read(keys, text, &read, id, &err), STATUS_OK);
        assert_int_equal(read.hour, NOON_S / HOUR_S);
        assert_int_equal(read.channel, cases[i]->channel);
        assert_int_equal(read.step, cases[i]->step);
        assert_int_equal(read.linked, cases[i]->linked);
        assert_int_equal(read.arming, cases[i]->arming);
        assert_string_equal(read.counter, cases[i]->counter);
        assert_string_equal(read.area, cases[i]->area);
        assert_string_equal(read.code, cases[i]->code);
    }
}

static void the_id_begins_with_the_hour_and_is_the_pages_own(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_CHARS + 1], other_text[TOKEN_TEXT_CHARS + 1];
    uint8_t id[ENTRY_ID_BYTES], again[ENTRY_ID_BYTES], other[ENTRY_ID_BYTES];
    struct token read;
    make(&FULL, text);
    make(&FULL, other_text);
    assert_string_not_equal(text, other_text);
    assert_int_equal(token_read(keys, text, &read, id, &err), STATUS_OK);
    assert_int_equal(token_read(keys, text, &read, again, &err), STATUS_OK);
    assert_int_equal(token_read(keys, other_text, &read, other, &err), STATUS_OK);
    assert_memory_equal(id, again, sizeof id);
    assert_memory_not_equal(id, other, sizeof id);
    const uint32_t hour = (uint32_t)(NOON_S / HOUR_S);
    const uint8_t expected[4] = {(uint8_t)(hour >> 24), (uint8_t)(hour >> 16), (uint8_t)(hour >> 8),
                                 (uint8_t)hour};
    assert_memory_equal(id, expected, 4);
    assert_memory_equal(other, expected, 4);
}

// More than are filled from one fetch of random bytes.
static void no_two_pages_of_one_hour_have_one_token(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    char texts[COUNT][TOKEN_TEXT_CHARS + 1];
    for (size_t i = 0; i < COUNT; i++) {
        make(&FULL, texts[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(texts[i], texts[k]);
    }
}

static void no_changed_character_is_believed(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_CHARS + 1];
    make(&FULL, text);
    for (size_t i = 0; i < TOKEN_TEXT_CHARS; i++) {
        const char kept = text[i];
        struct token read = {.hour = 1};
        uint8_t id[ENTRY_ID_BYTES];
        text[i] = kept == 'A' ? 'B' : 'A';
        const enum status status = token_read(keys, text, &read, id, &err);
        assert_true(status == STATUS_BAD_INPUT || status == STATUS_GONE);
        if (status == STATUS_BAD_INPUT)
            assert_int_equal(read.hour, 1);
        text[i] = kept;
    }
}

static void no_other_text_is_believed(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_CHARS + 1], longer[TOKEN_TEXT_CHARS + 2];
    struct token read;
    uint8_t id[ENTRY_ID_BYTES];
    make(&FULL, text);
    memcpy(longer, text, TOKEN_TEXT_CHARS);
    strcpy(longer + TOKEN_TEXT_CHARS, "A");
    assert_int_equal(token_read(keys, "", &read, id, &err), STATUS_BAD_INPUT);
    assert_int_equal(token_read(keys, longer, &read, id, &err), STATUS_BAD_INPUT);
    text[5] = '+';
    assert_int_equal(token_read(keys, text, &read, id, &err), STATUS_BAD_INPUT);
    text[TOKEN_TEXT_CHARS - 1] = '\0';
    assert_int_equal(token_read(keys, text, &read, id, &err), STATUS_BAD_INPUT);
}

static void another_kiosks_token_is_refused(void **state)
{
    (void)state;
    struct scratch elsewhere = scratch_make();
    struct daykeys *other = NULL;
    char text[TOKEN_TEXT_CHARS + 1];
    struct token read;
    uint8_t id[ENTRY_ID_BYTES];
    assert_int_equal(daykey_open(elsewhere.folder, &other, &err), STATUS_OK);
    assert_int_equal(token_make(other, &FULL, text, &err), STATUS_OK);
    assert_int_equal(token_read(keys, text, &read, id, &err), STATUS_BAD_INPUT);
    make(&FULL, text); // now the day has a key here, too
    assert_int_equal(token_read(other, text, &read, id, &err), STATUS_BAD_INPUT);
    daykey_close(other);
    scratch_remove(&elsewhere);
}

static void a_page_is_good_until_the_end_of_the_next_day(void **state)
{
    (void)state;
    static const struct {
        int64_t after_s;
        enum status status;
    } CASES[] = {
        {0, STATUS_OK},
        {12 * HOUR_S, STATUS_OK},             // 2026-11-04T00:00
        {DAY_S + 12 * HOUR_S - 1, STATUS_OK}, // 2026-11-04T23:59:59
        {DAY_S + 12 * HOUR_S, STATUS_GONE},
        {40 * DAY_S, STATUS_GONE},
        {-HOUR_S, STATUS_OK},            // the clock was set back a little
        {-2 * HOUR_S, STATUS_BAD_INPUT}, // such an hour has not been yet
    };
    char text[TOKEN_TEXT_CHARS + 1];
    make(&FULL, text);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct token read = {.hour = 1};
        uint8_t id[ENTRY_ID_BYTES] = {0};
        const uint8_t untouched[ENTRY_ID_BYTES] = {0};
        clock_fix(NOON_S + CASES[i].after_s);
        assert_int_equal(token_read(keys, text, &read, id, &err), CASES[i].status);
        if (CASES[i].status != STATUS_GONE)
            continue;
        // What an old page was can be read, so that the right one is shown; it has no id.
        assert_int_equal(read.channel, FULL.channel);
        assert_string_equal(read.counter, FULL.counter);
        assert_string_equal(read.area, FULL.area);
        assert_string_equal(read.code, FULL.code);
        assert_memory_equal(id, untouched, sizeof id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_field_comes_back, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(the_id_begins_with_the_hour_and_is_the_pages_own, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(no_two_pages_of_one_hour_have_one_token, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(no_changed_character_is_believed, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(no_other_text_is_believed, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(another_kiosks_token_is_refused, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(a_page_is_good_until_the_end_of_the_next_day, open_keys,
                                        close_keys),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
