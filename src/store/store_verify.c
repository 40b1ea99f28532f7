/* SPDX-License-Identifier: Apache-2.0 */
/* store_verify: the walk over everything: the database's own check, then payments with their events and operations, three lists
 * in the same order, page by page, then idempotency keys and stored cards. Each page is one snapshot, so that a writer's log is never
 * held up long. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/verifying.h"

enum {
    PAGE_PAYMENTS = 200, /* with four events each some hundred kilobytes */
    PAGE_REQUESTS = 2000,
};

/* clang-format off */
static const char *const kind_words[VERIFY_KIND_COUNT] = {
    "file", "history", "rules", "payment", "money", "operation", "request", "token",
};
/* clang-format on */

str verify_kind_word(enum verify_kind kind) { return str_of(kind_words[kind]); }

int64_t verify_report_findings(const struct verify_report *report)
{
    int64_t sum = 0;
    for (size_t kind = 0; kind < VERIFY_KIND_COUNT; kind++) sum += report->findings[kind].count;
    return sum;
}

void verifier_found(struct verifier *verifier, enum verify_kind kind, const char *format, ...)
{
    struct verify_finding *finding = &verifier->report->findings[kind];
    if (finding->count++ > 0) return;
    va_list values;
    va_start(values, format);
    vsnprintf(finding->first, sizeof finding->first, format, values);
    va_end(values);
}

static bool is_fine(const struct verifier *verifier) { return sql_trouble_of(verifier->store->sql) == SQL_FINE; }

/* ---- the file ---- */

static void check_file(struct verifier *verifier)
{
    struct sql *sql = verifier->store->sql;
    const char *text = sql_dialect_of(sql)->check_files;
    if (text) sql_ask(sql, text, NULL, 0);
    while (sql_next(sql)) {
        str words = sql_text(sql, 0, &verifier->arena);
        if (!str_equal(words, STR("ok"))) verifier_found(verifier, VERIFY_FILE, "%.*s", STR_FORMAT(words));
    }
}

/* ---- one page of payments, with what belongs to it ---- */

struct page {
    struct payment_row *payments;
    struct event_row *events;
    struct operation_row *operations;
    size_t payment_count, event_count, operation_count;
    bool is_last;
};

static str text_at(struct verifier *verifier, int column)
{
    str text = sql_text(verifier->store->sql, column, &verifier->arena);
    return text.bytes ? text : STR("");
}

static int64_t int_at(struct verifier *verifier, int column) { return sql_int(verifier->store->sql, column); }

static void read_payment(struct verifier *verifier, struct payment_row *row)
{
    int n = 0;
    row->id = text_at(verifier, n++);
    row->sequence = int_at(verifier, n++);
    row->head_hash = text_at(verifier, n++);
    row->state = text_at(verifier, n++);
    row->amount = int_at(verifier, n++);
    row->currency = text_at(verifier, n++);
    row->authorized = int_at(verifier, n++);
    row->captured = int_at(verifier, n++);
    row->refunded = int_at(verifier, n++);
    row->captures_itself = int_at(verifier, n++);
    for (size_t kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) row->refs[kind] = text_at(verifier, n++);
    row->decline = text_at(verifier, n++);
    row->stray_holds = int_at(verifier, n++);
    row->operation_id = text_at(verifier, n++);
    row->operation_kind = text_at(verifier, n++);
    row->operation_state = text_at(verifier, n++);
    row->operation_amount = int_at(verifier, n++);
    row->operation_since = int_at(verifier, n++);
    row->created_at = int_at(verifier, n++);
    row->authorized_at = int_at(verifier, n++);
    row->captured_at = int_at(verifier, n++);
    row->voided_at = int_at(verifier, n++);
    row->refunded_at = int_at(verifier, n++);
    row->expires_at = int_at(verifier, n++);
    row->changed_at = int_at(verifier, n++);
    row->risk = text_at(verifier, n++);
    row->risk_review = text_at(verifier, n++);
    row->processor = text_at(verifier, n++);
}

static void load_payments(struct verifier *verifier, str after, struct page *page)
{
    struct sql *sql = verifier->store->sql;
    page->payments = arena_take(&verifier->arena, PAGE_PAYMENTS * sizeof *page->payments);
    sql_ask(sql,
            "SELECT payment_id, sequence, head_hash, state, amount_minor, currency, authorized_minor, captured_minor, refunded_minor, "
            "captures_itself, authorization_ref, capture_ref, void_ref, refund_ref, decline, stray_holds, operation_id, operation_kind, "
            "operation_state, operation_amount_minor, operation_since, created_at, authorized_at, captured_at, voided_at, refunded_at, "
            "expires_at, changed_at, risk, risk_review, processor FROM payment WHERE merchant_id = $1 AND payment_id > $2 "
            "ORDER BY payment_id LIMIT $3",
            (struct sql_value[]){ TEXT(verifier->merchant), TEXT(after), INT(PAGE_PAYMENTS) }, 3);
    while (sql_next(sql)) read_payment(verifier, &page->payments[page->payment_count++]);
    page->is_last = page->payment_count < PAGE_PAYMENTS;
}

