/* SPDX-License-Identifier: Apache-2.0 */
/* companies: what the simulation knows of each processor: its faults, its card that asks its payer, what an id of its is made of,
 * and where its book stands. */
#ifndef FLORIN_TESTS_SIMULATION_COMPANIES_H
#define FLORIN_TESTS_SIMULATION_COMPANIES_H

#include "domain/attempt.h"
#include "sim/psp.h"

enum company { COMPANY_BANK,
               COMPANY_STRIPE,
               COMPANY_PAYPAL,
               COMPANY_PAYSTACK,
               COMPANY_FLUTTERWAVE,
               COMPANY_COUNT,
               COMPANY_ANY = COMPANY_COUNT /* whichever the rules say */ };

enum { COMPANY_PLACES_MAX = 6 };

struct company_facts {
    const char *name;
    const char *places[COMPANY_PLACES_MAX]; /* where faults are ordered: paths of its API, none of a page for payers; NULL ends it */
    const char *asking_card, *asking_cvv;   /* a card whose bank wants to hear its owner */
    bool sells;                             /* there is no hold */
    bool keeps_failures;                    /* a key remembers its 500 as well */
    /* Paths of what only the key protects, and only as long as it is remembered. */
    const char *keyed[COMPANY_PLACES_MAX];
    /* The id, as ours, of what that effect was for us. NULL: the effect's own. */
    void (*name_hold)(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out);
    void (*name_void)(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out);
    void (*name_capture)(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out);
};

/* Nothing but a name for the bank, whose facts stand where it always was. */
const struct company_facts *company_facts(enum company company);
const char *company_word(enum company company);

/* The one of that name; a mistake when there is none. */
enum company company_named(str name);

/* The id, as ours, of that effect. */
void company_name_effect(enum company company, const struct psp *psp, const struct psp_effect *effect, struct processor_id *out);

#endif
