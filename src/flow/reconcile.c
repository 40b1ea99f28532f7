/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile: walks all payments in pages and asks the processor about each object that they name, a few at once. */
#include "flow/reconcile.h"

#include <stdlib.h>

#include "flow/call.h"
#include "flow/pace.h"
#include "flow/session.h"

enum {
    PAGE = 500,
    AT_ONCE = 64,       /* questions in the air: far below what a processor minds */
    TRIES_MAX = 12,     /* at a failure rate of one half, one object in four thousand stays open */
    BACK_OFF_TRIES_MAX = 5, /* somebody waits for the report: at most some two seconds between tries */
    ABSENT_TRIES = 3,   /* a fault of the processor can look like "not found": only a repeated one is believed */
    OBJECTS = 3,        /* a payment's hold, capture and refund */
};

#define RETRY_BASE (INT64_C(50) * MICROS_PER_MS)

/* One question and its repeats. */
struct asking {
    struct reconciliation *whole;
    const struct payment_record *payment;
    enum operation_kind object;
    int tries, absent;
    bool busy;
    struct http_call call;
    struct arena arena;
    struct world_timer again;
    struct session_waiter session_waiter;
};

struct reconciliation {
    struct reconciliation_options options;
    struct reconciliation_totals totals;
    struct work work;
    struct arena arena;
    struct payment_record *page;
    size_t page_count;
    size_t next; /* object of the page to be asked about next, counted over all payments */
    size_t busy;
    struct payment_id last;
    struct asking askings[AT_ONCE];
    struct session sessions[PROCESSORS_MAX]; /* as the options' processors */
};

static const char *const words[FINDING_KIND_COUNT] = {
    "absent", "amount", "currency", "parent", "unverifiable", "possible_stray_hold", "not_compared",
};

str finding_word(enum finding_kind kind) { return str_of(words[kind]); }

/* ---- what a payment names ---- */

static const enum operation_kind objects[OBJECTS] = { OPERATION_AUTHORIZE, OPERATION_CAPTURE, OPERATION_REFUND };

static str reference_of(const struct payment_record *payment, enum operation_kind object)
{
    if (object == OPERATION_AUTHORIZE) return str_of(payment->authorization_ref.text);
    if (object == OPERATION_CAPTURE) return str_of(payment->capture_ref.text);
    if (object == OPERATION_REFUND) return str_of(payment->refund_ref.text);
    return str_of(payment->void_ref.text);
}

static int64_t amount_of(const struct payment_record *payment, enum operation_kind object)
{
    if (object == OPERATION_CAPTURE) return payment->payment.captured_minor;
    if (object == OPERATION_REFUND) return payment->payment.refunded_minor;
    return payment->payment.authorized_minor;
}

static str parent_of(const struct payment_record *payment, enum operation_kind object)
{
    if (object == OPERATION_CAPTURE) return str_of(payment->authorization_ref.text);
    if (object == OPERATION_REFUND) return str_of(payment->capture_ref.text);
    return STR("");
}

static bool has_happened(const struct payment_record *payment, enum operation_kind object)
{
    const struct payment *state = &payment->payment;
    if (object == OPERATION_CAPTURE) return state->captured_minor > 0;
    if (object == OPERATION_REFUND) return state->refunded_minor > 0;
    if (object == OPERATION_VOID) return state->voided_at != 0;
    return state->authorized_at != 0;
}

/* ---- findings ---- */

static void report(struct reconciliation *whole, enum finding_kind kind, const struct payment_record *payment, enum operation_kind object,
                   money theirs)
{
    struct finding finding = {
        .kind = kind,
        .payment_id = payment_id_str(&payment->id),
        .object = object,
        .processor_ref = reference_of(payment, object),
        .ours = money_of(amount_of(payment, object), payment->payment.amount.currency),
        .theirs = theirs,
        .count = payment->stray_holds,
    };
    whole->totals.findings[kind]++;
    whole->options.found(whole->options.context, &finding);
}

