/* SPDX-License-Identifier: Apache-2.0 */
/* What processors tell by themselves: taken once, found by what they name, and disputes whose looks do not overtake each other. */
#include "base/base_testing.h"

#include "store/shelf.h"

enum { NOW = 1000, SOON = 2000, LATER = 3000 };

/* ---- notices ---- */

static struct notice_record notice_of(const char *event_id)
{
    return (struct notice_record){ .processor = STR("stripe"), .account = STR("default"), .event_id = str_of(event_id), .type = STR("a.b"),
                                   .body_hash = STR("00"), .result = STR("kept"), .reason = STR(""), .payment_id = STR_NONE, .came_at = NOW };
}

struct taking {
    struct notice_record notice;
    bool came_before;
};

static void take(struct store *store, void *context)
{
    struct taking *taking = context;
    taking->came_before = store_has_notice(store, MERCHANT, &taking->notice);
    if (!taking->came_before) store_save_new_notice(store, MERCHANT, &taking->notice);
}

static bool came_before(struct shelf *shelf, struct notice_record notice)
{
    struct taking taking = { .notice = notice };
    assert_int_equal(shelf_do(shelf, take, &taking), WORK_DONE);
    return taking.came_before;
}

static void a_notice_is_taken_once(void **state)
{
    struct shelf *shelf = *state;
    struct notice_record notice = notice_of("evt_1"), other = notice_of("evt_1"), further = notice_of("evt_1");
    other.processor = STR("paypal");
    further.account = STR("second");
    assert_false(came_before(shelf, notice));
    assert_true(came_before(shelf, notice));
    assert_false(came_before(shelf, other));
    assert_false(came_before(shelf, further));
    shelf_reopen(shelf);
    assert_true(came_before(shelf, notice));
}

static void drop(struct store *store, void *before) { store_drop_notices(store, MERCHANT, *(micros *)before, 1000); }

static void old_ones_are_forgotten(void **state)
{
    struct shelf *shelf = *state;
    micros before = NOW;
    assert_false(came_before(shelf, notice_of("evt_1")));
    assert_int_equal(shelf_do(shelf, drop, &before), WORK_DONE);
    assert_true(came_before(shelf, notice_of("evt_1")));
    before = NOW + 1;
    assert_int_equal(shelf_do(shelf, drop, &before), WORK_DONE);
    assert_false(came_before(shelf, notice_of("evt_1")));
}

/* ---- what they are about ---- */

struct sought {
    struct arena *arena;
    str reference, ref;
    bool by_reference, by_ref;
    struct operation_record operation;
};

static void seek(struct store *store, void *context)
{
    struct sought *sought = context;
    sought->by_reference = store_find_operation_by_reference(store, sought->arena, MERCHANT, sought->reference, &sought->operation);
    sought->by_ref = store_find_operation_by_ref(store, sought->arena, MERCHANT, sought->ref, &sought->operation);
}

static struct sought found_by(struct shelf *shelf, const char *reference, const char *ref)
{
    struct sought sought = { .arena = &shelf->arena, .reference = str_of(reference), .ref = str_of(ref) };
    assert_int_equal(shelf_do(shelf, seek, &sought), WORK_DONE);
    return sought;
}

static void an_operation_is_found_by_what_names_it(void **state)
{
    struct shelf *shelf = *state;
    struct payment_record payment = payment_of(1);
    struct operation_record operation = operation_of(1, &payment.id), at_bank = operation_of(2, &payment.id);
    operation.processor = STR("stripe");
    operation.processor_key = STR("abc-2"); /* in its second exchange */
    operation.processor_ref = (struct processor_id){ "pi_1" };
    at_bank.processor = STR("bank");
    at_bank.processor_key = STR("bank-key");
    at_bank.processor_ref = (struct processor_id){ "auth_1" };
    assert_int_equal(shelf_do(shelf, save_new_payment, &payment), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_new_operation, &operation), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_operation, &operation), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_new_operation, &at_bank), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_operation, &at_bank), WORK_DONE);

    struct sought both = found_by(shelf, "abc", "pi_1");
    assert_true(both.by_reference && both.by_ref);
    assert_string_equal(both.operation.id.text, operation.id.text);
    struct sought neither = found_by(shelf, "ab", "pi_"), nothing = found_by(shelf, "", ""), banks = found_by(shelf, "bank-key", "auth_1");
    assert_false(neither.by_reference || neither.by_ref || nothing.by_reference || nothing.by_ref || banks.by_reference || banks.by_ref);
}

/* ---- disputes ---- */

static void tell(struct store *store, void *look_at)
{
    struct payment_id id = payment_id_of(1);
    store_save_dispute_news(store, MERCHANT, payment_id_str(&id), STR("dp_1"), *(micros *)look_at);
}

struct keeping {
    struct dispute_record dispute;
    micros look_before;
};

/* As a step that is run again: it looks whether there are further news. */
static void keep(struct store *store, void *context)
{
    struct keeping *keeping = context;
    struct dispute_record there;
    struct arena arena = { 0 };
    str id = payment_id_str(&keeping->dispute.payment_id);
    bool is_there = store_load_dispute(store, &arena, MERCHANT, id, keeping->dispute.id, &there);
    if (is_there && there.look_at == keeping->look_before) store_save_dispute(store, MERCHANT, &keeping->dispute, keeping->look_before);
    arena_close(&arena);
}

