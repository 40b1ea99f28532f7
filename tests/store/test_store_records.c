/* SPDX-License-Identifier: Apache-2.0 */
/* What is saved is what is loaded, field by field, also after a restart; and nobody sees another merchant's. */
#include "base/base_testing.h"

#include "store/shelf.h"

#define OTHER_MERCHANT STR("m_2")

/* ---- payments ---- */

static void assert_same_states(const struct payment *actual, const struct payment *expected)
{
    assert_int_equal(actual->state, expected->state);
    assert_int_equal(actual->sequence, expected->sequence);
    assert_true(money_equal(actual->amount, expected->amount));
    assert_int_equal(actual->authorized_minor, expected->authorized_minor);
    assert_int_equal(actual->captured_minor, expected->captured_minor);
    assert_int_equal(actual->refunded_minor, expected->refunded_minor);
    assert_int_equal(actual->captures_itself, expected->captures_itself);
    assert_int_equal(actual->capture_id_known, expected->capture_id_known);
    assert_int_equal(actual->decline, expected->decline);
    assert_int_equal(actual->risk, expected->risk);
    assert_int_equal(actual->review, expected->review);
    assert_int_equal(actual->operation.kind, expected->operation.kind);
    assert_int_equal(actual->operation.state, expected->operation.state);
    assert_int_equal(actual->operation.amount_minor, expected->operation.amount_minor);
    assert_int_equal(actual->operation.since, expected->operation.since);
    assert_int_equal(actual->created_at, expected->created_at);
    assert_int_equal(actual->authorized_at, expected->authorized_at);
    assert_int_equal(actual->captured_at, expected->captured_at);
    assert_int_equal(actual->voided_at, expected->voided_at);
    assert_int_equal(actual->refunded_at, expected->refunded_at);
    assert_int_equal(actual->expires_at, expected->expires_at);
    assert_int_equal(actual->changed_at, expected->changed_at);
}

static void assert_same_payment(const struct payment_record *actual, const struct payment_record *expected)
{
    assert_string_equal(actual->id.text, expected->id.text);
    assert_same_states(&actual->payment, &expected->payment);
    assert_string_equal(actual->open_operation.text, expected->open_operation.text);
    assert_int_equal(actual->next_try_at, expected->next_try_at);
    assert_str(actual->order_id, expected->order_id);
    assert_str(actual->customer_id, expected->customer_id);
    assert_str(actual->description, expected->description);
    assert_int_equal(actual->description.bytes == NULL, expected->description.bytes == NULL);
    assert_str(actual->metadata, expected->metadata);
    assert_str(actual->processor, expected->processor);
    assert_string_equal(actual->authorization_ref.text, expected->authorization_ref.text);
    assert_string_equal(actual->capture_ref.text, expected->capture_ref.text);
    assert_string_equal(actual->void_ref.text, expected->void_ref.text);
    assert_string_equal(actual->refund_ref.text, expected->refund_ref.text);
    assert_string_equal(actual->card_brand, expected->card_brand);
    assert_string_equal(actual->card_last4, expected->card_last4);
    assert_string_equal(actual->risk_rule, expected->risk_rule);
    assert_int_equal(actual->stray_holds, expected->stray_holds);
    assert_int_equal(actual->rival_possible, expected->rival_possible);
    assert_string_equal(actual->head_hash, expected->head_hash);
}

/* What is sought, and what was found. */
struct sought {
    str merchant;
    const char *id, *other_id;
    bool found;
    struct arena *arena;
    struct payment_record payment;
    struct operation_record operation;
    struct request_record request;
};

static void load_payment(struct store *store, void *context)
{
    struct sought *sought = context;
    sought->found = store_load_payment(store, sought->arena, sought->merchant, str_of(sought->id), &sought->payment);
}

static void load_operation(struct store *store, void *context)
{
    struct sought *sought = context;
    sought->found = store_load_operation(store, sought->arena, sought->merchant, str_of(sought->id), str_of(sought->other_id), &sought->operation);
}

static void load_request(struct store *store, void *context)
{
    struct sought *sought = context;
    sought->found = store_load_request(store, sought->arena, sought->merchant, STR("core"), str_of(sought->id), &sought->request);
}

static const struct payment_record *loaded_payment(struct shelf *shelf, struct sought *sought, const char *id)
{
    *sought = (struct sought){ .merchant = MERCHANT, .id = id, .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, load_payment, sought), WORK_DONE);
    assert_true(sought->found);
    return &sought->payment;
}

