// SPDX-License-Identifier: MIT
// Hands out read-only connections, the one given back last first (its cache is warm).
#include "dbpool.h"

#include <pthread.h>
#include <stdlib.h>

#include "sqlite.h"

struct dbpool {
    pthread_mutex_t mutex;
    pthread_cond_t given;
    size_t count;      // connections that exist
    size_t free_count; // of them in `free`
    struct db *free[]; // stack, room for `count`
};

static enum status fill(struct dbpool *pool, const char *path, const struct db_schema *schema,
                        size_t connections, struct err *err)
{
    while (pool->count < connections) {
        TRY(db_open(path, DB_READ, schema, &pool->free[pool->count], err));
        pool->count++;
        pool->free_count++;
    }
    return STATUS_OK;
}

enum status dbpool_open(const char *path, const struct db_schema *schema, size_t connections,
                        struct dbpool **ret_pool, struct err *err)
{
    if (connections == 0)
        return BUG(err, "a pool without connections");
    AUTO(dbpool_closep)
    struct dbpool *pool = calloc(1, sizeof(*pool) + connections * sizeof(struct db *));
    if (pool == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for database connections");
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->given, NULL);
    TRY(fill(pool, path, schema, connections, err));
    *ret_pool = pool;
    pool = NULL;
    return STATUS_OK;
}

void dbpool_close(struct dbpool *pool)
{
    if (pool == NULL)
        return;
    if (pool->free_count != pool->count)
        (void)BUG(NULL, "a connection was not given back to its pool");
    for (size_t i = 0; i < pool->free_count; i++)
        db_close(pool->free[i]);
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

struct db *dbpool_take(struct dbpool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (pool->free_count == 0)
        pthread_cond_wait(&pool->given, &pool->mutex);
    struct db *db = pool->free[--pool->free_count];
    pthread_mutex_unlock(&pool->mutex);
    return db;
}

void dbpool_give(struct dbpool *pool, struct db *db)
{
    // A statement left open would hold its snapshot and keep the WAL from being reused.
    db_release_all(db);
    pthread_mutex_lock(&pool->mutex);
    pool->free[pool->free_count++] = db;
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->mutex);
}
