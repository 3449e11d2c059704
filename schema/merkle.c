// SPDX-License-Identifier: MIT
// The RFC 6962 tree of a lane, kept as the roots of its complete subtrees.
#include "merkle.h"

#include <stdlib.h>
#include <string.h>

// RFC 6962 §2.1: different first bytes keep a leaf from being taken for a node.
static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

static bool level_in_use(uint64_t size, int level)
{
    return ((size >> level) & 1) != 0;
}

static void join_nodes(const uint8_t *left, const uint8_t *right, uint8_t *ret_hash)
{
    const struct crypto_piece pieces[] = {
        {&node_prefix, 1}, {left, CRYPTO_HASH_BYTES}, {right, CRYPTO_HASH_BYTES}};
    crypto_sha256_pieces(pieces, ARRAY_SIZE(pieces), ret_hash);
}

void merkle_init(struct merkle *tree)
{
    memset(tree, 0, sizeof *tree);
}

void merkle_copy(struct merkle *to, const struct merkle *from)
{
    to->size = from->size;
    for (int level = 0; level < MERKLE_LEVELS; level++)
        if (level_in_use(from->size, level))
            memcpy(to->node[level], from->node[level], CRYPTO_HASH_BYTES);
}

void merkle_leaf(const void *bytes, size_t size_bytes, uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    const struct crypto_piece pieces[] = {{&leaf_prefix, 1}, {bytes, size_bytes}};
    crypto_sha256_pieces(pieces, ARRAY_SIZE(pieces), ret_hash);
}

void merkle_add(struct merkle *tree, const uint8_t leaf[CRYPTO_HASH_BYTES])
{
    uint8_t carry[CRYPTO_HASH_BYTES];
    memcpy(carry, leaf, sizeof carry);
    int level = 0;
    for (; level_in_use(tree->size, level); level++)
        join_nodes(tree->node[level], carry, carry);
    memcpy(tree->node[level], carry, sizeof carry);
    tree->size++;
}

void merkle_root(const struct merkle *tree, uint8_t ret_root[CRYPTO_HASH_BYTES])
{
    if (tree->size == 0) {
        crypto_sha256("", 0, ret_root);
        return;
    }
    uint8_t root[CRYPTO_HASH_BYTES];
    int level = 0;
    while (!level_in_use(tree->size, level))
        level++;
    memcpy(root, tree->node[level], sizeof root);
    for (level++; level < MERKLE_LEVELS; level++)
        if (level_in_use(tree->size, level))
            join_nodes(tree->node[level], root, root);
    memcpy(ret_root, root, sizeof root);
}

size_t merkle_write(const struct merkle *tree, uint8_t *ret_bytes)
{
    size_t written = 0;
    for (int level = 0; level < MERKLE_LEVELS; level++) {
        if (!level_in_use(tree->size, level))
            continue;
        memcpy(ret_bytes + written, tree->node[level], CRYPTO_HASH_BYTES);
        written += CRYPTO_HASH_BYTES;
    }
    return written;
}

enum status merkle_read(uint64_t size, const void *bytes, size_t size_bytes,
                        struct merkle *ret_tree, struct err *err)
{
    size_t nodes = (size_t)__builtin_popcountll(size);
    if (size >> MERKLE_LEVELS != 0 || size_bytes != nodes * CRYPTO_HASH_BYTES)
        return err_set(err, STATUS_BAD_INPUT,
                       "the stored tree does not belong to its number of entries; rebuild it "
                       "from the entries");
    merkle_init(ret_tree);
    ret_tree->size = size;
    const uint8_t *next = bytes;
    for (int level = 0; level < MERKLE_LEVELS; level++) {
        if (!level_in_use(size, level))
            continue;
        memcpy(ret_tree->node[level], next, CRYPTO_HASH_BYTES);
        next += CRYPTO_HASH_BYTES;
    }
    return STATUS_OK;
}

// ---- consistency proofs -----------------------------------------------------------------------

struct range {
    uint64_t from, to; // leaves
    uint8_t node[CRYPTO_HASH_BYTES];
};

struct merkle_prover {
    uint64_t size, seen;
    struct merkle tree; // of the leaves of `current`
    struct range *current;
    size_t count;
    struct range range[MERKLE_PROOF_MAX]; // the outermost first
};

static void add_range(struct merkle_prover *prover, uint64_t from, uint64_t to)
{
    prover->range[prover->count++] = (struct range){.from = from, .to = to};
}