/* What belongs to a payment behind this one belongs to a page behind this one. On the last page all that is left: no text is greater
 * than the last character that there is. */
static str end_of(const struct page *page)
{
    return page->is_last ? STR("\xf4\x8f\xbf\xbf") : page->payments[page->payment_count - 1].id;
}

static void load_events(struct verifier *verifier, str after, struct page *page)
{
    struct sql *sql = verifier->store->sql;
    size_t capacity = 0;
    sql_ask(sql,
            "SELECT payment_id, sequence, type, at, data, hash FROM event WHERE merchant_id = $1 AND payment_id > $2 AND payment_id <= $3 "
            "ORDER BY payment_id, sequence",
            (struct sql_value[]){ TEXT(verifier->merchant), TEXT(after), TEXT(end_of(page)) }, 3);
    while (sql_next(sql)) {
        LIST_MORE(&verifier->arena, page->events, page->event_count, capacity);
        page->events[page->event_count++] = (struct event_row){ .payment_id = text_at(verifier, 0), .sequence = int_at(verifier, 1),
                                                                .type = text_at(verifier, 2), .at = int_at(verifier, 3),
                                                                .data = text_at(verifier, 4), .hash = text_at(verifier, 5) };
    }
    sql_end(sql);
}

static void load_operations(struct verifier *verifier, str after, struct page *page)
{
    struct sql *sql = verifier->store->sql;
    size_t capacity = 0;
    sql_ask(sql,
            "SELECT o.payment_id, o.operation_id, o.kind, o.state, o.amount_minor, o.started_at, o.ended_at, o.processor_ref, "
            "o.answer_operation_id, a.operation_id IS NOT NULL FROM operation o "
            "LEFT JOIN answer a ON a.merchant_id = o.merchant_id AND a.payment_id = o.payment_id AND a.operation_id = o.operation_id "
            "WHERE o.merchant_id = $1 AND o.payment_id > $2 AND o.payment_id <= $3 ORDER BY o.payment_id, o.operation_id",
            (struct sql_value[]){ TEXT(verifier->merchant), TEXT(after), TEXT(end_of(page)) }, 3);
    while (sql_next(sql)) {
        LIST_MORE(&verifier->arena, page->operations, page->operation_count, capacity);
        page->operations[page->operation_count++] =
            (struct operation_row){ .payment_id = text_at(verifier, 0), .id = text_at(verifier, 1), .kind = text_at(verifier, 2),
                                    .state = text_at(verifier, 3), .amount = int_at(verifier, 4), .started_at = int_at(verifier, 5),
                                    .ended_at = int_at(verifier, 6), .ref = text_at(verifier, 7), .answer_at = text_at(verifier, 8),
                                    .is_answered = int_at(verifier, 9) != 0 };
    }
    sql_end(sql);
}

/* ---- the three lists side by side ---- */

/* How many of the events from `at` on belong to that payment; those before them belong to none. */
static size_t take_events(struct verifier *verifier, const struct page *page, size_t *at, str payment_id)
{
    size_t count = 0;
    while (*at < page->event_count && str_compare(page->events[*at].payment_id, payment_id) < 0) {
        const struct event_row *stray = &page->events[(*at)++];
        verifier_found(verifier, VERIFY_CHAIN, "payment %.*s: it has an event %lld and is not there itself", STR_FORMAT(stray->payment_id),
                       (long long)stray->sequence);
    }
    while (*at + count < page->event_count && str_equal(page->events[*at + count].payment_id, payment_id)) count++;
    return count;
}

static size_t take_operations(struct verifier *verifier, const struct page *page, size_t *at, str payment_id)
{
    size_t count = 0;
    while (*at < page->operation_count && str_compare(page->operations[*at].payment_id, payment_id) < 0) {
        const struct operation_row *stray = &page->operations[(*at)++];
        verifier_found(verifier, VERIFY_OPERATION, "operation %.*s: its payment %.*s is not there", STR_FORMAT(stray->id),
                       STR_FORMAT(stray->payment_id));
    }
    while (*at + count < page->operation_count && str_equal(page->operations[*at + count].payment_id, payment_id)) count++;
    return count;
}

static void check_page(struct verifier *verifier, const struct page *page)
{
    size_t event = 0, operation = 0;
    for (size_t i = 0; i < page->payment_count; i++) {
        const struct payment_row *payment = &page->payments[i];
        size_t events = take_events(verifier, page, &event, payment->id);
        size_t operations = take_operations(verifier, page, &operation, payment->id);
        struct history history;
        verify_history(verifier, payment, page->events + event, events, &history);
        verify_payment(verifier, payment, &history, page->operations + operation, operations);
        event += events;
        operation += operations;
    }
    str behind_all = STR("\xff"); /* in no UTF-8 text */
    (void)take_events(verifier, page, &event, behind_all);
    (void)take_operations(verifier, page, &operation, behind_all);
    verifier->report->payments += (int64_t)page->payment_count;
    verifier->report->events += (int64_t)page->event_count;
    verifier->report->operations += (int64_t)page->operation_count;
}

