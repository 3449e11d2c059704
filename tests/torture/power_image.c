// SPDX-License-Identifier: MIT
// Images of the kiosk's database files, and a file system in memory that opens them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power.h"

// ---- bytes --------------------------------------------------------------------------------------

static void grow(struct power_bytes *bytes, size_t size)
{
    if (size <= bytes->space)
        return;
    bytes->space = size + size / 2 + 4096;
    bytes->data = realloc(bytes->data, bytes->space);
    power_need(bytes->data != NULL, "memory", NULL);
}

void power_bytes_truncate(struct power_bytes *bytes, size_t size)
{
    grow(bytes, size);
    if (size > bytes->size)
        memset(bytes->data + bytes->size, 0, size - bytes->size);
    bytes->size = size;
}

void power_bytes_write(struct power_bytes *bytes, const void *data, size_t size, size_t offset)
{
    if (offset + size > bytes->size)
        power_bytes_truncate(bytes, offset + size);
    if (size > 0)
        memcpy(bytes->data + offset, data, size);
}

void power_bytes_copy(struct power_bytes *to, const struct power_bytes *from)
{
    to->exists = from->exists;
    to->size = 0;
    power_bytes_write(to, from->data, from->size, 0);
}

void power_image_copy(struct power_image *to, const struct power_image *from)
{
    for (int i = 0; i < POWER_FILES; i++)
        power_bytes_copy(&to->files[i], &from->files[i]);
}

void power_image_done(struct power_image *image)
{
    for (int i = 0; i < POWER_FILES; i++)
        free(image->files[i].data);
    memset(image, 0, sizeof *image);
}

static const char *const names[POWER_FILES] = {"kiosk.db", "kiosk.db-wal", "kiosk.db-journal"};

enum power_file power_file_of(const char *path)
{
    const size_t chars = strlen(path);
    for (int i = 0; i < POWER_FILES; i++) {
        const size_t own = strlen(names[i]);
        if (chars >= own && strcmp(path + chars - own, names[i]) == 0)
            return (enum power_file)i;
    }
    return POWER_FILES;
}

void power_image_load(struct power_image *image, const char *folder)
{
    for (int i = 0; i < POWER_FILES; i++) {
        char path[KIOSK_PATH_BYTES + 32], piece[65536];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "rb");
        struct power_bytes *bytes = &image->files[i];
        bytes->exists = file != NULL;
        bytes->size = 0;
        if (file == NULL)
            continue;
        for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
            power_bytes_write(bytes, piece, got, bytes->size);
        fclose(file);
    }
}

void power_image_store(const struct power_image *image, const char *folder)
{
    char path[KIOSK_PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/kiosk.db-shm", folder);
    unlink(path); // it does not outlive a power cut
    for (int i = 0; i < POWER_FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        const struct power_bytes *bytes = &image->files[i];
        if (!bytes->exists) {
            unlink(path);
            continue;
        }
        // Not by a new file: a database that was cut off keeps its inode (core/copied.h).
        FILE *file = fopen(path, "wb");
        power_need(file != NULL, "writing an image", NULL);
        power_need(fwrite(bytes->data, 1, bytes->size, file) == bytes->size, "writing an image",
                   NULL);
        power_need(fclose(file) == 0, "writing an image", NULL);
    }
}

// ---- the file system ----------------------------------------------------------------------------

enum { SHM_REGIONS = 16 };

struct opened {
    sqlite3_file base;
    struct power_bytes *bytes;
    struct power_bytes own; // of a temporary file
    void *shm[SHM_REGIONS];
};

static struct power_image *used;

void power_image_use(struct power_image *image)
{
    used = image;
}

static int close_file(sqlite3_file *file)
{
    struct opened *opened = (struct opened *)file;
    free(opened->own.data);
    for (int i = 0; i < SHM_REGIONS; i++)
        free(opened->shm[i]);
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    const struct power_bytes *bytes = ((struct opened *)file)->bytes;
    const size_t from = (size_t)offset < bytes->size ? (size_t)offset : bytes->size;
    const size_t there = bytes->size - from;
    const size_t got = there < (size_t)size ? there : (size_t)size;
    if (got > 0)
        memcpy(data, bytes->data + from, got);
    memset((char *)data + got, 0, (size_t)size - got);
    return got == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    power_bytes_write(((struct opened *)file)->bytes, data, (size_t)size, (size_t)offset);
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    power_bytes_truncate(((struct opened *)file)->bytes, (size_t)size);
    return SQLITE_OK;
}

static int size_file(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    *ret_size = (sqlite3_int64)((struct opened *)file)->bytes->size;
    return SQLITE_OK;
}

// One connection alone: every lock is free.
static int number_nothing(sqlite3_file *file, int number)
{
    (void)file;
    (void)number;
    return SQLITE_OK;
}

static int nobody_reserved(sqlite3_file *file, int *ret_is)
{
    (void)file;
    *ret_is = 0;
    return SQLITE_OK;
}

static int control(sqlite3_file *file, int op, void *argument)
{
    (void)file;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector(sqlite3_file *file)
{
    (void)file;
    return 512;
}

static int traits(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_map)
{
    struct opened *opened = (struct opened *)file;
    if (region >= SHM_REGIONS)
        return SQLITE_NOMEM;
    if (opened->shm[region] == NULL && extend != 0)
        opened->shm[region] = calloc(1, (size_t)size);
    *ret_map = opened->shm[region];
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    (void)file;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = number_nothing,
    .xFileSize = size_file,
    .xLock = number_nothing,
    .xUnlock = number_nothing,
    .xCheckReservedLock = nobody_reserved,
    .xFileControl = control,
    .xSectorSize = sector,
    .xDeviceCharacteristics = traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = number_nothing,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    (void)vfs;
    struct opened *opened = (struct opened *)file;
    memset(opened, 0, sizeof *opened);
    const enum power_file which = path == NULL ? POWER_FILES : power_file_of(path);
    opened->bytes = which == POWER_FILES ? &opened->own : &used->files[which];
    if (!opened->bytes->exists) {
        if ((flags & SQLITE_OPEN_CREATE) == 0)
            return SQLITE_CANTOPEN;
        opened->bytes->exists = true;
        opened->bytes->size = 0;
    }
    opened->base.pMethods = &methods;
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    (void)sync_folder;
    const enum power_file which = power_file_of(path);
    if (which != POWER_FILES)
        used->files[which].exists = false;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_is)
{
    (void)vfs;
    const enum power_file which = power_file_of(path);
    const bool there = which != POWER_FILES && used->files[which].exists;
    // SQLITE_ACCESS_EXISTS of an empty file is false, as in SQLite's own
    *ret_is = there && (flags != SQLITE_ACCESS_EXISTS || used->files[which].size > 0);
    return SQLITE_OK;
}

sqlite3_vfs power_image_vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(struct opened),
    .zName = "power-image",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
};
