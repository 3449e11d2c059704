// SPDX-License-Identifier: MIT
// reaper.c: who is cut, who is not, and when.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "reaper.h"

enum { DEADLINE_MS = 200, LONG_MS = 600000 };

struct pair {
    int watched, other;
};

static struct pair open_pair(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return (struct pair){fds[0], fds[1]};
}

static void close_pair(struct pair *pair)
{
    close(pair->watched);
    close(pair->other);
}

static struct reaper *open_reaper(size_t limit, unsigned deadline_ms)
{
    struct reaper *reaper = NULL;
    struct err err = {0};
    assert_int_equal(reaper_open(limit, deadline_ms, &reaper, &err), STATUS_OK);
    return reaper;
}

// True when the other end sees the end within that time.
static bool is_cut(const struct pair *pair, int wait_ms)
{
    struct pollfd one = {.fd = pair->other, .events = POLLIN};
    char byte;
    return poll(&one, 1, wait_ms) == 1 && read(pair->other, &byte, 1) == 0;
}

static void a_socket_is_cut_at_its_deadline_not_before(void **state)
{
    (void)state;
    AUTO(reaper_closep) struct reaper *reaper = open_reaper(4, DEADLINE_MS);
    AUTO(close_pair) struct pair pair = open_pair();
    int64_t begin_ms = clock_mono_ms();
    int slot = reaper_add(reaper, pair.watched);
    assert_true(slot >= 0);
    assert_true(is_cut(&pair, 10000));
    assert_true(clock_mono_ms() - begin_ms >= DEADLINE_MS);
    reaper_remove(reaper, slot);
}

// The late one shows that the reaper has looked at both.
static void who_is_not_due_is_left_alone(void **state)
{
    (void)state;
    AUTO(reaper_closep) struct reaper *reaper = open_reaper(4, DEADLINE_MS);
    AUTO(close_pair) struct pair late = open_pair();
    AUTO(close_pair) struct pair working = open_pair();
    AUTO(close_pair) struct pair patient = open_pair();
    AUTO(close_pair) struct pair gone = open_pair();
    int slots[] = {reaper_add(reaper, working.watched), reaper_add(reaper, patient.watched),
                   reaper_add(reaper, gone.watched)};
    reaper_idle(reaper, slots[0]);
    reaper_due_in(reaper, slots[1], LONG_MS);
    reaper_remove(reaper, slots[2]);
    int last = reaper_add(reaper, late.watched);
    assert_true(is_cut(&late, 10000));
    assert_false(is_cut(&working, 0));
    assert_false(is_cut(&patient, 0));
    assert_false(is_cut(&gone, 0));
    reaper_due(reaper, slots[0]);
    assert_true(is_cut(&working, 10000));
    reaper_due_in(reaper, slots[1], 0);
    assert_true(is_cut(&patient, 10000));
    reaper_remove(reaper, slots[0]);
    reaper_remove(reaper, slots[1]);
    reaper_remove(reaper, last);
}

static void past_the_limit_a_socket_is_not_watched(void **state)
{
    (void)state;
    AUTO(reaper_closep) struct reaper *reaper = open_reaper(2, LONG_MS);
    AUTO(close_pair) struct pair pair = open_pair();
    int first = reaper_add(reaper, pair.watched);
    int second = reaper_add(reaper, pair.watched);
    int third = reaper_add(reaper, pair.watched);
    assert_true(first >= 0 && second >= 0 && first != second);
    assert_int_equal(third, -1);
    reaper_due(reaper, third);
    reaper_idle(reaper, third);
    reaper_due_in(reaper, third, 0);
    reaper_remove(reaper, third);
    reaper_remove(reaper, first);
    assert_int_equal(reaper_add(reaper, pair.watched), first);
    reaper_remove(reaper, first);
    reaper_remove(reaper, second);
}

static void a_reaper_may_watch_nothing_at_all(void **state)
{
    (void)state;
    AUTO(reaper_closep) struct reaper *none = open_reaper(0, 1);
    assert_int_equal(reaper_add(none, 0), -1);
    AUTO(reaper_closep) struct reaper *unused = open_reaper(1, 1);
    assert_non_null(unused);
    reaper_close(NULL);
}

static void *come_and_go(void *context)
{
    struct reaper *reaper = context;
    for (int i = 0; i < 300; i++) {
        struct pair pair = open_pair();
        int slot = reaper_add(reaper, pair.watched);
        reaper_due(reaper, slot);
        reaper_idle(reaper, slot);
        reaper_due_in(reaper, slot, i % 3);
        reaper_remove(reaper, slot);
        close_pair(&pair);
    }
    return NULL;
}

static void many_threads_come_and_go(void **state)
{
    (void)state;
    AUTO(reaper_closep) struct reaper *reaper = open_reaper(6, 1);
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, reaper), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        pthread_join(threads[i], NULL);
    // All slots are free again.
    AUTO(close_pair) struct pair pair = open_pair();
    for (int i = 0; i < 6; i++)
        assert_true(reaper_add(reaper, pair.watched) >= 0);
    assert_int_equal(reaper_add(reaper, pair.watched), -1);
    for (int i = 0; i < 6; i++)
        reaper_remove(reaper, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_is_cut_at_its_deadline_not_before),
        cmocka_unit_test(who_is_not_due_is_left_alone),
        cmocka_unit_test(past_the_limit_a_socket_is_not_watched),
        cmocka_unit_test(a_reaper_may_watch_nothing_at_all),
        cmocka_unit_test(many_threads_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
