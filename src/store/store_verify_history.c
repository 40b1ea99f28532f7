/* SPDX-License-Identifier: Apache-2.0 */
/* store_verify_history: follows the events of one payment: is the chain unbroken, and do the rules allow each of them? */
#include <string.h>

#include "base/json.h"
#include "store/verifying.h"

/* ---- the chain ---- */

static bool check_link(struct verifier *verifier, const struct event_row *event, const struct event_row *before)
{
    char hex[HASH_HEX_BYTES + 1];
    int64_t expected = before ? before->sequence + 1 : 1;
    if (event->sequence != expected) {
        verifier_found(verifier, VERIFY_CHAIN, "payment %.*s: event %lld is not there", STR_FORMAT(event->payment_id), (long long)expected);
        return false;
    }
    if (before && event->at < before->at) {
        verifier_found(verifier, VERIFY_CHAIN, "payment %.*s, event %lld: its time lies before that of the event before it",
                       STR_FORMAT(event->payment_id), (long long)event->sequence);
        return false;
    }
    struct hash hash = event_hash(before ? before->hash : str_of(event_first_hash), verifier->merchant, event->payment_id, event->sequence,
                                  event->type, event->at, event->data);
    if (str_equal(event->hash, hash_hex(&hash, hex))) return true;
    verifier_found(verifier, VERIFY_CHAIN, "payment %.*s, event %lld: its hash is not that of what it says", STR_FORMAT(event->payment_id),
                   (long long)event->sequence);
    return false;
}

static bool check_head(struct verifier *verifier, const struct payment_row *payment, const struct event_row *newest)
{
    bool fits = newest && payment->sequence == newest->sequence && str_equal(payment->head_hash, newest->hash);
    if (fits) return true;
    verifier_found(verifier, VERIFY_CHAIN, "payment %.*s: it knows event %lld as its newest, and its history ends with %s event %lld",
                   STR_FORMAT(payment->id), (long long)payment->sequence,
                   newest && payment->sequence == newest->sequence ? "another" : "", newest ? (long long)newest->sequence : 0);
    return false;
}

static bool check_chain(struct verifier *verifier, const struct payment_row *payment, const struct event_row *events, size_t count)
{
    bool whole = true;
    for (size_t i = 0; i < count && whole; i++) whole = check_link(verifier, &events[i], i > 0 ? &events[i - 1] : NULL);
    return whole && check_head(verifier, payment, count > 0 ? &events[count - 1] : NULL);
}

/* ---- the rules ---- */

/* An event with what its data tells. */
struct told {
    struct event event;
    str operation_id, next_operation_id, processor, ref;
    int64_t stray_holds;
};

static bool int_member(const struct json *data, const char *name, int64_t *out)
{
    const struct json *value = json_find(data, name);
    *out = 0;
    return !value || (json_int64(value, out) && *out >= 0 && *out <= MONEY_MINOR_MAX);
}

static str text_member(const struct json *data, const char *name)
{
    str text = json_string(json_find(data, name));
    return text.bytes ? text : STR("");
}

/* What the rules need and the history does not tell (when a hold ends, whether a payment captures itself) is taken from the payment. */
static bool read_event(struct verifier *verifier, const struct payment_row *payment, const struct event_row *row, struct told *out)
{
    const struct json *data;
    struct event *event = &out->event;
    *out = (struct told){ .event = { .at = row->at, .expires_at = payment->expires_at, .captures_itself = payment->captures_itself != 0 } };
    if (json_read(&verifier->arena, row->data, &data) != JSON_FINE || !event_kind_named(row->type, &event->kind)) return false;
    str code = text_member(data, "currency");
    const struct json *risk = json_find(data, "risk");
    out->operation_id = text_member(data, "operation_id");
    out->ref = text_member(data, "processor_ref");
    const struct json *next = json_find(data, "next");
    out->next_operation_id = text_member(next, "operation_id");
    out->processor = text_member(next ? next : data, "processor");
    event->id_known = out->ref.length > 0;
    return int_member(data, "amount", &event->amount_minor) && int_member(data, "possible_stray_holds", &out->stray_holds) &&
           str_copy_to(code, event->currency.code, sizeof event->currency.code) &&
           (!risk || risk_decision_named(text_member(risk, "decision"), &event->risk)) &&
           (!json_find(data, "decline_code") || decline_named(text_member(data, "decline_code"), &event->decline));
}

