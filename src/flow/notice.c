/* SPDX-License-Identifier: Apache-2.0 */
/* notice: news that a processor sends by itself (a webhook), as a table of steps. They move nothing: they make us ask.
 *
 *   look_who_signs -> prove -> record_notice -> noted (answered, and its payment is looked at)
 *     |     ^         |            |
 *     |     |         +-> forged   +-> turn_away (no room)
 *     fetch_certificate -> read_certificate
 */
#include <stdlib.h>

#include "base/log.h"
#include "flow/flows_internal.h"

enum { LOOK_WHO_SIGNS, FETCH_CERTIFICATE, READ_CERTIFICATE, PROVE, RECORD_NOTICE, NOTED, FORGED, TURN_AWAY };

enum { EVENT_ID_BYTES_MAX = 200, TYPE_BYTES_MAX = 120, DISPUTE_REF_MAX = 64 }; /* several times what any processor writes */

/* What was made of one. */
enum notice_result {
    NOTICE_TAKEN,       /* about a payment of ours, which is looked at */
    NOTICE_KEPT,        /* of a type that nothing follows from */
    NOTICE_FOREIGN,     /* about a payment that is none of ours: others may use the account */
    NOTICE_QUARANTINED, /* it contradicts what we know */
    NOTICE_DUPLICATE,   /* it came before */
    NOTICE_UNPROVEN,    /* not the processor's, as far as can be seen; not stored */
};
static const char *const result_words[] = { "taken", "kept", "foreign", "quarantined", "duplicate", "forged" };

struct notice_flow {
    struct flow flow; /* first: the engine's */
    struct flows *flows;
    struct line *line;
    struct notice_bringer *bringer;
    struct processor_notice notice;
    str certificate_url;
    struct http_call call;
    enum notice_answer answer; /* of one that is turned away */
    struct processor_news news;
    bool is_understood;
    struct notice_record record;
    enum notice_result result;
    struct payment_id payment_id; /* of what was taken: it is looked at */
    bool is_of_dispute;           /* that of it, and not the payment */
};

static struct notice_flow *notice_of(struct flow *flow) { return (struct notice_flow *)(void *)flow; }

/* ---- who signs? ---- */

static struct next turn_away_with(struct notice_flow *flow, enum notice_answer answer)
{
    flow->answer = answer;
    return go(TURN_AWAY);
}

static struct next look_who_signs(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    const struct processor_certificates *certificates = flow->line->settings.processor->notices->certificates;
    if (!certificates) return go(PROVE);
    flow->certificate_url = flow->notice.headers[certificates->header];
    if (!certificate_may_come_from(&flow->line->settings, flow->notice.live, flow->certificate_url)) return go(FORGED);
    flow->notice.certificate = certificates_find(&flow->line->certificates, flow->certificate_url, world_monotonic(base->world));
    return go(flow->notice.certificate ? PROVE : FETCH_CERTIFICATE);
}

static void fetched(struct http_call *call)
{
    struct notice_flow *flow = CONTAINER_OF(call, struct notice_flow, call);
    flow->flows->calls--;
    flow->line->certificates.fetching--;
    flow_wake(&flow->flow);
}

static struct next fetch_certificate(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    if (!certificates_may_fetch(&flow->line->certificates, world_monotonic(base->world))) return turn_away_with(flow, NOTICE_UNDECIDED);
    flow->call = certificate_call(&flow->line->settings, flow->certificate_url, &base->arena);
    flow->call.done = fetched;
    flow->flows->calls++;
    flow->line->certificates.fetching++;
    world_send(base->world, &flow->call);
    return sleep_then(READ_CERTIFICATE);
}

