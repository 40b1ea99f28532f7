/* SPDX-License-Identifier: Apache-2.0 */
/* bench_fill: payments first, in the order of their ids; then the requests in the order of their keys, every second one and then the
 * others. So each page is written when it is near, and the pages end as full as those of keys that came in no order. */
#include "command/bench/bench_fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "command/bench/bench_form.h"
#include "command/bench/bench_load.h"
#include "command/house.h"
#include "processor/processor.h"

enum {
    AT_ONCE = 4000, /* payments in a transaction */
    STEPS_MAX = 3,
    LIVES = 10,
    AMOUNT_MINOR = 5000,
};

#define HOUR (INT64_C(3600) * MICROS_PER_SECOND)
#define OLDEST (72 * HOUR)      /* all holds live on, and nothing is dropped for its age */
#define HOLD_SPAN (168 * HOUR)
#define STEP_SPAN MICROS_PER_SECOND
#define ANSWER_SPAN (100 * MICROS_PER_MS)

static const struct life {
    size_t steps;
    enum command_kind step[STEPS_MAX];
} lives[LIVES] = {
    { 2, { COMMAND_AUTHORIZE, COMMAND_CAPTURE } }, { 1, { COMMAND_AUTHORIZE } },
    { 2, { COMMAND_AUTHORIZE, COMMAND_CAPTURE } }, { 2, { COMMAND_AUTHORIZE, COMMAND_VOID } },
    { 2, { COMMAND_AUTHORIZE, COMMAND_CAPTURE } }, { 3, { COMMAND_AUTHORIZE, COMMAND_CAPTURE, COMMAND_REFUND } },
    { 2, { COMMAND_AUTHORIZE, COMMAND_CAPTURE } }, { 1, { COMMAND_AUTHORIZE } },
    { 2, { COMMAND_AUTHORIZE, COMMAND_CAPTURE } }, { 2, { COMMAND_AUTHORIZE, COMMAND_CAPTURE } },
};

static const char *const verbs[COMMAND_KIND_COUNT] = { "authorize", "capture", "void", "refund", "void", "void" };

/* Keys in order. */
struct filled_key {
    uint64_t place;
    uint32_t number;
};

struct filler {
    struct work work;
    struct store *store;
    const struct processor *processor;
    micros now;
    uint32_t payments, from, until; /* of this transaction */
    struct filled_key *keys;        /* NULL: payments are being written, otherwise requests */
    int64_t written_requests;
    struct arena arena;
};

/* ---- names ---- */

static micros begun_at(uint32_t number, uint32_t payments, micros now)
{
    return now - OLDEST + OLDEST * (int64_t)number / (int64_t)payments;
}

static void make_id(char out[ID_TEXT_BYTES], const char *prefix, uint32_t number, size_t step, micros at)
{
    uint8_t chance[ID_RANDOM_BYTES];
    uint64_t halves[2] = { bench_form_shuffle((uint64_t)number * STEPS_MAX + step), bench_form_shuffle(~(uint64_t)number) };
    memcpy(chance, halves, sizeof chance);
    (void)id_format(out, str_of(prefix), at, chance);
}

struct payment_id bench_fill_payment_id(uint32_t number, uint32_t payments, micros now)
{
    struct payment_id id = { "" };
    make_id(id.text, "pay_", number, 0, begun_at(number, payments, now));
    return id;
}

static struct operation_id operation_id_of(const struct filler *filler, uint32_t number, size_t step)
{
    struct operation_id id = { "" };
    make_id(id.text, "op_", number, step, begun_at(number, filler->payments, filler->now) + (int64_t)step * STEP_SPAN);
    return id;
}

static struct processor_id processor_id_of(uint32_t number, enum operation_kind kind)
{
    struct processor_id id;
    uint64_t a = bench_form_shuffle((uint64_t)number << 3 | (uint64_t)kind), b = bench_form_shuffle(a);
    (void)snprintf(id.text, sizeof id.text, "%s_%08x-%04x-4%03x-8%03x-%012llx", operation_kind_word(kind).bytes, (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff));
    return id;
}

static str hash_text(struct arena *arena, str text)
{
    char hex[HASH_HEX_BYTES + 1];
    struct hash hash = hash_of(&text, 1);
    return arena_copy(arena, hash_hex(&hash, hex));
}

/* ---- a payment's life ---- */

