// SPDX-License-Identifier: MIT
// Heads against a growing tree: known before, named on the way, late, contradictory, out of reach.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "laneheads.h"

static void leaf(uint64_t number, uint8_t ret_leaf[CRYPTO_HASH_BYTES])
{
    merkle_leaf(&number, sizeof number, ret_leaf);
}

static struct laneheads_head head_at(uint64_t size, bool outside, const char *where)
{
    struct laneheads_head head = {.size = size, .outside = outside};
    struct merkle tree;
    uint8_t hash[CRYPTO_HASH_BYTES];
    merkle_init(&tree);
    for (uint64_t n = 0; n < size; n++) {
        leaf(n, hash);
        merkle_add(&tree, hash);
    }
    merkle_root(&tree, head.root);
    strcpy(head.where, where);
    return head;
}

static void grow(struct laneheads *heads, uint64_t size)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    for (uint64_t n = laneheads_tree(heads)->size; n < size; n++) {
        leaf(n, hash);
        laneheads_leaf(heads, hash);
    }
}

static void heads_that_fit_pass_in_any_order(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    for (uint64_t size = 700; size > 0; size -= 70) {
        const struct laneheads_head head = head_at(size, size % 140 == 0, "a note");
        assert_int_equal(laneheads_add(heads, &head, &err), STATUS_OK);
    }
    grow(heads, 700);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_OK);
    assert_int_equal(laneheads_finding(heads)->fitted, 10);
    assert_int_equal(laneheads_finding(heads)->fitted_outside, 5);
    assert_int_equal(laneheads_finding(heads)->good, 700);
    for (uint64_t size = 0; size <= 700; size += 7) {
        const struct laneheads_head head = head_at(size, false, "an ack");
        laneheads_claim(heads, &head);
    }
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_OK);
    assert_int_equal(laneheads_finding(heads)->unchecked, 0);
}

static void a_head_that_does_not_fit_gives_the_range_since_the_last_that_did(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    struct laneheads_head good = head_at(40, false, "one"), wrong = head_at(60, false, "two");
    wrong.root[3] ^= 1;
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &wrong, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &good, &err), STATUS_OK);
    grow(heads, 60);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "entries 40 to 59: "));
    assert_non_null(strstr(err.text, "two"));
}

// The lane's keeper can sign anew what he likes, but not what is held outside.
static void what_the_lane_has_signed_anew_does_not_narrow_the_range(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    const struct laneheads_head outside = head_at(20, true, "held"),
                                own = head_at(55, false, "stored");
    struct laneheads_head wrong = head_at(60, true, "held later");
    wrong.root[0] ^= 1;
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &outside, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &own, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &wrong, &err), STATUS_OK);
    grow(heads, 64);
    assert_int_equal(laneheads_check(heads, laneheads_tree(heads), &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "entries 20 to 59: "));
    assert_non_null(strstr(err.text, "rehash"));
}

static void a_head_before_one_that_fits_is_itself_wrong(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    struct laneheads_head wrong = head_at(10, true, "the early note");
    const struct laneheads_head good = head_at(30, true, "the late note");
    wrong.root[0] ^= 1;
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &wrong, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &good, &err), STATUS_OK);
    grow(heads, 30);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "the early note"));
    assert_non_null(strstr(err.text, "fork"));
}

static void a_head_that_is_not_reached_is_a_cut(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    const struct laneheads_head head = head_at(31, true, "the note");
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    assert_int_equal(laneheads_add(heads, &head, &err), STATUS_OK);
    grow(heads, 30);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "entry 30: missing"));
    grow(heads, 31);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_OK);
}

static void a_stored_tree_names_the_subtree_that_differs(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    struct merkle stored;
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    grow(heads, 64 + 8 + 1);
    merkle_copy(&stored, laneheads_tree(heads));
    assert_int_equal(laneheads_check(heads, &stored, &err), STATUS_OK);
    stored.node[3][0] ^= 1;
    assert_int_equal(laneheads_check(heads, &stored, &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "entries 64 to 71: "));
    stored.node[3][0] ^= 1;
    stored.node[0][0] ^= 1;
    assert_int_equal(laneheads_check(heads, &stored, &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "entry 72: "));
}

static void heads_named_too_late_are_counted_and_not_judged(void **state)
{
    (void)state;
    AUTO(laneheads_closep) struct laneheads *heads = NULL;
    struct err err;
    struct laneheads_head oldest = head_at(256, false, "an ack"), before = head_at(255, false, "");
    assert_int_equal(laneheads_open(&heads, &err), STATUS_OK);
    grow(heads, LANEHEADS_BACK + 256);
    laneheads_claim(heads, &oldest);
    assert_int_equal(laneheads_finding(heads)->fitted, 1);
    laneheads_claim(heads, &before);
    assert_int_equal(laneheads_finding(heads)->unchecked, 1);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_OK);
    oldest.root[0] ^= 1;
    laneheads_claim(heads, &oldest);
    assert_int_equal(laneheads_check(heads, NULL, &err), STATUS_CHECK_FAILED);
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
        cmocka_unit_test(heads_that_fit_pass_in_any_order),
        cmocka_unit_test(a_head_that_does_not_fit_gives_the_range_since_the_last_that_did),
        cmocka_unit_test(what_the_lane_has_signed_anew_does_not_narrow_the_range),
        cmocka_unit_test(a_head_before_one_that_fits_is_itself_wrong),
        cmocka_unit_test(a_head_that_is_not_reached_is_a_cut),
        cmocka_unit_test(a_stored_tree_names_the_subtree_that_differs),
        cmocka_unit_test(heads_named_too_late_are_counted_and_not_judged),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
