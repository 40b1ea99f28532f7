/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_sources: what an order is to be paid with. What a card's bank says is written in the holder's name, as in the sandbox. */
#include "sim/paypal.h"

enum { MONTH_AT = 5, EXPIRY_CHARS = 7 /* "2030-12" */, CVV_CHARS = 3, CVV_CHARS_AMEX = 4 };

static const char payment_source[] = "payment_source";

/* --- Cards --- */

static const struct {
    const char *name, *response_code;
} triggers[] = {
    { "CCREJECT-REFUSED", "0500" }, { "CCREJECT-SF", "9500" }, { "CCREJECT-EC", "5400" },
    { "CCREJECT-IRC", "5180" },     { "CCREJECT-IF", "5120" }, { "CCREJECT-LS", "9520" },
    { "CCREJECT-IA", "1330" },      { "CCREJECT-BANK_ERROR", "5100" }, { "CCREJECT-CVV_F", "00N7" },
};

static const char *response_of(str holder)
{
    for (size_t i = 0; i < COUNT_OF(triggers); i++) {
        if (str_equal(holder, str_of(triggers[i].name))) return triggers[i].response_code;
    }
    return "0000";
}

static bool read_expiry(str text, struct psp_card *card)
{
    if (text.length != EXPIRY_CHARS || text.bytes[MONTH_AT - 1] != '-') return false;
    str month = str_from(text, MONTH_AT);
    if (month.bytes[0] == '0') month = str_from(month, 1);
    return str_to_int64((str){ text.bytes, MONTH_AT - 1 }, 9999, &card->expiry_year)
           && str_to_int64(month, 12, &card->expiry_month) && card->expiry_month > 0;
}

static bool fits_security_code(str code, const struct psp_card *card)
{
    size_t wanted = str_equal(str_of(card->brand), STR("amex")) ? CVV_CHARS_AMEX : CVV_CHARS;
    return code.bytes == NULL || code.length == wanted;
}

/* The first thing that is wrong with a card; *field says where. NULL: nothing is. */
static const char *check_card(struct psp_visit *visit, struct paypal_source *source, const char **field)
{
    *field = "/payment_source/card/number";
    if (!psp_visit_card(visit, psp_given(visit, "payment_source.card.number"), &source->card)) return "INVALID_PARAMETER_VALUE";
    *field = "/payment_source/card/expiry";
    if (!read_expiry(source->expiry, &source->card)) return "INVALID_PARAMETER_SYNTAX";
    if (psp_card_is_expired(&source->card, psp_now(visit->psp))) return "CARD_EXPIRED";
    *field = "/payment_source/card/security_code";
    return fits_security_code(psp_given(visit, "payment_source.card.security_code"), &source->card) ? NULL
                                                                                                    : "INVALID_SECURITY_CODE_LENGTH";
}

/* SCA_WHEN_REQUIRED asks for those cards that the table says ask. */
static bool asks_payer(const struct psp_visit *visit, const struct psp_card *card)
{
    str method = psp_given(visit, "payment_source.card.attributes.verification.method");
    bool asks_always = str_equal(method, STR("SCA_ALWAYS")) || str_equal(method, STR("3D_SECURE"));
    return asks_always || (str_equal(method, STR("SCA_WHEN_REQUIRED")) && card->test != NULL);
}

bool paypal_read_card(struct psp_visit *visit, struct paypal_source *out)
{
    const char *field;
    out->kind = PAYPAL_CARD;
    out->name = "card";
    out->holder = paypal_kept(visit, "payment_source.card.name");
    out->expiry = paypal_kept(visit, "payment_source.card.expiry");
    out->response_code = response_of(out->holder);
    const char *issue = check_card(visit, out, &field);
    if (issue != NULL) paypal_refuse(visit, issue, field);
    else out->asks_payer = asks_payer(visit, &out->card);
    return issue == NULL;
}