static struct next read_certificate(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    struct error error;
    bool is_here = flow->call.result == HTTP_CALL_ANSWERED && flow->call.status == 200;
    str processor = str_of(flow->line->settings.processor->name);
    if (!is_here) {
        log_warn("a certificate of notices cannot be fetched", LOG_TEXT("processor", processor), LOG_TEXT("url", flow->certificate_url),
                 LOG_NUMBER("status", flow->call.status), LOG_TEXT("problem", str_of(flow->call.problem)));
        return turn_away_with(flow, NOTICE_UNDECIDED);
    }
    bool is_trusted = certificates_keep(&flow->line->certificates, &flow->line->settings, flow->certificate_url, flow->call.answer_body,
                                        flow->notice.now, world_monotonic(base->world), &error);
    if (is_trusted) return go(LOOK_WHO_SIGNS);
    log_warn("a certificate of notices is not to be trusted", LOG_TEXT("processor", processor), LOG_TEXT("url", flow->certificate_url),
             LOG_TEXT("why", str_of(error.text)));
    return go(FORGED);
}

/* ---- is it the processor's? ---- */

static str body_hash(struct arena *arena, str body)
{
    char hex[HASH_HEX_BYTES + 1];
    struct hash hash = hash_of(&body, 1);
    return arena_copy(arena, hash_hex(&hash, hex));
}

/* A name that is missing, or longer than any is, is made of the bytes: they are the same when it comes again. */
static void name_notice(struct notice_flow *flow)
{
    struct notice_record *record = &flow->record;
    bool has_name = flow->news.event_id.length > 0 && flow->news.event_id.length <= EVENT_ID_BYTES_MAX;
    record->processor = str_of(flow->line->settings.processor->name);
    record->account = STR(ACCOUNT_DEFAULT);
    record->body_hash = body_hash(&flow->flow.arena, flow->notice.body);
    record->event_id = has_name ? flow->news.event_id : record->body_hash;
    record->type = flow->news.type.length <= TYPE_BYTES_MAX && flow->news.type.bytes ? flow->news.type : STR("");
    record->came_at = flow->notice.now;
}

static struct next prove(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    const struct processor_notices *notices = flow->line->settings.processor->notices;
    if (!notices->prove(&base->arena, &flow->notice)) return go(FORGED);
    flow->is_understood = notices->hear(&base->arena, &flow->notice, &flow->news);
    name_notice(flow);
    return go(RECORD_NOTICE);
}

/* ---- what it is about ---- */

static bool tells_amount(const struct processor_news *news) { return news->amount.minor != 0 || news->amount.currency.code[0]; }

/* Why it cannot be right, whatever it is about; NULL: nothing speaks against it. */
static const char *contradiction_of(const struct notice_flow *flow)
{
    if (!flow->is_understood) return "not_understood";
    if (flow->news.is_of_another_mode) return "wrong_mode";
    return flow->news.is_of_another_account ? "wrong_account" : NULL;
}

/* It becomes part of the address of a question that we ask. */
static bool can_be_asked_about(str ref) { return str_is_name(ref) && ref.length <= DISPUTE_REF_MAX; }

/* The same of the operation that it names. */
static const char *contradiction_to(const struct notice_flow *flow, const struct operation_record *operation, const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    const struct processor_news *news = &flow->news;
    if (!str_equal(operation->processor, flow->record.processor)) return "wrong_account";
    bool went_on = !str_equal(operation->processor, record->processor); /* at another one, on proof that this one had nothing */
    if (went_on && (operation->state == OPERATION_FAILED || news->subject == NEWS_OF_DISPUTE)) return "went_on_elsewhere";
    if (news->subject == NEWS_OF_DISPUTE && !can_be_asked_about(news->dispute_ref)) return "not_understood";
    if (!tells_amount(news)) return NULL;
    if (!money_same_currency(news->amount, payment->amount)) return "wrong_currency";
    return news->amount.minor == operation->amount_minor ? NULL : "wrong_amount";
}

/* By our own name for it, else by the processor's: a payment whose first answer was lost has only the one, a dispute only the other. */
static bool find_operation(struct notice_flow *flow, struct operation_record *out)
{
    struct store *store = flow->flow.store;
    str merchant = flow->flows->options.merchant;
    return store_find_operation_by_reference(store, &flow->flow.arena, merchant, flow->news.reference, out) ||
           store_find_operation_by_ref(store, &flow->flow.arena, merchant, flow->news.processor_ref, out);
}

