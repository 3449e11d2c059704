// SPDX-License-Identifier: MIT
// Property: a template either does not compile, with a text, or renders within its buffer; and no
// value reaches the page unescaped by a {{name}} tag.
#include <stdlib.h>
#include <string.h>

#include "mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct mustache *template = NULL;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    enum status status = mustache_compile("fuzz", text, NULL, NULL, &template, &err);
    if (status != STATUS_OK && err.text[0] == 0)
        abort();
    if (status == STATUS_OK) {
        json_t *model = json_pack("{s:s,s:[i,i],s:{s:b}}", "a", "<\x01>", "l", 1, 2, "o", "t", 1);
        struct buf out;
        buf_init(&out, 1 << 20);
        status = mustache_render(template, &model, 1, false, &out, &err);
        if (status == STATUS_OK && strstr(text, "{{{") == NULL && strstr(text, "&") == NULL &&
            strchr(text, 1) == NULL && strstr(buf_text(&out), "<\x01>") != NULL)
            abort();
        buf_done(&out);
        json_decref(model);
        mustache_free(template);
    }
    free(text);
    return 0;
}
