// SPDX-License-Identifier: MIT
// Connects to a database file with all our settings, each with its reason.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sqlite.h"

enum {
    // A job's savepoint keeps the pages that the job changes. Up to this size (28 pages; only an
    // import has more) they stay in memory, allocated at once; then they go to a file without a
    // name. It must stay below 128 KiB: SQLite writes the whole piece in one call, which masks the
    // size to 17 bits and takes the empty rest for a full disk.
    SAVEPOINT_MEMORY_BYTES = 120 * 1024,
    // "file:", a path with every byte escaped, "?immutable=1".
    URI_LIMIT_BYTES = 3 * 4096 + 32,
};

// Every connection.
static const char PRAGMAS_ALL[] =
    // A row of another table must never point at nothing.
    "PRAGMA foreign_keys=ON;"
    // Erased text must not stay in freed pages.
    "PRAGMA secure_delete=ON;"
    // A manipulated file must not run functions through its views and triggers.
    "PRAGMA trusted_schema=OFF;"
    // A damaged page is found when it is read, not when it has done harm.
    "PRAGMA cell_size_check=ON;"
    // A bad disk block is then an error code; through a memory map it would be SIGBUS.
    "PRAGMA mmap_size=0;";

static const char PRAGMAS_WRITE[] =
    // 4 MB: the pages that a batch changes should not spill, and the leaves that a day's ids fall
    // into should not be read again for each.
    "PRAGMA cache_size=-4000;"
    // FILE, because with MEMORY a savepoint is kept in pieces of 1 KB, which takes a third of an
    // insert's time; nothing gets into a file below SAVEPOINT_MEMORY_BYTES.
    "PRAGMA temp_store=FILE;"
    // Else INSERT OR REPLACE would delete rows without asking their table's triggers.
    "PRAGMA recursive_triggers=ON;";

static const char PRAGMAS_READ[] =
    // 0.5 MB per reader: there are several, and the system's page cache has the rest.
    "PRAGMA cache_size=-512;"
    // Sorting leaves no copies of answers in /tmp.
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA query_only=ON;";

static enum status sync_folder_of(const char *path, struct err *err)
{
    char copy[4096];
    if (strlen(path) >= sizeof(copy))
        return err_set(err, STATUS_BAD_INPUT, "the path of the database is too long");
    memcpy(copy, path, strlen(path) + 1);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_errno(err, "opening the folder of %s", path);
    int failed = fsync(folder);
    int saved = errno;
    close(folder);
    errno = saved;
    return failed == 0 ? STATUS_OK : err_errno(err, "syncing the folder of %s", path);
}

enum status dbopen_make_file(const char *path, struct err *err)
{
    // O_EXCL: closing a second descriptor of an open database would drop the process's locks.
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST ? STATUS_OK : err_errno(err, "creating %s", path);
    close(file);
    return STATUS_OK;
}

// On a read-only filesystem (a backup on a disc) SQLite cannot make its -shm file. Nobody can
// change the database there either, so it may be read without one, unless a WAL belongs to it.
static bool is_unchangeable(const char *path)
{
    struct statvfs filesystem;
    if (statvfs(path, &filesystem) != 0 || (filesystem.f_flag & ST_RDONLY) == 0)
        return false;
    char wal[4096];
    int length = snprintf(wal, sizeof(wal), "%s-wal", path);
    struct stat facts;
    return length > 0 && (size_t)length < sizeof(wal) &&
           (stat(wal, &facts) != 0 || facts.st_size == 0);
}

static enum status uri_of(const char *path, const char *query, struct buf *out, struct err *err)
{
    buf_add_text(out, "file:");
    for (const char *c = path; *c != '\0'; c++) {
        if (*c == '?' || *c == '#' || *c == '%') {
            buf_add_char(out, '%');
            buf_add_hex(out, c, 1);
        } else {
            buf_add_char(out, *c);
        }
    }
    buf_add_text(out, query);
    return buf_check(out, err);
}

static enum status open_handle(struct db *db, const char *path, enum db_mode mode, struct err *err)
{
    AUTO(buf_done) struct buf uri;
    buf_init(&uri, URI_LIMIT_BYTES);
    bool unchangeable = mode == DB_READ && is_unchangeable(path);
    TRY(uri_of(path, unchangeable ? "?immutable=1" : "", &uri, err));
    // A connection is used by one thread at a time, so SQLite's own mutexes would be waste.
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    flags |= mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (sqlite3_open_v2(buf_text(&uri), &db->handle, flags, NULL) == SQLITE_OK)
        return STATUS_OK;
    if (db->handle == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a database connection");
    return db_fail(db, "opening the database", err);
}

static enum status configure(struct db *db, struct err *err)
{
    // DEFENSIVE: no SQL can damage the file (writable_schema, shadow tables). DQS off: a misspelt
    // "column" is an error, not a string. Extensions are never loaded.
    static const struct {
        int option, value;
    } OPTIONS[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(OPTIONS); i++)
        if (sqlite3_db_config(db->handle, OPTIONS[i].option, OPTIONS[i].value, NULL) != SQLITE_OK)
            return db_fail(db, "configuring the database", err);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, DB_BUSY_TIMEOUT_MS);
    return STATUS_OK;
}

