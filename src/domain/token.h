/* SPDX-License-Identifier: Apache-2.0 */
/* token: a stored card, as the rules see it: may a payment use it? */
#ifndef FLORIN_DOMAIN_TOKEN_H
#define FLORIN_DOMAIN_TOKEN_H

#include "domain/reason.h"

/* Times are 0 where it has not happened, or never will. */
struct token {
    bool single_use;
    micros created_at, expires_at, used_at, deleted_at;
};

/* The first reason why no payment may use it now; REFUSED_NOT: one may. */
enum refusal token_decide(const struct token *token, micros now);

#endif
