/* SPDX-License-Identifier: Apache-2.0 */
/* bank_disguise: what the bank says instead of the truth when it was told to, in its own words. */
#include "sim/bank_state.h"

static void say_refusal(struct desk_visit *visit, enum bank_refusal refusal)
{
    visit->answer = (struct http_answer){ 0 };
    bank_answer_refusal(visit->exchange->arena, refusal, &visit->answer);
}

static void say_internal(struct desk_visit *visit, int status, const char *message)
{
    visit->answer = (struct http_answer){ 0 };
    bank_answer_error(visit->exchange->arena, status, "internal_error", message, &visit->answer);
}

static void say_not_found(struct desk_visit *visit)
{
    const struct bank_route *route = bank_visit_of(visit)->route;
    enum bank_endpoint endpoint = route ? route->endpoint : BANK_ELSEWHERE;
    if (endpoint == BANK_POST_HOLD) {
        say_refusal(visit, BANK_CARD_UNKNOWN);
    } else if (endpoint == BANK_POST_CAPTURE || endpoint == BANK_POST_VOID) {
        say_refusal(visit, BANK_HOLD_UNKNOWN);
    } else if (endpoint == BANK_POST_REFUND) {
        say_refusal(visit, BANK_CAPTURE_UNKNOWN);
    } else {
        visit->answer = (struct http_answer){ 0 };
        bank_answer_error(visit->exchange->arena, 404, "not_found", "not found", &visit->answer);
    }
}

void bank_disguise(struct desk_visit *visit)
{
    switch (visit->luck.kind->says) {
    case BANK_SAYS_INTERNAL_500: say_internal(visit, 500, "internal error"); break;
    case BANK_SAYS_INTERNAL_400: say_internal(visit, 400, "pq: the database system is shutting down"); break;
    case BANK_SAYS_NOT_FOUND: say_not_found(visit); break;
    case BANK_SAYS_USED: say_refusal(visit, BANK_HOLD_USED); break;
    case BANK_SAYS_REFUNDED: say_refusal(visit, BANK_CAPTURE_REFUNDED); break;
    default: break; /* a wrong amount, id or currency is said already */
    }
}