static struct payment_record new_payment(struct filler *filler, uint32_t number)
{
    struct payment_record record = {
        .id = bench_fill_payment_id(number, filler->payments, filler->now),
        .order_id = arena_format(&filler->arena, BENCH_FILL_SHOP "-%010u", number),
        .customer_id = arena_format(&filler->arena, "customer-%010u", number),
        .metadata = STR("{}"),
        .processor = str_of(filler->processor->name),
        .card_brand = "visa",
        .card_last4 = "0002",
    };
    return record;
}

static void happen(struct filler *filler, struct payment_record *record, const struct event *event, const struct operation_record *operation,
                   bool is_done)
{
    struct text data = text_open(&filler->arena, 256);
    json_open_object(&data);
    json_put_str(&data, "operation_id", operation_id_str(&operation->id));
    json_put_str(&data, "processor", operation->processor);
    if (event->amount_minor) {
        json_put_int(&data, "amount", event->amount_minor);
        json_put_str(&data, "currency", STR("USD"));
    }
    if (is_done) json_put_str(&data, "processor_ref", str_of(operation->processor_ref.text));
    json_close_object(&data);
    payment_apply(&record->payment, event);
    store_save_event(filler->store, house_merchant(), record, event->kind, text_str(&data));
}

static void freeze(struct filler *filler, const struct payment_record *record, struct operation_record *operation)
{
    struct processor_request bytes;
    struct processor_call call = { .amount = record->payment.amount, .authorization_ref = str_of(record->authorization_ref.text),
                                   .capture_ref = str_of(record->capture_ref.text), .has_cvv = true };
    filler->processor->operations[operation->kind].ask(&filler->arena, &call, &bytes);
    operation->processor_key = hash_text(&filler->arena, operation_id_str(&operation->id));
    operation->method = bytes.method;
    operation->path = bytes.path;
    operation->body = bytes.body;
}

static struct operation_record begin(struct filler *filler, struct payment_record *record, uint32_t number, size_t step,
                                     enum command_kind kind)
{
    struct command command = { .kind = kind, .whole = true, .has_cvv = true, .can = filler->processor->can };
    command.now = begun_at(number, filler->payments, filler->now) + (int64_t)step * STEP_SPAN;
    command.amount = (money){ AMOUNT_MINOR, { "USD" } };
    struct decision decision = payment_decide(&record->payment, &command);
    INSIST(decision.refusal == REFUSED_NOT);
    struct operation_record operation = { .id = operation_id_of(filler, number, step), .payment_id = record->id, .reason = STR(""),
                                          .card_slot = -1, .processor = record->processor, .answer_form = str_of(api_core_form.name) };
    operation.amount_minor = decision.event.amount_minor;
    operation.answer_operation_id = operation.id;
    happen(filler, record, &decision.event, &operation, false);
    operation.kind = record->payment.operation.kind;
    operation.state = OPERATION_RUNNING;
    operation.started_at = record->payment.changed_at;
    freeze(filler, record, &operation);
    store_save_new_operation(filler->store, house_merchant(), &operation);
    return operation;
}

static void keep_reference(struct payment_record *record, const struct operation_record *operation)
{
    struct processor_id *places[OPERATION_KIND_COUNT] = { NULL, &record->authorization_ref, &record->capture_ref, &record->void_ref,
                                                          &record->refund_ref };
    *places[operation->kind] = operation->processor_ref;
}

static void answer(struct filler *filler, const struct payment_record *record, const struct operation_record *operation)
{
    struct reply reply = { 0 };
    bool is_refund = operation->kind == OPERATION_REFUND;
    struct ending ending = { .kind = ENDING_DONE, .record = record, .asked = operation->kind, .refunds = operation, .refund_count = is_refund };
    api_core_form.write(&filler->arena, &ending, &reply);
    store_save_answer(filler->store, house_merchant(), payment_id_str(&record->id), operation_id_str(&operation->id), reply.status, reply.body);
}

static void end(struct filler *filler, struct payment_record *record, struct operation_record *operation, uint32_t number)
{
    struct event event = { .kind = operation_done_event(operation->kind), .amount_minor = operation->amount_minor,
                           .at = operation->started_at + ANSWER_SPAN, .id_known = true };
    if (operation->kind == OPERATION_AUTHORIZE) event.expires_at = operation->started_at + HOLD_SPAN;
    operation->processor_ref = processor_id_of(number, operation->kind);
    keep_reference(record, operation);
    happen(filler, record, &event, operation, true);
    operation->state = OPERATION_DONE;
    operation->ended_at = record->payment.changed_at;
    store_save_operation(filler->store, house_merchant(), operation);
    answer(filler, record, operation);
}

