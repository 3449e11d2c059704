// SPDX-License-Identifier: MIT
// The machine's own limits for `make bench`: what a sync and a bare SQLite transaction cost here.
//
//   probe sync FILE COUNT                   4 KiB overwritten in place + fdatasync
//   probe insert FILE SCHEMA.sql ROWS BATCH the kiosk's own tables, FULL, BATCH rows a transaction
//
// Prints one JSON object.
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void die(const char *what)
{
    fprintf(stderr, "probe: %s\n", what);
    exit(1);
}

static int probe_sync(const char *path, int count)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    static char page[4096];
    int64_t *took = calloc((size_t)count, sizeof *took);
    if (fd < 0 || took == NULL)
        die("open");
    for (int i = 0; i < 256; i++)
        if (pwrite(fd, page, sizeof page, (off_t)i * 4096) != sizeof page)
            die("write");
    fsync(fd);
    for (int i = 0; i < count; i++) {
        int64_t begin = now_ns();
        memset(page, i, sizeof page);
        if (pwrite(fd, page, sizeof page, (off_t)(i % 256) * 4096) != sizeof page ||
            fdatasync(fd) != 0)
            die("write");
        took[i] = now_ns() - begin;
    }
    close(fd);
    unlink(path);
    qsort(took, (size_t)count, sizeof *took, by_size);
    printf("{\"p50_ms\":%.4f,\"p99_ms\":%.4f}\n", (double)took[count / 2] / 1e6,
           (double)took[count * 99 / 100] / 1e6);
    return 0;
}

static void run(sqlite3 *db, const char *sql)
{
    char *text = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        die(text);
}

static sqlite3 *open_like_kiosk(const char *path, const char *schema_path)
{
    sqlite3 *db = NULL;
    FILE *file = fopen(schema_path, "r");
    static char schema[65536];
    if (file == NULL || sqlite3_open(path, &db) != SQLITE_OK)
        die("open");
    schema[fread(schema, 1, sizeof schema - 1, file)] = 0;
    fclose(file);
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;");
    run(db, schema);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die(sqlite3_errmsg(db));
    sqlite3_reset(statement);
}

// An id as the kiosk makes them: the hour's number, then 12 random bytes.
static void make_id(unsigned char id[16])
{
    static uint64_t state = 88172645463325252u;
    uint32_t words[4] = {0x07a1b2c3u, 0, 0, 0};
    for (int i = 1; i < 4; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words[i] = (uint32_t)(state >> 16);
    }
    for (int i = 0; i < 16; i++)
        id[i] = (unsigned char)(words[i / 4] >> (24 - i % 4 * 8));
}

static int make_line(char line[512], int seq, const unsigned char id[16])
{
    static const char *const areas[] = {"HT", "CT", "DD", "XD", "DT", "BTXH", "NCC", "VHTT"};
    char hex[33];
    for (int i = 0; i < 16; i++)
        snprintf(hex + i * 2, 3, "%02x", id[i]);
    return snprintf(line, 512,
                    "{\"v\":1,\"lane\":\"00112233445566778899aabbccddeeff\",\"seq\":%d,"
                    "\"kind\":\"response\",\"id\":\"%s\",\"hour\":\"2026-11-03T09+07\","
                    "\"unit\":\"05533\",\"counter\":\"%d\",\"channel\":\"screen\",\"part\":0,"
                    "\"step\":\"result\",\"linked\":false,\"area\":\"%s\",\"form\":\"tthc@1\","
                    "\"answers\":{\"overall\":%d},\"flags\":[]}",
                    seq, hex, seq % 5 + 1, areas[seq % 8], seq * 7 % 5 + 1);
}

static int probe_insert(const char *path, const char *schema_path, int rows, int batch)
{
    sqlite3 *db = open_like_kiosk(path, schema_path);
    run(db, "INSERT INTO head(one,lane,size,frontier) VALUES(1,hex(zeroblob(16)),0,x'')");
    sqlite3_stmt *entry = prepare(db, "INSERT INTO entry(seq,line) VALUES(?,?)");
    sqlite3_stmt *key =
        prepare(db, "INSERT INTO entry_key(id,part,seq,mac) VALUES(?,0,?,randomblob(16))");
    sqlite3_stmt *head = prepare(db, "UPDATE head SET size=?, frontier=randomblob(512)");
    sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    int64_t start = now_ns();
    for (int seq = 0; seq < rows;) {
        step(db, begin);
        for (int i = 0; i < batch && seq < rows; i++, seq++) {
            unsigned char id[16];
            char line[512];
            make_id(id);
            int size = make_line(line, seq, id);
            sqlite3_bind_blob(key, 1, id, 16, SQLITE_STATIC);
            sqlite3_bind_int(key, 2, seq);
            step(db, key);
            sqlite3_bind_int(entry, 1, seq);
            sqlite3_bind_text(entry, 2, line, size, SQLITE_STATIC);
            step(db, entry);
        }
        sqlite3_bind_int(head, 1, seq);
        step(db, head);
        step(db, commit);
    }
    double seconds = (double)(now_ns() - start) / 1e9;
    printf("{\"rows\":%d,\"batch\":%d,\"rate\":%.1f}\n", rows, batch, rows / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "sync") == 0)
        return probe_sync(argv[2], atoi(argv[3]));
    if (argc == 6 && strcmp(argv[1], "insert") == 0)
        return probe_insert(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]));
    fprintf(stderr, "usage: see the head of tests/bench/probe.c\n");
    return 2;
}