/* A new payment has what was asked; the rest comes later and is nothing until then. */
static struct payment_record as_new(const struct payment_record *record)
{
    struct payment_record fresh = *record;
    fresh.payment.authorized_minor = fresh.payment.captured_minor = fresh.payment.refunded_minor = 0;
    fresh.payment.authorized_at = fresh.payment.captured_at = fresh.payment.voided_at = fresh.payment.refunded_at = fresh.payment.expires_at = 0;
    fresh.payment.capture_id_known = false;
    fresh.authorization_ref = fresh.capture_ref = fresh.void_ref = fresh.refund_ref = (struct processor_id){ "" };
    fresh.next_try_at = fresh.stray_holds = 0;
    fresh.rival_possible = false;
    return fresh;
}

static void a_payment_keeps_every_field(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_record record = payment_of(1), fresh = as_new(&record);
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &fresh);
    assert_int_equal(shelf_do(shelf, save_payment, &record), WORK_DONE);
    assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &record);
    shelf_reopen(shelf);
    assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &record);
}

static void a_payment_of_nothing_but_what_is_needed(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_record record = { .id = payment_id_of(2), .order_id = STR(""), .customer_id = STR("c"), .description = STR_NONE,
                                     .metadata = STR("{}"), .processor = STR("bank"), .card_brand = "visa", .card_last4 = "1111" };
    record.payment = (struct payment){ .state = PAYMENT_PENDING, .amount = { 1, { "JPY" } } };
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &record);
    assert_int_equal(shelf_do(shelf, save_payment, &record), WORK_DONE);
    assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &record);
}

/* Every state, decline and open operation there is comes back as itself. */
static void every_word_comes_back(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_record record = payment_of(3);
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    for (int i = 0; i < 16; i++) {
        record.payment.state = (enum payment_state)(i % PAYMENT_STATE_COUNT);
        record.payment.decline = (enum decline)(i % DECLINE_COUNT);
        record.payment.operation.kind = (enum operation_kind)(i % OPERATION_KIND_COUNT);
        record.payment.operation.state = (enum operation_state)(i % OPERATION_STATE_COUNT);
        assert_int_equal(shelf_do(shelf, save_payment, &record), WORK_DONE);
        assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &record);
    }
}

static void the_largest_numbers_come_back(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_record record = payment_of(4);
    record.payment.amount.minor = record.payment.authorized_minor = MONEY_MINOR_MAX;
    record.payment.expires_at = INT64_MAX;
    record.payment.sequence = INT64_MAX - 1;
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_payment, &record), WORK_DONE);
    assert_same_payment(loaded_payment(shelf, &sought, record.id.text), &record);
}

/* ---- operations ---- */

static void assert_same_operation(const struct operation_record *actual, const struct operation_record *expected)
{
    assert_string_equal(actual->id.text, expected->id.text);
    assert_string_equal(actual->payment_id.text, expected->payment_id.text);
    assert_int_equal(actual->kind, expected->kind);
    assert_int_equal(actual->state, expected->state);
    assert_int_equal(actual->amount_minor, expected->amount_minor);
    assert_str(actual->processor, expected->processor);
    assert_str(actual->processor_key, expected->processor_key);
    assert_str(actual->method, expected->method);
    assert_str(actual->path, expected->path);
    assert_str(actual->body, expected->body);
    assert_str(actual->card_sealed, expected->card_sealed);
    assert_int_equal(actual->card_sealed.bytes == NULL, expected->card_sealed.bytes == NULL);
    assert_int_equal(actual->card_slot, expected->card_slot);
    assert_int_equal(actual->sends, expected->sends);
    assert_int_equal(actual->lost, expected->lost);
    assert_int_equal(actual->already, expected->already);
    assert_int_equal(actual->denied, expected->denied);
    assert_int_equal(actual->mismatched, expected->mismatched);
    assert_int_equal(actual->started_at, expected->started_at);
    assert_int_equal(actual->ended_at, expected->ended_at);
    assert_string_equal(actual->processor_ref.text, expected->processor_ref.text);
    assert_str(actual->reason, expected->reason);
    assert_string_equal(actual->answer_operation_id.text, expected->answer_operation_id.text);
    assert_str(actual->answer_form, expected->answer_form);
}

static const struct operation_record *loaded_operation(struct shelf *shelf, struct sought *sought, const struct operation_record *record)
{
    *sought = (struct sought){ .merchant = MERCHANT, .id = record->payment_id.text, .other_id = record->id.text, .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, load_operation, sought), WORK_DONE);
    assert_true(sought->found);
    return &sought->operation;
}

