/* SPDX-License-Identifier: Apache-2.0 */
/* books: what the parts of the final comparison share: our own book, and what each processor's book has to say to it. */
#ifndef FLORIN_TESTS_SIMULATION_BOOKS_H
#define FLORIN_TESTS_SIMULATION_BOOKS_H

#include "simulation/companies.h"
#include "store/store.h"

struct simulation;

/* By which key the processor knows the authorization of a payment. */
struct key_of_payment {
    str key, payment_id;
};

/* Our book, read at once. */
struct ours {
    struct work work;
    struct arena arena;
    struct payment_record *payments;
    struct operation_record *open;
    struct key_of_payment *keys;
    size_t payment_count, open_count, key_count;
};

/* The payment of that id; NULL: none. */
struct payment_record *ours_named(const struct ours *ours, str payment_id);

/* ---- book_of_bank.c ---- */

/* What happened of that operation: the newest effect under its key. False: nothing did. */
bool bank_has_done(struct simulation *simulation, const struct operation_record *operation, struct processor_id *out);
/* Every payment of the bank's against its book. */
void bank_check(struct simulation *simulation, const struct ours *ours);

/* ---- book_of_company.c ---- */

bool company_has_done(struct simulation *simulation, const struct ours *ours, const struct operation_record *operation,
                      struct processor_id *out);
/* Every payment of that company's against its book, and nothing twice in there. */
void company_check(struct simulation *simulation, const struct ours *ours, enum company company);

#endif
