// SPDX-License-Identifier: MIT
// The tree against RFC 6962: its known vectors and a second, recursive reading of §2.1.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "merkle.h"
#include "text.h"

enum { SIZES = 300 };

static uint8_t leaves[SIZES][CRYPTO_HASH_BYTES];

static void hash_pair(const uint8_t *left, const uint8_t *right, uint8_t *ret_hash)
{
    uint8_t bytes[1 + 2 * CRYPTO_HASH_BYTES] = {0x01};
    memcpy(bytes + 1, left, CRYPTO_HASH_BYTES);
    memcpy(bytes + 1 + CRYPTO_HASH_BYTES, right, CRYPTO_HASH_BYTES);
    crypto_sha256(bytes, sizeof bytes, ret_hash);
}

// MTH(D[n]) as §2.1 defines it: split at the largest power of two smaller than n.
static void recursive_root(size_t first, size_t count, uint8_t *ret_hash)
{
    if (count == 0) {
        crypto_sha256("", 0, ret_hash);
        return;
    }
    if (count == 1) {
        memcpy(ret_hash, leaves[first], CRYPTO_HASH_BYTES);
        return;
    }
    size_t split = 1;
    while (split * 2 < count)
        split *= 2;
    uint8_t left[CRYPTO_HASH_BYTES], right[CRYPTO_HASH_BYTES];
    recursive_root(first, split, left);
    recursive_root(first + split, count - split, right);
    hash_pair(left, right, ret_hash);
}

// The eight leaves of certificate-transparency's own tests.
static const char *const known_inputs[] = {"",
                                           "00",
                                           "10",
                                           "2021",
                                           "3031",
                                           "40414243",
                                           "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f"};

static void the_known_leaves_give_the_known_roots(void **state)
{
    (void)state;
    static const char *const roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    struct merkle tree;
    merkle_init(&tree);
    for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
        uint8_t root[CRYPTO_HASH_BYTES], leaf[CRYPTO_HASH_BYTES], bytes[16];
        char hex[2 * CRYPTO_HASH_BYTES + 1];
        merkle_root(&tree, root);
        text_hex(root, sizeof root, hex);
        assert_string_equal(hex, roots[i]);
        if (i == ARRAY_SIZE(known_inputs))
            break;
        size_t size_bytes = strlen(known_inputs[i]) / 2;
        if (size_bytes > 0)
            assert_true(text_unhex(known_inputs[i], 2 * size_bytes, bytes, size_bytes));
        merkle_leaf(bytes, size_bytes, leaf);
        merkle_add(&tree, leaf);
    }
    assert_int_equal(tree.size, 8);
}

static void every_size_to_300_agrees_with_the_recursive_definition(void **state)
{
    (void)state;
    struct merkle tree;
    merkle_init(&tree);
    for (size_t count = 0;; count++) {
        uint8_t root[CRYPTO_HASH_BYTES], expected[CRYPTO_HASH_BYTES];
        merkle_root(&tree, root);
        recursive_root(0, count, expected);
        assert_memory_equal(root, expected, sizeof root);
        assert_int_equal(tree.size, count);
        if (count == SIZES)
            break;
        merkle_add(&tree, leaves[count]);
    }
}

static void a_tree_written_and_read_goes_on_as_before(void **state)
{
    (void)state;
    struct merkle tree, again;
    uint8_t bytes[MERKLE_WIRE_LIMIT_BYTES];
    struct err err;
    merkle_init(&tree);
    for (size_t count = 0; count < 70; count++) {
        size_t size_bytes = merkle_write(&tree, bytes);
        assert_int_equal(merkle_read(tree.size, bytes, size_bytes, &again, &err), STATUS_OK);
        uint8_t root[CRYPTO_HASH_BYTES], root_again[CRYPTO_HASH_BYTES];
        merkle_add(&tree, leaves[count]);
        merkle_add(&again, leaves[count]);
        merkle_root(&tree, root);
        merkle_root(&again, root_again);
        assert_memory_equal(root, root_again, sizeof root);
    }
}

