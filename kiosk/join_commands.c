// SPDX-License-Identifier: MIT
// Enrol and setup.
#include "join_commands.h"

#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "file.h"
#include "kiosk_commands.h"
#include "kiosk_show.h"
#include "setup.h"

enum { PHRASE_LINE_BYTES = 128, OUT_LIMIT_BYTES = 4096 };

static enum status need(const struct option_set *set, const char *name, struct err *err)
{
    const char *value = option_text(set, name);
    if (value != NULL && value[0] != '\0')
        return STATUS_OK;
    return err_set(err, STATUS_USAGE, "--%s is missing", name);
}

// The command line can be seen by others on this computer; "-" reads the phrase from stdin.
static enum status read_phrase(const struct option_set *set, char ret_phrase[PHRASE_LINE_BYTES],
                               struct err *err)
{
    const char *given = option_text(set, "phrase");
    if (strcmp(given, "-") != 0) {
        if (snprintf(ret_phrase, PHRASE_LINE_BYTES, "%s", given) < PHRASE_LINE_BYTES)
            return STATUS_OK;
        return err_set(err, STATUS_BAD_INPUT, "--phrase is too long for a phrase");
    }
    if (fgets(ret_phrase, PHRASE_LINE_BYTES, stdin) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "no phrase came on stdin");
    return STATUS_OK;
}

static enum status say(const char *text, struct err *err)
{
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    buf_add_text(&out, text);
    return kiosk_show_buf(&out, err);
}

enum status join_commands_enrol(const struct option_set *set, struct err *err)
{
    char phrase[PHRASE_LINE_BYTES];
    AUTO(json_decrefp) json_t *reply = NULL;
    TRY(need(set, "hub", err));
    TRY(need(set, "phrase", err));
    TRY(read_phrase(set, phrase, err));
    const enum status status =
        kiosk_commands_ask(set,
                           json_pack("{s:s, s:s, s:s}", "command", "enrol", "hub",
                                     option_text(set, "hub"), "phrase", phrase),
                           &reply, err);
    crypto_wipe(phrase, sizeof phrase);
    TRY(status);
    return say("enrolled; the journal is sent to this hub from now on\n", err);
}

enum status join_commands_setup(const struct option_set *set, struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(json_decrefp) json_t *reply = NULL;
    buf_init(&text, SETUP_LIMIT_BYTES);
    TRY(need(set, "setup", err));
    TRY(file_read(option_text(set, "setup"), &text, err));
    // Before anybody is asked: a request holds UTF-8 only, and says nothing of the line.
    AUTO(json_decrefp) json_t *json = NULL;
    TRY(json_parse(buf_text(&text), text.size_bytes, SETUP_LIMIT_BYTES, "the setup", &json, err));
    TRY(kiosk_commands_ask(
        set, json_pack("{s:s, s:s%}", "command", "setup", "text", buf_text(&text), text.size_bytes),
        &reply, err));
    return say("the new setup is in force\n", err);
}
