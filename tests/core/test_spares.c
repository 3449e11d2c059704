// SPDX-License-Identifier: MIT
// spares.c: as many things as there are places, each given out once.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "spares.h"

static void what_is_put_in_is_taken_out_once(void **state)
{
    (void)state;
    struct spares spares = {0};
    int things[SPARES_COUNT + 1] = {0};
    assert_null(spares_take(&spares));
    for (size_t i = 0; i < SPARES_COUNT; i++)
        assert_true(spares_put(&spares, &things[i]));
    assert_false(spares_put(&spares, &things[SPARES_COUNT]));
    for (size_t i = 0; i < SPARES_COUNT; i++) {
        int *thing = spares_take(&spares);
        assert_non_null(thing);
        assert_int_equal((*thing)++, 0);
    }
    assert_null(spares_take(&spares));
    assert_int_equal(things[SPARES_COUNT], 0);
}

enum { TURNS = 20000 };
static struct spares shared;

// Two threads that held the same thing at once would lose counts.
static void *count_on_things(void *context)
{
    for (int done = 0; done < TURNS;) {
        int *thing = spares_take(&shared);
        if (thing == NULL)
            continue;
        (*thing)++;
        done += spares_put(&shared, thing);
    }
    return context;
}

static void a_thing_has_one_holder_at_a_time(void **state)
{
    (void)state;
    pthread_t threads[4];
    int things[2] = {0};
    assert_true(spares_put(&shared, &things[0]));
    assert_true(spares_put(&shared, &things[1]));
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_on_things, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(things[0] + things[1], 4 * TURNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_in_is_taken_out_once),
        cmocka_unit_test(a_thing_has_one_holder_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
