/* SPDX-License-Identifier: Apache-2.0 */
/* hearing: reading an answer, and holding it against what was told before. */
#include "simulation/hearing.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "simulation/simulation.h"

enum { ANSWER_MEMBERS_MAX = 100000 }; /* a page of a hundred receipts has some thousands */

/* An answer that has been read. */
struct heard {
    const struct request *request;
    const struct http_answer *answer;
    const struct json *root;
    str code;    /* of a problem document; STR_NONE: it is none */
    str payment; /* the payment that it tells of; STR_NONE: of none */
    bool replayed;
};

/* ---- how a payment may go on ---- */

/* What each state may have become when it is looked at again: told facts stay true, or have legal successors (I4). */
static const struct {
    const char *state;
    const char *later; /* with spaces around */
} successors[] = {
    { "pending", " pending requires_action authorized captured refunded voided declined failed expired " },
    { "requires_action", " requires_action authorized captured refunded voided declined failed expired " },
    { "authorized", " authorized captured refunded voided expired " },
    { "captured", " captured refunded " },
    { "refunded", " refunded " },
    { "voided", " voided " },
    { "declined", " declined " },
    { "failed", " failed " },
    { "expired", " expired " },
};

static bool may_follow(const char *state, const char *later)
{
    char word[STATE_BYTES + 2];
    snprintf(word, sizeof word, " %s ", later);
    for (size_t i = 0; i < COUNT_OF(successors); i++) {
        if (strcmp(successors[i].state, state) == 0) return strstr(successors[i].later, word) != NULL;
    }
    return state[0] == 0;
}

static bool goes_on(const struct standing *from, const struct standing *to)
{
    bool amounts_stay = to->authorized >= from->authorized && to->captured >= from->captured && to->refunded >= from->refunded;
    return may_follow(from->state, to->state) && amounts_stay;
}

static int64_t amount(const struct json *root, const char *name)
{
    int64_t minor = -1;
    if (!json_int64(json_find(root, name), &minor) || minor < 0) finding("I14", "%s is no amount", name);
    return minor;
}

static struct standing read_standing(const struct json *root)
{
    struct standing standing = { .authorized = amount(root, "authorized_amount"), .captured = amount(root, "captured_amount"),
                                 .refunded = amount(root, "refunded_amount") };
    if (!str_copy_to(json_string(json_find(root, "state")), standing.state, sizeof standing.state)) standing.state[0] = 0;
    if (standing.captured > standing.authorized || standing.refunded > standing.captured) {
        finding("I3", "%s: authorized %lld, captured %lld, refunded %lld", standing.state, (long long)standing.authorized,
                (long long)standing.captured, (long long)standing.refunded);
    }
    return standing;
}

/* ---- learning ---- */

static struct purchase *purchase_of(const struct heard *heard) { return &simulation->merchants.purchases[heard->request->purchase]; }

static void learn_id(const struct heard *heard)
{
    struct purchase *purchase = purchase_of(heard);
    if (heard->payment.length == 0) return;
    if (!purchase->payment[0]) INSIST(str_copy_to(heard->payment, purchase->payment, sizeof purchase->payment));
    if (!str_equal(heard->payment, str_of(purchase->payment))) {
        finding("I1", "one key made two payments: %s and then %.*s", purchase->payment, STR_FORMAT(heard->payment));
    }
}

/* Where the payer has to go: to a page of his payment's processor. */
static void learn_page(const struct heard *heard)
{
    struct merchants *merchants = &simulation->merchants;
    struct purchase *purchase = purchase_of(heard);
    const struct json *action = json_find(heard->root, "next_action");
    if (purchase->page || json_kind_of(action) != JSON_OBJECT) return;
    purchase->page = arena_copy(&merchants->arena, json_string(json_find(action, "url"))).bytes;
    if (!merchants->intents[purchase->intent].can_go) finding("I23", "a payer who cannot go anywhere was sent to %s", purchase->page);
    mark("payer", "sent_away");
}

/* A replayed answer tells how it stood then. */
static void learn_standing(const struct heard *heard)
{
    struct purchase *purchase = purchase_of(heard);
    if (!json_find(heard->root, "captured_amount")) return;
    int64_t asked = simulation->merchants.intents[purchase->intent].minor;
    int64_t told = amount(heard->root, "amount");
    if (told != asked) finding("I14", "payment %s was asked for %lld and is %lld", purchase->payment, (long long)asked, (long long)told);
    learn_page(heard);
    if (heard->replayed) return;
    struct standing standing = read_standing(heard->root);
    if (goes_on(&purchase->standing, &standing)) purchase->standing = standing;
}

