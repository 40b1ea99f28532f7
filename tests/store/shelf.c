/* SPDX-License-Identifier: Apache-2.0 */
/* shelf: opening and closing, errands, and records in which every field says something else. */
#include "store/shelf.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base_testing.h"
#include "base/log.h"
#include "simulation/folder.h"

/* ---- the store ---- */

static void open_store(struct shelf *shelf)
{
    struct error error = { "" };
    shelf->store = store_open(str_of(shelf->url), STORE_WRITES, &error);
    if (!shelf->store) fail_msg("%s", error.text);
}

int shelf_set_up(void **state)
{
    struct shelf *shelf = calloc(1, sizeof *shelf);
    assert_non_null(shelf);
    log_set_level(LOG_ERROR);
    snprintf(shelf->folder, sizeof shelf->folder, "/tmp/florin-store-XXXXXX");
    assert_non_null(mkdtemp(shelf->folder));
    snprintf(shelf->path, sizeof shelf->path, "%s/a.db", shelf->folder);
    place_take(shelf->path, shelf->url);
    open_store(shelf);
    *state = shelf;
    return 0;
}

int shelf_tear_down(void **state)
{
    struct shelf *shelf = *state;
    store_close(shelf->store);
    arena_close(&shelf->arena);
    place_give_back(shelf->url);
    assert_true(folder_remove(shelf->folder));
    free(shelf);
    return 0;
}

void shelf_reopen(struct shelf *shelf)
{
    store_close(shelf->store);
    open_store(shelf);
}

void shelf_tamper(struct shelf *shelf, const char *statement) { place_tamper(shelf->url, statement); }

void shelf_make_older(struct shelf *shelf)
{
    shelf_tamper(shelf, "DROP TABLE api_key");
    shelf_tamper(shelf, "DROP TABLE risk_try");
    shelf_tamper(shelf, "DROP INDEX payment_by_review");
    shelf_tamper(shelf, "ALTER TABLE payment DROP COLUMN risk");
    shelf_tamper(shelf, "ALTER TABLE payment DROP COLUMN risk_rule");
    shelf_tamper(shelf, "ALTER TABLE payment DROP COLUMN risk_review");
    shelf_tamper(shelf, "DROP TABLE notice");
    shelf_tamper(shelf, "DROP TABLE dispute");
    shelf_tamper(shelf, "DROP INDEX operation_by_key");
    shelf_tamper(shelf, "DROP INDEX operation_by_ref");
    shelf_tamper(shelf, "DROP TABLE payer");
    shelf_tamper(shelf, "DROP TABLE token");
    shelf_tamper(shelf, "DROP TABLE vault_key");
    shelf_tamper(shelf, "DROP TABLE node");
    shelf_tamper(shelf, "ALTER TABLE operation DROP COLUMN node");
    shelf_tamper(shelf, "ALTER TABLE operation DROP COLUMN node_epoch");
    shelf_tamper(shelf, "DELETE FROM meta WHERE name = 'schema_oldest'");
    shelf_tamper(shelf, "UPDATE meta SET value = '2' WHERE name = 'schema_version'");
}

/* ---- errands ---- */

static void run_errand(struct work *work, void *store)
{
    struct errand *errand = CONTAINER_OF(work, struct errand, work);
    errand->runs++;
    errand->run(store, errand->context);
}

struct errand errand_of(void (*run)(struct store *store, void *context), void *context)
{
    return (struct errand){ .work = { .run = run_errand, .result = WORK_FAILED }, .run = run, .context = context };
}

enum work_result shelf_do(struct shelf *shelf, void (*run)(struct store *store, void *context), void *context)
{
    struct errand errand = errand_of(run, context);
    struct work *works[] = { &errand.work };
    store_run_batch(shelf->store, works, 1);
    return errand.work.result;
}

enum work_result shelf_ask(struct store *reader, void (*run)(struct store *store, void *context), void *context)
{
    struct errand errand = errand_of(run, context);
    struct work *works[] = { &errand.work };
    store_run_questions(reader, works, 1);
    return errand.work.result;
}

/* ---- records ---- */

struct payment_id payment_id_of(int64_t number)
{
    struct payment_id id;
    snprintf(id.text, sizeof id.text, "pay_%036lld", (long long)number);
    return id;
}

struct operation_id operation_id_of(int64_t number)
{
    struct operation_id id;
    snprintf(id.text, sizeof id.text, "op_%036lld", (long long)number);
    return id;
}

static struct processor_id ref(const char *kind, int64_t number)
{
    struct processor_id id;
    snprintf(id.text, sizeof id.text, "%s_%lld", kind, (long long)number);
    return id;
}