static enum status switch_to_wal(struct db *db, struct err *err)
{
    // WAL: readers never wait for the writer, and a commit is one append and one sync.
    AUTO(db_finalizep) sqlite3_stmt *handle = NULL;
    TRY(db_prepare(db, "PRAGMA journal_mode=WAL", &handle, err));
    if (sqlite3_step(handle) != SQLITE_ROW)
        return db_fail(db, "switching to the write-ahead log", err);
    const unsigned char *mode = sqlite3_column_text(handle, 0);
    if (mode == NULL || strcmp((const char *)mode, "wal") != 0)
        return err_set(err, STATUS_IO,
                       "the database cannot use a write-ahead log here; use a local disk");
    return STATUS_OK;
}

static int note_wal(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    // 24: header of each page in the log (SQLite file format §4.1).
    struct db *db = context;
    db->wal_bytes = pages * (db->page_bytes + 24);
    return SQLITE_OK;
}

static enum status prepare_writing(struct db *db, const char *path, struct err *err)
{
    // EXTRA until the file is in WAL mode: the deletion of the rollback journal of that switch
    // must be durable too, else a power cut could bring the journal back over the WAL's work.
    TRY(db_exec(db, "PRAGMA synchronous=EXTRA", err));
    TRY(switch_to_wal(db, err));
    TRY(sync_folder_of(path, err));
    // FULL: an office loses power. NORMAL would lose the last answers that were confirmed.
    TRY(db_exec(db, "PRAGMA synchronous=FULL", err));
    TRY(db_exec(db, PRAGMAS_WRITE, err));
    // No automatic checkpoint inside a commit: the one who waits for that commit would pay for
    // it. writer.c keeps the WAL bounded.
    sqlite3_wal_autocheckpoint(db->handle, 0);
    sqlite3_wal_hook(db->handle, note_wal, db);
    return STATUS_OK;
}

static enum status prepare_reading(struct db *db, struct err *err)
{
    int64_t ignored;
    enum status status = db_query_int(db, "PRAGMA schema_version", &ignored, err);
    int code = sqlite3_extended_errcode(db->handle) & 0xff;
    if (status == STATUS_IO && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY))
        return err_set(err, STATUS_IO,
                       "the database cannot be read: its folder must be writable for this user "
                       "(for the -shm file); run as the user of the service");
    TRY(status);
    return db_exec(db, PRAGMAS_READ, err);
}

// ---- the second lock on append-only tables ----------------------------------------------------

static bool is_locked(const struct db_append_only *tables, const char *table, const char *column)
{
    for (; table != NULL && tables->table != NULL; tables++)
        if (sqlite3_stricmp(tables->table, table) == 0)
            return column == NULL || tables->except == NULL ||
                   sqlite3_stricmp(tables->except, column) != 0;
    return false;
}

static bool is_locked_pragma(const char *name, const char *value)
{
    return value != NULL && (sqlite3_stricmp(name, "writable_schema") == 0 ||
                             sqlite3_stricmp(name, "recursive_triggers") == 0);
}

// Asked while a statement is prepared, not when it runs.
static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    const struct db *db = context;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_DELETE:
        return is_locked(db->schema->append_only, a, NULL) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_UPDATE:
        return is_locked(db->schema->append_only, a, b) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return is_locked_pragma(a, b) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_ALTER_TABLE:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_TRIGGER: // one that ignores an insertion would lose entries
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_TRIGGER:
        return SQLITE_DENY;
    default:
        return SQLITE_OK;
    }
}

void dbopen_lock(struct db *db, bool locked)
{
    if (db->schema->append_only != NULL)
        sqlite3_set_authorizer(db->handle, locked ? authorize : NULL, db);
}

static void configure_library(void)
{
    // Both are refused when a test has used SQLite before; its own defaults serve as well.
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, SAVEPOINT_MEMORY_BYTES);
    // Nobody reads SQLite's count of memory, which takes a mutex round every allocation.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum status dbopen_connect(struct db *db, const char *path, enum db_mode mode, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    TRY(open_handle(db, path, mode, err));
    TRY(configure(db, err));
    TRY(db_exec(db, PRAGMAS_ALL, err));
    if (mode == DB_READ)
        TRY(prepare_reading(db, err));
    else
        TRY(prepare_writing(db, path, err));
    dbopen_lock(db, mode != DB_READ); // a reader can write nothing anyway
    return db_query_int(db, "PRAGMA page_size", &db->page_bytes, err);
}
