// SPDX-License-Identifier: MIT
// The recording file system: passes everything on to SQLite's own and writes down what changes a
// file.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power.h"

struct recorded {
    sqlite3_file base;
    enum power_file file; // POWER_FILES: a temporary one, not recorded
    bool fresh;           // its first sync makes the folder durable too, as in SQLite's own
    sqlite3_file *real;   // stands behind
};

static sqlite3_vfs *plain;
static struct power_trace *into;
static bool production;
// Held over the real operation and its record, so that a sync is written down behind exactly those
// writes that it followed.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void add(enum power_op_kind kind, enum power_file file, bool folder, int64_t offset,
                int64_t size, const void *data)
{
    if (into == NULL || file == POWER_FILES)
        return;
    if (into->op_count == into->op_space) {
        into->op_space = into->op_space * 2 + 64;
        into->ops = realloc(into->ops, into->op_space * sizeof into->ops[0]);
        power_need(into->ops != NULL, "memory", NULL);
    }
    into->ops[into->op_count++] = (struct power_op){.kind = kind,
                                                    .file = file,
                                                    .folder = folder,
                                                    .offset = offset,
                                                    .size = size,
                                                    .data = into->bytes.size};
    if (data != NULL)
        power_bytes_write(&into->bytes, data, (size_t)size, into->bytes.size);
}

void power_promise_copy(struct power_promise *to, const struct power_promise *from)
{
    *to = *from;
    to->tail = from->tail == NULL ? NULL : strdup(from->tail);
    to->words = from->words == NULL ? NULL : strdup(from->words);
    if (from->taken != NULL) {
        to->taken = malloc(sizeof *to->taken);
        power_need(to->taken != NULL, "memory", NULL);
        merkle_copy(to->taken, from->taken);
    }
}

void power_promise_done(struct power_promise *promise)
{
    free(promise->tail);
    free(promise->words);
    free(promise->taken);
}

size_t power_promise(const struct power_promise *promise)
{
    pthread_mutex_lock(&lock);
    power_need(into != NULL, "a promise outside a recording", NULL);
    if (into->promise_count == into->promise_space) {
        into->promise_space = into->promise_space * 2 + 64;
        into->promises = realloc(into->promises, into->promise_space * sizeof into->promises[0]);
        power_need(into->promises != NULL, "memory", NULL);
    }
    into->promises[into->promise_count++] = *promise;
    add(POWER_ACK, POWER_DB, false, (int64_t)into->promise_count, 0, NULL);
    const size_t count = into->promise_count;
    pthread_mutex_unlock(&lock);
    return count;
}

void power_trace_done(struct power_trace *trace)
{
    for (size_t i = 0; i < trace->promise_count; i++)
        power_promise_done(&trace->promises[i]);
    for (size_t i = 0; i < trace->request_count; i++)
        free(trace->requests[i].text);
    for (size_t i = 0; i < trace->message_count; i++) {
        free(trace->messages[i].type);
        free(trace->messages[i].text);
        free(trace->messages[i].words);
    }
    free(trace->promises);
    free(trace->requests);
    free(trace->messages);
    free(trace->ops);
    free(trace->bytes.data);
    power_image_done(&trace->begin);
    memset(trace, 0, sizeof *trace);
}

void power_record(struct power_trace *trace, bool as_production)
{
    pthread_mutex_lock(&lock);
    into = trace;
    production = as_production;
    pthread_mutex_unlock(&lock);
}

// ---- a file -------------------------------------------------------------------------------------

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct recorded *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), data, size, offset);
}

static int file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    pthread_mutex_lock(&lock);
    const int code = real_of(file)->pMethods->xWrite(real_of(file), data, size, offset);
    if (code == SQLITE_OK)
        add(POWER_WRITE, ((struct recorded *)file)->file, false, offset, size, data);
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    pthread_mutex_lock(&lock);
    const int code = real_of(file)->pMethods->xTruncate(real_of(file), size);
    if (code == SQLITE_OK)
        add(POWER_TRUNCATE, ((struct recorded *)file)->file, false, 0, size, NULL);
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct recorded *own = (struct recorded *)file;
    pthread_mutex_lock(&lock);
    const int code = own->real->pMethods->xSync(own->real, flags);
    if (code == SQLITE_OK) {
        add(POWER_SYNC, own->file, own->fresh, 0, 0, NULL);
        own->fresh = false;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_reserved(sqlite3_file *file, int *ret_is)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_is);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    // A hint that SQLite's own answers by growing the file behind the record's back.
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int file_sector(sqlite3_file *file)
{
    return production ? real_of(file)->pMethods->xSectorSize(real_of(file)) : 512;
}

static int file_traits(sqlite3_file *file)
{
    return production ? real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)) : 0;
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **ret_map)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, ret_map);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

// ---- the file system ----------------------------------------------------------------------------

// Not by xAccess, to which an empty file (a WAL that was truncated) is none.
static bool is_there(const char *path)
{
    return path != NULL && access(path, F_OK) == 0;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    (void)vfs;
    struct recorded *own = (struct recorded *)file;
    own->base.pMethods = NULL;
    own->real = (sqlite3_file *)(own + 1);
    own->file = path == NULL ? POWER_FILES : power_file_of(path);
    own->fresh = (flags & SQLITE_OPEN_CREATE) != 0 &&
                 (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    pthread_mutex_lock(&lock);
    const bool before = is_there(path);
    const int code = plain->xOpen(plain, path, own->real, flags, ret_flags);
    if (code == SQLITE_OK && !before && path != NULL)
        add(POWER_CREATE, own->file, false, 0, 0, NULL);
    pthread_mutex_unlock(&lock);
    if (own->real->pMethods != NULL)
        own->base.pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    pthread_mutex_lock(&lock);
    const int code = plain->xDelete(plain, path, sync_folder);
    if (code == SQLITE_OK)
        add(POWER_DELETE, power_file_of(path), sync_folder != 0, 0, 0, NULL);
    pthread_mutex_unlock(&lock);
    return code;
}

static sqlite3_vfs recording;

void power_vfs_register(void)
{
    plain = sqlite3_vfs_find(NULL);
    power_need(plain != NULL, "SQLite's file interface", NULL);
    recording = *plain; // what is not replaced works on names alone
    recording.zName = "power-record";
    recording.szOsFile = (int)sizeof(struct recorded) + plain->szOsFile;
    recording.xOpen = vfs_open;
    recording.xDelete = vfs_delete;
    sqlite3_vfs_register(&recording, 0);
    power_image_vfs.mxPathname = plain->mxPathname;
    power_image_vfs.xFullPathname = plain->xFullPathname;
    power_image_vfs.xRandomness = plain->xRandomness;
    power_image_vfs.xSleep = plain->xSleep;
    power_image_vfs.xCurrentTime = plain->xCurrentTime;
    power_image_vfs.xCurrentTimeInt64 = plain->xCurrentTimeInt64;
    sqlite3_vfs_register(&power_image_vfs, 0);
}

void power_vfs(enum power_vfs vfs)
{
    sqlite3_vfs *const all[] = {plain, &recording, &power_image_vfs};
    sqlite3_vfs_register(all[vfs], 1);
}
