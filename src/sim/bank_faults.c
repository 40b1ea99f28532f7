/* SPDX-License-Identifier: Apache-2.0 */
/* bank_faults: the table of everything that can go wrong at the bank on purpose. */
#include "sim/bank_faults.h"

enum { Y = 1, N = 0 }; /* only to keep the table narrow */

/* clang-format off */
const struct desk_fault_kind bank_fault_kinds[] = {
    /* name                acts keeps replays blind  says                      sends                                        */
    { "fail",              N,   N,    N,      N, DESK_SAYS_CHAOS,          DESK_SENDS_WHOLE,     "500 by chance" },
    { "internal_500",      N,   N,    N,      N, BANK_SAYS_INTERNAL_500,   DESK_SENDS_WHOLE,     "500, an insert failed" },
    { "act_then_500",      Y,   N,    N,      N, BANK_SAYS_INTERNAL_500,   DESK_SENDS_WHOLE,     "done, but says 500" },
    { "act_then_hang_up",  Y,   Y,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_NO_BYTE,   "done, no answer" },
    { "hang_up",           N,   N,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_NO_BYTE,   "not done, no answer" },
    { "hang_up_halfway",   Y,   Y,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_HALF,      "half the answer's bytes" },
    { "truncate",          Y,   Y,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_TRUNCATED, "half the answer's body" },
    { "late",              Y,   Y,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_LATE,      "acts, answers after latency_ms" },
    { "slow",              Y,   Y,    N,      N, DESK_SAYS_TRUTH,          DESK_SENDS_WHOLE,     "sleeps latency_ms, then acts" },
    { "twice",             Y,   Y,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_TWICE,     "the answer two times" },
    { "internal_400",      N,   N,    N,      N, BANK_SAYS_INTERNAL_400,   DESK_SENDS_WHOLE,     "a database fault, not done" },
    { "internal_400_done", Y,   N,    N,      N, BANK_SAYS_INTERNAL_400,   DESK_SENDS_WHOLE,     "a commit that fails, but done" },
    { "wrong_amount",      Y,   Y,    Y,      N, BANK_SAYS_WRONG_AMOUNT,   DESK_SENDS_WHOLE,     "200, one cent more" },
    { "wrong_id",          Y,   Y,    Y,      N, BANK_SAYS_WRONG_ID,       DESK_SENDS_WHOLE,     "200, about another one" },
    { "wrong_currency",    Y,   Y,    Y,      N, BANK_SAYS_WRONG_CURRENCY, DESK_SENDS_WHOLE,     "200, in EUR" },
    { "garbage",           Y,   Y,    Y,      N, DESK_SAYS_GARBAGE,        DESK_SENDS_WHOLE,     "200, not JSON" },
    { "html_502",          N,   N,    Y,      N, DESK_SAYS_HTML,           DESK_SENDS_WHOLE,     "502 of a proxy, not done" },
    { "plain_400",         N,   N,    Y,      N, DESK_SAYS_PLAIN,          DESK_SENDS_WHOLE,     "400 in plain text, not done" },
    { "empty_200",         Y,   Y,    Y,      N, DESK_SAYS_NOTHING,        DESK_SENDS_WHOLE,     "200 without a body" },
    { "not_found_400",     N,   N,    N,      N, BANK_SAYS_NOT_FOUND,      DESK_SENDS_WHOLE,     "a fault dressed as not found" },
    { "forget_key",        Y,   N,    N,      N, DESK_SAYS_TRUTH,          DESK_SENDS_WHOLE,     "done, the key is not kept" },
    { "ignore_key",        Y,   N,    Y,      Y, DESK_SAYS_TRUTH,          DESK_SENDS_WHOLE,     "the key is not looked up" },
    { "silence",           N,   N,    Y,      N, DESK_SAYS_TRUTH,          DESK_SENDS_NEVER,     "not done, no answer for a minute" },
    { "huge",              Y,   Y,    Y,      N, DESK_SAYS_MUCH,           DESK_SENDS_WHOLE,     "200 with 2 MiB" },
    { "already_used",      N,   N,    N,      N, BANK_SAYS_USED,           DESK_SENDS_WHOLE,     "claims that the hold is used" },
    { "already_refunded",  N,   N,    N,      N, BANK_SAYS_REFUNDED,       DESK_SENDS_WHOLE,     "claims that it is refunded" },
    { NULL,                N,   N,    N,      N, 0,                        DESK_SENDS_WHOLE,     NULL },
};
/* clang-format on */

const size_t bank_fault_kind_count = COUNT_OF(bank_fault_kinds) - 1;
