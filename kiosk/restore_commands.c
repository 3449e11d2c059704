// SPDX-License-Identifier: MIT
// Restore and slips on the command line.
#include "restore_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kiosk_commands.h"
#include "lock.h"
#include "note.h"
#include "restore.h"

static enum status print_key(const char *folder, struct err *err)
{
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    char vkey[NOTE_VKEY_BYTES];
    struct note_key key;
    TRY(kiosk_secret(folder, secret, err));
    crypto_sign_public(secret, public_key);
    crypto_wipe(secret, sizeof secret);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    printf("%s\n", vkey);
    return STATUS_OK;
}

static enum status make(const char *folder, const char *from, struct err *err)
{
    struct restored restored;
    TRY(restore_make(folder, from, &restored, err));
    fprintf(stderr,
            "The lane %s with %" PRId64 " entries goes on in the new lane %s.\n"
            "Next: `hailong-aggregator join --unit UNIT --replaces %s`, then `hailong-kiosk enrol` "
            "with its phrase. Until then slips wait.\n",
            restored.former, restored.size, restored.lane, restored.former);
    return print_key(folder, err);
}

enum status restore_commands_restore(const struct option_set *set, struct err *err)
{
    const char *folder = option_text(set, "data"), *from = option_text(set, "from");
    const char *kit = option_text(set, "kit");
    if (folder == NULL || folder[0] == '\0')
        return err_set(err, STATUS_USAGE, "--data is missing");
    if (from == NULL && kit == NULL)
        return err_set(err, STATUS_USAGE, "--from or --kit is needed");
    if (from != NULL)
        TRY(make(folder, from, err));
    if (kit == NULL)
        return STATUS_OK;
    TRY(kiosk_check(folder, err));
    AUTO(lock_freep) struct lock *lock = NULL;
    TRY(lock_take(folder, &lock, err)); // it is loaded when the kiosk opens, which it must not be
    return restore_kit(folder, kit, err);
}

enum status restore_commands_slips(const struct option_set *set, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    if (!option_flag(set, "accept-gap"))
        return err_set(err, STATUS_USAGE,
                       "--accept-gap is needed: slips are then used although nobody knows which "
                       "were spent");
    return kiosk_commands_ask(set, json_pack("{s:s}", "command", "slips"), &reply, err);
}