static enum operation_state state_after(const struct event *event, enum operation_kind ended)
{
    if (event->kind == operation_done_event(ended) || event->kind == EVENT_SOLD) return OPERATION_DONE;
    return event->kind == EVENT_DECLINED || event->decline != DECLINE_NONE ? OPERATION_DECLINED : OPERATION_FAILED;
}

static void begin_operation(struct history *history, str id)
{
    const struct open_operation *open = &history->payment.operation;
    history->operations[history->operation_count++] =
        (struct operation_row){ .id = id, .kind = operation_kind_word(open->kind), .ref = STR(""),
                                .state = operation_state_word(OPERATION_RUNNING), .amount = open->amount_minor, .started_at = open->since };
}

/* What the event did to the open operation: it began, ended, or its doubt moved. False: the event names another operation. */
static bool follow_operation(struct history *history, const struct told *told, enum operation_kind open_before)
{
    const struct open_operation *open = &history->payment.operation;
    bool begins = open_before == OPERATION_NONE && open->kind != OPERATION_NONE;
    if (told->event.kind == EVENT_DISPUTE_CHANGED) return true;
    if (open->kind == OPERATION_AUTHORIZE) history->processor = told->processor;
    if (begins) begin_operation(history, told->operation_id);
    if (begins || open_before == OPERATION_NONE) return true;
    struct operation_row *current = &history->operations[history->operation_count - 1];
    bool falls_over = told->event.kind == EVENT_FELL_OVER, ends = falls_over || open->kind == OPERATION_NONE;
    enum operation_state state = ends ? state_after(&told->event, open_before) : open->state;
    current->state = operation_state_word(state);
    if (ends) current->ended_at = history->payment.changed_at;
    if (state == OPERATION_DONE || told->event.kind == EVENT_ACTION_REQUIRED) current->ref = told->ref;
    if (told->event.kind == EVENT_SOLD) history->sold_as = told->ref;
    if (falls_over) begin_operation(history, told->next_operation_id);
    return str_equal(current->id, told->operation_id);
}

static bool follow(struct verifier *verifier, const struct payment_row *payment, const struct event_row *row, struct history *history)
{
    struct told told;
    const char *problem = NULL;
    enum operation_kind open_before = history->payment.operation.kind;
    if (!read_event(verifier, payment, row, &told)) problem = "what it says cannot be understood";
    else if (!payment_can(&history->payment, &told.event)) problem = "the rules do not allow it there";
    if (!problem) {
        payment_apply(&history->payment, &told.event);
        history->stray_holds += told.stray_holds;
        if (!follow_operation(history, &told, open_before)) problem = "it speaks of another operation than the one that was open";
    }
    if (!problem) return true;
    verifier_found(verifier, VERIFY_PATH, "payment %.*s, event %lld (%.*s): %s", STR_FORMAT(payment->id), (long long)row->sequence,
                   STR_FORMAT(row->type), problem);
    return false;
}

void verify_history(struct verifier *verifier, const struct payment_row *payment, const struct event_row *events, size_t count,
                    struct history *out)
{
    *out = (struct history){ .processor = STR(""), .operations = arena_take(&verifier->arena, (count + 1) * sizeof *out->operations) };
    out->whole = check_chain(verifier, payment, events, count);
    for (size_t i = 0; i < count && out->whole; i++) out->whole = follow(verifier, payment, &events[i], out);
}
