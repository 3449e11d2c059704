// SPDX-License-Identifier: MIT
// Keys of witnesses, and files of heads, on the open hub.
#include "witness_actions.h"

#include <string.h>

#include "file.h"
#include "witness.h"
#include "witnessfile.h"

enum { FAULTS_LIMIT_BYTES = 1024 * 1024 };

static enum status reply_of(json_t *made, json_t **ret_reply, struct err *err)
{
    if (made == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = made;
    return STATUS_OK;
}

// ---- keys ------------------------------------------------------------------------------------

struct keys_job {
    struct writer_job job; // first
    const struct hub *hub;
    const json_t *keys;
    enum witness_role role;
    bool add;
};

static enum status apply_keys(struct db *db, struct writer_job *job, struct err *err)
{
    const struct keys_job *keys = (const struct keys_job *)job;
    size_t index = 0;
    const json_t *key = NULL;
    json_array_foreach(keys->keys, index, key)
    {
        const char *vkey = json_is_string(key) ? json_string_value(key) : "";
        TRY(keys->add ? witness_add(keys->hub, db, vkey, keys->role, err)
                      : witness_remove(keys->hub, db, vkey, keys->role, err));
    }
    return STATUS_OK;
}

static enum status change_keys(struct hub *hub, const json_t *request, enum witness_role role,
                               bool add, json_t **ret_reply, struct err *err)
{
    struct keys_job job = {.job.apply = apply_keys,
                           .hub = hub,
                           .keys = json_object_get(request, "keys"),
                           .role = role,
                           .add = add};
    if (json_array_size(job.keys) == 0)
        return err_set(err, STATUS_USAGE, "--key is missing");
    TRY(writer_run(hub->writer, &job.job, err));
    return reply_of(json_object(), ret_reply, err);
}

// ---- files -----------------------------------------------------------------------------------

static void figures_done(struct witnessfile_figures *figures)
{
    buf_done(&figures->faults);
}

static enum status use_file(struct hub *hub, const json_t *request, bool sign, json_t **ret_reply,
                            struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf out;
    AUTO(figures_done) struct witnessfile_figures figures = {.good = 0};
    const char *from = NULL, *to = NULL;
    buf_init(&text, WITNESSFILE_LIMIT_BYTES);
    buf_init(&out, WITNESSFILE_LIMIT_BYTES);
    buf_init(&figures.faults, FAULTS_LIMIT_BYTES);
    TRY(json_text(request, "from", "witness", &from, err));
    if (sign)
        TRY(json_text(request, "to", "witness", &to, err));
    if (sign && file_exists(to)) // before anything is signed
        return err_set(err, STATUS_CONFLICT,
                       "the file of --to is there already and is not overwritten; give another "
                       "name");
    TRY(file_read(from, &text, err));
    if (sign)
        TRY(witnessfile_sign(hub, buf_text(&text), text.size_bytes, &out, &figures, err));
    else
        TRY(witnessfile_take(hub, buf_text(&text), text.size_bytes, &figures, err));
    TRY(buf_check(&figures.faults, err));
    if (sign)
        TRY(file_write_once(to, out.data, out.size_bytes, 0644, err));
    return reply_of(json_pack("{s:I, s:I, s:s}", "good", (json_int_t)figures.good, "bad",
                              (json_int_t)figures.bad, "faults", buf_text(&figures.faults)),
                    ret_reply, err);
}

enum status witness_actions(struct hub *hub, const json_t *request, json_t **ret_reply,
                            struct err *err)
{
    static const struct {
        const char *act;
        enum witness_role role;
        bool add;
    } changes[] = {
        {"add", WITNESS_ORIGIN, true},
        {"remove", WITNESS_ORIGIN, false},
        {"trust", WITNESS_COUNTS, true},
        {"distrust", WITNESS_COUNTS, false},
    };
    const char *act = json_text_or(request, "act", "");
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
        if (strcmp(changes[i].act, act) == 0)
            return change_keys(hub, request, changes[i].role, changes[i].add, ret_reply, err);
    if (strcmp(act, "sign") == 0 || strcmp(act, "import") == 0)
        return use_file(hub, request, strcmp(act, "sign") == 0, ret_reply, err);
    return err_set(err, STATUS_USAGE, "the serving program does not know that act");
}
