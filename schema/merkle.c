// SPDX-License-Identifier: MIT
// The RFC 6962 tree of a lane, kept as the roots of its complete subtrees.
#include "merkle.h"

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