/* ---- the end of an intent ---- */

/* These ask the merchant to come back, and are no end. */
static bool is_end(const struct heard *heard)
{
    int status = heard->answer->status;
    if (status == 202 || (status == 503 && heard->payment.length == 0)) return false;
    return !str_equal(heard->code, STR("operation_in_progress")) && !str_equal(heard->code, STR("idempotency_in_progress"));
}

/* Said before the key is looked at. */
static bool is_weather(const struct heard *heard)
{
    return str_equal(heard->code, STR("overloaded")) || str_equal(heard->code, STR("shutting_down"));
}

static void hear_end(const struct heard *heard, struct intent *intent)
{
    struct merchants *merchants = &simulation->merchants;
    if (intent->is_told) {
        bool same = intent->status == heard->answer->status && str_equal(intent->body, heard->answer->body);
        if (!same) {
            finding("I5", "%s was told %d %.*s and now %d %.*s", intent->key, intent->status, STR_FORMAT(intent->body), heard->answer->status,
                    STR_FORMAT(heard->answer->body));
        }
        return;
    }
    intent->is_told = true;
    intent->status = heard->answer->status;
    intent->body = arena_copy(&merchants->arena, heard->answer->body);
}

static void mark_told(const struct heard *heard, const struct intent *intent)
{
    char name[48];
    snprintf(name, sizeof name, "%s_%d", wish_word(intent->wish), heard->answer->status);
    mark("told", name);
    if (heard->replayed) mark("told", "replayed");
    if (str_equal(heard->code, STR("overloaded"))) mark("told", "overloaded");
    if (str_equal(heard->code, STR("shutting_down"))) mark("told", "stopping");
    if (str_equal(heard->code, STR("storage_low"))) mark("told", "storage_low");
}

static void hear_intent(const struct heard *heard)
{
    struct intent *intent = &simulation->merchants.intents[heard->request->intent];
    mark_told(heard, intent);
    bool called_another = str_equal(heard->code, STR("idempotency_key_reused"));
    if (called_another) finding("I1", "%s came with its own bytes and was told that they are others", intent->key);
    learn_id(heard);
    learn_standing(heard);
    if (is_end(heard)) hear_end(heard, intent);
    else if (intent->is_told && !is_weather(heard)) {
        finding("I5", "%s was told its end and is now told %d %.*s", intent->key, heard->answer->status, STR_FORMAT(heard->answer->body));
    }
}

static void hear_altered(const struct heard *heard)
{
    const struct intent *intent = &simulation->merchants.intents[heard->request->intent];
    if (is_weather(heard)) return;
    if (!str_equal(heard->code, STR("idempotency_key_reused"))) {
        finding("I1", "%s came with another body and was told %d %.*s", intent->key, heard->answer->status, STR_FORMAT(heard->answer->body));
    }
    mark("told", "key_reused");
}

/* ---- looks ---- */

static void hear_receipt(const struct heard *heard)
{
    struct purchase *purchase = purchase_of(heard);
    if (heard->answer->status == 404) finding("I4", "payment %s was told of and is not there", purchase->payment);
    if (heard->answer->status != 200) return; /* the store cannot be read just now */
    struct standing standing = read_standing(heard->root);
    if (!goes_on(&heard->request->before, &standing)) {
        finding("I4", "payment %s was %s %lld/%lld/%lld and is now %s %lld/%lld/%lld", purchase->payment, heard->request->before.state,
                (long long)heard->request->before.authorized, (long long)heard->request->before.captured, (long long)heard->request->before.refunded,
                standing.state, (long long)standing.authorized, (long long)standing.captured, (long long)standing.refunded);
    }
    learn_standing(heard);
}

/* Money is held or taken, and nothing about it is open. */
static bool is_paid(const struct json *receipt)
{
    str state = json_string(json_find(receipt, "state"));
    bool taken = str_equal(state, STR("captured")) && amount(receipt, "refunded_amount") < amount(receipt, "captured_amount");
    return (taken || str_equal(state, STR("authorized"))) && json_kind_of(json_find(receipt, "operation")) == JSON_NULL;
}