static void report_what_cannot_be_asked(struct reconciliation *whole, const struct payment_record *payment)
{
    static const enum operation_kind all[] = { OPERATION_AUTHORIZE, OPERATION_CAPTURE, OPERATION_VOID, OPERATION_REFUND };
    money none = { 0 };
    whole->totals.payments++;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        bool lost = has_happened(payment, all[i]) && reference_of(payment, all[i]).length == 0;
        if (lost) report(whole, FINDING_UNVERIFIABLE, payment, all[i], none);
    }
    if (payment->stray_holds > 0) report(whole, FINDING_STRAY_HOLD, payment, OPERATION_AUTHORIZE, none);
}

static void compare(struct asking *asking, const struct processor_found *found)
{
    const struct payment_record *payment = asking->payment;
    money ours = money_of(amount_of(payment, asking->object), payment->payment.amount.currency);
    asking->whole->totals.compared++;
    if (found->amount.minor != ours.minor) report(asking->whole, FINDING_AMOUNT, payment, asking->object, found->amount);
    if (!money_same_currency(found->amount, ours)) report(asking->whole, FINDING_CURRENCY, payment, asking->object, found->amount);
    if (!str_equal(str_of(found->parent.text), parent_of(payment, asking->object))) {
        report(asking->whole, FINDING_PARENT, payment, asking->object, found->amount);
    }
}

/* ---- asking ---- */

static void ask_next(struct reconciliation *whole);
static void call(struct asking *asking);

static struct processor_call call_of(const struct asking *asking)
{
    return (struct processor_call){
        .authorization_ref = str_of(asking->payment->authorization_ref.text),
        .capture_ref = str_of(asking->payment->capture_ref.text),
        .refund_ref = str_of(asking->payment->refund_ref.text),
    };
}

static void end_asking(struct asking *asking)
{
    asking->busy = false;
    asking->whole->busy--;
    arena_close(&asking->arena);
    ask_next(asking->whole);
}

/* Where that payment went; NULL: to a processor that is not set up. */
static const struct processor_settings *settings_of(const struct reconciliation *whole, const struct payment_record *payment)
{
    for (size_t i = 0; i < whole->options.processor_count; i++) {
        const struct processor_settings *settings = &whole->options.processors[i];
        if (str_equal(payment->processor, str_of(settings->processor->name))) return settings;
    }
    return NULL;
}

static struct processor_found read_found(struct asking *asking)
{
    const struct processor *processor = settings_of(asking->whole, asking->payment)->processor;
    struct processor_answer answer = { .status = asking->call.status, .body = asking->call.answer_body };
    struct processor_found found = { .kind = FOUND_NOTHING_SURE };
    struct processor_call asked = call_of(asking);
    if (asking->call.result != HTTP_CALL_ANSWERED) return found;
    processor->look_ups[asking->object].read(&asking->arena, &asked, &answer, &found);
    return found;
}

static void call_again(struct world_timer *timer) { call(CONTAINER_OF(timer, struct asking, again)); }

static void judge(struct asking *asking, const struct processor_found *found);

static void answered(struct http_call *done)
{
    struct asking *asking = CONTAINER_OF(done, struct asking, call);
    struct processor_found found = read_found(asking);
    judge(asking, &found);
}

static void token_came(struct session_waiter *waiter, bool is_good)
{
    struct asking *asking = CONTAINER_OF(waiter, struct asking, session_waiter);
    if (is_good) call(asking);
    else judge(asking, &(struct processor_found){ .kind = FOUND_NOTHING_SURE });
}

static void judge(struct asking *asking, const struct processor_found *found)
{
    struct world *world = asking->whole->options.world;
    asking->tries++;
    asking->absent += found->kind == FOUND_ABSENT;
    if (found->kind == FOUND_IT) {
        compare(asking, found);
        end_asking(asking);
    } else if (asking->absent >= ABSENT_TRIES) {
        asking->whole->totals.compared++;
        report(asking->whole, FINDING_ABSENT, asking->payment, asking->object, (money){ 0 });
        end_asking(asking);
    } else if (asking->tries >= TRIES_MAX) {
        report(asking->whole, FINDING_NOT_COMPARED, asking->payment, asking->object, (money){ 0 });
        end_asking(asking);
    } else {
        asking->again.fire = call_again;
        int doublings = asking->tries < BACK_OFF_TRIES_MAX ? asking->tries : BACK_OFF_TRIES_MAX;
        world_timer_start(world, &asking->again, RETRY_BASE + pace_back_off(world, RETRY_BASE, doublings));
    }
}