static void a_copy_is_independent_of_its_original(void **state)
{
    (void)state;
    struct merkle tree, copy;
    uint8_t before[CRYPTO_HASH_BYTES], after[CRYPTO_HASH_BYTES];
    merkle_init(&tree);
    for (size_t i = 0; i < 13; i++)
        merkle_add(&tree, leaves[i]);
    merkle_copy(&copy, &tree);
    merkle_root(&copy, before);
    merkle_add(&tree, leaves[13]);
    merkle_root(&copy, after);
    assert_memory_equal(before, after, sizeof before);
    merkle_root(&tree, after);
    assert_memory_not_equal(before, after, sizeof before);
    merkle_add(&copy, leaves[13]);
    merkle_root(&copy, before);
    assert_memory_equal(before, after, sizeof before);
}

static void stored_nodes_that_do_not_fit_the_size_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        size_t size_bytes;
        enum status status;
    } cases[] = {
        {0, 0, STATUS_OK},
        {0, 32, STATUS_BAD_INPUT},
        {1, 32, STATUS_OK},
        {1, 31, STATUS_BAD_INPUT},
        {1, 33, STATUS_BAD_INPUT},
        {3, 32, STATUS_BAD_INPUT},
        {3, 64, STATUS_OK},
        {UINT64_MAX >> 1, MERKLE_WIRE_LIMIT_BYTES, STATUS_OK},
        {UINT64_MAX, MERKLE_WIRE_LIMIT_BYTES, STATUS_BAD_INPUT},
        {1ULL << 63, 32, STATUS_BAD_INPUT},
    };
    static const uint8_t bytes[MERKLE_WIRE_LIMIT_BYTES];
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct merkle tree = {.size = 77};
        struct err err;
        assert_int_equal(merkle_read(cases[i].size, bytes, cases[i].size_bytes, &tree, &err),
                         cases[i].status);
        assert_true(tree.size == (cases[i].status == STATUS_OK ? cases[i].size : 77));
    }
}

// ---- consistency proofs -----------------------------------------------------------------------

static void prove(const uint8_t (*hashes)[CRYPTO_HASH_BYTES], uint64_t old_size, uint64_t size,
                  struct merkle_proof *ret_proof)
{
    AUTO(merkle_prove_closep) struct merkle_prover *prover = NULL;
    struct err err;
    assert_int_equal(merkle_prove_open(old_size, size, &prover, &err), STATUS_OK);
    for (size_t i = 0; i < size; i++)
        merkle_prove_add(prover, hashes[i]);
    assert_int_equal(merkle_prove_end(prover, ret_proof, &err), STATUS_OK);
}

