// SPDX-License-Identifier: MIT
// The ids of a lane: found again with what they are, also after the table has grown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "crypto.h"
#include "idset.h"

static void make_id(int64_t number, uint8_t ret_id[ENTRY_ID_BYTES])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(&number, sizeof number, hash);
    memcpy(ret_id, hash, ENTRY_ID_BYTES);
}

static void ids_are_found_with_their_place_and_not_taken_twice(void **state)
{
    (void)state;
    enum { COUNT = 50000 };
    AUTO(idset_closep) struct idset *set = NULL;
    struct err err;
    struct idset_place found;
    uint8_t id[ENTRY_ID_BYTES];
    bool added = false;
    assert_int_equal(idset_open(&set, &err), STATUS_OK);
    for (int64_t n = 0; n < COUNT; n++) {
        const struct idset_place place = {n, (enum idset_class)(n % IDSET_CLASS_COUNT),
                                          (uint8_t)(n % 6)};
        make_id(n / 2, id); // two parts each
        assert_int_equal(idset_add(set, id, n % 2, &place, &added, &found, &err), STATUS_OK);
        assert_true(added);
    }
    for (int64_t n = 0; n < COUNT; n++) {
        make_id(n / 2, id);
        assert_true(idset_find(set, id, n % 2, &found));
        assert_int_equal(found.seq, n);
        assert_int_equal(found.class, n % IDSET_CLASS_COUNT);
        assert_int_equal(found.level, n % 6);
        assert_false(idset_find(set, id, 2, &found));
    }
    const struct idset_place place = {COUNT, IDSET_OTHER, 0};
    make_id(3, id);
    assert_int_equal(idset_add(set, id, 1, &place, &added, &found, &err), STATUS_OK);
    assert_false(added);
    assert_int_equal(found.seq, 7);
    idset_set_level(set, id, 1, 5);
    assert_true(idset_find(set, id, 1, &found));
    assert_int_equal(found.level, 5);
    assert_int_equal(found.seq, 7);
}

static void a_seq_past_its_bits_is_refused(void **state)
{
    (void)state;
    AUTO(idset_closep) struct idset *set = NULL;
    struct err err;
    struct idset_place found, place = {(INT64_C(1) << 30) - 2, IDSET_TEXT, 0};
    uint8_t id[ENTRY_ID_BYTES] = {1};
    bool added = false;
    assert_int_equal(idset_open(&set, &err), STATUS_OK);
    assert_int_equal(idset_add(set, id, 0, &place, &added, &found, &err), STATUS_OK);
    assert_true(idset_find(set, id, 0, &found));
    assert_int_equal(found.seq, place.seq);
    assert_int_equal(found.class, IDSET_TEXT);
    place.seq++;
    assert_int_equal(idset_add(set, id, 1, &place, &added, &found, &err), STATUS_TOO_LARGE);
}

static int setup(void **state)
{
    (void)state;
    struct err err;
    return crypto_open(&err) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_found_with_their_place_and_not_taken_twice),
        cmocka_unit_test(a_seq_past_its_bits_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
