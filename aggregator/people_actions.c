// SPDX-License-Identifier: MIT
// Users, proposals and confirmations on the open hub.
#include "people_actions.h"

#include <string.h>

#include "hubfact.h"
#include "proposal.h"

static enum status reply_of(json_t *made, json_t **ret_reply, struct err *err)
{
    if (made == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    *ret_reply = made;
    return STATUS_OK;
}

enum status people_actions_user(struct hub *hub, const json_t *request, json_t **ret_reply,
                                struct err *err)
{
    const char *name = NULL;
    TRY(json_text(request, "name", "user", &name, err));
    if (strcmp(json_text_or(request, "act", ""), "remove") == 0) {
        TRY(person_remove(hub, name, err));
        return reply_of(json_object(), ret_reply, err);
    }
    struct person_new person = {.name = name, .unit = json_text_or(request, "unit", NULL)};
    TRY(json_text(request, "role", "user", &person.role, err));
    TRY(json_text(request, "passphrase", "user", &person.passphrase, err));
    TRY(person_add(hub, &person, err));
    return reply_of(json_object(), ret_reply, err);
}

static enum status sign_in(const struct hub *hub, const json_t *request, struct person *ret_person,
                           struct err *err)
{
    const char *user = NULL, *passphrase = NULL;
    TRY(json_text(request, "user", "request", &user, err));
    TRY(json_text(request, "passphrase", "request", &passphrase, err));
    return person_sign_in(hub, user, passphrase, ret_person, err);
}

enum status people_actions_propose(struct hub *hub, const json_t *request, json_t **ret_reply,
                                   struct err *err)
{
    struct person person;
    struct proposal proposal = {.field = json_text_or(request, "field", ""),
                                .reason = json_text_or(request, "reason", "")};
    int64_t n = 0;
    TRY(json_text(request, "act", "request", &proposal.act, err));
    TRY(json_text(request, "target", "request", &proposal.target, err));
    TRY(sign_in(hub, request, &person, err));
    TRY(proposal_make(hub, &person, &proposal, &n, err));
    return reply_of(json_pack("{s:I}", "n", (json_int_t)n), ret_reply, err);
}

enum status people_actions_confirm(struct hub *hub, const json_t *request, json_t **ret_reply,
                                   struct err *err)
{
    struct person person;
    int64_t n = 0, counted = 0;
    TRY(json_int(request, "proposal", "request", 1, INT64_MAX, &n, err));
    TRY(sign_in(hub, request, &person, err));
    if (json_bool_or(request, "refuse", false))
        TRY(proposal_refuse(hub, &person, n, err));
    else
        TRY(proposal_confirm(hub, &person, n, &counted, err));
    // It is done and stays done; what is owed here is remembered.
    bool owed = hubfact_pay(hub, NULL) != STATUS_OK;
    return reply_of(json_pack("{s:I, s:b}", "counted", (json_int_t)counted, "owed", (int)owed),
                    ret_reply, err);
}