/* I6, as merchants see it: 1, 2, 3 ... without a gap. */
static void hear_history(const struct heard *heard)
{
    int64_t sequence, expected = 0;
    const struct json *events = json_find(heard->root, "data");
    if (heard->answer->status == 404) finding("I4", "payment %s was told of and has no history", purchase_of(heard)->payment);
    for (struct json_item item = json_first(events); item.value; item = json_next(item)) {
        bool fits = json_int64(json_find(item.value, "sequence"), &sequence) && sequence == ++expected;
        if (!fits) finding("I6", "the history of %s has no event %lld", purchase_of(heard)->payment, (long long)expected);
    }
    if (expected > 0) mark("told", "history");
}

static void hear_page(const struct heard *heard)
{
    int status = heard->answer->status;
    if (status != 200 && status != 503) finding("I24", "a list was told %d %.*s", status, STR_FORMAT(heard->answer->body));
}

static void hear_ship(const struct heard *heard)
{
    bool ship = json_is_true(json_find(heard->root, "ship")), paid = false;
    if (heard->answer->status != 200) return;
    mark("told", ship ? "ship" : "do_not_ship");
    const struct json *payments = json_find(heard->root, "payments");
    for (struct json_item item = json_first(payments); item.value; item = json_next(item)) paid |= is_paid(item.value);
    if (ship && !paid) finding("I23", "goods are to be shipped and nobody has paid: %.*s", STR_FORMAT(heard->answer->body));
}

static void hear_nonsense(const struct heard *heard)
{
    bool refused = heard->answer->status >= 400 && heard->payment.length == 0;
    if (!refused) finding("I24", "nonsense was told %d %.*s", heard->answer->status, STR_FORMAT(heard->answer->body));
    mark("told", "nonsense_refused");
}

/* He goes on to his merchant, or comes again. */
static void hear_return(const struct heard *heard)
{
    int status = heard->answer->status;
    if (status != 303 && status < 500) finding("I4", "a payer who came back was told %d %.*s", status, STR_FORMAT(heard->answer->body));
    if (status == 303) mark("payer", "sent_on");
}

static void hear_settled(const struct heard *heard)
{
    struct merchants *merchants = &simulation->merchants;
    if (heard->request->number != merchants->settling) return; /* he had given up */
    merchants->settling = 0;
    merchants->settlement_taken = heard->answer->status < 300;
}

/* ---- every answer ---- */

/* I24: whatever is not a success is a problem document with a code and the id of the request. */
static void check_problem(const struct heard *heard)
{
    int64_t status = 0;
    bool is_problem = str_equal(heard->answer->content_type, STR("application/problem+json")) && heard->code.length > 0 &&
                      json_string(json_find(heard->root, "request_id")).length > 0 && json_int64(json_find(heard->root, "status"), &status) &&
                      status == heard->answer->status;
    if (!is_problem) finding("I24", "%d without a problem document: %.*s", heard->answer->status, STR_FORMAT(heard->answer->body));
}

static struct heard read_answer(struct request *request, const struct http_answer *answer)
{
    struct heard heard = { .request = request, .answer = answer };
    if (answer->status == 303) return heard; /* a browser's, without a body */
    bool is_json = json_read_up_to(&request->arena, answer->body, ANSWER_MEMBERS_MAX, &heard.root) == JSON_FINE;
    if (!is_json) finding("I24", "the answer is not JSON: %.*s", STR_FORMAT(answer->body));
    bool good = answer->status < 300;
    heard.code = good ? STR_NONE : json_string(json_find(heard.root, "code"));
    heard.payment = json_string(json_find(heard.root, good ? "id" : "payment_id"));
    for (size_t i = 0; i < answer->header_count; i++) heard.replayed |= str_equal(answer->headers[i].name, STR("Idempotent-Replayed"));
    if (!good) check_problem(&heard);
    return heard;
}

static void (*const hearings[])(const struct heard *heard) = {
    [QUESTION_INTENT] = hear_intent,
    [QUESTION_ALTERED] = hear_altered,
    [QUESTION_RECEIPT] = hear_receipt,
    [QUESTION_SHIP] = hear_ship,
    [QUESTION_HISTORY] = hear_history,
    [QUESTION_PAGE] = hear_page,
    [QUESTION_NONSENSE] = hear_nonsense,
    [QUESTION_RETURN] = hear_return,
    [QUESTION_SETTLE] = hear_settled,
};

void hearing_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct request *request = CONTAINER_OF(exchange, struct request, exchange);
    trace_format("told", "#%lld %d %.*s", (long long)request->number, answer->status, STR_FORMAT(answer->body));
    if (!exchange->client_gone || request->question == QUESTION_SETTLE) {
        struct heard heard = read_answer(request, answer);
        hearings[request->question](&heard);
    }
    request_forget(simulation, request);
}