static void quarantine(struct notice_flow *flow, const char *reason)
{
    flow->result = NOTICE_QUARANTINED;
    flow->record.reason = str_of(reason);
}

/* Another node drives what is open, and finds in the store that it has to look; or its payer is waited for, and we may stop before we
 * have asked. What is in doubt here is looked at by whoever has it in memory, and after a restart by itself. */
static bool is_to_be_found_in_store(struct notice_flow *flow, const struct payment_record *payment)
{
    struct operation_record open;
    str merchant = flow->flows->options.merchant;
    if (payment->payment.operation.kind == OPERATION_NONE) return false;
    if (payment->payment.operation.state == OPERATION_WAITING) return true;
    if (!flow->flows->nodes) return false;
    bool is_loaded = store_load_operation(flow->flow.store, &flow->flow.arena, merchant, payment_id_str(&payment->id),
                                          operation_id_str(&payment->open_operation), &open);
    return is_loaded && !is_driven_here(flow->flows, &open);
}

static void take(struct notice_flow *flow, const struct payment_record *payment)
{
    struct store *store = flow->flow.store;
    str merchant = flow->flows->options.merchant, id = payment_id_str(&payment->id);
    flow->result = NOTICE_TAKEN;
    flow->payment_id = payment->id;
    flow->is_of_dispute = flow->news.subject == NEWS_OF_DISPUTE;
    if (flow->is_of_dispute) store_save_dispute_news(store, merchant, id, flow->news.dispute_ref, flow->notice.now);
    else if (is_to_be_found_in_store(flow, payment)) store_hasten_look(store, merchant, id, flow->notice.now);
}

static void take_news_of_payment(struct notice_flow *flow)
{
    struct operation_record operation;
    struct payment_record payment;
    struct store *store = flow->flow.store;
    flow->result = NOTICE_FOREIGN;
    if (!find_operation(flow, &operation)) return;
    str id = arena_copy(&flow->flow.arena, payment_id_str(&operation.payment_id));
    bool loaded = store_load_payment(store, &flow->flow.arena, flow->flows->options.merchant, id, &payment);
    if (!store_must_have(store, loaded)) return;
    const char *contradiction = contradiction_to(flow, &operation, &payment);
    flow->record.payment_id = id;
    if (contradiction) quarantine(flow, contradiction);
    else take(flow, &payment);
}

static struct next record_notice(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    str merchant = flow->flows->options.merchant;
    const char *contradiction = contradiction_of(flow);
    flow->record.payment_id = STR_NONE;
    flow->record.reason = STR("");
    flow->answer = NOTICE_STORAGE_LOW; /* should there be none */
    flow->result = NOTICE_DUPLICATE;
    if (store_has_notice(base->store, merchant, &flow->record)) return go(NOTED);

    flow->result = NOTICE_KEPT;
    if (contradiction) quarantine(flow, contradiction);
    else if (flow->news.subject != NEWS_OF_NOTHING) take_news_of_payment(flow);
    flow->record.result = str_of(result_words[flow->result]);
    store_save_new_notice(base->store, merchant, &flow->record);
    return go(NOTED);
}

/* ---- what follows ---- */

static void tell(const struct notice_flow *flow)
{
    const struct notice_record *record = &flow->record;
    bool alarms = flow->result == NOTICE_QUARANTINED;
    measure_notice(flow->result);
    log_write(alarms ? LOG_ERROR : LOG_INFO, alarms ? "a notice contradicts what is known; nothing was changed" : "notice",
              LOG_TEXT("processor", record->processor), LOG_TEXT("account", record->account), LOG_TEXT("event_id", record->event_id),
              LOG_TEXT("type", record->type), LOG_TEXT("result", str_of(result_words[flow->result])), LOG_TEXT("reason", record->reason),
              LOG_TEXT("payment_id", record->payment_id));
}

