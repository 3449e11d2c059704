// SPDX-License-Identifier: MIT
// Compares roots as the tree grows; keeps the last leaves so that heads named late can be looked
// at.
#include "laneheads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    // A frontier is kept at every so many leaves: a late head costs at most so many hashes.
    SNAPSHOT_LEAVES = 256,
    SNAPSHOTS = LANEHEADS_BACK / SNAPSHOT_LEAVES + 1,
    FIRST_HEADS = 16,
};

struct laneheads {
    struct merkle tree;
    struct laneheads_head *known;
    size_t count, room, next; // `next` is the first of `known` whose size was not reached yet
    bool sorted;
    struct laneheads_finding finding;
    struct merkle snapshot[SNAPSHOTS];               // at size n * SNAPSHOT_LEAVES, in a ring
    uint8_t leaf[LANEHEADS_BACK][CRYPTO_HASH_BYTES]; // of place n, in a ring
};

enum status laneheads_open(struct laneheads **ret_heads, struct err *err)
{
    struct laneheads *heads = malloc(sizeof *heads);
    if (heads == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a lane's heads");
    // The rings are left as they are: a short lane then touches little of them.
    merkle_init(&heads->tree);
    heads->known = NULL;
    heads->count = heads->room = heads->next = 0;
    heads->sorted = true;
    memset(&heads->finding, 0, sizeof heads->finding);
    *ret_heads = heads;
    return STATUS_OK;
}

void laneheads_close(struct laneheads *heads)
{
    if (heads == NULL)
        return;
    free(heads->known);
    free(heads);
}

enum status laneheads_add(struct laneheads *heads, const struct laneheads_head *head,
                          struct err *err)
{
    if (heads->count == heads->room) {
        size_t room = heads->room == 0 ? FIRST_HEADS : heads->room * 2;
        struct laneheads_head *larger = realloc(heads->known, room * sizeof *larger);
        if (larger == NULL)
            return err_set(err, STATUS_NO_MEMORY, "no memory for a lane's heads");
        heads->known = larger;
        heads->room = room;
    }
    heads->known[heads->count++] = *head;
    heads->sorted = false;
    return STATUS_OK;
}

static int by_size(const void *a, const void *b)
{
    const struct laneheads_head *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return (int)y->outside - (int)x->outside; // outside ones first: judge_good counts on it
}

static void judge_good(struct laneheads_finding *finding, const struct laneheads_head *head)
{
    finding->fitted++;
    finding->fitted_outside += head->outside;
    if (head->size > finding->good)
        finding->good = head->size;
    if (finding->differs) {
        finding->later_own |= !head->outside && head->size >= finding->head.size;
        finding->later_outside |= head->outside && head->size > finding->head.size;
    }
    if (finding->differs && head->size >= finding->head.size)
        return;
    if (head->size > finding->good_before)
        finding->good_before = head->size;
    if (head->outside && head->size > finding->good_before_outside)
        finding->good_before_outside = head->size;
}

static void judge(struct laneheads *heads, const struct laneheads_head *head,
                  const uint8_t root[CRYPTO_HASH_BYTES])
{
    struct laneheads_finding *finding = &heads->finding;
    if (memcmp(root, head->root, CRYPTO_HASH_BYTES) == 0) {
        judge_good(finding, head);
        return;
    }
    if (finding->differs && head->size >= finding->head.size)
        return;
    // Heads come by rising size but for those that entries name late: then what fitted between
    // the two comes after this one.
    finding->later_own |= finding->good >= head->size;
    if (finding->good_before >= head->size)
        finding->good_before = finding->good_before_outside = 0;
    finding->differs = true;
    finding->head = *head;
}

static void reach(struct laneheads *heads)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    bool known = false;
    for (; heads->next < heads->count && heads->known[heads->next].size <= heads->tree.size;
         heads->next++) {
        if (!known)
            merkle_root(&heads->tree, root);
        known = true;
        judge(heads, &heads->known[heads->next], root);
    }
}

static void begin(struct laneheads *heads)
{
    qsort(heads->known, heads->count, sizeof *heads->known, by_size);
    heads->sorted = true;
    reach(heads); // heads of the empty lane
}

void laneheads_leaf(struct laneheads *heads, const uint8_t leaf[CRYPTO_HASH_BYTES])
{
    const uint64_t size = heads->tree.size;
    if (!heads->sorted)
        begin(heads);
    if (size % SNAPSHOT_LEAVES == 0)
        merkle_copy(&heads->snapshot[size / SNAPSHOT_LEAVES % SNAPSHOTS], &heads->tree);
    memcpy(heads->leaf[size % LANEHEADS_BACK], leaf, CRYPTO_HASH_BYTES);
    merkle_add(&heads->tree, leaf);
    reach(heads);
}

void laneheads_claim(struct laneheads *heads, const struct laneheads_head *head)
{
    const uint64_t from = head->size / SNAPSHOT_LEAVES * SNAPSHOT_LEAVES;
    uint8_t root[CRYPTO_HASH_BYTES];
    struct merkle tree;
    if (heads->tree.size > from + LANEHEADS_BACK) {
        heads->finding.unchecked++;
        return;
    }
    if (from == heads->tree.size)
        merkle_copy(&tree, &heads->tree);
    else
        merkle_copy(&tree, &heads->snapshot[from / SNAPSHOT_LEAVES % SNAPSHOTS]);
    while (tree.size < head->size)
        merkle_add(&tree, heads->leaf[tree.size % LANEHEADS_BACK]);
    merkle_root(&tree, root);
    judge(heads, head, root);
}

