/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_cards: the public test cards. No card here was ever anybody's. */
#include "sim/paystack.h"

/* clang-format off */
static const struct paystack_rule rules[] = {
    /*      cvv    steps            pin     declines                refund             once only */
    [0] = { NULL,  "",              NULL,   NULL,                   NULL,              false }, /* cards of nobody's table */
    [1] = { "408", "",              NULL,   NULL,                   NULL,              false },
    [2] = { "081", "pin",           "1111", NULL,                   NULL,              true  },
    [3] = { "123", "pin otp",       "1234", NULL,                   NULL,              true  },
    [4] = { "884", "pin phone otp", "0000", NULL,                   NULL,              true  },
    [5] = { "123", "page",          NULL,   NULL,                   NULL,              false },
    [6] = { "001", "",              NULL,   "Declined",             NULL,              false },
    [7] = { "082", "pin",           "0000", "Token Not Generated. Customer Not Registered on Token Platform", NULL, true },
    [8] = { "787", "",              NULL,   "Insufficient Funds",   NULL,              false },
    [9] = { "180", "",              NULL,   NULL,                   "failed",          false },
    [10] = { "190", "",             NULL,   NULL,                   "needs-attention", false },
};

const struct psp_test_card paystack_cards[] = {
    { "4084084084084081",    1,  NULL, NULL },
    { "507850785078507812",  2,  NULL, NULL },
    { "5060666666666666666", 3,  NULL, NULL },
    { "507850785078507804",  4,  NULL, NULL },
    { "5192602720584796",    5,  NULL, NULL },
    { "4084080000005408",    6,  NULL, NULL },
    { "507850785078507853",  7,  NULL, NULL },
    { "4084080000670037",    8,  NULL, NULL },
    { "4084080000671803",    9,  NULL, NULL },
    { "4084080000671902",    10, NULL, NULL },
    { NULL,                  0,  NULL, NULL },
};
/* clang-format on */

const struct paystack_rule *paystack_rule_of(const struct psp_card *card)
{
    return &rules[card->test ? card->test->result : 0];
}
