/* SPDX-License-Identifier: Apache-2.0 */
/* psp_visit: the way of a request through a company.
 *
 *     path and method? ─▶ credentials? ─▶ body readable and known? ─▶ key: fresh, kept, under way, of another request?
 *                                                                       │ fresh: it is ours
 *                              (latency, chance: the desk's)  ──▶ the route's function ──▶ kept for the key, if the company does
 *
 * Whoever fails before the function is answered at once. */
#include <string.h>

#include "sim/psp.h"

enum { MICROS_PER_HOUR_OVER_SECOND = 3600 };

struct psp_visit *psp_visit_of(struct desk_visit *visit)
{
    return CONTAINER_OF(visit, struct psp_visit, desk);
}

/* --- Routes --- */

static bool is_place(str part)
{
    return part.length > 2 && part.bytes[0] == '{' && part.bytes[part.length - 1] == '}';
}

/* Compares segment by segment; what stands at places goes to `ids`. */
static bool path_fits(str pattern, str path, str ids[PSP_IDS_MAX])
{
    size_t count = 0;
    while (pattern.length > 0 && path.length > 0) {
        str wanted = str_cut(pattern, '/', &pattern), given = str_cut(path, '/', &path);
        if (is_place(wanted) && given.length > 0 && count < PSP_IDS_MAX) ids[count++] = given;
        else if (!str_equal(wanted, given)) return false;
    }
    return pattern.length == 0 && path.length == 0;
}

static void find_route(struct psp_visit *visit)
{
    const struct psp_trade *trade = visit->psp->trade;
    str method = visit->desk.exchange->request.method;
    visit->refusal = PSP_NO_SUCH_PATH;
    visit->desk.endpoint = trade->route_count;
    for (size_t i = 0; i < trade->route_count; i++) {
        const struct psp_route *route = &trade->routes[i];
        if (!path_fits(str_of(route->path), visit->desk.path, visit->ids)) continue;
        visit->refusal = PSP_WRONG_METHOD;
        if (!str_equal(method, str_of(route->method))) continue;
        visit->refusal = PSP_FINE;
        visit->route = route;
        visit->desk.endpoint = i;
        return;
    }
}

/* --- Bodies --- */

static bool has_body(const struct http_request *request)
{
    return request->body.length > 0;
}

static bool read_body(struct psp_visit *visit)
{
    const struct http_request *request = &visit->desk.exchange->request;
    str type = http_header(request, STR("Content-Type"));
    bool is_form = visit->psp->trade->reads_forms || visit->route->door == PSP_DOOR_PAGE
                   || str_starts_with(type, STR("application/x-www-form-urlencoded"));
    if (!has_body(request) || str_starts_with(type, STR("multipart/"))) return form_read(visit->arena, request->query, &visit->given);
    return is_form ? form_read(visit->arena, request->body, &visit->given)
                   : body_read(visit->arena, request->body, &visit->given);
}

static void read_given(struct psp_visit *visit)
{
    if (!read_body(visit)) {
        visit->refusal = PSP_UNREADABLE;
        return;
    }
    if (visit->route->takes == NULL) return;
    visit->culprit = given_unknown(visit->arena, visit->given, visit->route->takes);
    if (visit->culprit.bytes != NULL) visit->refusal = PSP_UNKNOWN_PARAMETER;
}

/* --- Keys --- */

/* What makes two requests the same: method, path and body. */
static struct hash fingerprint_of(const struct psp_visit *visit)
{
    str given = visit->given ? json_canonical(visit->arena, visit->given, NULL, NULL) : STR("");
    const str pieces[] = { visit->desk.exchange->request.method, STR(" "), visit->desk.path, STR(" "), given };
    return hash_of(pieces, COUNT_OF(pieces));
}

static bool takes_key(const struct psp_visit *visit)
{
    return visit->route->door != PSP_DOOR_PAGE && visit->route->key_kept_hours != PSP_NO_KEY
           && visit->psp->trade->key_header != NULL && str_equal(visit->desk.exchange->request.method, STR("POST"));
}

static str scope_of(const struct psp_visit *visit)
{
    if (!visit->psp->trade->keys_are_each_endpoints_own) return visit->account;
    return arena_format(visit->arena, "%.*s %.*s", STR_FORMAT(visit->account), STR_FORMAT(visit->desk.path));
}

static void look_up_key(struct psp_visit *visit)
{
    struct psp *psp = visit->psp;
    visit->fingerprint = fingerprint_of(visit);
    enum psp_key_state state = psp_keys_find(&psp->keys, &psp->arena, scope_of(visit), visit->desk.key, &visit->fingerprint,
                                             psp_now(psp), &visit->key);
    switch (state) {
    case PSP_KEY_FRESH: break;
    case PSP_KEY_KEPT: visit->desk.answers_at_once = true; break;
    case PSP_KEY_RUNNING: visit->refusal = PSP_KEY_IN_USE; break;
    case PSP_KEY_MISMATCH: visit->refusal = PSP_KEY_REUSED; break;
    }
}

/* It is this request's key now, until it leaves. */
static void take_key(struct psp_visit *visit)
{
    if (visit->key == NULL || visit->key->is_running) return;
    visit->has_key = true;
    visit->key->is_running = true;
    visit->key->fingerprint = visit->fingerprint;
}

static micros kept_for(const struct psp_visit *visit)
{
    int64_t hours = visit->route->key_kept_hours ? visit->route->key_kept_hours : visit->psp->trade->key_kept_hours;
    return hours * MICROS_PER_HOUR_OVER_SECOND * MICROS_PER_SECOND;
}

