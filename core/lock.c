// SPDX-License-Identifier: MIT
// One process per data directory, by flock: the kernel lets go when the process dies.
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

struct lock {
    int fd;
};

static enum status lock_hold(int fd, const char *folder, struct err *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    if (errno == EWOULDBLOCK)
        return err_set(err, STATUS_BUSY,
                       "%s: another process is writing here; wait until it has ended", folder);
    return err_errno(err, "%s/lock: cannot be locked", folder);
}

static int lock_open(const char *folder)
{
    int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return -1;
    int fd = openat(folder_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int number = errno;
    close(folder_fd);
    errno = number;
    return fd;
}

static enum status lock_keep(int fd, const char *folder, struct lock **ret_lock, struct err *err)
{
    TRY(lock_hold(fd, folder, err));
    struct lock *lock = malloc(sizeof *lock);
    if (lock == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the lock");
    lock->fd = fd;
    *ret_lock = lock;
    return STATUS_OK;
}

enum status lock_take(const char *folder, struct lock **ret_lock, struct err *err)
{
    int fd = lock_open(folder);
    if (fd < 0)
        return err_errno(err, "%s/lock: cannot be opened", folder);
    enum status status = lock_keep(fd, folder, ret_lock, err);
    if (status != STATUS_OK)
        close(fd);
    return status;
}

void lock_free(struct lock *lock)
{
    if (lock == NULL)
        return;
    // The file stays: unlinking it would let two processes lock two files of the same name.
    close(lock->fd);
    free(lock);
}
