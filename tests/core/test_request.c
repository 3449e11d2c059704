// SPDX-License-Identifier: MIT
// request.c: cookies, origins and forms of requests.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "request.h"
#include "urlform.h"

struct fields {
    const char *name, *value;
};

static const char *find_field(const struct request *request, const char *name)
{
    for (const struct fields *field = request->source; field->name != NULL; field++) {
        if (strcasecmp(field->name, name) == 0)
            return field->value;
    }
    return NULL;
}

static struct request with(struct fields *fields)
{
    return (struct request){.header = find_field, .source = fields};
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    static const struct {
        const char *cookies, *expected;
    } rows[] = {
        {"sid=abc", "abc"},
        {"a=1; sid=abc; b=2", "abc"},
        {"a=1;sid=abc", "abc"},
        {"sid=", ""},
        {"sid=a=b", "a=b"},
        {"xsid=1", NULL},
        {"sidx=1", NULL},
        {"Sid=1", NULL},
        {"sid", NULL},
        {"", NULL},
        {";;; ", NULL},
        {"a=sid=1", NULL},
        {"sid=1234567", "1234567"},
        {"sid=12345678", NULL},
        {"sid=first; sid=last", "first"},
        {NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fields fields[] = {{rows[i].cookies == NULL ? NULL : "cookie", rows[i].cookies},
                                  {NULL, NULL}};
        struct request request = with(fields);
        char value[8] = "old";
        bool found = request_cookie(&request, "sid", value, sizeof(value));
        assert_int_equal(found, rows[i].expected != NULL);
        assert_string_equal(value, found ? rows[i].expected : "old");
    }
}

static void our_own_pages_are_told_from_others(void **state)
{
    (void)state;
    static const struct {
        const char *origin, *site, *host;
        bool same;
    } rows[] = {
        {"http://a.vn:8080", NULL, "a.vn:8080", true},
        {"https://a.vn", NULL, "a.vn", true},
        {"https://A.vn", NULL, "a.VN", true},
        {"http://a.vn", NULL, "a.vn:8080", false},
        {"http://a.vn:8080", NULL, "a.vn", false},
        {"http://evil.vn", NULL, "a.vn", false},
        {"http://a.vn.evil.vn", NULL, "a.vn", false},
        {"http://evil.vn", "same-origin", "a.vn", false},
        {"ftp://a.vn", NULL, "a.vn", false},
        {"a.vn", NULL, "a.vn", false},
        {"null", NULL, "a.vn", false},
        {"", NULL, "a.vn", false},
        {"http://a.vn", NULL, NULL, false},
        {NULL, "same-origin", "a.vn", true},
        {NULL, "none", "a.vn", true},
        {NULL, "same-site", "a.vn", false},
        {NULL, "cross-site", "a.vn", false},
        {NULL, "", "a.vn", false},
        {NULL, NULL, "a.vn", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fields fields[4] = {{NULL, NULL}};
        size_t count = 0;
        if (rows[i].origin != NULL)
            fields[count++] = (struct fields){"Origin", rows[i].origin};
        if (rows[i].site != NULL)
            fields[count++] = (struct fields){"Sec-Fetch-Site", rows[i].site};
        if (rows[i].host != NULL)
            fields[count++] = (struct fields){"Host", rows[i].host};
        struct request request = with(fields);
        assert_int_equal(request_same_origin(&request), rows[i].same);
    }
}

static void a_body_is_a_form_unless_it_says_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum status expected;
    } rows[] = {
        {NULL, STATUS_OK},
        {"application/x-www-form-urlencoded", STATUS_OK},
        {"Application/X-WWW-Form-URLencoded; charset=UTF-8", STATUS_OK},
        {"application/x-www-form-urlencoded ; charset=UTF-8", STATUS_OK},
        {"application/x-www-form-urlencodedx", STATUS_BAD_INPUT},
        {"application/json", STATUS_BAD_INPUT},
        {"multipart/form-data; boundary=x", STATUS_BAD_INPUT},
        {"", STATUS_BAD_INPUT},
    };
    static const char *const names[] = {"a", NULL};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fields fields[] = {{rows[i].type == NULL ? NULL : "Content-Type", rows[i].type},
                                  {NULL, NULL}};
        struct request request = with(fields);
        struct urlform form = {.count = 9};
        struct err err = {.text = ""};
        request.body = "a=C%E1%BA%A3m+%C6%A1n";
        request.body_size_bytes = strlen(request.body);
        assert_int_equal(request_form(&request, names, &form, &err), rows[i].expected);
        if (rows[i].expected == STATUS_OK)
            assert_string_equal(urlform_value(&form, "a"), "Cảm ơn");
        else
            assert_non_null(strstr(err.text, "application/x-www-form-urlencoded"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(our_own_pages_are_told_from_others),
        cmocka_unit_test(a_body_is_a_form_unless_it_says_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