static bool is_to_be_kept(const struct psp_visit *visit)
{
    const struct psp_trade *trade = visit->psp->trade;
    if (visit->key == NULL || visit->keeps_nothing) return false;
    if (visit->desk.luck.kind != NULL && !visit->desk.luck.keeps_key) return false;
    return trade->keeps ? trade->keeps(visit) : visit->desk.answer.status < 300;
}

static void keep_answer(struct psp_visit *visit)
{
    struct psp *psp = visit->psp;
    if (!is_to_be_kept(visit)) return;
    psp_keys_keep(&psp->keys, &psp->arena, visit->key, &visit->fingerprint, &visit->desk.answer, psp_now(psp), kept_for(visit));
}

/* --- The way --- */

void psp_visit_arrive(struct desk_visit *desk)
{
    struct psp_visit *visit = psp_visit_of(desk);
    visit->psp = psp_of(desk->desk);
    visit->arena = desk->exchange->arena;
    psp_agenda_run(&visit->psp->agenda);
    find_route(visit);
    if (visit->refusal == PSP_FINE && takes_key(visit)) {
        desk->key = http_header(&desk->exchange->request, str_of(visit->psp->trade->key_header));
    }
    desk->is_exempt = visit->route && visit->route->door == PSP_DOOR_PAGE;
    if (visit->refusal == PSP_FINE && visit->route->door == PSP_DOOR_API && !visit->psp->trade->admits(visit)) {
        visit->refusal = PSP_UNAUTHORIZED;
    }
    if (visit->refusal == PSP_FINE) read_given(visit);
    if (visit->refusal == PSP_FINE && !str_is_empty(desk->key)) look_up_key(visit);
    if (visit->refusal != PSP_FINE) desk->answers_at_once = true;
    if (!desk->answers_at_once) take_key(visit);
}

static void dress(struct psp_visit *visit)
{
    if (visit->psp->trade->dress && !visit->desk.is_exempt) visit->psp->trade->dress(visit);
}

static void refuse(struct psp_visit *visit, enum psp_refusal why)
{
    visit->keeps_nothing = why != PSP_FAILED;
    visit->psp->trade->refuse(visit, why);
    INSIST(visit->desk.answer.status != 0);
}

void psp_visit_replay(struct desk_visit *desk)
{
    struct psp_visit *visit = psp_visit_of(desk);
    if (visit->refusal != PSP_FINE) {
        refuse(visit, visit->refusal);
        dress(visit);
        return;
    }
    desk_visit_noted(desk)->replayed = true;
    desk->desk->counters.replays++;
    desk->answer.status = visit->key->status;
    desk->answer.content_type = visit->key->content_type;
    desk->answer.body = visit->key->body;
    if (visit->psp->trade->replayed) visit->psp->trade->replayed(visit);
    dress(visit);
}

/* A refused one comes here only when a fault has it that keys are not looked at. */
static void do_work(struct psp_visit *visit)
{
    bool is_sound = visit->refusal == PSP_FINE || visit->refusal == PSP_KEY_IN_USE || visit->refusal == PSP_KEY_REUSED;
    if (is_sound) visit->route->answer(visit);
    else refuse(visit, visit->refusal);
    INSIST(visit->desk.answer.status != 0);
}

void psp_visit_act(struct desk_visit *desk)
{
    struct psp_visit *visit = psp_visit_of(desk);
    const struct desk_fault_kind *fault = desk->luck.kind;
    if (fault == NULL || desk->luck.acts) do_work(visit);
    else refuse(visit, PSP_FAILED);
    if (fault && fault->says == PSP_SAYS_FAILED_KEPT) {
        desk->answer = (struct http_answer){ 0 };
        refuse(visit, PSP_FAILED);
    }
    dress(visit);
    keep_answer(visit);
}

void psp_visit_fail(struct desk_visit *desk)
{
    refuse(psp_visit_of(desk), PSP_FAILED);
    dress(psp_visit_of(desk));
}

void psp_visit_leave(struct desk_visit *desk)
{
    struct psp_visit *visit = psp_visit_of(desk);
    if (visit->has_key) visit->key->is_running = false;
}

/* --- What was asked --- */

str psp_given(const struct psp_visit *visit, const char *path)
{
    return given_text(visit->given, path);
}

bool psp_given_int(const struct psp_visit *visit, const char *path, int64_t *out)
{
    return given_int(visit->given, path, out);
}

str psp_visit_card_number(struct desk_visit *desk)
{
    struct psp_visit *visit = psp_visit_of(desk);
    const char *const *path = visit->psp->trade->card_paths;
    for (; path && *path && visit->given; path++) {
        str number = psp_given(visit, *path);
        if (number.length > 0) return number;
    }
    return STR("");
}

bool psp_visit_card(struct psp_visit *visit, str number, struct psp_card *out)
{
    struct desk_noted *noted = desk_visit_noted(&visit->desk);
    if (noted) desk_noted_card(noted, number);
    return psp_card_read(number, visit->psp->trade->cards, out);
}

void psp_visit_note(struct psp_visit *visit, str reference, int64_t amount)
{
    struct desk_noted *noted = desk_visit_noted(&visit->desk);
    if (noted == NULL) return;
    desk_noted_copy(noted->reference, sizeof noted->reference, reference);
    noted->amount = amount;
}

/* --- Answers --- */

void psp_answer(struct psp_visit *visit, int status, str json)
{
    visit->desk.answer.status = status;
    visit->desk.answer.content_type = STR("application/json");
    visit->desk.answer.body = json;
}

void psp_answer_text(struct psp_visit *visit, int status, const struct text *json)
{
    psp_answer(visit, status, text_str(json));
}

void psp_answer_header(struct psp_visit *visit, const char *name, str value)
{
    http_answer_header(&visit->desk.answer, str_of(name), value);
}
