// SPDX-License-Identifier: MIT
// kit.c: a replacement honours the slips of the box before it, and no used one again.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "file.h"
#include "kit.h"
#include "office.h"

static uint8_t box_public[CRYPTO_BOX_PUBLIC_BYTES], box_secret[CRYPTO_BOX_SECRET_BYTES];

static int prepare(void **state)
{
    assert_int_equal(office_setup(state), 0);
    crypto_box_keys(box_public, box_secret);
    return 0;
}

static bool make(struct office *office, const uint8_t *mark, struct buf *sealed,
                 uint8_t ret_mark[KIT_MARK_BYTES])
{
    bool news = false;
    buf_init(sealed, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = kit_make(db, office->kiosk->slip_key, box_public, mark, sealed,
                                        ret_mark, &news, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    return news;
}

// The hub opens it and seals it for that lane.
static void hand_on(struct office *to, const struct buf *sealed, struct buf *again)
{
    uint8_t sign_public[CRYPTO_SIGN_PUBLIC_BYTES], box[CRYPTO_BOX_PUBLIC_BYTES];
    struct buf text;
    buf_init(&text, KIT_LIMIT_BYTES);
    buf_init(again, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    assert_int_equal(
        crypto_unseal(box_public, box_secret, sealed->data, sealed->size_bytes, &text, &to->err),
        STATUS_OK);
    crypto_sign_public(to->kiosk->lane_secret, sign_public);
    assert_int_equal(crypto_box_of_sign_public(sign_public, box, &to->err), STATUS_OK);
    assert_int_equal(crypto_seal(box, text.data, text.size_bytes, again, &to->err), STATUS_OK);
    buf_done(&text);
}

static void spend(struct office *office, const char *code)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SLIP, "HT", code, 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
}

static void a_replacement_knows_open_used_and_withdrawn_slips(void **state)
{
    struct office *office = *state;
    char open[SLIPCODE_CHARS + 1], used[SLIPCODE_CHARS + 1], withdrawn[SLIPCODE_CHARS + 1];
    char replaced[SLIPCODE_CHARS + 1];
    struct buf sealed, again;
    uint8_t mark[KIT_MARK_BYTES];
    assert_int_equal(office_slip(office, "HT", "", false, open), STATUS_OK);
    assert_int_equal(office_slip(office, "HT", "", false, used), STATUS_OK);
    assert_int_equal(office_slip(office, "HT", "H08.16-1", false, withdrawn), STATUS_OK);
    assert_int_equal(office_slip(office, "HT", "H08.16-1", true, replaced), STATUS_OK);
    spend(office, used);
    assert_true(make(office, NULL, &sealed, mark));
    assert_null(memmem(sealed.data, sealed.size_bytes, "slip_key", 8));

    void *other_state = NULL;
    office_setup(&other_state);
    struct office *other = other_state;
    hand_on(other, &sealed, &again);
    assert_int_equal(office_slip_state(other, open).state, SLIP_UNKNOWN);
    assert_int_equal(kit_keep(other->folder, other->kiosk->lane_secret, again.data,
                              again.size_bytes, &other->err),
                     STATUS_OK);
    office_reopen(other);
    assert_int_equal(office_slip_state(other, open).state, SLIP_OPEN);
    assert_int_equal(office_slip_state(other, used).state, SLIP_FINISHED);
    assert_int_equal(office_slip_state(other, withdrawn).state, SLIP_WITHDRAWN);
    assert_int_equal(office_slip_state(other, replaced).state, SLIP_OPEN);
    assert_string_equal(office_slip_state(other, open).area, "HT");
    // one slip per dossier and step here, too
    assert_int_equal(office_slip(other, "HT", "H08.16-1", false, withdrawn), STATUS_CONFLICT);
    buf_done(&sealed);
    buf_done(&again);
    office_teardown(&other_state);
}

static void what_this_side_knows_as_used_stays_used(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    struct buf sealed, again;
    uint8_t mark[KIT_MARK_BYTES];
    assert_int_equal(office_slip(office, "HT", "D-1", false, code), STATUS_OK);
    assert_true(make(office, NULL, &sealed, mark));
    spend(office, code);
    hand_on(office, &sealed, &again);
    assert_int_equal(kit_keep(office->folder, office->kiosk->lane_secret, again.data,
                              again.size_bytes, &office->err),
                     STATUS_OK);
    office_reopen(office);
    assert_int_equal(office_slip_state(office, code).state, SLIP_FINISHED);
    buf_done(&sealed);
    buf_done(&again);
}

static void only_a_changed_table_makes_a_new_kit(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    struct buf sealed;
    uint8_t first[KIT_MARK_BYTES], mark[KIT_MARK_BYTES];
    assert_true(make(office, NULL, &sealed, first));
    buf_done(&sealed);
    assert_false(make(office, first, &sealed, mark));
    assert_int_equal(sealed.size_bytes, 0);
    assert_memory_equal(first, mark, sizeof mark);
    buf_done(&sealed);
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    assert_true(make(office, first, &sealed, mark));
    buf_done(&sealed);
    spend(office, code);
    memcpy(first, mark, sizeof first);
    assert_true(make(office, first, &sealed, mark));
    buf_done(&sealed);
}

static void slips_whose_time_is_over_stay_behind(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    struct buf sealed;
    uint8_t empty[KIT_MARK_BYTES], mark[KIT_MARK_BYTES];
    assert_true(make(office, NULL, &sealed, empty));
    buf_done(&sealed);
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    const int64_t last_s = OFFICE_NOW_S + office->kiosk->setup.slip_days * OFFICE_DAY_S;
    clock_fix(last_s);
    assert_true(make(office, empty, &sealed, mark));
    buf_done(&sealed);
    clock_fix(last_s + OFFICE_DAY_S);
    assert_false(make(office, empty, &sealed, mark));
    buf_done(&sealed);
}

static void a_kit_for_somebody_else_or_a_broken_one_is_refused(void **state)
{
    struct office *office = *state;
    struct buf sealed, again;
    uint8_t mark[KIT_MARK_BYTES];
    assert_true(make(office, NULL, &sealed, mark)); // sealed to the hub
    assert_int_equal(kit_keep(office->folder, office->kiosk->lane_secret, sealed.data,
                              sealed.size_bytes, &office->err),
                     STATUS_BAD_INPUT);
    hand_on(office, &sealed, &again);
    again.data[again.size_bytes - 1] ^= 1;
    assert_int_equal(kit_keep(office->folder, office->kiosk->lane_secret, again.data,
                              again.size_bytes, &office->err),
                     STATUS_BAD_INPUT);
    office_reopen(office); // nothing was kept
    buf_done(&sealed);
    buf_done(&again);
}

#define OFFICE(test) cmocka_unit_test_setup_teardown(test, prepare, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE(a_replacement_knows_open_used_and_withdrawn_slips),
        OFFICE(what_this_side_knows_as_used_stays_used),
        OFFICE(only_a_changed_table_makes_a_new_kit),
        OFFICE(slips_whose_time_is_over_stay_behind),
        OFFICE(a_kit_for_somebody_else_or_a_broken_one_is_refused),
    };
    return cmocka_run_group_tests_name("kit", tests, NULL, NULL);
}
