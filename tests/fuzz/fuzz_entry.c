// SPDX-License-Identifier: MIT
// Property: a line that entry_read takes can be read again with the same result, and a response
// that response_read takes gives a tail that reads back as the same response.
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "response.h"

static void check_response(const struct entry *entry)
{
    struct response response, again;
    struct err err;
    if (response_read(entry, &response, &err) != STATUS_OK)
        return;
    struct buf tail, line;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    buf_init(&line, ENTRY_LIMIT_BYTES);
    response_tail(&response, &tail);
    struct entry copy;
    if (entry_line(entry->lane, entry->seq, &tail, &line, &err) == STATUS_OK) {
        if (entry_read(line.data, line.size_bytes, &copy, &err) != STATUS_OK ||
            response_read(&copy, &again, &err) != STATUS_OK ||
            memcmp(response.id, again.id, sizeof again.id) != 0 || response.hour != again.hour ||
            response.answer_count != again.answer_count)
            abort();
        entry_done(&copy);
    }
    buf_done(&tail);
    buf_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct entry entry;
    struct err err = {0};
    static bool open;
    if (!open && form_open(&err) != STATUS_OK)
        abort();
    open = true;
    if (entry_read((const char *)data, size, &entry, &err) != STATUS_OK)
        return 0;
    if (entry.kind == ENTRY_RESPONSE || entry.kind == ENTRY_DETAIL)
        check_response(&entry);
    entry_done(&entry);
    return 0;
}