struct looking {
    struct arena *arena;
    struct payment_record payment;
    struct dispute_record *due;
    size_t due_count;
    bool blocks;
};

static void look(struct store *store, void *context)
{
    struct looking *looking = context;
    looking->payment.id = payment_id_of(1);
    store_load_disputes(store, looking->arena, MERCHANT, &looking->payment);
    looking->due_count = store_list_dispute_looks(store, looking->arena, MERCHANT, LATER, 10, &looking->due);
    looking->blocks = store_has_blocking_dispute(store, looking->arena, MERCHANT, &looking->payment.id);
}

static struct looking look_now(struct shelf *shelf)
{
    struct looking looking = { .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, look, &looking), WORK_DONE);
    return looking;
}

static struct dispute_record dispute_of(enum dispute_stage stage, enum dispute_state state, micros look_at)
{
    return (struct dispute_record){ .id = STR("dp_1"), .payment_id = payment_id_of(1), .is_known = true, .stage = stage, .state = state,
                                    .amount = { 5000, { "USD" } }, .reason = STR("fraudulent"), .due_at = 77, .opened_at = NOW,
                                    .changed_at = SOON, .look_at = look_at };
}

static void a_dispute_is_shown_once_the_processor_was_asked(void **state)
{
    struct shelf *shelf = *state;
    micros told = NOW;
    assert_int_equal(shelf_do(shelf, tell, &told), WORK_DONE);
    struct looking before = look_now(shelf);
    assert_true(before.due_count == 1 && before.payment.dispute_count == 0 && !before.blocks);
    assert_false(before.due[0].is_known);

    struct keeping keeping = { dispute_of(DISPUTE_CHARGEBACK, DISPUTE_NEEDS_RESPONSE, 0), NOW };
    assert_int_equal(shelf_do(shelf, keep, &keeping), WORK_DONE);
    struct looking after = look_now(shelf);
    assert_true(after.due_count == 0 && after.payment.dispute_count == 1 && after.blocks);
    const struct dispute_record *kept = &after.payment.disputes[0];
    assert_true(kept->is_known && kept->stage == DISPUTE_CHARGEBACK && kept->state == DISPUTE_NEEDS_RESPONSE);
    assert_true(kept->amount.minor == 5000 && kept->due_at == 77 && kept->opened_at == NOW && kept->changed_at == SOON);
    assert_str(kept->reason, STR("fraudulent"));
}

static void an_answer_from_before_further_news_is_not_kept(void **state)
{
    struct shelf *shelf = *state;
    micros told = NOW, told_again = NOW + 5;
    struct keeping late = { dispute_of(DISPUTE_CHARGEBACK, DISPUTE_LOST, 0), NOW };
    assert_int_equal(shelf_do(shelf, tell, &told), WORK_DONE);
    assert_int_equal(shelf_do(shelf, tell, &told_again), WORK_DONE);
    assert_int_equal(shelf_do(shelf, keep, &late), WORK_DONE);
    struct looking now = look_now(shelf);
    assert_true(now.due_count == 1 && now.due[0].look_at == told_again && now.payment.dispute_count == 0);
}

static void forget(struct store *store, void *dispute_record) { store_drop_dispute(store, MERCHANT, dispute_record); }

static void one_that_is_not_there_is_forgotten(void **state)
{
    struct shelf *shelf = *state;
    micros told = NOW;
    struct dispute_record dispute = dispute_of(DISPUTE_INQUIRY, DISPUTE_WON, NOW);
    assert_int_equal(shelf_do(shelf, tell, &told), WORK_DONE);
    assert_int_equal(shelf_do(shelf, forget, &dispute), WORK_DONE);
    assert_int_equal(look_now(shelf).due_count, 0);
}

/* ---- history beside an open operation ---- */

struct saving {
    struct payment_record mine;
    int runs;
};

/* The first time with what it knew, then with what is there. */
static void save_known(struct store *store, void *context)
{
    struct saving *saving = context;
    struct arena arena = { 0 };
    struct payment_record there;
    bool is_there = store_load_payment(store, &arena, MERCHANT, payment_id_str(&saving->mine.id), &there);
    if (is_there && saving->runs++ > 0) saving->mine.payment.sequence = there.payment.sequence;
    store_save_payment(store, MERCHANT, &saving->mine);
    arena_close(&arena);
}

static void who_does_not_know_the_newest_event_saves_nothing(void **state)
{
    struct shelf *shelf = *state;
    struct payment_record payment = payment_of(1), newer;
    payment.payment.sequence = 3;
    newer = payment;
    newer.payment.sequence = 4;
    assert_int_equal(shelf_do(shelf, save_new_payment, &payment), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_payment, &newer), WORK_DONE);
    struct saving saving = { .mine = payment };
    assert_int_equal(shelf_do(shelf, save_known, &saving), WORK_DONE);
    assert_int_equal(saving.runs, 2);
    assert_int_equal(saving.mine.payment.sequence, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_notice_is_taken_once),
        shelf_test(old_ones_are_forgotten),
        shelf_test(an_operation_is_found_by_what_names_it),
        shelf_test(a_dispute_is_shown_once_the_processor_was_asked),
        shelf_test(an_answer_from_before_further_news_is_not_kept),
        shelf_test(one_that_is_not_there_is_forgotten),
        shelf_test(who_does_not_know_the_newest_event_saves_nothing),
    };
    return cmocka_run_group_tests_name("notices", tests, NULL, NULL);
}
