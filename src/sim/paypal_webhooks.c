/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_webhooks: who is told, and signatures that he can check: by the certificate, or by asking. */
#include <stdio.h>
#include <string.h>

#include "base/moment.h"
#include "sim/paypal.h"

enum { SECONDS_CHARS = 19 /* "2024-01-02T03:04:06" */, TYPE_BYTES = 128, HEX_CHARS = 32 };

static const char certificate_path[] = "/v1/notifications/certs/CERT-1";

/* --- Signing --- */

static const struct paypal_signer *signer_of(struct paypal *paypal)
{
    if (paypal->signer == NULL) paypal->signer = paypal_signer_make();
    return paypal->signer;
}

/* "2024-01-02T03:04:06Z" */
static str time_text(struct arena *arena, micros now)
{
    char buffer[MOMENT_TEXT_BYTES];
    str whole = moment_format(now, buffer);
    return arena_format(arena, "%.*sZ", SECONDS_CHARS, whole.bytes);
}

static str transmission_id(struct arena *arena, struct paypal *paypal)
{
    str hex = paypal_draw(paypal, "0123456789abcdef", HEX_CHARS);
    return arena_format(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.bytes, hex.bytes + 8, hex.bytes + 12, hex.bytes + 16, hex.bytes + 20);
}

/* Who was named in the settings has his webhook's id there; who registered has it from his registration. */
static str webhook_id_of(const struct psp_target *target)
{
    return target->id.bytes ? target->id : target->secret;
}

void paypal_sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now)
{
    struct paypal *paypal = psp_of(notice->notices->desk)->state;
    struct arena *arena = psp_notice_arena(notice);
    str id = transmission_id(arena, paypal), time = time_text(arena, now);
    str message = paypal_signed_text(arena, id, time, webhook_id_of(target), body);
    psp_notice_header(notice, "PAYPAL-TRANSMISSION-ID", id);
    psp_notice_header(notice, "PAYPAL-TRANSMISSION-TIME", time);
    psp_notice_header(notice, "PAYPAL-TRANSMISSION-SIG", paypal_signer_sign(signer_of(paypal), arena, message));
    psp_notice_header(notice, "PAYPAL-CERT-URL", arena_format(arena, "%s%s", paypal->origin, certificate_path));
    psp_notice_header(notice, "PAYPAL-AUTH-ALGO", STR("SHA256withRSA"));
}

void paypal_get_certificate(struct psp_visit *visit)
{
    str pem = paypal_signer_certificate(signer_of(paypal_of(visit)));
    visit->desk.answer.status = 200;
    visit->desk.answer.content_type = STR("application/x-pem-file");
    visit->desk.answer.body = arena_copy(visit->arena, pem);
}

/* The bytes of "webhook_event" as they came: its CRC is signed. */
static str raw_event(str body)
{
    const char *name = memmem(body.bytes, body.length, "\"webhook_event\"", strlen("\"webhook_event\""));
    size_t at = name ? (size_t)(name - body.bytes) : body.length, depth = 0;
    while (at < body.length && body.bytes[at] != '{') at++;
    bool is_text = false;
    for (size_t i = at; i < body.length; i++) {
        char byte = body.bytes[i];
        if (is_text && byte == '\\') i++;
        else if (byte == '"') is_text = !is_text;
        else if (!is_text && byte == '{') depth++;
        else if (!is_text && byte == '}' && --depth == 0) return (str){ body.bytes + at, i + 1 - at };
    }
    return STR("");
}

static bool is_own_certificate(const struct paypal *paypal, str url)
{
    str origin = str_of(paypal->origin);
    return str_starts_with(url, origin) && str_equal(str_from(url, origin.length), str_of(certificate_path));
}

void paypal_verify_signature(struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    str message = paypal_signed_text(visit->arena, psp_given(visit, "transmission_id"), psp_given(visit, "transmission_time"),
                                     psp_given(visit, "webhook_id"), raw_event(visit->desk.exchange->request.body));
    bool is_right = str_equal(psp_given(visit, "auth_algo"), STR("SHA256withRSA"))
                    && is_own_certificate(paypal, psp_given(visit, "cert_url"))
                    && paypal_signature_is_right(visit->arena, paypal_signer_certificate(signer_of(paypal)), message,
                                                 psp_given(visit, "transmission_sig"));
    psp_answer(visit, 200, is_right ? STR("{\"verification_status\":\"SUCCESS\"}") : STR("{\"verification_status\":\"FAILURE\"}"));
}