static void the_known_leaves_give_the_known_consistency_proofs(void **state)
{
    (void)state;
    static const struct {
        uint64_t old_size, size;
        const char *nodes[4];
    } rows[] = {
        {1, 1, {NULL}},
        {1,
         8,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", NULL}},
        {6,
         8,
         {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", NULL}},
        {2,
         5,
         {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", NULL}},
    };
    uint8_t known[8][CRYPTO_HASH_BYTES];
    for (size_t i = 0; i < ARRAY_SIZE(known_inputs); i++) {
        uint8_t bytes[16];
        size_t size_bytes = strlen(known_inputs[i]) / 2;
        if (size_bytes > 0)
            assert_true(text_unhex(known_inputs[i], 2 * size_bytes, bytes, size_bytes));
        merkle_leaf(bytes, size_bytes, known[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct merkle_proof proof;
        size_t count = 0;
        prove((const uint8_t(*)[CRYPTO_HASH_BYTES])known, rows[i].old_size, rows[i].size, &proof);
        for (; rows[i].nodes[count] != NULL; count++) {
            char hex[2 * CRYPTO_HASH_BYTES + 1];
            assert_true(count < proof.count);
            text_hex(proof.node[count], CRYPTO_HASH_BYTES, hex);
            assert_string_equal(hex, rows[i].nodes[count]);
        }
        assert_int_equal(proof.count, count);
    }
}

static void a_proof_with_anything_changed_fails(uint64_t old_size, uint64_t size,
                                                const uint8_t *old_root, const uint8_t *root,
                                                struct merkle_proof *proof)
{
    uint8_t wrong[CRYPTO_HASH_BYTES];
    for (size_t i = 0; i < proof->count; i++) {
        proof->node[i][i % CRYPTO_HASH_BYTES] ^= 0x10;
        assert_false(merkle_proof_ok(old_size, old_root, size, root, proof));
        proof->node[i][i % CRYPTO_HASH_BYTES] ^= 0x10;
    }
    memcpy(wrong, old_root, sizeof wrong);
    wrong[31] ^= 1;
    assert_false(merkle_proof_ok(old_size, wrong, size, root, proof));
    memcpy(wrong, root, sizeof wrong);
    wrong[0] ^= 1;
    assert_false(merkle_proof_ok(old_size, old_root, size, wrong, proof));
    memcpy(proof->node[proof->count++], root, CRYPTO_HASH_BYTES);
    assert_false(merkle_proof_ok(old_size, old_root, size, root, proof));
    proof->count--;
    if (proof->count == 0)
        return;
    proof->count--;
    assert_false(merkle_proof_ok(old_size, old_root, size, root, proof));
    proof->count++;
}

static void every_pair_of_sizes_to_70_proves_and_nothing_else_does(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= 70; size++)
        for (uint64_t old_size = 1; old_size <= size; old_size++) {
            struct merkle_proof proof;
            uint8_t old_root[CRYPTO_HASH_BYTES], root[CRYPTO_HASH_BYTES];
            recursive_root(0, old_size, old_root);
            recursive_root(0, size, root);
            prove((const uint8_t(*)[CRYPTO_HASH_BYTES])leaves, old_size, size, &proof);
            assert_true(proof.count <= 8); // log2(70) rounded up, and one
            assert_true(merkle_proof_ok(old_size, old_root, size, root, &proof));
            a_proof_with_anything_changed_fails(old_size, size, old_root, root, &proof);
            if (old_size > 1)
                assert_false(merkle_proof_ok(old_size - 1, old_root, size, root, &proof));
            assert_false(merkle_proof_ok(0, old_root, size, root, &proof));
            assert_false(merkle_proof_ok(size + 1, old_root, size, root, &proof));
        }
}

static void a_proof_of_an_old_tree_with_another_leaf_fails(void **state)
{
    (void)state;
    struct merkle_proof proof;
    uint8_t old_root[CRYPTO_HASH_BYTES], root[CRYPTO_HASH_BYTES];
    for (size_t changed = 0; changed < 13; changed++) {
        recursive_root(0, 20, root);
        prove((const uint8_t(*)[CRYPTO_HASH_BYTES])leaves, 13, 20, &proof);
        leaves[changed][5] ^= 1;
        recursive_root(0, 13, old_root);
        leaves[changed][5] ^= 1;
        assert_false(merkle_proof_ok(13, old_root, 20, root, &proof));
    }
}

static int open_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        if (crypto_open(NULL) != STATUS_OK)
            return -1;
        uint8_t bytes[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        merkle_leaf(bytes, sizeof bytes, leaves[i]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_leaves_give_the_known_roots),
        cmocka_unit_test(every_size_to_300_agrees_with_the_recursive_definition),
        cmocka_unit_test(a_tree_written_and_read_goes_on_as_before),
        cmocka_unit_test(a_copy_is_independent_of_its_original),
        cmocka_unit_test(stored_nodes_that_do_not_fit_the_size_are_refused),
        cmocka_unit_test(the_known_leaves_give_the_known_consistency_proofs),
        cmocka_unit_test(every_pair_of_sizes_to_70_proves_and_nothing_else_does),
        cmocka_unit_test(a_proof_of_an_old_tree_with_another_leaf_fails),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
