/* SPDX-License-Identifier: Apache-2.0 */
/* bank_audit: recounts the whole book from its effects alone and compares with the balances. */
#ifndef FLORIN_SIM_BANK_AUDIT_H
#define FLORIN_SIM_BANK_AUDIT_H

#include "sim/bank_book.h"

struct bank_sum {
    int64_t count;
    int64_t cents;
};

struct bank_totals {
    struct bank_sum of[BANK_KINDS];
    struct bank_sum open_holds;
    bool is_balanced; /* on every account: balance - available = open holds, balance = start - captures + refunds */
};

struct bank_totals bank_book_audit(const struct bank_book *book);

#endif
