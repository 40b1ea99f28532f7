/* SPDX-License-Identifier: Apache-2.0 */
/* bank_faults: the kinds of faults that the simulated bank knows, and what only a bank can say wrongly. */
#ifndef FLORIN_SIM_BANK_FAULTS_H
#define FLORIN_SIM_BANK_FAULTS_H

#include "sim/desk_faults.h"

enum bank_says {
    BANK_SAYS_INTERNAL_500 = DESK_SAYS_OWN,
    BANK_SAYS_INTERNAL_400,
    BANK_SAYS_NOT_FOUND, /* a database fault dressed as an unknown card, hold or capture */
    BANK_SAYS_USED,      /* authorization_already_used */
    BANK_SAYS_REFUNDED,  /* already_refunded */
    BANK_SAYS_WRONG_AMOUNT,
    BANK_SAYS_WRONG_ID,
    BANK_SAYS_WRONG_CURRENCY,
};

/* Ends with one without a name, which does not count. */
extern const struct desk_fault_kind bank_fault_kinds[];
extern const size_t bank_fault_kind_count;

#endif
