// SPDX-License-Identifier: MIT
// Durable small files.
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static enum status file_read_all(int fd, const char *path, struct buf *out, struct err *err)
{
    char piece[16 * 1024];
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, "%s: reading failed", path);
        if (got == 0)
            return STATUS_OK;
        buf_add(out, piece, (size_t)got);
        explicit_bzero(piece, (size_t)got); // it may have been a key
        if (out->failed == STATUS_TOO_LARGE)
            return err_set(err, STATUS_TOO_LARGE, "%s: longer than the limit of %zu bytes", path,
                           out->limit_bytes);
        TRY(buf_check(out, err));
    }
}

enum status file_read(const char *path, struct buf *out, struct err *err)
{
    AUTO(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "%s: cannot be opened", path);
    return file_read_all(fd, path, out, err);
}

static enum status file_write_all(int fd, const char *path, const void *bytes, size_t size_bytes,
                                  struct err *err)
{
    const char *at = bytes;
    while (size_bytes > 0) {
        ssize_t written = write(fd, at, size_bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_errno(err, "%s: writing failed", path);
        at += written;
        size_bytes -= (size_t)written;
    }
    return STATUS_OK;
}

// A rename or unlink is durable only once the folder itself is synced.
static enum status file_sync_folder_of(const char *path, struct err *err)
{
    char folder[PATH_MAX]; // long enough: the path itself has been opened
    const char *slash = strrchr(path, '/');
    int size = slash == NULL ? 0 : (int)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", size, path);
    const char *name = slash == NULL ? "." : size == 0 ? "/" : folder;
    AUTO(file_closep) int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return err_errno(err, "%s: the folder cannot be synced", name);
    return STATUS_OK;
}

static enum status file_write_new(const char *path, const void *bytes, size_t size_bytes,
                                  unsigned mode, struct err *err)
{
    // Left over from a crash: nobody else writes here, the data folder is locked.
    if (unlink(path) != 0 && errno != ENOENT)
        return err_errno(err, "%s: cannot be replaced", path);
    AUTO(file_closep)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, (mode_t)mode) != 0)
        return err_errno(err, "%s: cannot be made", path);
    TRY(file_write_all(fd, path, bytes, size_bytes, err));
    if (fsync(fd) != 0)
        return err_errno(err, "%s: cannot be synced", path);
    return STATUS_OK;
}

enum status file_write(const char *path, const void *bytes, size_t size_bytes, unsigned mode,
                       struct err *err)
{
    char fresh[PATH_MAX];
    int size = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (size < 0 || (size_t)size >= sizeof fresh)
        return err_set(err, STATUS_BAD_INPUT, "the path is too long: use a shorter folder name");
    enum status status = file_write_new(fresh, bytes, size_bytes, mode, err);
    if (status == STATUS_OK && rename(fresh, path) != 0)
        status = err_errno(err, "%s: cannot be replaced", path);
    if (status != STATUS_OK) {
        unlink(fresh);
        return status;
    }
    return file_sync_folder_of(path, err);
}

enum status file_write_once(const char *path, const void *bytes, size_t size_bytes, unsigned mode,
                            struct err *err)
{
    // In place: not every stick that files are carried on has links or safe renames.
    AUTO(file_closep)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, STATUS_CONFLICT,
                       "%s: is there already and is not overwritten; give another name", path);
    if (fd < 0)
        return err_errno(err, "%s: cannot be made", path);
    enum status status = file_write_all(fd, path, bytes, size_bytes, err);
    if (status == STATUS_OK && (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0))
        status = err_errno(err, "%s: cannot be synced", path);
    if (status != STATUS_OK) {
        unlink(path);
        return status;
    }
    return file_sync_folder_of(path, err);
}

static bool file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum status file_make_one(const char *path, unsigned mode, struct err *err)
{
    if (mkdir(path, (mode_t)mode) == 0)
        return file_sync_folder_of(path, err);
    if (errno != EEXIST)
        return err_errno(err, "%s: the folder cannot be made", path);
    return file_is_folder(path) ? STATUS_OK
                                : err_set(err, STATUS_IO, "%s: exists and is not a folder", path);
}

enum status file_make_folder(const char *path, unsigned mode, struct err *err)
{
    char part[PATH_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part)
        return err_set(err, STATUS_BAD_INPUT, "the folder's path is empty or too long");
    while (size > 1 && path[size - 1] == '/') // "a/b/" is "a/b"
        size--;
    memcpy(part, path, size);
    part[size] = '\0';
    for (size_t i = 1; i < size; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        TRY(file_make_one(part, mode, err));
        part[i] = '/';
    }
    return file_make_one(part, mode, err);
}

static enum status file_zero(int fd, const char *path, struct err *err)
{
    static const char zeros[4096];
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_errno(err, "%s: cannot be looked at", path);
    for (off_t left = info.st_size; left > 0; left -= (off_t)sizeof zeros) {
        size_t piece = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
        TRY(file_write_all(fd, path, zeros, piece, err));
    }
    if (fsync(fd) != 0)
        return err_errno(err, "%s: cannot be synced", path);
    return STATUS_OK;
}

enum status file_destroy(const char *path, struct err *err)
{
    AUTO(file_closep) int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return STATUS_OK;
    if (fd < 0)
        return err_errno(err, "%s: cannot be opened to be destroyed", path);
    TRY(file_zero(fd, path, err));
    if (unlink(path) != 0)
        return err_errno(err, "%s: cannot be removed", path);
    return file_sync_folder_of(path, err);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void file_close_folderp(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

enum status file_list(const char *folder, file_each_fn each, void *context, struct err *err)
{
    AUTO(file_close_folderp) DIR *open_folder = opendir(folder);
    if (open_folder == NULL)
        return err_errno(err, "%s: the folder cannot be opened", folder);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(open_folder);
        if (entry == NULL && errno != 0)
            return err_errno(err, "%s: the folder cannot be read", folder);
        if (entry == NULL)
            return STATUS_OK;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            TRY(each(entry->d_name, context, err));
    }
}

enum status file_move(const char *from, const char *to, struct err *err)
{
    AUTO(file_closep) int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "%s: cannot be opened", from);
    if (fsync(fd) != 0)
        return err_errno(err, "%s: cannot be synced", from);
    if (rename(from, to) != 0)
        return err_errno(err, "%s: cannot be renamed", from);
    TRY(file_sync_folder_of(to, err));
    return file_sync_folder_of(from, err);
}

static enum status file_copy_all(int from, const char *from_path, int to, const char *to_path,
                                 struct err *err)
{
    char piece[64 * 1024];
    for (;;) {
        const ssize_t got = read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, "%s: reading failed", from_path);
        if (got == 0)
            return STATUS_OK;
        TRY(file_write_all(to, to_path, piece, (size_t)got, err));
    }
}

static enum status file_copy_into(int from, const char *from_path, const char *to, unsigned mode,
                                  struct err *err)
{
    AUTO(file_closep)
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, "%s: cannot be made", to);
    enum status status = file_copy_all(from, from_path, fd, to, err);
    if (status == STATUS_OK && (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0))
        status = err_errno(err, "%s: cannot be synced", to);
    if (status != STATUS_OK)
        unlink(to);
    return status;
}

enum status file_copy(const char *from, const char *to, unsigned mode, struct err *err)
{
    AUTO(file_closep) int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "%s: cannot be opened", from);
    if (file_exists(to))
        return err_set(err, STATUS_CONFLICT, "%s: is there already", to);
    TRY(file_copy_into(fd, from, to, mode, err));
    return file_sync_folder_of(to, err);
}
