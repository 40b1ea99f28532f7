/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_events: what happened, as events that can be read and that endpoints are told of, signed as Stripe signs.
 *
 *     Stripe-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" under the whole whsec_ text> */
#include "sim/psp_hmac.h"
#include "sim/stripe.h"

static void put_request(struct text *text, struct psp_visit *visit)
{
    json_name(text, "request");
    json_open_object(text);
    json_put_str(text, "id", visit ? arena_format(text->arena, "req_%llu", (unsigned long long)visit->desk.number) : STR_NONE);
    json_put_str(text, "idempotency_key", visit ? visit->desk.key : STR_NONE);
    json_close_object(text);
}

static void put_whole(struct text *text, struct psp_visit *visit, const struct stripe_event *event, size_t targets, str object)
{
    json_open_object(text);
    json_put_str(text, "id", event->object.item.id);
    json_put_str(text, "object", STR("event"));
    json_put_str(text, "api_version", STR(STRIPE_VERSION));
    json_put_int(text, "created", event->object.created);
    json_name(text, "data");
    json_open_object(text);
    json_put_raw(text, "object", object);
    json_close_object(text);
    json_put_bool(text, "livemode", false);
    json_put_int(text, "pending_webhooks", (int64_t)targets);
    put_request(text, visit);
    json_put_str(text, "type", event->type);
    json_close_object(text);
}

void stripe_tell(struct stripe *stripe, struct psp_visit *visit, const char *type,
                 void (*put)(struct text *, struct psp_visit *, const void *), const void *object)
{
    struct psp *psp = stripe->psp;
    struct arena scratch = { 0 };
    struct text told = text_open(&scratch, 2048), whole = text_open(&scratch, 4096);
    struct stripe_event *event = stripe_make(stripe, &stripe->events, "evt_", NULL);
    put(&told, NULL, object);
    event->type = str_of(type);
    put_whole(&whole, visit, event, psp->notices.target_count, text_str(&told));
    event->json = psp_keep(psp, text_str(&whole));
    psp_notices_tell(&psp->notices, event->object.item.id, event->type, ((const struct psp_item *)object)->id, event->json);
    arena_close(&scratch);
}

void stripe_sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now)
{
    struct arena *arena = psp_notice_arena(notice);
    str moment = arena_format(arena, "%lld", (long long)(now / MICROS_PER_SECOND));
    const str pieces[] = { moment, STR("."), body };
    str code = psp_hmac_sha256_hex(arena, target->secret, pieces, COUNT_OF(pieces));
    psp_notice_header(notice, "Stripe-Signature", arena_format(arena, "t=%.*s,v1=%.*s", STR_FORMAT(moment), STR_FORMAT(code)));
    psp_notice_header(notice, "User-Agent", STR("Stripe/1.0 (florin sim stripe)"));
}

void stripe_get_event(struct psp_visit *visit)
{
    const struct stripe_event *event = psp_shelf_find(&stripe_of(visit)->events, visit->ids[0]);
    if (event == NULL) stripe_not_found(visit, "event", "id", visit->ids[0]);
    else stripe_answer(visit, stripe_put_event, event);
}

/* --- Who is told --- */

/* A list with "*" wants everything. */
static bool wants(const struct psp_target *target, str type)
{
    const struct stripe_endpoint *endpoint = target->context;
    str quoted_all = STR("\"*\"");
    char quoted[96];
    struct arena scratch = { 0 };
    bool fits = str_copy_to(arena_format(&scratch, "\"%.*s\"", STR_FORMAT(type)), quoted, sizeof quoted);
    arena_close(&scratch);
    return str_contains(endpoint->enabled_events, quoted_all) || (fits && str_contains(endpoint->enabled_events, str_of(quoted)));
}

void stripe_create_endpoint(struct psp_visit *visit)
{
    struct stripe *stripe = stripe_of(visit);
    const struct json *events = given_find(visit->given, "enabled_events");
    str url = psp_given(visit, "url");
    if (url.length == 0 || events == NULL) {
        stripe_missing(visit, url.length == 0 ? "url" : "enabled_events");
        return;
    }
    str secret = psp_id(stripe->psp, "whsec_", STRIPE_ID_CHARS), kept_url = stripe_kept(visit, "url");
    struct psp_target *target = psp_notices_add_target(&stripe->psp->notices, kept_url, secret);
    if (target == NULL) {
        stripe_invalid(visit, NULL, STR("url"), "You have reached the maximum of webhook endpoints.");
        return;
    }
    struct stripe_endpoint *endpoint = stripe_make(stripe, &stripe->endpoints, "we_", visit);
    endpoint->url = kept_url;
    endpoint->secret = secret;
    endpoint->description = stripe_kept(visit, "description");
    endpoint->api_version = stripe_kept(visit, "api_version");
    endpoint->enabled_events = psp_keep(stripe->psp, json_canonical(visit->arena, events, NULL, NULL));
    endpoint->target = target;
    target->id = endpoint->object.item.id;
    target->wants = wants;
    target->context = endpoint;
    stripe_answer(visit, stripe_put_endpoint, endpoint);
}

static struct stripe_endpoint *named_endpoint(struct psp_visit *visit)
{
    struct stripe_endpoint *endpoint = psp_shelf_find(&stripe_of(visit)->endpoints, visit->ids[0]);
    if (endpoint && !endpoint->is_deleted) return endpoint;
    stripe_not_found(visit, "webhook endpoint", "id", visit->ids[0]);
    return NULL;
}

void stripe_get_endpoint(struct psp_visit *visit)
{
    struct stripe_endpoint *endpoint = named_endpoint(visit);
    if (endpoint) stripe_answer(visit, stripe_put_endpoint, endpoint);
}

void stripe_delete_endpoint(struct psp_visit *visit)
{
    struct stripe_endpoint *endpoint = named_endpoint(visit);
    if (endpoint == NULL) return;
    endpoint->is_deleted = true;
    endpoint->target->is_off = true;
    static const char gone[] = "{\"id\":\"%.*s\",\"object\":\"webhook_endpoint\",\"deleted\":true}";
    psp_answer(visit, 200, arena_format(visit->arena, gone, STR_FORMAT(visit->ids[0])));
}
