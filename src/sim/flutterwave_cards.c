/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_cards: the public test cards. No card here was ever anybody's. */
#include "sim/flutterwave.h"

/* clang-format off */
const struct psp_test_card flutterwave_cards[] = {
    { "5531886652142950",    FLUTTERWAVE_ASKS_PIN,     "564",                               NULL },
    { "5061460410120223210", FLUTTERWAVE_ASKS_PIN,     "780",                               NULL },
    { "5438898014560229",    FLUTTERWAVE_ASKS_BANK,    "564",                               NULL },
    { "4187427415564246",    FLUTTERWAVE_ASKS_BANK,    "828",                               NULL },
    { "340614670471041",     FLUTTERWAVE_ASKS_BANK,    "564",                               NULL },
    { "4556052704172643",    FLUTTERWAVE_ASKS_ADDRESS, "899",                               NULL },
    { "5061460166976054667", FLUTTERWAVE_PAYS,         "564",                               NULL },
    { "374614826981843",     FLUTTERWAVE_PAYS,         "564",                               NULL },
    { "348784578661852",     FLUTTERWAVE_PAYS,         "564",                               NULL },
    { "5377283645077450",    FLUTTERWAVE_PAYS,         "789",                               NULL },
    { "5399834697894723",    FLUTTERWAVE_DISLIKES_PIN, "Incorrect PIN",                     NULL },
    { "5590131743294314",    FLUTTERWAVE_REFUSES,      "Transaction flagged as fraudulent", NULL },
    { "5143010522339965",    FLUTTERWAVE_DECLINES,     "Do not honour",                     NULL },
    { "5258585922666506",    FLUTTERWAVE_REFUSES,      "Insufficient funds",                NULL },
    { NULL,                  FLUTTERWAVE_PAYS,         NULL,                                NULL },
};
/* clang-format on */
