/* SPDX-License-Identifier: Apache-2.0 */
/* notices: processors bring their news (webhooks). No key is asked for: each proves by its own signature that it is the processor. */
#include "api/call.h"

static const enum problem_code answers[] = {
    [NOTICE_ACCEPTED] = PROBLEM_NONE,
    [NOTICE_FORGED] = PROBLEM_SIGNATURE_INVALID,
    [NOTICE_NOT_AWAITED] = PROBLEM_NOT_FOUND,
    [NOTICE_UNDECIDED] = PROBLEM_OVERLOADED,
    [NOTICE_STORAGE_LOW] = PROBLEM_STORAGE_LOW,
    [NOTICE_NO_LEASE] = PROBLEM_NOT_READY,
};

/* What was made of it is nobody's business but ours. */
static void answer(struct notice_bringer *bringer, enum notice_answer given)
{
    struct api_call *call = CONTAINER_OF(bringer, struct api_call, bringer);
    if (answers[given] == PROBLEM_NONE) call_answer_json(call, 200, STR("{\"received\":true}"));
    else call_refuse(call, answers[given]);
}

void take_notice(struct api_call *call)
{
    call->bringer.answered = answer;
    flows_take_notice(call->api->options.flows, call->param, call->second_param, &call->exchange->request, &call->bringer);
}
