// SPDX-License-Identifier: MIT
// Jobs of the kiosk's writer with a promise that is given when they are done.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "power.h"

bool power_early;
struct power_trace *power_requests;

// ---- one job and its promise --------------------------------------------------------------------

static struct writer_job *inner_of(struct power_act *act)
{
    if (act->text != NULL)
        return act->text;
    return act->rating != NULL ? &act->rating->job : &act->slip->job;
}

// How the line ends; of a repeat, whose line was written in an earlier hour, the answers alone.
static char *what_was_said(const struct rating *rating)
{
    const char *text = buf_text(&rating->tail);
    size_t chars = rating->tail.size_bytes;
    if (rating->outcome == RATING_REPEATED) {
        text = strstr(text, "\"answers\":{");
        power_need(text != NULL, "a repeat without answers", NULL);
        chars = strcspn(text, "}");
    }
    char *said = strndup(text, chars);
    power_need(said != NULL, "memory", NULL);
    return said;
}

static void promise(const struct power_act *act)
{
    struct power_promise promise = {0};
    if (act->text != NULL) {
        promise.words = strdup(act->words);
        promise.petition = act->petition;
        power_need(promise.words != NULL, "memory", NULL);
    } else if (act->slip != NULL) {
        memcpy(promise.code, act->slip->code, sizeof promise.code);
    } else {
        const struct rating *rating = act->rating;
        promise.entry = true;
        memcpy(promise.id, rating->response.id, sizeof promise.id);
        promise.part = rating->response.part;
        promise.spent = promise.part == 0 && rating->token.channel == RESPONSE_SLIP;
        if (promise.spent)
            memcpy(promise.code, rating->token.code, sizeof promise.code);
        promise.tail = what_was_said(rating);
    }
    power_promise(&promise);
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct power_act *act = (struct power_act *)job;
    struct writer_job *inner = inner_of(act);
    inner->status = inner->apply(db, inner, err);
    if (power_early && inner->status == STATUS_OK)
        promise(act);
    return inner->status;
}

static void finished(struct writer_job *job)
{
    struct power_act *act = (struct power_act *)job;
    inner_of(act)->status = job->status;
    if (!power_early && job->status == STATUS_OK)
        promise(act);
    sem_post(act->done);
}

// ---- several jobs in one commit -----------------------------------------------------------------

// Holds the writer until the others have queued up, so that they share a commit.
struct gate {
    struct writer_job job;
    sem_t open, done;
};

static enum status wait_gate(struct db *db, struct writer_job *job, struct err *err)
{
    (void)db;
    (void)err;
    sem_wait(&((struct gate *)job)->open);
    return STATUS_OK;
}

static void gate_done(struct writer_job *job)
{
    sem_post(&((struct gate *)job)->done);
}

void power_batch(struct kiosk *kiosk, struct power_act *acts, size_t count)
{
    struct err err = {0};
    struct gate gate = {.job = {.apply = wait_gate, .done = gate_done}};
    sem_t done;
    sem_init(&gate.open, 0, 0);
    sem_init(&gate.done, 0, 0);
    sem_init(&done, 0, 0);
    power_need(writer_submit(kiosk->writer, &gate.job, &err) == STATUS_OK, "the gate", &err);
    for (size_t i = 0; i < count; i++) {
        acts[i].job = (struct writer_job){.apply = apply, .done = finished};
        acts[i].done = &done;
        power_need(writer_submit(kiosk->writer, &acts[i].job, &err) == STATUS_OK, "a job", &err);
    }
    sem_post(&gate.open);
    for (size_t i = 0; i < count; i++)
        sem_wait(&done);
    sem_wait(&gate.done);
    sem_destroy(&gate.open);
    sem_destroy(&gate.done);
    sem_destroy(&done);
}

void power_acts_free(struct power_act *acts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (acts[i].rating != NULL)
            rating_job_free(&acts[i].rating->job);
        if (acts[i].text != NULL)
            acts[i].text_free(acts[i].text);
        free(acts[i].slip);
    }
}

void power_remember(const char *token, const char *fields, const char *text)
{
    if (power_requests == NULL)
        return;
    struct power_trace *trace = power_requests;
    if (trace->request_count == trace->request_space) {
        trace->request_space = trace->request_space * 2 + 64;
        trace->requests =
            realloc(trace->requests, trace->request_space * sizeof trace->requests[0]);
        power_need(trace->requests != NULL, "memory", NULL);
    }
    struct power_request *request = &trace->requests[trace->request_count++];
    snprintf(request->token, sizeof request->token, "%s", token);
    snprintf(request->fields, sizeof request->fields, "%s", fields);
    request->text = text == NULL ? NULL : strdup(text);
}
