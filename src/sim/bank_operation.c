/* SPDX-License-Identifier: Apache-2.0 */
/* bank_operation: what the bank does for a request that reached it, and what it says; faults make it do or say otherwise. */
#include "sim/bank_reading.h"
#include "sim/bank_state.h"

enum {
    WATCHED_BODY_BYTES_MAX = 512, /* up to here the bank notices that its client is gone, and mostly rolls back */
    ROLLED_BACK_PERCENT = 90,
};

/* What is to be done for this request, once the rules agree. */
struct resolve {
    bool acts;
    bool keeps_key;
};

/* --- Faults of the telling --- */

static void tell_wrongly(struct desk_visit *visit, struct bank_told *told)
{
    if (visit->luck.kind == NULL) return;
    switch (visit->luck.kind->says) {
    case BANK_SAYS_WRONG_AMOUNT: told->cents++; break;
    case BANK_SAYS_WRONG_CURRENCY: told->currency = "EUR"; break;
    case BANK_SAYS_WRONG_ID:
        if (told->kind == BANK_HOLD) told->id = bank_id_draw(&visit->desk->chance);
        else told->parent = bank_id_draw(&visit->desk->chance);
        break;
    default: break;
    }
}

static void answer_effect(struct desk_visit *visit, const struct bank_effect *effect)
{
    struct bank_told told = bank_told_of(bank_of(visit->desk)->book, effect);
    tell_wrongly(visit, &told);
    bank_answer_post(visit->exchange->arena, &told, &visit->answer);
}

/* --- POST --- */

/* The client hung up while the bank slept. With a small body the bank learns of it and its transaction is canceled: nearly
 * always before the commit, else before the key is kept. With a larger one it never learns. */
static struct resolve resolve_for_absent(struct desk_visit *visit)
{
    struct sim_bank *bank = bank_of(visit->desk);
    bool is_noticed = visit->exchange->request.body.length <= WATCHED_BODY_BYTES_MAX;
    bool acts = !is_noticed || desk_chance_below(&bank->desk.chance, 100) >= ROLLED_BACK_PERCENT;
    if (acts) bank->counters.gone_done++;
    else bank->counters.gone_undone++;
    return (struct resolve){ acts, acts && !is_noticed };
}

static struct resolve resolve(struct desk_visit *visit)
{
    bool is_ordered = visit->luck.kind != NULL;
    if (visit->exchange->client_gone && !(is_ordered && visit->luck.acts_surely)) return resolve_for_absent(visit);
    if (is_ordered) return (struct resolve){ visit->luck.acts, visit->luck.keeps_key };
    return (struct resolve){ true, true };
}

static void enter(struct desk_visit *visit, const struct bank_effect *draft, bool keeps_key)
{
    struct sim_bank *bank = bank_of(visit->desk);
    uint32_t number = bank_book_enter(bank->book, draft);
    bank_keys_enter(bank->keys, bank->book, number, visit->key);
    if (bank_book_effect(bank->book, number)->older_of_key != 0) bank->counters.acted_twice++;
    if (keeps_key && bank_key_is_keepable(visit->key)) bank_keys_keep(bank->keys, bank->book, number, desk_now(&bank->desk));
    visit->acted = true;
}

static void do_operation(struct desk_visit *visit, const struct bank_request *request)
{
    struct sim_bank *bank = bank_of(visit->desk);
    struct bank_effect draft;
    enum bank_refusal refusal = bank_book_decide(bank->book, bank_visit_of(visit)->route->kind, request, bank_moment_ns(bank), &draft);
    if (refusal != BANK_AGREED) {
        bank_answer_refusal(visit->exchange->arena, refusal, &visit->answer);
        return;
    }
    draft.id = bank_id_draw(&bank->desk.chance);
    struct resolve resolved = resolve(visit);
    if (resolved.acts) enter(visit, &draft, resolved.keeps_key);
    answer_effect(visit, &draft);
}

/* What a decoded body asks for, its card masked. */
static void note_request(struct desk_visit *visit, const struct bank_request *request)
{
    struct desk_noted *noted = desk_visit_noted(visit);
    if (noted == NULL) return;
    str reference = str_is_empty(request->capture_id) ? request->authorization_id : request->capture_id;
    desk_noted_card(noted, request->card_number);
    desk_noted_copy(noted->reference, sizeof noted->reference, reference);
    noted->amount = request->cents;
}

void bank_operation_post(struct desk_visit *visit)
{
    struct arena *arena = visit->exchange->arena;
    const struct http_request *http = &visit->exchange->request;
    struct bank_request request;
    if (http_header_count(http, STR("Idempotency-Key")) != 1 || str_is_empty(visit->key)) {
        bank_answer_plain(arena, 400, "Idempotency-Key header must be given once", &visit->answer);
        return;
    }
    if (!bank_request_read(arena, bank_visit_of(visit)->route->kind, http->body, &request)) {
        bank_answer_plain(arena, 400, "cannot decode the request body", &visit->answer);
        return;
    }
    note_request(visit, &request);
    do_operation(visit, &request);
}

void bank_operation_replay(struct desk_visit *visit)
{
    desk_visit_noted(visit)->replayed = true;
    visit->desk->counters.replays++;
    answer_effect(visit, bank_book_effect(bank_of(visit->desk)->book, bank_visit_of(visit)->kept));
    http_answer_header(&visit->answer, STR("X-Idempotent-Replayed"), STR("true"));
}

/* --- GET --- */

/* A planted drift changes what GET tells; false: it tells of nothing. */
static bool drift(struct desk_visit *visit, const struct bank_effect *effect, struct bank_told *told)
{
    switch ((enum bank_drift)effect->drift) {
    case BANK_DRIFT_NONE: break;
    case BANK_DRIFT_FORGET: return false;
    case BANK_DRIFT_AMOUNT: told->cents++; break;
    case BANK_DRIFT_CURRENCY: told->currency = "EUR"; break;
    case BANK_DRIFT_PARENT: told->parent = bank_id_draw(&visit->desk->chance); break;
    }
    return true;
}

static bool tell_effect(struct desk_visit *visit, str id_text)
{
    const struct bank_book *book = bank_of(visit->desk)->book;
    enum bank_kind kind = bank_visit_of(visit)->route->kind;
    struct bank_id id;
    if (!bank_id_read(id_text, bank_kind_prefix(kind), &id)) return false;
    uint32_t number = bank_book_find(book, kind, &id);
    if (number == 0) return false;
    struct bank_told told = bank_told_of(book, bank_book_effect(book, number));
    if (!drift(visit, bank_book_effect(book, number), &told)) return false;
    tell_wrongly(visit, &told);
    bank_answer_get(visit->exchange->arena, &told, &visit->answer);
    return true;
}

void bank_operation_get(struct desk_visit *visit)
{
    if (tell_effect(visit, str_from(visit->path, str_of(bank_visit_of(visit)->route->path).length))) return;
    bank_answer_error(visit->exchange->arena, 404, "not_found", "not found", &visit->answer);
}