static void write_payment(struct filler *filler, uint32_t number)
{
    const struct life *life = &lives[number % LIVES];
    struct payment_record record = new_payment(filler, number);
    for (size_t step = 0; step < life->steps; step++) {
        struct operation_record operation = begin(filler, &record, number, step, life->step[step]);
        end(filler, &record, &operation, number);
    }
    store_save_new_payment(filler->store, house_merchant(), &record);
    store_save_payment(filler->store, house_merchant(), &record); /* what a new one does not have yet */
}

/* ---- its requests ---- */

static void write_requests(struct filler *filler, uint32_t number)
{
    char letters[BENCH_LETTERS + 1];
    const struct life *life = &lives[number % LIVES];
    struct payment_id payment_id = bench_fill_payment_id(number, filler->payments, filler->now);
    bench_form_letters(number, letters);
    for (size_t step = 0; step < life->steps; step++) {
        struct operation_id operation_id = operation_id_of(filler, number, step);
        str key = arena_format(&filler->arena, BENCH_FILL_SHOP "-%s-%s", verbs[life->step[step]], letters);
        struct request_record request = { .scope = STR("core"), .key = key, .fingerprint = hash_text(&filler->arena, key),
                                          .payment_id = payment_id_str(&payment_id), .operation_id = operation_id_str(&operation_id),
                                          .created_at = filler->written_requests++ };
        store_save_request(filler->store, house_merchant(), &request);
    }
}

static int by_place(const void *a, const void *b)
{
    uint64_t left = ((const struct filled_key *)a)->place, right = ((const struct filled_key *)b)->place;
    return (left > right) - (left < right);
}

/* Every second key in order, and then the others. */
static struct filled_key *order_keys(uint32_t payments)
{
    struct filled_key *sorted = calloc(payments, sizeof *sorted), *keys = calloc(payments, sizeof *keys);
    uint32_t count = 0;
    INSIST(sorted != NULL && keys != NULL && "out of memory");
    for (uint32_t i = 0; i < payments; i++) sorted[i] = (struct filled_key){ bench_form_shuffle(i), i };
    qsort(sorted, payments, sizeof *sorted, by_place);
    for (uint32_t i = 0; i < payments; i += 2) keys[count++] = sorted[i];
    for (uint32_t i = 1; i < payments; i += 2) keys[count++] = sorted[i];
    free(sorted);
    return keys;
}

/* ---- transactions ---- */

static void write_some(struct work *work, void *store)
{
    struct filler *filler = CONTAINER_OF(work, struct filler, work);
    filler->store = store;
    for (uint32_t i = filler->from; i < filler->until; i++) {
        if (filler->keys) write_requests(filler, filler->keys[i].number);
        else write_payment(filler, i);
        arena_reset(&filler->arena);
    }
}

static bool write_all(struct filler *filler, struct store *store, struct error *error)
{
    for (filler->from = 0; filler->from < filler->payments; filler->from = filler->until) {
        struct work *works[] = { &filler->work };
        filler->until = filler->payments - filler->from > AT_ONCE ? filler->from + AT_ONCE : filler->payments;
        if (bench_load_is_interrupted()) return error_set(error, "interrupted");
        store_run_batch(store, works, 1);
        if (filler->work.result != WORK_DONE) return error_set(error, "the disk is too full for %u payments", filler->payments);
    }
    return true;
}

static bool write_store(struct filler *filler, struct store *store, struct error *error)
{
    if (!write_all(filler, store, error)) return false;
    filler->keys = order_keys(filler->payments);
    bool is_fine = write_all(filler, store, error);
    free(filler->keys);
    return is_fine;
}

bool bench_fill(const char *path, uint32_t payments, micros now, struct error *error)
{
    char url[STORE_PATH_BYTES];
    struct filler filler = { .work = { .run = write_some }, .payments = payments, .now = now, .processor = processor_named(STR("bank")) };
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    struct store *store = store_open(str_of(url), STORE_WRITES, error);
    if (!store) return false;
    bool is_fine = write_store(&filler, store, error);
    store_finish(store);
    store_close(store);
    arena_close(&filler.arena);
    return is_fine;
}