static void an_operation_keeps_every_field(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_id payment = payment_id_of(1);
    struct operation_record record = operation_of(7, &payment), fresh = record;
    fresh.sends = fresh.lost = fresh.already = fresh.denied = fresh.mismatched = 0; /* nothing was tried yet */
    fresh.processor_ref = (struct processor_id){ "" };
    assert_int_equal(shelf_do(shelf, save_new_operation, &record), WORK_DONE);
    assert_same_operation(loaded_operation(shelf, &sought, &record), &fresh);

    assert_int_equal(shelf_do(shelf, save_operation, &record), WORK_DONE);
    assert_same_operation(loaded_operation(shelf, &sought, &record), &record);
    record.ended_at = 42 * INT64_C(1000000);
    record.card_sealed = STR_NONE;
    record.state = OPERATION_DONE;
    assert_int_equal(shelf_do(shelf, save_operation, &record), WORK_DONE);
    shelf_reopen(shelf);
    assert_same_operation(loaded_operation(shelf, &sought, &record), &record);
}

/* The frozen bytes and their key are for ever: saving again does not touch them. */
static void frozen_bytes_never_change(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_id payment = payment_id_of(1);
    struct operation_record record = operation_of(7, &payment);
    assert_int_equal(shelf_do(shelf, save_new_operation, &record), WORK_DONE);
    struct operation_record changed = record;
    changed.body = changed.path = changed.method = changed.processor_key = STR("something else");
    changed.amount_minor = 1;
    changed.kind = OPERATION_VOID;
    assert_int_equal(shelf_do(shelf, save_operation, &changed), WORK_DONE);
    assert_same_operation(loaded_operation(shelf, &sought, &record), &record);
}

/* ---- answers and requests ---- */

struct answer {
    const struct operation_record *operation;
    int64_t status;
    str body;
};

static void save_answer(struct store *store, void *context)
{
    const struct answer *answer = context;
    store_save_answer(store, MERCHANT, payment_id_str(&answer->operation->payment_id), operation_id_str(&answer->operation->id), answer->status,
                      answer->body);
}

static const struct request_record *loaded_request(struct shelf *shelf, struct sought *sought, const char *key)
{
    *sought = (struct sought){ .merchant = MERCHANT, .id = key, .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, load_request, sought), WORK_DONE);
    return sought->found ? &sought->request : NULL;
}

static void assert_same_request(const struct request_record *actual, const struct request_record *expected)
{
    assert_non_null(actual);
    assert_str(actual->scope, expected->scope);
    assert_str(actual->key, expected->key);
    assert_str(actual->fingerprint, expected->fingerprint);
    assert_str(actual->payment_id, expected->payment_id);
    assert_int_equal(actual->payment_id.bytes == NULL, expected->payment_id.bytes == NULL);
    assert_str(actual->operation_id, expected->operation_id);
    assert_int_equal(actual->status, expected->status);
    assert_str(actual->body, expected->body);
    assert_int_equal(actual->created_at, expected->created_at);
}

static void a_refusal_is_kept_with_its_key(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct request_record record = request_of("k1");
    assert_null(loaded_request(shelf, &sought, "k1"));
    assert_int_equal(shelf_do(shelf, save_request, &record), WORK_DONE);
    shelf_reopen(shelf);
    assert_same_request(loaded_request(shelf, &sought, "k1"), &record);
    assert_null(loaded_request(shelf, &sought, "K1"));
    assert_null(loaded_request(shelf, &sought, "k1 "));
}

/* The answer belongs to the operation; the key leads to it, before and after. */
static void an_operations_answer_is_found_by_its_key(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought;
    struct payment_id payment = payment_id_of(1);
    struct operation_record operation = operation_of(7, &payment);
    struct request_record record = request_of("k1");
    record.payment_id = payment_id_str(&payment);
    record.operation_id = operation_id_str(&operation.id);
    record.status = 0;
    record.body = STR_NONE;
    assert_int_equal(shelf_do(shelf, save_new_operation, &operation), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_request, &record), WORK_DONE);
    assert_same_request(loaded_request(shelf, &sought, "k1"), &record);

    struct answer answer = { &operation, 201, STR("{\"id\":\"pay_1\"}") };
    assert_int_equal(shelf_do(shelf, save_answer, &answer), WORK_DONE);
    record.status = 201;
    record.body = answer.body;
    assert_same_request(loaded_request(shelf, &sought, "k1"), &record);
}

/* ---- whose ---- */

static void save_for_two(struct store *store, void *context)
{
    struct payment_record record = payment_of(1);
    struct operation_record operation = operation_of(7, &record.id);
    struct request_record request = request_of("k1");
    (void)context;
    store_save_new_payment(store, MERCHANT, &record);
    store_save_new_operation(store, MERCHANT, &operation);
    store_save_request(store, MERCHANT, &request);
    record.order_id = STR("of the other");
    operation.reason = STR("of the other");
    request.body = STR("of the other");
    store_save_new_payment(store, OTHER_MERCHANT, &record);
    store_save_new_operation(store, OTHER_MERCHANT, &operation);
    store_save_request(store, OTHER_MERCHANT, &request);
}

