/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_cards: the public test cards, by number and by the name of a payment method. No card here was ever anybody's. */
#include "sim/stripe.h"

/* clang-format off */
const struct psp_test_card stripe_cards[] = {
    { "4242424242424242", STRIPE_PAYS,            NULL,                     "pm_card_visa" },
    { "5555555555554444", STRIPE_PAYS,            NULL,                     "pm_card_mastercard" },
    { "378282246310005",  STRIPE_PAYS,            NULL,                     "pm_card_amex" },
    { "4000000000000077", STRIPE_PAYS,            NULL,                     "pm_card_bypassPending" },
    { "4000000000000002", STRIPE_DECLINES,        "generic_decline",        "pm_card_visa_chargeDeclined" },
    { "4000000000000002", STRIPE_DECLINES,        "generic_decline",        "pm_card_chargeDeclined" },
    { "4000000000009995", STRIPE_DECLINES,        "insufficient_funds",     "pm_card_visa_chargeDeclinedInsufficientFunds" },
    { "4000000000009987", STRIPE_DECLINES,        "lost_card",              "pm_card_visa_chargeDeclinedLostCard" },
    { "4000000000009979", STRIPE_DECLINES,        "stolen_card",            "pm_card_visa_chargeDeclinedStolenCard" },
    { "4000000000000069", STRIPE_DECLINES,        "expired_card",           "pm_card_chargeDeclinedExpiredCard" },
    { "4000000000000127", STRIPE_DECLINES,        "incorrect_cvc",          "pm_card_chargeDeclinedIncorrectCvc" },
    { "4000000000000119", STRIPE_DECLINES,        "processing_error",       "pm_card_chargeDeclinedProcessingError" },
    { "4000000000006975", STRIPE_DECLINES,        "card_velocity_exceeded", "pm_card_visa_chargeDeclinedVelocityLimitExceeded" },
    { "4000000000000341", STRIPE_DECLINES_LATER,  "generic_decline",        "pm_card_chargeCustomerFail" },
    { "4100000000000019", STRIPE_BLOCKS,          "fraudulent",             "pm_card_radarBlock" },
    { "4000002500003155", STRIPE_ASKS_ONCE,       NULL,                     "pm_card_authenticationRequiredOnSetup" },
    { "4000002760003184", STRIPE_ASKS_ALWAYS,     NULL,                     "pm_card_authenticationRequired" },
    { "4000003800000446", STRIPE_ASKS_ON_SESSION, NULL,                     "pm_card_authenticationRequiredSetupForOffSession" },
    { "4000008260003178", STRIPE_ASKS_ALWAYS,     "insufficient_funds",     NULL },
    { "4000008400001629", STRIPE_ASKS_ALWAYS,     "generic_decline",        NULL },
    { "4000000000003220", STRIPE_ASKS_ALWAYS,     NULL,                     "pm_card_threeDSecure2Required" },
    { "4000000000000259", STRIPE_DISPUTES,        "fraudulent",             "pm_card_createDispute" },
    { "4000000000002685", STRIPE_DISPUTES,        "product_not_received",   "pm_card_createDisputeProductNotReceived" },
    { "4000000000001976", STRIPE_INQUIRES,        "fraudulent",             "pm_card_createDisputeInquiry" },
    { "4000000000005423", STRIPE_WARNS,           NULL,                     NULL },
    { "4000000000007726", STRIPE_REFUNDS_LATER,   NULL,                     "pm_card_pendingRefund" },
    { "4000000000005126", STRIPE_REFUND_FAILS,    NULL,                     "pm_card_refundFail" },
    { NULL,               STRIPE_PAYS,            NULL,                     NULL },
};
/* clang-format on */
