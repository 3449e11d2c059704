// SPDX-License-Identifier: MIT
// Where comments and petitions arrive: POST /api/v1/texts.
#ifndef HAILONG_TEXT_API_H
#define HAILONG_TEXT_API_H

#include "http.h"

enum {
    // Of a comment. In the worst case each letter takes nine bytes of a form (URLFORM_LIMIT_BYTES).
    TEXT_API_CHARS_MAX = 800,
    TEXT_API_CONTACT_CHARS_MAX = 120, // of a name, a telephone number or an address
};

// One text from a page that has answered or may answer: fields token, text, kind (comment or
// petition, default comment), contact_name, contact_phone, contact_address (petitions only: the
// name and one of the others must be there), lang. The area is the token's. Answered once it is
// durable: thanks, or {"status":"recorded"}; a repeat gets the same. 409 when the page has sent
// another text, 403 for a petition while there is no case key. A counter screen's page is taken on
// the screens' listener only.
enum status text_api_post(const struct request *request, struct reply *reply,
                          struct err *err) MUST_USE;

#endif