static struct next noted(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    tell(flow);
    bool is_taken = flow->result == NOTICE_TAKEN;
    if (is_taken && flow->is_of_dispute) look_at_dispute(flow->flows, &flow->payment_id, flow->news.dispute_ref);
    else if (is_taken) flows_look_again(flow->flows, payment_id_str(&flow->payment_id));
    flow->bringer->answered(flow->bringer, NOTICE_ACCEPTED);
    return finish();
}

/* Whoever knocks is not worth a line each time: the metric tells how many do. */
static struct next forged(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    measure_notice(NOTICE_UNPROVEN);
    flow->bringer->answered(flow->bringer, NOTICE_FORGED);
    return finish();
}

static struct next turn_away(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    if (flow->answer == NOTICE_STORAGE_LOW) flow->flows->storage_low = true;
    flow->bringer->answered(flow->bringer, flow->answer);
    return finish();
}

/* clang-format off */
static const struct step steps[] = {
    [LOOK_WHO_SIGNS]    = { "look_who_signs",    ON_LOOP,        look_who_signs,    0         },
    [FETCH_CERTIFICATE] = { "fetch_certificate", ON_LOOP,        fetch_certificate, 0         },
    [READ_CERTIFICATE]  = { "read_certificate",  ON_LOOP,        read_certificate,  0         },
    [PROVE]             = { "prove",             ON_LOOP,        prove,             0         },
    [RECORD_NOTICE]     = { "record_notice",     IN_TRANSACTION, record_notice,     TURN_AWAY },
    [NOTED]             = { "noted",             ON_LOOP,        noted,             0         },
    [FORGED]            = { "forged",            ON_LOOP,        forged,            0         },
    [TURN_AWAY]         = { "turn_away",         ON_LOOP,        turn_away,         0         },
};
/* clang-format on */

static void finished(struct flow *base)
{
    struct notice_flow *flow = notice_of(base);
    arena_close(&base->arena);
    free(flow);
}

static const struct flow_kind notice_flow_kind = { "notice", steps, finished, NULL };

/* ---- the door ---- */

/* One that stands there twice proves nothing: which of the two would count? */
static str only_header(const struct http_request *request, const char *name)
{
    return http_header_count(request, str_of(name)) == 1 ? str_trim(http_header(request, str_of(name))) : STR_NONE;
}

static struct processor_notice notice_as_it_came(const struct flows *flows, const struct line *line, const struct http_request *request)
{
    const char *const *names = line->settings.processor->notices->headers;
    struct processor_notice notice = { .body = request->body, .keys = &line->settings.keys, .live = flows->options.live };
    notice.now = world_now(flows->options.world);
    for (size_t i = 0; i < PROCESSOR_NOTICE_HEADERS_MAX && names[i]; i++) notice.headers[i] = only_header(request, names[i]);
    return notice;
}

/* NULL: nobody there sends us notices. */
static struct line *line_of_notices(struct flows *flows, str processor, str account)
{
    const struct processor *named = processor_named(processor);
    if (!named || !named->notices || !str_equal(account, STR(ACCOUNT_DEFAULT))) return NULL;
    struct line *line = line_of(flows, processor);
    return line_is_set_up(line) ? line : NULL;
}

void flows_take_notice(struct flows *flows, str processor, str account, const struct http_request *request, struct notice_bringer *bringer)
{
    struct line *line = line_of_notices(flows, processor, account);
    if (!line || !lease_holds(flows)) {
        bringer->answered(bringer, line ? NOTICE_NO_LEASE : NOTICE_NOT_AWAITED);
        return;
    }
    struct notice_flow *flow = memory_take(sizeof *flow);
    flow->flows = flows;
    flow->line = line;
    flow->bringer = bringer;
    flow->notice = notice_as_it_came(flows, line, request);
    flow_begin(&flow->flow, &notice_flow_kind, flows->options.world, LOOK_WHO_SIGNS);
}
