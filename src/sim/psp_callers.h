/* SPDX-License-Identifier: Apache-2.0 */
/* psp_callers: who is asking? What an Authorization header says, and tokens that were given out for a time (OAuth 2). */
#ifndef FLORIN_SIM_PSP_CALLERS_H
#define FLORIN_SIM_PSP_CALLERS_H

#include "sim/desk_chance.h"
#include "world/http.h"

enum psp_scheme { PSP_NO_CREDENTIALS, PSP_BEARER, PSP_BASIC };

struct psp_credentials {
    enum psp_scheme scheme;
    str name;   /* of Basic */
    str secret; /* the password of Basic, the token of Bearer */
};

/* An unreadable header is none. */
struct psp_credentials psp_credentials_read(struct arena *arena, const struct http_request *request);

enum { PSP_TOKENS_KEPT = 64, PSP_TOKEN_BYTES = 40 };

/* Tokens that are good for a time; the oldest makes room. All zero is none. */
struct psp_tokens {
    uint32_t count;
    struct psp_token {
        char text[PSP_TOKEN_BYTES + 1];
        micros good_until;
    } kept[PSP_TOKENS_KEPT];
};

/* A new one; valid as long as it is kept. */
str psp_token_issue(struct psp_tokens *tokens, struct desk_chance *chance, micros good_until);
bool psp_token_is_good(const struct psp_tokens *tokens, str token, micros now);

/* All of them are good no more, as when a company lost its memory. */
void psp_tokens_revoke(struct psp_tokens *tokens);

/* Draws letters and digits; terminated. */
void psp_draw_text(struct desk_chance *chance, char *to, size_t length);

#endif
