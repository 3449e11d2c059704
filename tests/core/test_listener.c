// SPDX-License-Identifier: MIT
// listener.c: addresses and the names they may be called by.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "listener.h"

static void an_address_is_numeric_with_a_port(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        enum status status;
    } rows[] = {
        {"127.0.0.1:0", STATUS_OK},
        {"0.0.0.0:0", STATUS_OK},
        {"localhost:0", STATUS_OK},
        {"[::1]:0", STATUS_OK},
        {"", STATUS_BAD_INPUT},
        {":", STATUS_BAD_INPUT},
        {":0", STATUS_BAD_INPUT},
        {"127.0.0.1", STATUS_BAD_INPUT},
        {"127.0.0.1:", STATUS_BAD_INPUT},
        {"127.0.0.1:65536", STATUS_BAD_INPUT},
        {"127.0.0.1:-1", STATUS_BAD_INPUT},
        {"127.0.0.1:1a", STATUS_BAD_INPUT},
        {"127.0.0.1:000000", STATUS_BAD_INPUT},
        {"::1:0", STATUS_BAD_INPUT},
        {"[]:0", STATUS_BAD_INPUT},
        {"[::1:0", STATUS_BAD_INPUT},
        {"example.vn:0", STATUS_BAD_INPUT},
        {"256.0.0.1:0", STATUS_BAD_INPUT},
        {"[a:very:long:text:that:is:no:address:at:all:but:has:many:colons:in:it]:0",
         STATUS_BAD_INPUT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct listener listener = {.socket_fd = -2};
        struct err err = {0};
        enum status status = listener_open(rows[i].address, &listener, &err);
        if (status != rows[i].status)
            fail_msg("%s: %s", rows[i].address, err.text);
        if (status == STATUS_OK) {
            assert_true(listener.port > 0);
            listener_close(&listener);
            listener_close(&listener);
        }
        assert_int_equal(listener.socket_fd, status == STATUS_OK ? -1 : -2);
    }
}

static void an_address_of_nobody_here_cannot_be_used(void **state)
{
    (void)state;
    struct listener listener;
    struct err err = {0};
    // TEST-NET-1 (RFC 5737) belongs to no machine.
    assert_int_equal(listener_open("192.0.2.1:0", &listener, &err), STATUS_IO);
}

static bool allows(const struct listener_hosts *hosts, const char *host)
{
    for (size_t i = 0; hosts->list[i] != NULL; i++) {
        if (strcmp(hosts->list[i], host) == 0)
            return true;
    }
    return false;
}

static void loopback_is_called_by_each_of_its_names(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1:0", "[::1]:0"};
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
        struct listener listener;
        struct listener_hosts hosts;
        struct err err = {0};
        assert_int_equal(listener_open(addresses[i], &listener, &err), STATUS_OK);
        assert_true(listener.loopback);
        listener_name(&listener, NULL, &hosts);
        for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
            char host[LISTENER_TEXT_SIZE];
            (void)snprintf(host, sizeof(host), "%s:%u", names[n], listener.port);
            assert_true(allows(&hosts, host));
            assert_false(allows(&hosts, names[n]));
        }
        assert_true(allows(&hosts, listener.text));
        listener_close(&listener);
    }
}

static void other_addresses_are_called_by_themselves_and_the_extra_names(void **state)
{
    (void)state;
    static const char *const extra[] = {"danhgia.example.vn", "10.0.0.5:8080", NULL};
    struct listener listener = {.socket_fd = -1, .port = 8080, .text = "10.0.0.4:8080"};
    struct listener_hosts hosts;
    listener_name(&listener, extra, &hosts);
    assert_int_equal(hosts.count, 3);
    assert_true(allows(&hosts, "10.0.0.4:8080"));
    assert_true(allows(&hosts, "danhgia.example.vn"));
    assert_true(allows(&hosts, "10.0.0.5:8080"));
}

static void on_port_80_the_port_may_be_left_away(void **state)
{
    (void)state;
    struct listener listener = {
        .socket_fd = -1, .port = 80, .loopback = true, .text = "127.0.0.1:80"};
    struct listener_hosts hosts;
    listener_name(&listener, NULL, &hosts);
    assert_true(allows(&hosts, "127.0.0.1"));
    assert_true(allows(&hosts, "127.0.0.1:80"));
    assert_true(allows(&hosts, "localhost"));
    assert_true(allows(&hosts, "[::1]:80"));
}

static void too_many_names_are_left_out(void **state)
{
    (void)state;
    const char *extra[LISTENER_HOST_MAX + 2];
    struct listener listener = {.socket_fd = -1, .port = 8080, .text = "10.0.0.4:8080"};
    struct listener_hosts hosts;
    for (size_t i = 0; i <= LISTENER_HOST_MAX; i++)
        extra[i] = "a.example";
    extra[LISTENER_HOST_MAX + 1] = NULL;
    listener_name(&listener, extra, &hosts);
    assert_int_equal(hosts.count, LISTENER_HOST_MAX);
    assert_null(hosts.list[LISTENER_HOST_MAX]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_numeric_with_a_port),
        cmocka_unit_test(an_address_of_nobody_here_cannot_be_used),
        cmocka_unit_test(loopback_is_called_by_each_of_its_names),
        cmocka_unit_test(other_addresses_are_called_by_themselves_and_the_extra_names),
        cmocka_unit_test(on_port_80_the_port_may_be_left_away),
        cmocka_unit_test(too_many_names_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