/* Checks the page behind *after and moves *after on. False: it was the last one. */
static bool check_next_page(struct verifier *verifier, char after[ID_TEXT_BYTES * 2])
{
    struct page page = { 0 };
    sql_begin(verifier->store->sql, false);
    load_payments(verifier, str_of(after), &page);
    load_events(verifier, str_of(after), &page);
    load_operations(verifier, str_of(after), &page);
    bool goes_on = is_fine(verifier) && !page.is_last;
    if (is_fine(verifier)) check_page(verifier, &page);
    if (goes_on && !str_copy_to(page.payments[page.payment_count - 1].id, after, ID_TEXT_BYTES * 2)) {
        verifier_found(verifier, VERIFY_PAYMENT, "a payment has an id that is too long; the ones behind it were not looked at");
        goes_on = false;
    }
    arena_reset(&verifier->arena);
    return goes_on;
}

/* A trouble ends the loop and is kept for whoever asks; rolling back between pages would forget it. */
static void check_payments(struct verifier *verifier)
{
    char after[ID_TEXT_BYTES * 2] = "";
    while (check_next_page(verifier, after)) sql_rollback(verifier->store->sql);
}

/* ---- idempotency keys ---- */

struct request_place {
    str scope, key;
};

static void check_request(struct verifier *verifier, const struct request_place *at)
{
    str payment = text_at(verifier, 2), operation = text_at(verifier, 3);
    bool answers_itself = int_at(verifier, 4) != 0 && int_at(verifier, 5) != 0;
    bool payment_there = int_at(verifier, 6) != 0, operation_there = int_at(verifier, 7) != 0;
    if (payment.length > 0 && !payment_there) {
        verifier_found(verifier, VERIFY_REQUEST, "key %.*s: its payment %.*s is not there", STR_FORMAT(at->key), STR_FORMAT(payment));
    } else if (operation.length > 0 && !operation_there) {
        verifier_found(verifier, VERIFY_REQUEST, "key %.*s: its operation %.*s is not there", STR_FORMAT(at->key), STR_FORMAT(operation));
    } else if (operation.length == 0 && !answers_itself) {
        verifier_found(verifier, VERIFY_REQUEST, "key %.*s: it has neither an operation nor an answer", STR_FORMAT(at->key));
    }
}

static size_t check_requests_behind(struct verifier *verifier, struct request_place *at)
{
    struct sql *sql = verifier->store->sql;
    size_t count = 0;
    sql_ask(sql,
            "SELECT r.scope, r.request_key, r.payment_id, r.operation_id, r.status, r.body IS NOT NULL, p.payment_id IS NOT NULL, "
            "o.operation_id IS NOT NULL FROM request r "
            "LEFT JOIN payment p ON p.merchant_id = r.merchant_id AND p.payment_id = r.payment_id "
            "LEFT JOIN operation o ON o.merchant_id = r.merchant_id AND o.payment_id = r.payment_id AND o.operation_id = r.operation_id "
            "WHERE r.merchant_id = $1 AND (r.scope, r.request_key) > ($2, $3) ORDER BY r.scope, r.request_key LIMIT $4",
            (struct sql_value[]){ TEXT(verifier->merchant), TEXT(at->scope), TEXT(at->key), INT(PAGE_REQUESTS) }, 4);
    for (; sql_next(sql); count++) {
        *at = (struct request_place){ text_at(verifier, 0), text_at(verifier, 1) };
        check_request(verifier, at);
    }
    return count;
}

static void check_requests(struct verifier *verifier)
{
    struct arena kept = { 0 };
    struct request_place at = { STR(""), STR("") };
    size_t count = PAGE_REQUESTS;
    while (count == PAGE_REQUESTS && is_fine(verifier)) {
        count = check_requests_behind(verifier, &at);
        verifier->report->requests += (int64_t)count;
        struct arena next = { 0 };
        at = (struct request_place){ arena_copy(&next, at.scope), arena_copy(&next, at.key) };
        arena_close(&kept);
        kept = next;
        arena_reset(&verifier->arena);
    }
    arena_close(&kept);
}

/* ---- all ---- */

bool store_verify(struct store *store, str merchant, struct verify_report *out, struct error *error)
{
    struct verifier verifier = { .store = store, .merchant = merchant, .report = out };
    *out = (struct verify_report){ 0 };
    check_file(&verifier);
    if (is_fine(&verifier)) check_payments(&verifier);
    if (is_fine(&verifier)) sql_rollback(store->sql);
    if (is_fine(&verifier)) check_requests(&verifier);
    if (is_fine(&verifier)) verify_tokens(&verifier);
    bool whole = is_fine(&verifier) || out->findings[VERIFY_FILE].count > 0; /* a damaged file need not be readable to its end */
    if (!whole) store_unreadable(store, error);
    sql_rollback(store->sql);
    arena_close(&verifier.arena);
    return whole;
}