/* --- Saved methods --- */

static bool is_by_merchant(const struct psp_visit *visit)
{
    return str_equal(psp_given(visit, "payment_source.card.stored_credential.payment_initiator"), STR("MERCHANT"));
}

static bool read_saved(struct psp_visit *visit, str id, struct paypal_source *out)
{
    bool is_card = given_find(visit->given, "payment_source.card") != NULL;
    const struct paypal_token *token = paypal_find_saved(paypal_of(visit), id);
    const char *issue = token == NULL                                       ? "PAYMENT_SOURCE_CANNOT_BE_USED"
                        : is_card != (token->source.kind == PAYPAL_CARD)    ? "MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE"
                        : !is_by_merchant(visit)                            ? NULL
                        : psp_given(visit, "payment_source.card.security_code").bytes ? "MERCHANT_INITIATED_WITH_SECURITY_CODE"
                                                                                      : NULL;
    if (issue != NULL) {
        paypal_refuse(visit, issue, NULL);
        return false;
    }
    *out = token->source;
    out->is_saved = true;
    out->asks_payer = out->wants_saving = false;
    return true;
}

/* --- Wallets and banks --- */

static const char *const banks[] = { "bancontact", "blik", "eps", "giropay", "ideal", "mybank", "p24", "sofort", "trustly", NULL };

static str kept_of(struct psp_visit *visit, const struct paypal_source *source, const char *rest)
{
    return paypal_kept(visit, arena_format(visit->arena, "%s.%s.%s", payment_source, source->name, rest).bytes);
}

/* The member's own name when it is one that the payer is sent away for. */
static bool find_away(struct psp_visit *visit, struct paypal_source *out)
{
    struct json_item item = json_first(given_find(visit->given, payment_source));
    if (item.value == NULL) return false;
    bool is_wallet = str_equal(item.name, STR("paypal"));
    out->kind = is_wallet ? PAYPAL_WALLET : PAYPAL_BANK;
    out->name = is_wallet ? "paypal" : word_among(item.name, banks);
    out->asks_payer = true;
    return out->name != NULL;
}

static void read_addresses(struct psp_visit *visit, struct paypal_source *out)
{
    bool is_old = out->kind == PAYPAL_NO_SOURCE;
    out->return_url = is_old ? paypal_kept(visit, "application_context.return_url")
                             : kept_of(visit, out, "experience_context.return_url");
    out->cancel_url = is_old ? paypal_kept(visit, "application_context.cancel_url")
                             : kept_of(visit, out, "experience_context.cancel_url");
}

static void read_saving(struct psp_visit *visit, struct paypal_source *out)
{
    out->wants_saving = str_equal(kept_of(visit, out, "attributes.vault.store_in_vault"), STR("ON_SUCCESS"));
    out->customer = kept_of(visit, out, "attributes.customer.id");
}

static bool read_new(struct psp_visit *visit, struct paypal_source *out)
{
    if (given_find(visit->given, "payment_source.card") != NULL) return paypal_read_card(visit, out);
    if (find_away(visit, out)) return true;
    paypal_refuse(visit, "PAYMENT_SOURCE_CANNOT_BE_USED", NULL);
    return false;
}

static str saved_id(const struct psp_visit *visit)
{
    str id = psp_given(visit, "payment_source.card.vault_id");
    return id.bytes ? id : psp_given(visit, "payment_source.paypal.vault_id");
}

bool paypal_read_source(struct psp_visit *visit, struct paypal_source *out)
{
    *out = (struct paypal_source){ .kind = PAYPAL_NO_SOURCE, .name = "", .asks_payer = true };
    if (saved_id(visit).bytes) return read_saved(visit, saved_id(visit), out);
    if (given_find(visit->given, payment_source) != NULL) {
        if (!read_new(visit, out)) return false;
        read_saving(visit, out);
    }
    read_addresses(visit, out);
    return true;
}
