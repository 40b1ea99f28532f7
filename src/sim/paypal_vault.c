/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_vault: saved methods. One is kept when an order was paid that asked for it, or without a payment in two steps: a setup
 * token, which the payer approves if it is of a wallet, then a payment token made of it. */
#include "sim/paypal.h"

enum { TOKEN_CHARS = 8, CUSTOMER_CHARS = 10, NETWORK_CHARS = 15 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789", digits[] = "0123456789";

static struct paypal_token *make(struct paypal *paypal, const struct paypal_source *source, str id)
{
    struct paypal_token *token = psp_shelf_add(&paypal->tokens, id);
    token->source = *source;
    token->source.wants_saving = false;
    if (str_is_empty(token->source.customer)) token->source.customer = paypal_draw(paypal, letters, CUSTOMER_CHARS);
    if (source->kind == PAYPAL_CARD) token->network_reference = paypal_draw(paypal, digits, NETWORK_CHARS);
    return token;
}

/* --- As JSON --- */

static void put_customer(struct text *text, const struct paypal_token *token)
{
    json_name(text, "customer");
    json_open_object(text);
    json_put_str(text, "id", token->source.customer);
    json_close_object(text);
}

static void put_source(struct text *text, const struct paypal_token *token)
{
    json_name(text, "payment_source");
    json_open_object(text);
    json_name(text, token->source.name);
    json_open_object(text);
    if (token->source.kind == PAYPAL_CARD) paypal_put_card(text, &token->source);
    else json_put_str(text, "email_address", STR("payer@example.test"));
    json_close_object(text);
    json_close_object(text);
}

static void put_token(struct text *text, struct paypal *paypal, const struct paypal_token *token)
{
    bool waits = token->is_setup && paypal_is(token->status, "PAYER_ACTION_REQUIRED");
    json_open_object(text);
    json_put_str(text, "id", token->item.id);
    if (token->is_setup) json_put_str(text, "status", str_of(token->status));
    put_customer(text, token);
    put_source(text, token);
    json_name(text, "links");
    json_open_list(text);
    paypal_put_link(text, paypal, "self", "GET", token->is_setup ? "/v3/vault/setup-tokens/" : "/v3/vault/payment-tokens/",
                    token->item.id, "");
    if (waits) paypal_put_link(text, paypal, "approve", "GET", "/checkoutnow?token=", token->item.id, "");
    json_close_list(text);
    json_close_object(text);
}

static void answer_token(struct psp_visit *visit, int status, const struct paypal_token *token)
{
    struct text text = text_open(visit->arena, 512);
    put_token(&text, paypal_of(visit), token);
    psp_answer_text(visit, status, &text);
}

/* --- Saving --- */

struct paypal_token *paypal_save(struct psp_visit *visit, const struct paypal_source *source)
{
    struct paypal *paypal = paypal_of(visit);
    struct paypal_token *token = make(paypal, source, paypal_draw(paypal, letters, TOKEN_CHARS));
    struct text text = text_open(visit->arena, 512);
    token->status = "VAULTED";
    put_token(&text, paypal, token);
    paypal_tell(paypal, "VAULT.PAYMENT-TOKEN.CREATED", "payment_token", token->item.id, text_str(&text));
    return token;
}

const struct paypal_token *paypal_find_saved(const struct paypal *paypal, str id)
{
    const struct paypal_token *token = psp_shelf_find(&paypal->tokens, id);
    return token && !token->is_setup && !token->is_deleted ? token : NULL;
}

static bool has_key(struct psp_visit *visit)
{
    if (!str_is_empty(visit->desk.key)) return true;
    paypal_refuse(visit, "PAYPAL_REQUEST_ID_REQUIRED", NULL);
    return false;
}

/* A card, or a wallet whose owner has to agree. False: a refusal was given. */
static bool read_source(struct psp_visit *visit, struct paypal_source *out)
{
    if (given_find(visit->given, "payment_source.card")) return paypal_read_card(visit, out);
    if (given_find(visit->given, "payment_source.paypal")) {
        *out = (struct paypal_source){ .kind = PAYPAL_WALLET, .name = "paypal" };
        out->return_url = paypal_kept(visit, "payment_source.paypal.experience_context.return_url");
        out->cancel_url = paypal_kept(visit, "payment_source.paypal.experience_context.cancel_url");
        return true;
    }
    paypal_refuse(visit, "MISSING_REQUIRED_PARAMETER", "/payment_source");
    return false;
}

void paypal_create_setup_token(struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    struct paypal_source source = { 0 };
    if (!has_key(visit) || !read_source(visit, &source)) return;
    source.customer = paypal_kept(visit, "customer.id");
    struct paypal_token *token = make(paypal, &source, paypal_id(paypal));
    token->is_setup = true;
    token->status = source.kind == PAYPAL_CARD ? "APPROVED" : "PAYER_ACTION_REQUIRED";
    answer_token(visit, 201, token);
}

void paypal_token_answered(struct psp_visit *visit, struct paypal_token *token, bool approves)
{
    (void)visit;
    if (approves && paypal_is(token->status, "PAYER_ACTION_REQUIRED")) token->status = "APPROVED";
}

static struct paypal_token *find(struct psp_visit *visit, str id, bool is_setup)
{
    struct paypal_token *token = psp_shelf_find(&paypal_of(visit)->tokens, id);
    if (token != NULL && token->is_setup == is_setup && !token->is_deleted) return token;
    paypal_refuse_not_found(visit);
    return NULL;
}

void paypal_create_payment_token(struct psp_visit *visit)
{
    struct paypal_source source = { 0 };
    if (!has_key(visit)) return;
    str setup_id = psp_given(visit, "payment_source.token.id");
    if (setup_id.bytes == NULL) {
        if (paypal_read_card(visit, &source)) answer_token(visit, 201, paypal_save(visit, &source));
        return;
    }
    struct paypal_token *setup = find(visit, setup_id, true);
    if (setup == NULL) return;
    if (!paypal_is(setup->status, "APPROVED")) {
        paypal_refuse(visit, "TOKEN_NOT_APPROVED", "/payment_source/token/id");
        return;
    }
    setup->status = "VAULTED";
    answer_token(visit, 201, paypal_save(visit, &setup->source));
}

/* --- Reading and deleting --- */

void paypal_get_setup_token(struct psp_visit *visit)
{
    const struct paypal_token *token = find(visit, visit->ids[0], true);
    if (token) answer_token(visit, 200, token);
}

void paypal_get_payment_token(struct psp_visit *visit)
{
    const struct paypal_token *token = find(visit, visit->ids[0], false);
    if (token) answer_token(visit, 200, token);
}

void paypal_delete_payment_token(struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    struct paypal_token *token = psp_shelf_find(&paypal->tokens, visit->ids[0]);
    if (token && !token->is_setup && !token->is_deleted) {
        struct text text = text_open(visit->arena, 512);
        token->is_deleted = true;
        put_token(&text, paypal, token);
        paypal_tell(paypal, "VAULT.PAYMENT-TOKEN.DELETED", "payment_token", token->item.id, text_str(&text));
    }
    paypal_answer_nothing(visit);
}

static int64_t put_tokens(struct text *text, struct paypal *paypal, str customer)
{
    int64_t count = 0;
    json_name(text, "payment_tokens");
    json_open_list(text);
    for (uint32_t i = 1; i <= psp_shelf_count(&paypal->tokens); i++) {
        const struct paypal_token *token = psp_shelf_at(&paypal->tokens, i);
        if (token->is_setup || token->is_deleted || !str_equal(token->source.customer, customer)) continue;
        json_comma(text);
        put_token(text, paypal, token);
        count++;
    }
    json_close_list(text);
    return count;
}

void paypal_list_payment_tokens(struct psp_visit *visit)
{
    str customer = psp_given(visit, "customer_id");
    struct text text = text_open(visit->arena, 1024);
    json_open_object(&text);
    int64_t count = put_tokens(&text, paypal_of(visit), customer);
    if (count > 0) json_put_int(&text, "total_items", count);
    if (count > 0) json_put_int(&text, "total_pages", 1);
    json_name(&text, "links");
    json_open_list(&text);
    paypal_put_link(&text, paypal_of(visit), "self", "GET", "/v3/vault/payment-tokens?customer_id=", customer, "");
    json_close_list(&text);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}
