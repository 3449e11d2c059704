// SPDX-License-Identifier: MIT
// The tables behind `enum status`, all made from its one list.
#include "status.h"

#include <pthread.h>
#include <string.h>

struct status_row {
    const char *upper;
    unsigned http;
    int code;
};

static const struct status_row status_rows[STATUS_COUNT] = {
#define X(name, http, code) [STATUS_##name] = {#name, http, code},
    STATUS_LIST(X)
#undef X
};

enum { STATUS_NAME_SIZE = 24 }; // longest name is "check_failed"
static char status_lower[STATUS_COUNT][STATUS_NAME_SIZE];
static pthread_once_t status_once = PTHREAD_ONCE_INIT;

// The list holds the names in upper case only; the preprocessor cannot lower them.
static void status_lower_names(void)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        const char *upper = status_rows[i].upper;
        for (size_t k = 0; upper[k] != '\0' && k + 1 < STATUS_NAME_SIZE; k++)
            status_lower[i][k] = upper[k] == '_' ? '_' : (char)(upper[k] - 'A' + 'a');
    }
}

static size_t status_index(enum status status)
{
    size_t index = (size_t)status;
    return index < STATUS_COUNT ? index : (size_t)STATUS_INTERNAL;
}

const char *status_name(enum status status)
{
    pthread_once(&status_once, status_lower_names);
    return status_lower[status_index(status)];
}

unsigned status_http(enum status status)
{
    return status_rows[status_index(status)].http;
}

int status_exit(enum status status)
{
    return status_rows[status_index(status)].code;
}

enum status status_of_name(const char *name)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (strcmp(status_name((enum status)i), name) == 0)
            return (enum status)i;
    }
    return STATUS_INTERNAL;
}