struct payment_record payment_of(int64_t number)
{
    const micros day = INT64_C(86400) * MICROS_PER_SECOND;
    struct payment_record record = {
        .id = payment_id_of(number),
        .payment = { .state = PAYMENT_CAPTURED, .sequence = 11, .amount = { 900 + number, { "USD" } }, .authorized_minor = 801, .captured_minor = 702,
                     .refunded_minor = 603, .captures_itself = true, .capture_id_known = true, .decline = DECLINE_INVALID_CVC,
                     .risk = RISK_REVIEW, .review = REVIEW_APPROVED,
                     .operation = { OPERATION_REFUND, OPERATION_UNKNOWN, 504, 20 * day }, .created_at = 21 * day, .authorized_at = 22 * day,
                     .captured_at = 23 * day, .voided_at = 24 * day, .refunded_at = 25 * day, .expires_at = 26 * day, .changed_at = 27 * day },
        .open_operation = operation_id_of(number + 1000),
        .next_try_at = 28 * day,
        .order_id = STR("order-\xe2\x82\xac"),
        .customer_id = STR("customer 'quoted' \"twice\""),
        .description = STR("one line\nand another; -- no comment"),
        .metadata = STR("{\"color\":\"blue\"}"),
        .processor = STR("bank"),
        .authorization_ref = ref("auth", number),
        .capture_ref = ref("cap", number),
        .void_ref = ref("void", number),
        .refund_ref = ref("ref", number),
        .card_brand = "mastercard",
        .card_last4 = "4444",
        .risk_rule = "large",
        .stray_holds = 3,
        .rival_possible = true,
    };
    snprintf(record.head_hash, sizeof record.head_hash, "%064lld", (long long)number);
    return record;
}

struct operation_record operation_of(int64_t number, const struct payment_id *payment)
{
    return (struct operation_record){
        .id = operation_id_of(number),
        .payment_id = *payment,
        .kind = OPERATION_CAPTURE,
        .state = OPERATION_REVIEW,
        .amount_minor = 5000 + number,
        .processor = STR("bank"),
        .processor_key = STR("a key"),
        .method = STR("POST"),
        .path = STR("/a/path"),
        .body = STR("{\"with\": \"\x01""aA\"}"), /* a hole */
        .card_sealed = STR("sealed"),
        .card_slot = 17,
        .sends = 31,
        .lost = 32,
        .already = 33,
        .denied = 34,
        .mismatched = 35,
        .started_at = 41 * INT64_C(1000000),
        .processor_ref = ref("cap", number),
        .reason = STR("a reason"),
        .answer_operation_id = operation_id_of(number + 2000),
        .answer_form = STR("core"),
    };
}

struct request_record request_of(const char *key)
{
    return (struct request_record){
        .scope = STR("core"), .key = str_of(key), .fingerprint = STR("f1f2"), .payment_id = STR_NONE, .operation_id = STR_NONE,
        .status = 409, .body = STR("{\"code\":\"invalid_state\"}"), .created_at = 51 * INT64_C(1000000),
    };
}

struct token_record token_of(int64_t number)
{
    static char ids[8][ID_TEXT_BYTES];
    char *id = ids[number % 8];
    snprintf(id, ID_TEXT_BYTES, "tok_%036lld", (long long)number);
    return (struct token_record){
        .id = str_of(id),
        .key_id = STR("card-1"),
        .card_sealed = STR("a sealed card, eighty characters long as they all are, whatever they may hold 12"),
        .brand = STR("visa"),
        .last4 = STR("1111"),
        .fingerprint = STR("f3f4"),
        .expiry_month = 12,
        .expiry_year = 2031,
        .token = { .single_use = true, .created_at = 1000 + number, .expires_at = 900000000 + number },
        .used_by = STR_NONE,
        .cvv_sealed = STR("a sealed CVV"),
        .cvv_slot = 19,
        .cvv_until = 800000000 + number,
    };
}

void save_new_api_key(struct store *store, void *key) { store_save_new_api_key(store, MERCHANT, key); }
void save_new_token(struct store *store, void *record) { store_save_new_token(store, MERCHANT, record); }
void save_new_payment(struct store *store, void *record) { store_save_new_payment(store, MERCHANT, record); }
void save_payment(struct store *store, void *record) { store_save_payment(store, MERCHANT, record); }
void save_new_operation(struct store *store, void *record) { store_save_new_operation(store, MERCHANT, record); }
void save_operation(struct store *store, void *record) { store_save_operation(store, MERCHANT, record); }
void save_request(struct store *store, void *record) { store_save_request(store, MERCHANT, record); }

struct many *many_of(void (*run)(struct store *store, void *context))
{
    struct many *many = calloc(1, sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < MANY; i++) {
        many->records[i] = payment_of((int64_t)i + 1);
        many->errands[i] = errand_of(run, &many->records[i]);
        many->works[i] = &many->errands[i].work;
    }
    return many;
}

void count_payments(struct store *store, void *size)
{
    struct arena arena = { 0 };
    struct payment_record *list;
    *(size_t *)size = store_list_payments_after(store, &arena, MERCHANT, STR_NONE, 100000, &list);
    arena_close(&arena);
}

size_t payments_in(struct shelf *shelf)
{
    size_t count = 0;
    assert_int_equal(shelf_do(shelf, count_payments, &count), WORK_DONE);
    return count;
}
