// SPDX-License-Identifier: MIT
// slip_url.c: which addresses a telephone on mobile data can reach.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "slip.h"

static void check(const char *const *urls, size_t count, bool private)
{
    for (size_t i = 0; i < count; i++)
        if (slip_url_is_private(urls[i]) != private)
            fail_msg("%s was taken for %s", urls[i], private ? "public" : "private");
}

static void addresses_of_an_office_are_private(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://0.0.0.0:8081",
        "http://10.0.0.0",
        "http://10.255.255.255:8081/S/X",
        "http://100.64.0.0",
        "http://100.127.255.255",
        "http://127.0.0.1:8081",
        "http://127.255.255.255",
        "http://169.254.0.0",
        "http://169.254.255.255",
        "http://172.16.0.0",
        "http://172.31.255.255",
        "http://192.168.0.0",
        "http://192.168.255.255/",
        "http://[::]:8081",
        "http://[::1]:8081",
        "http://[fc00::1]",
        "http://[fdff:ffff::1]/S/X",
        "http://[fe80::1]",
        "http://[febf::1]",
        "http://[::ffff:10.0.0.1]",
        "http://localhost:8081",
        "http://motcua",
        "http://motcua.local",
        "http://motcua.LAN/S/X",
        "https://motcua.internal",
        "http://motcua.home.arpa:80",
        "http://",
        "",
    };
    check(urls, ARRAY_SIZE(urls), true);
}

static void addresses_of_the_internet_are_not(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://1.0.0.0",
        "http://9.255.255.255",
        "http://11.0.0.0:8081/S/10.0.0.1",
        "http://100.63.255.255",
        "http://100.128.0.0",
        "http://126.255.255.255",
        "http://128.0.0.0",
        "http://169.253.255.255",
        "http://169.255.0.0",
        "http://172.15.255.255",
        "http://172.32.0.0",
        "http://192.167.255.255",
        "http://192.169.0.0",
        "http://[2001:db8::1]:8081",
        "http://[fbff::1]",
        "http://[fe00::1]",
        "http://[fec0::1]",
        "http://[::ffff:8.8.8.8]",
        "https://danhgia.example.vn",
        "https://danhgia.example.vn:8443/x/",
        "HTTPS://DANHGIA.EXAMPLE.VN/S/X",
        "https://10.0.0.1.example.vn",
        "https://local.example.vn",
        "https://motcua.localx",
        "danhgia.example.vn",
    };
    check(urls, ARRAY_SIZE(urls), false);
}

static void a_host_that_is_too_long_is_not_promised_to_anybody(void **state)
{
    (void)state;
    char url[400] = "https://";
    memset(url + 8, 'a', 255);
    strcpy(url + 8 + 252, ".vn");
    assert_false(slip_url_is_private(url));
    memset(url + 8, 'a', 256);
    strcpy(url + 8 + 253, ".vn");
    assert_true(slip_url_is_private(url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_an_office_are_private),
        cmocka_unit_test(addresses_of_the_internet_are_not),
        cmocka_unit_test(a_host_that_is_too_long_is_not_promised_to_anybody),
    };
    return cmocka_run_group_tests_name("slip_url", tests, NULL, NULL);
}
