/* SPDX-License-Identifier: Apache-2.0 */
/* psp_faults: what can go wrong on purpose at every simulated company. */
#include "sim/psp.h"

enum { Y = 1, N = 0 }; /* only to keep the table narrow */

/* clang-format off */
const struct desk_fault_kind psp_fault_kinds[] = {
    /* name                acts keeps replays blind  says                   sends                                        */
    { "fail",              N,   N,    N,      N, DESK_SAYS_CHAOS,       DESK_SENDS_WHOLE,     "500 by chance" },
    { "refuse_500",        N,   N,    N,      N, PSP_SAYS_FAILED,       DESK_SENDS_WHOLE,     "500, not done" },
    { "refuse_500_kept",   N,   Y,    N,      N, PSP_SAYS_FAILED_KEPT,  DESK_SENDS_WHOLE,     "500, not done, and the key keeps it" },
    { "act_then_500",      Y,   Y,    N,      N, PSP_SAYS_FAILED,       DESK_SENDS_WHOLE,     "done, but says 500; the key knows better" },
    { "act_then_500_kept", Y,   Y,    N,      N, PSP_SAYS_FAILED_KEPT,  DESK_SENDS_WHOLE,     "done, but says 500, and the key keeps that" },
    { "act_then_hang_up",  Y,   Y,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NO_BYTE,   "done, no answer" },
    { "hang_up",           N,   N,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NO_BYTE,   "not done, no answer" },
    { "hang_up_halfway",   Y,   Y,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_HALF,      "half the answer's bytes" },
    { "truncate",          Y,   Y,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_TRUNCATED, "half the answer's body" },
    { "late",              Y,   Y,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_LATE,      "acts, answers after latency_ms" },
    { "slow",              Y,   Y,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_WHOLE,     "sleeps latency_ms, then acts" },
    { "silence",           N,   N,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NEVER,     "not done, no answer for a minute" },
    { "act_then_silence",  Y,   Y,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NEVER,     "done, no answer for a minute" },
    { "twice",             Y,   Y,    Y,      N, DESK_SAYS_TRUTH,       DESK_SENDS_TWICE,     "the answer two times" },
    { "rate_limited",      N,   N,    Y,      N, PSP_SAYS_RATE_LIMITED, DESK_SENDS_WHOLE,     "429, not done" },
    { "key_in_use",        N,   N,    Y,      N, PSP_SAYS_IN_USE,       DESK_SENDS_WHOLE,     "as if its twin were under way" },
    { "wrong_amount",      Y,   Y,    Y,      N, PSP_SAYS_WRONG_AMOUNT, DESK_SENDS_WHOLE,     "done, and another amount told" },
    { "wrong_currency",    Y,   Y,    Y,      N, PSP_SAYS_WRONG_CURRENCY, DESK_SENDS_WHOLE,   "done, and another currency told" },
    { "wrong_id",          Y,   Y,    Y,      N, PSP_SAYS_WRONG_ID,     DESK_SENDS_WHOLE,     "done, and another id told" },
    { "garbage",           Y,   Y,    Y,      N, DESK_SAYS_GARBAGE,     DESK_SENDS_WHOLE,     "200, not JSON" },
    { "html_502",          N,   N,    Y,      N, DESK_SAYS_HTML,        DESK_SENDS_WHOLE,     "502 of a proxy, not done" },
    { "act_then_502",      Y,   Y,    Y,      N, DESK_SAYS_HTML,        DESK_SENDS_WHOLE,     "502 of a proxy, but done" },
    { "plain_400",         N,   N,    Y,      N, DESK_SAYS_PLAIN,       DESK_SENDS_WHOLE,     "400 in plain text, not done" },
    { "empty_200",         Y,   Y,    Y,      N, DESK_SAYS_NOTHING,     DESK_SENDS_WHOLE,     "200 without a body" },
    { "huge",              Y,   Y,    Y,      N, DESK_SAYS_MUCH,        DESK_SENDS_WHOLE,     "the answer with 2 MiB more" },
    { "forget_key",        Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_WHOLE,     "done, the key is not kept" },
    { "ignore_key",        Y,   N,    Y,      Y, DESK_SAYS_TRUTH,       DESK_SENDS_WHOLE,     "the key is not looked up" },
    { NULL,                N,   N,    N,      N, 0,                     DESK_SENDS_WHOLE,     NULL },
};
/* clang-format on */

static void say(struct psp_visit *visit, enum psp_refusal why)
{
    visit->desk.answer = (struct http_answer){ 0 };
    visit->psp->trade->refuse(visit, why);
    if (visit->psp->trade->dress) visit->psp->trade->dress(visit);
}

void psp_visit_disguise(struct desk_visit *desk)
{
    struct psp_visit *visit = psp_visit_of(desk);
    switch (desk->luck.kind->says) {
    case PSP_SAYS_FAILED: say(visit, PSP_FAILED); break;
    case PSP_SAYS_FAILED_KEPT: break; /* said already */
    case PSP_SAYS_RATE_LIMITED: say(visit, PSP_RATE_LIMITED); break;
    case PSP_SAYS_IN_USE: say(visit, PSP_KEY_IN_USE); break;
    case PSP_SAYS_WRONG_AMOUNT:
    case PSP_SAYS_WRONG_CURRENCY:
    case PSP_SAYS_WRONG_ID: psp_lie(visit, (enum psp_says)desk->luck.kind->says); break;
    default: visit->psp->trade->disguise(visit); break;
    }
}
