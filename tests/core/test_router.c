// SPDX-License-Identifier: MIT
// router.c: segments, names, listeners, methods.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "router.h"

static enum status nothing(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    (void)reply;
    (void)err;
    return STATUS_OK;
}

static const struct route routes[] = {
    {HTTP_GET, "/", nothing, 1, 0, false},
    {HTTP_GET, "/c/{counter}", nothing, 1, 0, false},
    {HTTP_GET, "/c/{counter}/{area}", nothing, 1, 0, false},
    {HTTP_GET, "/c/new", nothing, 1, 0, false},
    {HTTP_GET, "/{any}/new", nothing, 1, 0, false},
    {HTTP_POST, "/c/{counter}", nothing, 1, 0, false},
    {HTTP_POST, "/only-post", nothing, 1, 0, false},
    {HTTP_GET, "/phone", nothing, 2, 0, false},
    {HTTP_GET, "/both", nothing, 3, 0, false},
    {HTTP_GET, "/{a}/{b}/{c}/{d}/{e}/{f}", nothing, 1, 0, false},
    {HTTP_GET, "/x/{a}/{b}/{c}/{d}/{e}/{f}/{g}", nothing, 1, 0, false},
};

static struct router_match match;

static const char *find(unsigned listener, enum http_method method, const char *path)
{
    memset(&match, 0xA5, sizeof(match));
    router_find(routes, ARRAY_SIZE(routes), listener, method, path, &match);
    return match.route == NULL ? NULL : match.route->path;
}

static void assert_found(const char *path, const char *route, size_t params, const char *first)
{
    const char *found = find(1, HTTP_GET, path);
    if (found == NULL)
        fail_msg("%s", path);
    assert_string_equal(found, route);
    assert_int_equal(match.param_count, params);
    if (params > 0)
        assert_string_equal(match.param[0], first);
}

static void whole_segments_match_literal_ones_first(void **state)
{
    (void)state;
    assert_found("/", "/", 0, NULL);
    assert_string_equal(match.path, "/");
    assert_found("/c/1", "/c/{counter}", 1, "1");
    assert_found("/c/new", "/c/new", 0, NULL);
    assert_found("/d/new", "/{any}/new", 1, "d");
    assert_found("/c/1/HT", "/c/{counter}/{area}", 2, "1");
    assert_string_equal(match.param[1], "HT");
    assert_found("/1/2/3/4/5/6", "/{a}/{b}/{c}/{d}/{e}/{f}", 6, "1");
    assert_string_equal(match.param[5], "6");
}

static void segments_are_decoded_once(void **state)
{
    (void)state;
    assert_found("/c/qu%E1%BA%A7y%201", "/c/{counter}", 1, "quầy 1");
    assert_string_equal(match.path, "/c/quầy 1");
    assert_found("/c/%2541", "/c/{counter}", 1, "%41");
    assert_found("/%63/n%65w", "/c/new", 0, NULL);
    assert_found("/c/a+b", "/c/{counter}", 1, "a+b");
}

static void other_paths_match_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "c/1",
        "/c",
        "/c/",
        "/c/1/",
        "//",
        "/c//1",
        "/C/1",
        "/cc/1",
        "/c/1/2/3",
        "/ne",
        "/news",
        "/c/%",
        "/c/%4",
        "/c/%zz",
        "/c/%00",
        "/c/a%2fb",
        "/c/%ff",
        "/c/%c0%af",
        "/c/%0a",
        "/x/1/2/3/4/5/6/7",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
    };
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        if (find(1, HTTP_GET, paths[i]) != NULL)
            fail_msg("%s", paths[i]);
        assert_null(match.allow);
        assert_int_equal(match.param_count, 0);
    }
}

static void a_listener_sees_its_own_routes(void **state)
{
    (void)state;
    assert_null(find(1, HTTP_GET, "/phone"));
    assert_null(match.allow);
    assert_non_null(find(2, HTTP_GET, "/phone"));
    assert_non_null(find(1, HTTP_GET, "/both"));
    assert_non_null(find(2, HTTP_GET, "/both"));
    assert_null(find(4, HTTP_GET, "/both"));
    assert_null(find(2, HTTP_GET, "/c/1"));
}

static void another_method_is_told_which_ones_there_are(void **state)
{
    (void)state;
    assert_null(find(1, 0, "/c/1"));
    assert_string_equal(match.allow, "GET, HEAD, POST");
    assert_null(find(1, HTTP_GET, "/only-post"));
    assert_string_equal(match.allow, "POST");
    assert_null(find(1, HTTP_POST, "/c/1/HT"));
    assert_string_equal(match.allow, "GET, HEAD");
    assert_non_null(find(1, HTTP_POST, "/c/1"));
    assert_null(match.allow);
    // A literal route of another method does not hide the one with a name.
    assert_string_equal(find(1, HTTP_POST, "/c/new"), "/c/{counter}");
}

static void a_path_has_a_longest_length(void **state)
{
    (void)state;
    char path[ROUTER_PATH_LIMIT_BYTES + 2];
    memset(path, 'a', sizeof(path));
    memcpy(path, "/c/", 3);
    path[ROUTER_PATH_LIMIT_BYTES + 1] = '\0';
    assert_null(find(1, HTTP_GET, path));
    path[ROUTER_PATH_LIMIT_BYTES] = '\0';
    assert_non_null(find(1, HTTP_GET, path));
    assert_int_equal(strlen(match.param[0]), ROUTER_PATH_LIMIT_BYTES - 3);
}

static void an_empty_table_matches_nothing(void **state)
{
    (void)state;
    router_find(routes, 0, 1, HTTP_GET, "/", &match);
    assert_null(match.route);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_segments_match_literal_ones_first),
        cmocka_unit_test(segments_are_decoded_once),
        cmocka_unit_test(other_paths_match_nothing),
        cmocka_unit_test(a_listener_sees_its_own_routes),
        cmocka_unit_test(another_method_is_told_which_ones_there_are),
        cmocka_unit_test(a_path_has_a_longest_length),
        cmocka_unit_test(an_empty_table_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
