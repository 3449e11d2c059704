// SPDX-License-Identifier: MIT
// LD_PRELOAD shim of `make torture`: counts the calls that can fail and makes the n-th of one of
// them fail, once or from then on. What to do stands in a file that the driver maps as well
// (FAULT_CONTROL); FAULT_FROM_MAIN=1 arms it when main begins, so that the libraries' own
// constructors, which run before anything of ours, are left out.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call {
    CALL_WRITE,
    CALL_PWRITE,
    CALL_FSYNC,
    CALL_FDATASYNC,
    CALL_FTRUNCATE,
    CALL_OPEN,
    CALL_MALLOC,
    CALL_CALLOC,
    CALL_REALLOC,
    CALL_SEND,
    CALL_RENAME,
    CALLS,
};

enum { ARMED_NOT, ARMED_SERVING, ARMED_START };

// The same layout as in torture.py.
struct control {
    int32_t armed, call, error, sticky, short_write, fired;
    int64_t nth;
    int64_t counts[CALLS];
};

static struct control idle;
static struct control *control = &idle;

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void map_control(void)
{
    const char *path = getenv("FAULT_CONTROL");
    if (path == NULL)
        return;
    const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (file < 0)
        return;
    void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (map != MAP_FAILED)
        control = map;
}

// True when this call is the one that shall fail.
static bool is_hit(enum call call)
{
    if (!control->armed)
        return false;
    const int64_t number = __atomic_add_fetch(&control->counts[call], 1, __ATOMIC_RELAXED);
    if ((int32_t)call != control->call)
        return false;
    const bool hit = control->sticky ? number >= control->nth : number == control->nth;
    if (hit)
        control->fired = 1;
    return hit;
}

static bool fails(enum call call)
{
    if (!is_hit(call))
        return false;
    errno = control->error;
    return true;
}

// Of a hit that shall be short: half of it, at least one byte.
static size_t piece(size_t size)
{
    return size > 1 ? size / 2 : size;
}

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (real == NULL)                                                                              \
    real = (type(*)(__VA_ARGS__))next(name)

// Left out: eventfd, whose write cannot fail for these reasons (libmicrohttpd ends the process when
// it does), and at the start the log, in which the driver reads the addresses.
static bool is_counted(int fd)
{
    struct stat facts;
    if (fd == STDERR_FILENO && control->armed == ARMED_START)
        return false;
    return fstat(fd, &facts) == 0 && (facts.st_mode & S_IFMT) != 0;
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!is_counted(fd) || !is_hit(CALL_WRITE))
        return real(fd, data, size);
    if (control->short_write)
        return real(fd, data, piece(size));
    errno = control->error;
    return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (!is_hit(CALL_PWRITE))
        return real(fd, data, size, offset);
    if (control->short_write)
        return real(fd, data, piece(size), offset);
    errno = control->error;
    return -1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return pwrite64(fd, data, size, offset);
}

int fsync(int fd)
{
    REAL(int, "fsync", int);
    return fails(CALL_FSYNC) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return fails(CALL_FDATASYNC) ? -1 : real(fd);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(int, "ftruncate64", int, off64_t);
    return fails(CALL_FTRUNCATE) ? -1 : real(fd, size);
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    if (fails(CALL_OPEN))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN_BODY(folder)                                                                          \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;           \
    va_end(rest);                                                                                  \
    return open_at(folder, path, flags, mode)

int open(const char *path, int flags, ...)
{
    OPEN_BODY(AT_FDCWD);
}

int open64(const char *path, int flags, ...)
{
    OPEN_BODY(AT_FDCWD);
}

int openat(int folder, const char *path, int flags, ...)
{
    OPEN_BODY(folder);
}

int openat64(int folder, const char *path, int flags, ...)
{
    OPEN_BODY(folder);
}

// What _FORTIFY_SOURCE makes of open.
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    return fails(CALL_RENAME) ? -1 : real(from, to);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    REAL(ssize_t, "send", int, const void *, size_t, int);
    if (!is_hit(CALL_SEND))
        return real(fd, data, size, flags);
    if (control->short_write)
        return real(fd, data, piece(size), flags);
    errno = control->error;
    return -1;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
               socklen_t to_size)
{
    REAL(ssize_t, "sendto", int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    return fails(CALL_SEND) ? -1 : real(fd, data, size, flags, to, to_size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    return fails(CALL_SEND) ? -1 : real(fd, message, flags);
}

// ---- memory -------------------------------------------------------------------------------------
// Under the address sanitizer its own allocator stands behind us; alone glibc's does, without
// dlsym, which allocates itself.

#ifdef FAULT_BEHIND_SANITIZER
static char early[65536]; // for dlsym, before the real ones are known
static size_t early_used;

static void *early_take(size_t size)
{
    const size_t at = early_used;
    early_used += (size + 15) & ~(size_t)15;
    return early_used <= sizeof early ? early + at : NULL;
}

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static bool finding;

static bool find_memory(void)
{
    if (real_free != NULL)
        return true;
    if (finding)
        return false;
    finding = true;
    real_malloc = (void *(*)(size_t))next("malloc");
    real_calloc = (void *(*)(size_t, size_t))next("calloc");
    real_realloc = (void *(*)(void *, size_t))next("realloc");
    real_free = (void (*)(void *))next("free");
    finding = false;
    return true;
}

void free(void *memory)
{
    const char *at = memory;
    if (at >= early && at < early + sizeof early)
        return;
    if (find_memory())
        real_free(memory);
}
#define BEHIND(early_value, real_value) (find_memory() ? (real_value) : (early_value))
#else
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
#define real_malloc __libc_malloc
#define real_calloc __libc_calloc
#define real_realloc __libc_realloc
#define BEHIND(early_value, real_value) (real_value)
#endif

void *malloc(size_t size)
{
    if (fails(CALL_MALLOC))
        return NULL;
    return BEHIND(early_take(size), real_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    if (fails(CALL_CALLOC))
        return NULL;
    return BEHIND(early_take(count * size), real_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (fails(CALL_REALLOC))
        return NULL;
    return BEHIND(NULL, real_realloc(old, size));
}

// ---- main ---------------------------------------------------------------------------------------

typedef int (*main_fn)(int, char **, char **);
typedef int (*start_fn)(main_fn, int, char **, void (*)(void), void (*)(void), void (*)(void),
                        void *);
static main_fn real_main;

static int armed_main(int argc, char **argv, char **environment)
{
    const char *now = getenv("FAULT_FROM_MAIN");
    if (now != NULL && now[0] == '1')
        control->armed = ARMED_START;
    return real_main(argc, argv, environment);
}

int __libc_start_main(main_fn main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*linker_fini)(void), void *stack_end);
int __libc_start_main(main_fn main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*linker_fini)(void), void *stack_end)
{
    const start_fn real = (start_fn)next("__libc_start_main");
    real_main = main;
    return real(armed_main, argc, argv, init, fini, linker_fini, stack_end);
}
