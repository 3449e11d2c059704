// SPDX-License-Identifier: MIT
// The mark in a database's header, and what follows from it.
#include "copied.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite.h"

enum {
    HEADER_BYTES = 100,
    MARK_AT = 68,              // the application id, big-endian (SQLite file format §1.3)
    BACKUP_MARK = 0x484c4276,  // "HLBv"
    RUNNING_MARK = 0x4c000000, // and 24 bits of the inode's number
    RUNNING_MASK = 0x7f000000,
    INODE_MASK = 0x00ffffff,
    WAL_PATH_BYTES = 4096,
};

struct found {
    enum copied_mark mark;
    bool moved;   // it is another file than the one that was marked
    bool missing; // there is none
};

static int32_t inode_bits(const struct stat *facts)
{
    const uint64_t inode = (uint64_t)facts->st_ino;
    return (int32_t)((inode ^ inode >> 24 ^ inode >> 48) & INODE_MASK);
}

static void judge(int32_t id, const struct stat *facts, struct found *ret_found)
{
    if (id == BACKUP_MARK)
        ret_found->mark = COPIED_BACKUP;
    else if ((id & RUNNING_MASK) == RUNNING_MARK)
        *ret_found =
            (struct found){.mark = COPIED_RUNNING, .moved = (id & INODE_MASK) != inode_bits(facts)};
}

// A descriptor of its own, whose closing drops the process's locks on the file: nobody of this
// process may have it open (but for tests, where no other process writes).
static enum status look(const char *path, struct found *ret_found, struct err *err)
{
    uint8_t header[HEADER_BYTES];
    struct stat facts;
    struct found found = {.mark = COPIED_IDLE};
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        found.missing = true;
    else if (file < 0)
        return err_errno(err, "opening the database %s", path);
    const ssize_t got = found.missing ? 0 : pread(file, header, sizeof header, 0);
    const bool failed = !found.missing && (got < 0 || fstat(file, &facts) != 0);
    if (file >= 0)
        close(file);
    if (failed)
        return err_errno(err, "reading the database %s", path);
    // An empty one has been created and not yet written.
    if (got > 0 && (got < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0))
        return err_set(err, STATUS_BAD_INPUT, "%.200s is not a database", path);
    if (got == HEADER_BYTES)
        judge((int32_t)((uint32_t)header[MARK_AT] << 24 | (uint32_t)header[MARK_AT + 1] << 16 |
                        (uint32_t)header[MARK_AT + 2] << 8 | header[MARK_AT + 3]),
              &facts, &found);
    *ret_found = found;
    return STATUS_OK;
}

static bool has_wal(const char *path)
{
    char wal[WAL_PATH_BYTES];
    struct stat facts;
    const int size = snprintf(wal, sizeof wal, "%s-wal", path);
    return size > 0 && (size_t)size < sizeof wal && stat(wal, &facts) == 0 && facts.st_size > 0;
}

enum status copied_read(const char *path, enum copied_mark *ret_mark, struct err *err)
{
    struct found found;
    TRY(look(path, &found, err));
    if (found.missing)
        return err_set(err, STATUS_NOT_FOUND, "there is no file %.200s", path);
    *ret_mark = found.mark;
    return STATUS_OK;
}

static enum status check_whole(const char *path, const struct found *found, struct err *err)
{
    if (found->mark != COPIED_RUNNING || !found->moved || has_wal(path))
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "this file was copied from a running service without its -wal file, so its "
                   "newest entries are missing; make a copy with the command `backup`, or copy "
                   "the whole folder while the service is stopped (%.150s)",
                   path);
}

enum status copied_check(const char *path, struct err *err)
{
    struct found found;
    TRY(look(path, &found, err));
    if (found.mark == COPIED_BACKUP)
        return err_set(err, STATUS_CONFLICT,
                       "this file is a backup, which must not be written to as it is: the entries "
                       "that came after it would be replaced by others; use the command `restore` "
                       "(%.150s)",
                       path);
    return check_whole(path, &found, err);
}

enum status copied_check_backup(const char *path, struct err *err)
{
    struct found found;
    TRY(look(path, &found, err));
    if (found.missing)
        return err_set(err, STATUS_NOT_FOUND, "there is no file %.200s", path);
    return check_whole(path, &found, err);
}

static enum status set_mark(struct db *db, int32_t id, struct err *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", (int)id);
    return db_exec(db, sql, err);
}

static void keep_wal(struct db *db, int keep)
{
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

enum status copied_begin(struct db *db, const char *path, struct err *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0)
        return err_errno(err, "looking at the database %s", path);
    const int32_t id = RUNNING_MARK | inode_bits(&facts);
    int64_t now = 0;
    TRY(db_query_int(db, "PRAGMA application_id", &now, err));
    keep_wal(db, 1);
    if (now != id)
        TRY(set_mark(db, id, err));
    // Into the file itself, where a copy takes it along. A reader may hold that up until later.
    return db_checkpoint(db, false, err);
}

enum status copied_end(struct db *db, struct err *err)
{
    TRY(set_mark(db, 0, err));
    keep_wal(db, 0);
    return STATUS_OK;
}

enum status copied_mark_backup(struct db *db, struct err *err)
{
    return set_mark(db, BACKUP_MARK, err);
}
