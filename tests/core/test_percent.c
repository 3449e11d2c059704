// SPDX-License-Identifier: MIT
// percent.c: escapes at the edges of the text.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "percent.h"
#include "status.h"

static void an_escape_gives_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int byte;
    } rows[] = {
        {"%00", 0},  {"%41", 'A'}, {"%7e", '~'},  {"%7E", '~'}, {"%fF", 255},
        {"%4", -1},  {"%", -1},    {"%g0", -1},   {"%0g", -1},  {"%%4", -1},
        {"%-1", -1}, {"%4 ", -1},  {"%419", 'A'},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(percent_byte(rows[i].text, rows[i].text + strlen(rows[i].text)),
                         rows[i].byte);
}

static void nothing_is_read_past_the_end(void **state)
{
    (void)state;
    const char text[] = "%41";
    assert_int_equal(percent_byte(text, text + 2), -1);
    assert_int_equal(percent_byte(text, text + 3), 'A');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_escape_gives_its_byte),
        cmocka_unit_test(nothing_is_read_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