const struct merkle *laneheads_tree(const struct laneheads *heads)
{
    return &heads->tree;
}

const struct laneheads_finding *laneheads_finding(const struct laneheads *heads)
{
    return &heads->finding;
}

// The largest head that the lane does not reach, an outside one first, or NULL.
static const struct laneheads_head *find_beyond(const struct laneheads *heads)
{
    const struct laneheads_head *found = NULL;
    for (size_t i = 0; i < heads->count; i++) {
        const struct laneheads_head *head = &heads->known[i];
        if (head->size > heads->tree.size &&
            (found == NULL || (head->outside && !found->outside) ||
             (head->outside == found->outside && head->size > found->size)))
            found = head;
    }
    return found;
}

// ---- judging ---------------------------------------------------------------------------------

static enum status between(struct err *err, uint64_t from, uint64_t to, const char *what)
{
    if (to <= from + 1)
        return err_set(err, STATUS_CHECK_FAILED, "entry %" PRIu64 ": %s", from, what);
    return err_set(err, STATUS_CHECK_FAILED, "entries %" PRIu64 " to %" PRIu64 ": %s", from, to - 1,
                   what);
}

// The first subtree of the stored tree that the entries do not give, narrowed to [*from, *to).
static bool stored_differs(const struct merkle *read, const struct merkle *stored, uint64_t *from,
                           uint64_t *to)
{
    uint64_t first = 0;
    for (unsigned level = MERKLE_LEVELS; level-- > 0;) {
        if ((stored->size >> level & 1U) == 0)
            continue;
        const uint64_t past = first + (UINT64_C(1) << level);
        if (memcmp(read->node[level], stored->node[level], CRYPTO_HASH_BYTES) != 0) {
            *from = first > *from ? first : *from;
            *to = past < *to ? past : *to;
            return true;
        }
        first = past;
    }
    return false;
}

enum status laneheads_differs(const struct laneheads *heads, const struct merkle *stored,
                              struct err *err)
{
    const struct laneheads_finding *finding = &heads->finding;
    const struct laneheads_head *head = &finding->head;
    const struct merkle *read = &heads->tree;
    uint64_t from = finding->good_before, to = head->size;
    const bool own = stored != NULL && stored->size == read->size;
    const bool edited = own && stored_differs(read, stored, &from, &to);
    const bool anew = head->outside && !edited && (own || finding->later_own);
    char what[300];
    if (finding->later_outside)
        return err_set(err, STATUS_CHECK_FAILED,
                       "%s: names another root than this journal had at %" PRIu64
                       " entries, though a later head fits: that head was changed, or it is of a "
                       "fork",
                       head->where, head->size);
    if (!head->outside && (finding->later_own || (own && !edited && head->size < read->size)))
        return err_set(err, STATUS_CHECK_FAILED,
                       "%s: names another root than this journal had at %" PRIu64
                       " entries: that head was changed, or entries %" PRIu64 " to %" PRIu64
                       " were changed and hashed anew (rehash)",
                       head->where, head->size, from, to - 1);
    if (anew) // what the lane has signed by itself says nothing then
        from = finding->good_before_outside;
    if (anew)
        snprintf(what, sizeof what,
                 "the journal is another than the one whose head was held (%s, %" PRIu64
                 " entries): rewritten and hashed anew (rehash), or an old backup or a clone went "
                 "on (fork)",
                 head->where, head->size);
    else
        snprintf(what, sizeof what,
                 "changed, added or removed after it was written (edit): the root at %" PRIu64
                 " entries is not that of %s",
                 head->size, head->where);
    return between(err, from, to > from ? to : from + 1, what);
}

static enum status check_beyond(const struct laneheads *heads, struct err *err)
{
    const struct laneheads_head *beyond = find_beyond(heads);
    const uint64_t size = heads->tree.size;
    if (beyond == NULL)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   "entry %" PRIu64 ": missing; %s counts %" PRIu64
                   " entries: an old backup was put back, the end was cut off, or one of entries "
                   "%" PRIu64 " to %" PRIu64 " was removed and all hashed anew (rehash)",
                   size, beyond->where, beyond->size, heads->finding.good_before_outside, size);
}

enum status laneheads_check(const struct laneheads *heads, const struct merkle *stored,
                            struct err *err)
{
    const struct merkle *read = &heads->tree;
    uint64_t from = heads->finding.good, to = read->size;
    if (heads->finding.differs)
        return laneheads_differs(heads, stored, err);
    if (stored != NULL && stored->size > read->size)
        return err_set(err, STATUS_CHECK_FAILED, "entry %" PRIu64 ": missing; the end was cut off",
                       read->size);
    if (stored != NULL && stored->size < read->size)
        return err_set(err, STATUS_CHECK_FAILED,
                       "entry %" PRIu64 ": stands behind the journal's head (insert)",
                       stored->size);
    if (stored != NULL && stored_differs(read, stored, &from, &to))
        return from < to ? between(err, from, to,
                                   "changed after it was written (edit): the stored tree differs")
                         : err_set(err, STATUS_CHECK_FAILED,
                                   "the stored tree (frontier) is not that of the entries, though "
                                   "a signed head fits them: it was changed");
    return check_beyond(heads, err);
}