/* I11: the same ids and keys at two merchants are two things. */
static void each_merchant_has_his_own(void **state)
{
    struct shelf *shelf = *state;
    struct payment_id payment = payment_id_of(1);
    struct operation_id operation = operation_id_of(7);
    assert_int_equal(shelf_do(shelf, save_for_two, NULL), WORK_DONE);
    const str merchants[] = { MERCHANT, OTHER_MERCHANT, STR("m_3") };
    for (size_t i = 0; i < COUNT_OF(merchants); i++) {
        struct sought sought = { .merchant = merchants[i], .id = payment.text, .other_id = operation.text, .arena = &shelf->arena };
        assert_int_equal(shelf_do(shelf, load_payment, &sought), WORK_DONE);
        assert_int_equal(sought.found, i < 2);
        assert_int_equal(i == 1, sought.found && str_equal(sought.payment.order_id, STR("of the other")));
        assert_int_equal(shelf_do(shelf, load_operation, &sought), WORK_DONE);
        assert_int_equal(i == 1, sought.found && str_equal(sought.operation.reason, STR("of the other")));
        sought.id = "k1";
        assert_int_equal(shelf_do(shelf, load_request, &sought), WORK_DONE);
        assert_int_equal(i == 1, sought.found && str_equal(sought.request.body, STR("of the other")));
    }
}

/* ---- the store's own values ---- */

static void save_meta(struct store *store, void *context)
{
    store_save_meta(store, STR("key_check"), str_of(context));
}

static void load_meta(struct store *store, void *context)
{
    struct sought *sought = context;
    sought->request.body = store_load_meta(store, sought->arena, str_of(sought->id));
}

static void its_own_values_are_kept_and_replaced(void **state)
{
    struct shelf *shelf = *state;
    struct sought sought = { .id = "key_check", .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, load_meta, &sought), WORK_DONE);
    assert_null(sought.request.body.bytes);
    assert_int_equal(shelf_do(shelf, save_meta, (void *)(uintptr_t) "first"), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_meta, (void *)(uintptr_t) "second"), WORK_DONE);
    shelf_reopen(shelf);
    assert_int_equal(shelf_do(shelf, load_meta, &sought), WORK_DONE);
    assert_str(sought.request.body, STR("second"));
}

/* ---- payers ---- */

static void save_payers(struct store *store, void *context)
{
    struct payer_record known = { STR("pat@shop.example"), STR("Pat"), STR("https://shop.example/"), STR("https://there.example/"), 7 };
    struct payer_record unknown = { .return_url = STR("https://shop.example/") };
    (void)context;
    store_save_new_payer(store, MERCHANT, STR("pay_known"), &known);
    store_save_new_payer(store, MERCHANT, STR("pay_unknown"), &unknown);
    store_save_action(store, MERCHANT, STR("pay_sent"), STR("https://there.example/2"), 5); /* of whom nothing had been told */
}

static void load_payers(struct store *store, void *context)
{
    struct arena *arena = context;
    struct payer_record payer;
    struct payment_id *looks;
    assert_true(store_load_payer(store, arena, MERCHANT, STR("pay_known"), &payer));
    assert_str(payer.email, STR("pat@shop.example"));
    assert_str(payer.name, STR("Pat"));
    assert_str(payer.action_url, STR("https://there.example/"));
    assert_true(store_load_payer(store, arena, MERCHANT, STR("pay_unknown"), &payer));
    assert_str(payer.email, STR(""));
    assert_str(payer.return_url, STR("https://shop.example/"));
    assert_false(store_load_payer(store, arena, OTHER_MERCHANT, STR("pay_known"), &payer));
    assert_str(payer.return_url, STR(""));
    assert_int_equal(store_list_looks(store, arena, MERCHANT, 8, 10, &looks), 2);
    assert_str(payment_id_str(&looks[0]), STR("pay_sent")); /* the one that waits longest */
    assert_int_equal(store_list_looks(store, arena, MERCHANT, 7, 10, &looks), 1);
}

static void a_payer_is_known_as_he_was_told(void **state)
{
    struct shelf *shelf = *state;
    struct arena arena = { 0 };
    assert_int_equal(shelf_do(shelf, save_payers, NULL), WORK_DONE);
    shelf_reopen(shelf);
    assert_int_equal(shelf_do(shelf, load_payers, &arena), WORK_DONE);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_payment_keeps_every_field),
        shelf_test(a_payment_of_nothing_but_what_is_needed),
        shelf_test(every_word_comes_back),
        shelf_test(the_largest_numbers_come_back),
        shelf_test(an_operation_keeps_every_field),
        shelf_test(frozen_bytes_never_change),
        shelf_test(a_refusal_is_kept_with_its_key),
        shelf_test(an_operations_answer_is_found_by_its_key),
        shelf_test(each_merchant_has_his_own),
        shelf_test(its_own_values_are_kept_and_replaced),
        shelf_test(a_payer_is_known_as_he_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
