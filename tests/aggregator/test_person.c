// SPDX-License-Identifier: MIT
// person.c: passphrases, names, and who may sign in.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "clock.h"
#include "staff.h"

#define RIGHT "bốn con trâu qua cầu"
#define WRONG "năm con trâu qua cầu"

static enum status sign_in(struct office *office, const char *name, const char *passphrase)
{
    struct person person;
    return person_sign_in(office->hub, name, passphrase, &person, &office->err);
}

static void a_passphrase_needs_twelve_characters_and_no_composition(void **state)
{
    (void)state;
    static const struct {
        const char *passphrase;
        enum status status;
    } cases[] = {
        {"trâu bò chó", STATUS_BAD_INPUT},             // 11 characters in 15 bytes
        {"trâu bò chó!", STATUS_OK},                   // 12
        {"xyzuvwrstopq", STATUS_OK},                   // small letters are enough
        {"password1234", STATUS_BAD_INPUT},            // on every list
        {"PassWord1234", STATUS_BAD_INPUT},            // as it stands there
        {"mật khẩu 1234", STATUS_BAD_INPUT},           // without its marks it is
        {"zzzzzzzzzzzzzzzz", STATUS_BAD_INPUT},        // one character
        {"nguyễn thị minh khai", STATUS_BAD_INPUT},    // the name itself
        {"hai dòng\nkhông được", STATUS_BAD_INPUT},    // two lines
        {"ba con trâu\xff qua cầu", STATUS_BAD_INPUT}, // no UTF-8
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        enum status status =
            person_check_passphrase("Nguyễn Thị Minh Khai", cases[i].passphrase, NULL);
        if (status != cases[i].status)
            fail_msg("case %zu", i);
    }
}

static void a_passphrase_has_at_most_128_characters(void **state)
{
    (void)state;
    char longest[2 * PERSON_PASSPHRASE_MAX_CHARS + 3] = "";
    for (int i = 0; i < PERSON_PASSPHRASE_MAX_CHARS; i++)
        strcat(longest, i % 2 == 0 ? "đ" : "e");
    assert_int_equal(person_check_passphrase("A", longest, NULL), STATUS_OK);
    strcat(longest, "e");
    assert_int_equal(person_check_passphrase("A", longest, NULL), STATUS_BAD_INPUT);
}

static void a_person_signs_in_with_the_own_passphrase_only(void **state)
{
    struct office *office = *state;
    struct person person;
    staff_add(office, "Lê Thị Bình", "officer");
    assert_int_equal(person_sign_in(office->hub, "Lê Thị Bình", RIGHT, &person, &office->err),
                     STATUS_OK);
    assert_int_equal(person.role, PERSON_OFFICER);
    assert_string_equal(person.unit, OFFICE_UNIT);
    assert_int_equal(sign_in(office, "Lê Thị Bình", WRONG), STATUS_UNAUTHORIZED);
    assert_int_equal(sign_in(office, "Lê Thị Bính", RIGHT), STATUS_UNAUTHORIZED);
    // the same text in decomposed letters
    assert_int_equal(sign_in(office, "Le\xcc\x82 Thi\xcc\xa3 Bi\xcc\x80nh",
                             "bo\xcc\x82\xcc\x81n con tra\xcc\x82u qua ca\xcc\x82\xcc\x80u"),
                     STATUS_OK);
}

static void five_wrong_ones_in_a_row_lock_for_a_quarter_of_an_hour(void **state)
{
    struct office *office = *state;
    staff_add(office, "A", "head");
    staff_add(office, "B", "head");
    for (int i = 0; i < PERSON_TRIES_MAX - 1; i++)
        assert_int_equal(sign_in(office, "A", WRONG), STATUS_UNAUTHORIZED);
    assert_int_equal(sign_in(office, "A", RIGHT), STATUS_OK); // begins anew
    for (int i = 0; i < PERSON_TRIES_MAX; i++)
        assert_int_equal(sign_in(office, "A", WRONG), STATUS_UNAUTHORIZED);
    assert_int_equal(sign_in(office, "A", RIGHT), STATUS_DENIED);
    assert_int_equal(sign_in(office, "B", RIGHT), STATUS_OK);
    clock_fix(OFFICE_NOW_S + PERSON_LOCKED_S - 1);
    assert_int_equal(sign_in(office, "A", RIGHT), STATUS_DENIED);
    clock_fix(OFFICE_NOW_S + PERSON_LOCKED_S);
    assert_int_equal(sign_in(office, "A", WRONG), STATUS_UNAUTHORIZED);
    assert_int_equal(sign_in(office, "A", RIGHT), STATUS_OK);
}

static void names_and_roles_are_checked(void **state)
{
    struct office *office = *state;
    static const struct person_new cases[] = {
        {.name = "", .role = "admin", .passphrase = RIGHT},
        {.name = "A\nB", .role = "admin", .passphrase = RIGHT},
        {.name = "A", .role = "boss", .passphrase = RIGHT},
        {.name = "A", .role = "admin", .unit = "99999", .passphrase = RIGHT},
        {.name = "A", .role = "admin", .passphrase = "ngắn"},
        {.name = "12345678901234567890123456789012345678901234567890123456789012345",
         .role = "admin",
         .passphrase = RIGHT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (person_add(office->hub, &cases[i], &office->err) != STATUS_BAD_INPUT)
            fail_msg("case %zu", i);
}

static enum status list(struct office *office, json_t *people)
{
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = person_list(db, people, &office->err);
    dbpool_give(office->hub->readers, db);
    return status;
}

static void people_are_listed_and_removed(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp) json_t *people = json_array();
    AUTO(json_decrefp) json_t *rest = json_array();
    const struct person_new again = {.name = "B", .role = "viewer", .passphrase = RIGHT};
    staff_add(office, "B", "auditor");
    staff_add(office, "A", "viewer");
    assert_int_equal(person_add(office->hub, &again, &office->err), STATUS_CONFLICT);
    assert_int_equal(list(office, people), STATUS_OK);
    assert_int_equal(json_array_size(people), 2);
    assert_string_equal(json_text_or(json_array_get(people, 1), "role", ""), "auditor");
    assert_int_equal(person_remove(office->hub, "B", &office->err), STATUS_OK);
    assert_int_equal(person_remove(office->hub, "B", &office->err), STATUS_NOT_FOUND);
    assert_int_equal(list(office, rest), STATUS_OK);
    assert_int_equal(json_array_size(rest), 1);
    assert_int_equal(sign_in(office, "B", RIGHT), STATUS_UNAUTHORIZED);
    staff_verify(office);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_passphrase_needs_twelve_characters_and_no_composition),
        WITH(a_passphrase_has_at_most_128_characters),
        WITH(a_person_signs_in_with_the_own_passphrase_only),
        WITH(five_wrong_ones_in_a_row_lock_for_a_quarter_of_an_hour),
        WITH(names_and_roles_are_checked),
        WITH(people_are_listed_and_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