// SUBPROOF of §2.1.2 as a walk from the root downwards.
static void plan_proof(struct merkle_prover *prover, uint64_t old_size)
{
    uint64_t from = 0, to = prover->size;
    while (to != old_size) {
        uint64_t half = 1;
        while (half < to - from - half)
            half *= 2;
        if (old_size - from <= half) {
            add_range(prover, from + half, to);
            to = from + half;
        } else {
            add_range(prover, from, from + half);
            from += half;
        }
    }
    // Whoever checks has the old root, but not the root of a part of the old tree.
    if (from > 0)
        add_range(prover, from, to);
}

enum status merkle_prove_open(uint64_t old_size, uint64_t size, struct merkle_prover **ret_prover,
                              struct err *err)
{
    if (old_size == 0 || old_size > size || size >> MERKLE_LEVELS != 0)
        return BUG(err, "no consistency proof can be made between these sizes");
    struct merkle_prover *prover = calloc(1, sizeof *prover);
    if (prover == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a consistency proof");
    prover->size = size;
    plan_proof(prover, old_size);
    *ret_prover = prover;
    return STATUS_OK;
}

static struct range *range_from(struct merkle_prover *prover, uint64_t from)
{
    for (size_t i = 0; i < prover->count; i++)
        if (prover->range[i].from == from)
            return &prover->range[i];
    return NULL;
}

void merkle_prove_add(struct merkle_prover *prover, const uint8_t leaf[CRYPTO_HASH_BYTES])
{
    if (prover->current == NULL)
        prover->current = range_from(prover, prover->seen);
    prover->seen++;
    if (prover->current == NULL)
        return;
    merkle_add(&prover->tree, leaf);
    if (prover->seen != prover->current->to)
        return;
    merkle_root(&prover->tree, prover->current->node);
    prover->tree.size = 0;
    prover->current = NULL;
}

enum status merkle_prove_end(struct merkle_prover *prover, struct merkle_proof *ret_proof,
                             struct err *err)
{
    if (prover->seen != prover->size)
        return BUG(err, "a consistency proof was ended before its last leaf or behind it");
    for (size_t i = 0; i < prover->count; i++)
        memcpy(ret_proof->node[i], prover->range[prover->count - 1 - i].node, CRYPTO_HASH_BYTES);
    ret_proof->count = prover->count;
    return STATUS_OK;
}

void merkle_prove_close(struct merkle_prover *prover)
{
    free(prover);
}

// The two roots that a proof leads to (RFC 9162 §2.1.4.2).
struct climb {
    uint64_t old_at, at; // the last leaves' ancestors at the level that has been reached
    uint8_t old_root[CRYPTO_HASH_BYTES], root[CRYPTO_HASH_BYTES];
};

static void climb_level(struct climb *climb)
{
    climb->old_at >>= 1;
    climb->at >>= 1;
}

static bool climb_over(struct climb *climb, const uint8_t *node)
{
    if (climb->at == 0)
        return false;
    if ((climb->old_at & 1) == 0 && climb->old_at != climb->at) {
        join_nodes(climb->root, node, climb->root);
        climb_level(climb);
        return true;
    }
    join_nodes(node, climb->old_root, climb->old_root);
    join_nodes(node, climb->root, climb->root);
    while ((climb->old_at & 1) == 0 && climb->old_at != 0)
        climb_level(climb);
    climb_level(climb);
    return true;
}

bool merkle_proof_ok(uint64_t old_size, const uint8_t old_root[CRYPTO_HASH_BYTES], uint64_t size,
                     const uint8_t root[CRYPTO_HASH_BYTES], const struct merkle_proof *proof)
{
    if (old_size == 0 || old_size > size || proof->count > MERKLE_PROOF_MAX)
        return false;
    if (old_size == size)
        return proof->count == 0 && crypto_equal(old_root, root, CRYPTO_HASH_BYTES);
    // A complete tree is a node of the larger one: the proof begins with its root, unsaid.
    bool complete = (old_size & (old_size - 1)) == 0;
    if (!complete && proof->count == 0)
        return false;
    const uint8_t *first = complete ? old_root : proof->node[0];
    struct climb climb = {.old_at = old_size - 1, .at = size - 1};
    memcpy(climb.old_root, first, CRYPTO_HASH_BYTES);
    memcpy(climb.root, first, CRYPTO_HASH_BYTES);
    while ((climb.old_at & 1) != 0)
        climb_level(&climb);
    for (size_t i = complete ? 0 : 1; i < proof->count; i++)
        if (!climb_over(&climb, proof->node[i]))
            return false;
    return climb.at == 0 && crypto_equal(climb.old_root, old_root, CRYPTO_HASH_BYTES) &&
           crypto_equal(climb.root, root, CRYPTO_HASH_BYTES);
}
