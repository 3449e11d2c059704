// SPDX-License-Identifier: MIT
// The heads that a lane is held against while it is walked once: those known before (held
// elsewhere, or stored beside it) and those that its own entries name on the way.
#ifndef HAILONG_LANEHEADS_H
#define HAILONG_LANEHEADS_H

#include "merkle.h"

enum { LANEHEADS_WHERE_CHARS = 95 };

struct laneheads_head {
    uint64_t size;
    uint8_t root[CRYPTO_HASH_BYTES];
    bool outside;                          // held where the lane's keeper cannot write
    char where[LANEHEADS_WHERE_CHARS + 1]; // for people: "the file x.note"
};

// What the walk found out about them.
struct laneheads_finding {
    bool differs; // a head does not fit: `head` is the one of the smallest size
    struct laneheads_head head;
    // The largest size below it at which a head fitted, and an outside one; 0: none. The others can
    // be signed anew by whoever has the lane's key.
    uint64_t good_before, good_before_outside;
    bool later_own; // a head of the same or a larger size fits, of those signed by the lane alone
    bool later_outside; // one of a larger size, held outside
    uint64_t good;      // the largest size of all at which a head fitted
    int64_t fitted, fitted_outside;
    int64_t unchecked; // named too late: a size more than LANEHEADS_BACK entries back
};

// How far back an entry may name a head that was not known before: far more than what a kiosk
// writes between sending a head and hearing of it.
enum { LANEHEADS_BACK = 65536 };

struct laneheads;
enum status laneheads_open(struct laneheads **ret_heads, struct err *err) MUST_USE;
void laneheads_close(struct laneheads *heads);
AUTO_POINTER(struct laneheads, laneheads_close)
// Before the walk, in any order. `head` is copied.
enum status laneheads_add(struct laneheads *heads, const struct laneheads_head *head,
                          struct err *err) MUST_USE;
// The next leaf.
void laneheads_leaf(struct laneheads *heads, const uint8_t leaf[CRYPTO_HASH_BYTES]);
// On the way: an entry names a head of a size that was.
void laneheads_claim(struct laneheads *heads, const struct laneheads_head *head);
const struct merkle *laneheads_tree(const struct laneheads *heads);
const struct laneheads_finding *laneheads_finding(const struct laneheads *heads);
// After the walk: STATUS_CHECK_FAILED when a head does not fit or is not reached, or when `stored`
// (the tree kept beside the lane; NULL: none) is another. It names the range of entries, as narrow
// as heads and stored subtrees allow, and tells an edit from a rehash and a fork.
enum status laneheads_check(const struct laneheads *heads, const struct merkle *stored,
                            struct err *err) MUST_USE;
// The words for a head that differs, when finding.differs; always STATUS_CHECK_FAILED.
enum status laneheads_differs(const struct laneheads *heads, const struct merkle *stored,
                              struct err *err);

#endif
