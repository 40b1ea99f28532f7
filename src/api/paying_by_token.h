/* SPDX-License-Identifier: Apache-2.0 */
/* paying_by_token: POST /v1/payments with a token: its card is opened, and from there on it is a payment as any other. */
#ifndef FLORIN_API_PAYING_BY_TOKEN_H
#define FLORIN_API_PAYING_BY_TOKEN_H

#include "api/call.h"

/* The payment of wish->token_id; `brought` holds the CVV that came beside the token, or is NULL. All is copied before this returns. */
void pay_by_token(struct api_call *call, const struct request_name *name, const struct payment_wish *wish, const struct card *brought);

/* Is the vault there and open? */
bool vault_is_open(const struct api *api);

#endif