static void call(struct asking *asking)
{
    const struct processor_settings *settings = settings_of(asking->whole, asking->payment);
    struct session *session = &asking->whole->sessions[settings - asking->whole->options.processors];
    struct processor_call asked = call_of(asking);
    struct processor_request request;
    if (!session_is_good(session)) {
        asking->session_waiter.ready = token_came;
        session_wait(session, &asking->session_waiter);
        return;
    }
    arena_close(&asking->arena);
    settings->processor->look_ups[asking->object].ask(&asking->arena, &asked, &request);
    asking->call = call_to(settings, session_token(session), &request, &asking->arena);
    asking->call.done = answered;
    world_send(asking->whole->options.world, &asking->call);
}

static bool can_be_asked(const struct reconciliation *whole, const struct payment_record *payment, enum operation_kind object)
{
    const struct processor_settings *settings = settings_of(whole, payment);
    return settings && settings->processor->look_ups[object].ask && has_happened(payment, object) &&
           reference_of(payment, object).length > 0;
}

static struct asking *idle_asking(struct reconciliation *whole)
{
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (!whole->askings[i].busy) return &whole->askings[i];
    }
    return NULL;
}

static void begin_asking(struct reconciliation *whole, struct asking *asking, const struct payment_record *payment, enum operation_kind object)
{
    asking->whole = whole;
    asking->payment = payment;
    asking->object = object;
    asking->tries = asking->absent = 0;
    asking->busy = true;
    whole->busy++;
    call(asking);
}

/* ---- page by page ---- */

static void list_page(struct work *work, void *store)
{
    struct reconciliation *whole = CONTAINER_OF(work, struct reconciliation, work);
    whole->page_count = store_list_payments_after(store, &whole->arena, whole->options.merchant, payment_id_str(&whole->last), PAGE, &whole->page);
}

static void page_came(struct work *work)
{
    struct reconciliation *whole = CONTAINER_OF(work, struct reconciliation, work);
    if (work->result != WORK_DONE || whole->page_count == 0) {
        whole->options.finished(whole->options.context, &whole->totals, work->result == WORK_DONE);
        return;
    }
    whole->next = 0;
    whole->last = whole->page[whole->page_count - 1].id;
    for (size_t i = 0; i < whole->page_count; i++) report_what_cannot_be_asked(whole, &whole->page[i]);
    ask_next(whole);
}

static void next_page(struct reconciliation *whole)
{
    arena_close(&whole->arena);
    whole->work = (struct work){ .run = list_page, .done = page_came };
    world_ask(whole->options.world, &whole->work);
}

/* Fills the idle places with what is left of the page; the last answer of a page fetches the next one. */
static void ask_next(struct reconciliation *whole)
{
    while (whole->busy < AT_ONCE && whole->next < whole->page_count * OBJECTS) {
        const struct payment_record *payment = &whole->page[whole->next / OBJECTS];
        enum operation_kind object = objects[whole->next % OBJECTS];
        whole->next++;
        if (can_be_asked(whole, payment, object)) begin_asking(whole, idle_asking(whole), payment, object);
    }
    if (whole->busy > 0) return;
    if (whole->options.progress) whole->options.progress(whole->options.context, &whole->totals);
    next_page(whole);
}

struct reconciliation *reconciliation_start(const struct reconciliation_options *options)
{
    struct reconciliation *whole = memory_take(sizeof *whole);
    whole->options = *options;
    INSIST(options->processor_count <= PROCESSORS_MAX);
    for (size_t i = 0; i < options->processor_count; i++) session_open(&whole->sessions[i], options->world, &options->processors[i]);
    next_page(whole);
    return whole;
}

void reconciliation_free(struct reconciliation *whole)
{
    if (!whole) return;
    for (size_t i = 0; i < whole->options.processor_count; i++) session_close(&whole->sessions[i]);
    arena_close(&whole->arena);
    free(whole);
}
