// SPDX-License-Identifier: MIT
// The compiled form of a template, shared by mustache_compile.c, which makes it, and mustache.c,
// which renders it.
#ifndef HAILONG_MUSTACHE_NODE_H
#define HAILONG_MUSTACHE_NODE_H

#include "mustache.h"

enum {
    MUSTACHE_SECTION_LIMIT = 24, // sections within sections; pages nest four or five
};

enum mustache_kind {
    MUSTACHE_TEXT,
    MUSTACHE_ESCAPED,
    MUSTACHE_RAW,
    MUSTACHE_SECTION,
    MUSTACHE_INVERTED
};

struct mustache_node {
    enum mustache_kind kind;
    unsigned part_count; // of a dotted name; 0 is "."
    size_t offset;       // into the store: the text, or the parts one after another, each with NUL
    size_t size_bytes;   // of a text
    size_t end;          // of a section: the node behind its last one
};

struct mustache {
    struct mustache_node *nodes; // owned
    size_t count, capacity;
    struct buf store;
};

#endif
