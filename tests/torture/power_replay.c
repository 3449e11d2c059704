// SPDX-License-Identifier: MIT
// The replayer: after each operation of a trace, what the disk may hold if the power went now.
#include <stdlib.h>
#include <string.h>

#include "power.h"

enum {
    SECTOR_BYTES = 512, // the smallest piece that a disk writes whole
    NODES_MAX = 64,     // files that ever had one of the three names
    // Durable alone, all, the last alone, two random subsets, two torn ones.
    VARIANTS = 7,
};

// A write, truncation or name that no sync has made durable yet.
struct pending {
    const struct power_op *op;
    int node; // POWER_CREATE: the new file
};

struct disk {
    const struct power_trace *trace;
    struct power_bytes nodes[NODES_MAX]; // durable content
    int node_count;
    int names[POWER_FILES];   // durable names, -1: none
    int current[POWER_FILES]; // as the kiosk sees them
    struct pending *pending;
    size_t count, space;
};

static bool is_name(const struct pending *pending)
{
    return pending->op->kind == POWER_CREATE || pending->op->kind == POWER_DELETE;
}

static void set_name(const struct pending *pending, int names[POWER_FILES])
{
    names[pending->op->file] = pending->op->kind == POWER_CREATE ? pending->node : -1;
}

static void apply(const struct disk *disk, const struct power_op *op, struct power_bytes *bytes)
{
    if (op->kind == POWER_WRITE)
        power_bytes_write(bytes, disk->trace->bytes.data + op->data, (size_t)op->size,
                          (size_t)op->offset);
    else if (op->kind == POWER_TRUNCATE)
        power_bytes_truncate(bytes, (size_t)op->size);
}

// Some sectors of a write, the others as they were.
static void apply_torn(const struct disk *disk, const struct power_op *op,
                       struct power_bytes *bytes, unsigned *seed)
{
    if (op->kind != POWER_WRITE) {
        apply(disk, op, bytes);
        return;
    }
    const int64_t end = op->offset + op->size;
    for (int64_t at = op->offset; at < end;) {
        int64_t next = at - at % SECTOR_BYTES + SECTOR_BYTES;
        next = next < end ? next : end;
        if (power_random(seed, 2) == 0)
            power_bytes_write(bytes, disk->trace->bytes.data + op->data + (size_t)(at - op->offset),
                              (size_t)(next - at), (size_t)at);
        at = next;
    }
}

// ---- following the trace ------------------------------------------------------------------------

// Makes durable what a sync covers: the writes of `node`, and the names when `names`.
static void settle(struct disk *disk, int node, bool names)
{
    size_t kept = 0;
    for (size_t i = 0; i < disk->count; i++) {
        const struct pending *pending = &disk->pending[i];
        if (names && is_name(pending))
            set_name(pending, disk->names);
        else if (!is_name(pending) && pending->node == node)
            apply(disk, pending->op, &disk->nodes[node]);
        else
            disk->pending[kept++] = *pending;
    }
    disk->count = kept;
}

static void follow(struct disk *disk, const struct power_op *op)
{
    int node = disk->current[op->file];
    switch (op->kind) {
    case POWER_ACK:
        return;
    case POWER_SYNC:
        settle(disk, node, op->folder);
        return;
    case POWER_CREATE:
        power_need(disk->node_count < NODES_MAX, "too many files in one trace", NULL);
        node = disk->node_count++;
        disk->current[op->file] = node;
        break;
    case POWER_DELETE:
        disk->current[op->file] = -1;
        break;
    case POWER_WRITE:
    case POWER_TRUNCATE:
        power_need(node >= 0, "a write to a file that is not there", NULL);
        break;
    }
    if (disk->count == disk->space) {
        disk->space = disk->space * 2 + 64;
        disk->pending = realloc(disk->pending, disk->space * sizeof disk->pending[0]);
        power_need(disk->pending != NULL, "memory", NULL);
    }
    disk->pending[disk->count++] = (struct pending){.op = op, .node = node};
    if (op->kind == POWER_DELETE && op->folder)
        settle(disk, -1, true);
}

// ---- what may be there --------------------------------------------------------------------------

static bool is_kept(const struct disk *disk, int variant, size_t i, unsigned per_eight,
                    unsigned *seed)
{
    switch (variant) {
    case 0:
        return false;
    case 1:
        return true;
    case 2:
        return i + 1 == disk->count;
    default:
        return power_random(seed, 8) < per_eight;
    }
}

static void build(const struct disk *disk, int variant, struct power_image *image, unsigned *seed)
{
    static const unsigned chances[] = {4, 1, 7};
    const unsigned per_eight = chances[power_random(seed, 3)];
    int names[POWER_FILES];
    memcpy(names, disk->names, sizeof names);
    bool *kept = calloc(disk->count + 1, sizeof *kept);
    power_need(kept != NULL, "memory", NULL);
    for (size_t i = 0; i < disk->count; i++) {
        kept[i] = is_kept(disk, variant, i, per_eight, seed);
        if (kept[i] && is_name(&disk->pending[i]))
            set_name(&disk->pending[i], names);
    }
    for (int file = 0; file < POWER_FILES; file++) {
        struct power_bytes *bytes = &image->files[file];
        bytes->exists = names[file] >= 0;
        if (!bytes->exists)
            continue;
        power_bytes_copy(bytes, &disk->nodes[names[file]]);
        bytes->exists = true;
        for (size_t i = 0; i < disk->count; i++) {
            const struct pending *pending = &disk->pending[i];
            if (!kept[i] || is_name(pending) || pending->node != names[file])
                continue;
            if (variant >= VARIANTS - 2)
                apply_torn(disk, pending->op, bytes, seed);
            else
                apply(disk, pending->op, bytes);
        }
    }
    free(kept);
}

// Variants that would repeat another one of this cut are left out.
static bool is_worth(const struct disk *disk, int variant, bool settled)
{
    if (variant == 0)
        return settled || disk->count > 0;
    if (disk->count == 0)
        return false;
    return variant == 1 || variant >= VARIANTS - 2 || disk->count > 1;
}

static void begin(struct disk *disk)
{
    for (int file = 0; file < POWER_FILES; file++) {
        const struct power_bytes *bytes = &disk->trace->begin.files[file];
        disk->names[file] = -1;
        if (bytes->exists) {
            power_bytes_copy(&disk->nodes[disk->node_count], bytes);
            disk->names[file] = disk->node_count++;
        }
        disk->current[file] = disk->names[file];
    }
}

void power_replay(const struct power_trace *trace, unsigned *seed, power_state_fn state,
                  void *context)
{
    struct disk *disk = calloc(1, sizeof *disk);
    power_need(disk != NULL, "memory", NULL);
    disk->trace = trace;
    begin(disk);
    struct power_image image = {0};
    size_t promises = 0;
    bool going = true;
    for (size_t i = 0; i < trace->op_count && going; i++) {
        const struct power_op *op = &trace->ops[i];
        follow(disk, op);
        if (op->kind == POWER_ACK)
            promises = (size_t)op->offset;
        const bool settled = op->kind == POWER_ACK || op->kind == POWER_SYNC;
        for (int variant = 0; variant < VARIANTS && going; variant++) {
            if (!is_worth(disk, variant, settled))
                continue;
            build(disk, variant, &image, seed);
            going = state(context, &image, promises);
        }
    }
    for (int i = 0; i < disk->node_count; i++)
        free(disk->nodes[i].data);
    free(disk->pending);
    free(disk);
    power_image_done(&image);
}