/* --- Webhooks --- */

static bool wants(const struct psp_target *target, str type)
{
    const struct paypal_webhook *webhook = target->context;
    char padded[TYPE_BYTES];
    int length = snprintf(padded, sizeof padded, " %.*s ", STR_FORMAT(type));
    return str_contains(webhook->types, STR(" * ")) || str_contains(webhook->types, (str){ padded, (size_t)length });
}

static void put_webhook(struct text *text, struct paypal *paypal, const struct paypal_webhook *webhook)
{
    str rest = str_trim(webhook->types);
    json_open_object(text);
    json_put_str(text, "id", webhook->item.id);
    json_put_str(text, "url", webhook->url);
    json_name(text, "event_types");
    json_open_list(text);
    while (rest.length > 0) {
        json_comma(text);
        json_open_object(text);
        json_put_str(text, "name", str_cut(rest, ' ', &rest));
        json_close_object(text);
    }
    json_close_list(text);
    json_name(text, "links");
    json_open_list(text);
    paypal_put_link(text, paypal, "self", "GET", "/v1/notifications/webhooks/", webhook->item.id, "");
    json_close_list(text);
    json_close_object(text);
}

static void answer_webhook(struct psp_visit *visit, int status, const struct paypal_webhook *webhook)
{
    struct text text = text_open(visit->arena, 512);
    put_webhook(&text, paypal_of(visit), webhook);
    psp_answer_text(visit, status, &text);
}

static str read_types(struct psp_visit *visit)
{
    struct text text = text_open(visit->arena, 256);
    text_put_char(&text, ' ');
    for (struct json_item item = json_first(given_find(visit->given, "event_types")); item.value; item = json_next(item)) {
        text_put(&text, json_string(json_find(item.value, "name")));
        text_put_char(&text, ' ');
    }
    return psp_keep(visit->psp, text_str(&text));
}

static struct paypal_webhook *find_webhook(struct psp_visit *visit)
{
    struct paypal_webhook *webhook = psp_shelf_find(&paypal_of(visit)->webhooks, visit->ids[0]);
    if (webhook != NULL && !webhook->target->is_off) return webhook;
    paypal_refuse_not_found(visit);
    return NULL;
}

void paypal_create_webhook(struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    str url = paypal_kept(visit, "url"), given_types = read_types(visit);
    if (url.length == 0 || given_types.length == 1) {
        paypal_refuse(visit, "MISSING_REQUIRED_PARAMETER", url.length == 0 ? "/url" : "/event_types");
        return;
    }
    struct psp_target *target = psp_notices_add_target(&visit->psp->notices, url, STR(""));
    if (target == NULL) {
        paypal_refuse(visit, "WEBHOOK_NUMBER_LIMIT_EXCEEDED", NULL);
        return;
    }
    struct paypal_webhook *webhook = psp_shelf_add(&paypal->webhooks, paypal_id(paypal));
    webhook->url = url;
    webhook->types = given_types;
    webhook->target = target;
    target->id = webhook->item.id;
    target->wants = wants;
    target->context = webhook;
    answer_webhook(visit, 201, webhook);
}

void paypal_get_webhook(struct psp_visit *visit)
{
    const struct paypal_webhook *webhook = find_webhook(visit);
    if (webhook) answer_webhook(visit, 200, webhook);
}

void paypal_delete_webhook(struct psp_visit *visit)
{
    struct paypal_webhook *webhook = find_webhook(visit);
    if (webhook == NULL) return;
    webhook->target->is_off = true;
    paypal_answer_nothing(visit);
}

void paypal_list_webhooks(struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    struct text text = text_open(visit->arena, 512);
    json_open_object(&text);
    json_name(&text, "webhooks");
    json_open_list(&text);
    for (uint32_t i = 1; i <= psp_shelf_count(&paypal->webhooks); i++) {
        const struct paypal_webhook *webhook = psp_shelf_at(&paypal->webhooks, i);
        if (webhook->target->is_off) continue;
        json_comma(&text);
        put_webhook(&text, paypal, webhook);
    }
    json_close_list(&text);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}
