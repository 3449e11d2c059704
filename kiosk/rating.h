// SPDX-License-Identifier: MIT
// One rating on its way into the journal: from a strictly read form to a job of the writer.
#ifndef HAILONG_RATING_H
#define HAILONG_RATING_H

#include "kiosk.h"
#include "token.h"
#include "urlform.h"

// Later steps of one page (changes of level included); a page that needs more is not a person.
enum { RATING_PART_MAX = 40 };

enum rating_outcome {
    RATING_RECORDED, // new, durable
    RATING_REPEATED, // the same request again: the same answer as before
};

struct rating {
    struct writer_job job; // first: the reply's job
    struct kiosk *kiosk;   // borrowed
    struct token token;
    char token_text[TOKEN_TEXT_CHARS + 1];
    struct response response;
    enum rating_outcome outcome; // valid when job.status is STATUS_OK
    bool arming_spent;           // the job's own: given back when nothing was written
    bool judged;                 // … and so is this: forgotten then
    int64_t received_ms;         // on the boot clock (clock.h), for the live flags
    int64_t received_s;
    uint8_t request_mac[CRYPTO_HASH_BYTES];
    struct buf tail;
    char language[8]; // of the page, for the answer: "vi", "en"
    bool large_text;
};

// Fields that a rating form may have: token, part, page, end, overall, agency, F1…F5,
// topic_ID for each topic (value "1"), lang, large. Everything else is refused.
extern const char *const rating_fields[];
// Checks the form against token, form and setup. STATUS_BAD_INPUT names the field; STATUS_GONE:
// the page is too old. On STATUS_OK *ret_rating is given; put &rating->job into reply->job with
// rating_job_free. The job ends with STATUS_OK and an outcome, STATUS_CONFLICT (another answer is
// there under this page and part), STATUS_GONE (the slip is finished, expired or withdrawn, or the
// retry came after its day), STATUS_NOT_FOUND (a detail without its response), or a failure.
enum status rating_new(struct kiosk *kiosk, const struct urlform *form, struct rating **ret_rating,
                       struct err *err) MUST_USE;
void rating_job_free(struct writer_job *job);

#endif
