// SPDX-License-Identifier: MIT
// LD_PRELOAD shim of `make bench`: adds SLOW_SYNC_MS milliseconds to each fdatasync and fsync, as
// an office's SD card or old disk would.
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_fn)(int);

static void wait_more(void)
{
    const char *text = getenv("SLOW_SYNC_MS");
    long ms = text == NULL ? 0 : strtol(text, NULL, 10);
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

int fdatasync(int fd)
{
    static sync_fn real;
    if (real == NULL)
        real = (sync_fn)dlsym(RTLD_NEXT, "fdatasync");
    wait_more();
    return real(fd);
}

int fsync(int fd)
{
    static sync_fn real;
    if (real == NULL)
        real = (sync_fn)dlsym(RTLD_NEXT, "fsync");
    wait_more();
    return real(fd);
}
