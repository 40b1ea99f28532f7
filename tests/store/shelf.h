/* SPDX-License-Identifier: Apache-2.0 */
/* shelf: a store of a test's own in a folder of its own, and work for it that is written in one line. */
#ifndef FLORIN_TESTS_STORE_SHELF_H
#define FLORIN_TESTS_STORE_SHELF_H

#include "store/place.h"
#include "store/store.h"

struct shelf {
    char folder[64];
    char path[80];
    char url[PLACE_URL_BYTES];
    struct store *store;
    struct arena arena; /* for what was read */
};

/* cmocka's set-up and tear-down: *state is a struct shelf with an empty store. */
int shelf_set_up(void **state);
int shelf_tear_down(void **state);

#define shelf_test(test) cmocka_unit_test_setup_teardown(test, shelf_set_up, shelf_tear_down)

/* Closed and opened again, as after a restart. */
void shelf_reopen(struct shelf *shelf);

/* Work that calls a function with a context. */
struct errand {
    struct work work;
    void (*run)(struct store *store, void *context);
    void *context;
    int runs;
};
struct errand errand_of(void (*run)(struct store *store, void *context), void *context);

/* One errand in a transaction of its own; how it ended. */
enum work_result shelf_do(struct shelf *shelf, void (*run)(struct store *store, void *context), void *context);
/* The same on a connection that only reads. */
enum work_result shelf_ask(struct store *reader, void (*run)(struct store *store, void *context), void *context);

/* A statement on a connection of its own, behind the store's back; the store must be closed. */
void shelf_tamper(struct shelf *shelf, const char *statement);

/* The store as the schema's second version left it: without nodes, and all that came later. It must be closed. */
void shelf_make_older(struct shelf *shelf);

#define MERCHANT STR("m_1")

/* Ids as they are made: in the order of their numbers. */
struct payment_id payment_id_of(int64_t number);
struct operation_id operation_id_of(int64_t number);

/* A payment, operation or request with every field filled and no two values alike; `number` makes them differ. */
struct payment_record payment_of(int64_t number);
struct operation_record operation_of(int64_t number, const struct payment_id *payment);
struct request_record request_of(const char *key);
struct token_record token_of(int64_t number);

/* As many works as a batch may have, each with a payment of its own as its context. Freed with free. */
enum { MANY = WORK_BATCH_MAX };
struct many {
    struct errand errands[MANY];
    struct payment_record records[MANY];
    struct work *works[MANY];
};
struct many *many_of(void (*run)(struct store *store, void *context));

/* How many payments there are; the second for an errand, its context a size_t. */
size_t payments_in(struct shelf *shelf);
void count_payments(struct store *store, void *size);

/* For the contexts of errands. */
void save_new_payment(struct store *store, void *payment_record);
void save_payment(struct store *store, void *payment_record);
void save_new_operation(struct store *store, void *operation_record);
void save_operation(struct store *store, void *operation_record);
void save_request(struct store *store, void *request_record);
void save_new_api_key(struct store *store, void *api_key);
void save_new_token(struct store *store, void *token_record);

#endif
