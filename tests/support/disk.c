// SPDX-License-Identifier: MIT
// Stands before the system's write and sync calls.
#include "disk.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int write_code, sync_code;
static const char *_Atomic failing_suffix; // of the files that fail

static bool is_failing(int file)
{
    const char *suffix = atomic_load(&failing_suffix);
    char link[64], path[512];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof(path) - 1);
    if (suffix == NULL || size < (ssize_t)strlen(suffix))
        return false;
    path[size] = '\0';
    return strcmp(path + size - strlen(suffix), suffix) == 0;
}

// SQLite's own calls land here, because a program's symbols come before a library's.
int fdatasync(int file)
{
    int code = atomic_load(&sync_code);
    if (code != 0 && is_failing(file)) {
        errno = code;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset)
{
    int code = atomic_load(&write_code);
    if (code != 0 && is_failing(file)) {
        errno = code;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, size, offset);
}

void disk_fail(const char *suffix, int write_errno, int sync_errno)
{
    atomic_store(&failing_suffix, suffix);
    atomic_store(&write_code, write_errno);
    atomic_store(&sync_code, sync_errno);
}
