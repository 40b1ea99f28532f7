/* SPDX-License-Identifier: Apache-2.0 */
/* token: in the order in which a caller learns what is wrong. */
#include "domain/token.h"

enum refusal token_decide(const struct token *token, micros now)
{
    if (token->deleted_at != 0) return REFUSED_TOKEN_DELETED;
    if (token->single_use && token->used_at != 0) return REFUSED_TOKEN_USED;
    if (token->expires_at != 0 && token->expires_at <= now) return REFUSED_TOKEN_EXPIRED;
    return REFUSED_NOT;
}
