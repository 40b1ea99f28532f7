/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_wish: what every request for money says, and what is wrong with it. References are the only guard against a second
 * effect: one that was ever used is refused, and nothing is told of what it brought about. */
#include "sim/paystack.h"

enum { HUNDRED = 100 };

/* The least that can be charged, in hundredths. */
static const struct {
    const char *currency;
    int64_t least;
} currencies[] = {
    { "NGN", 5000 }, { "GHS", 10 }, { "ZAR", 100 }, { "KES", 300 }, { "USD", 200 }, { "XOF", 100 },
};

bool paystack_read_amount(const struct psp_visit *visit, const char *path, int64_t *out)
{
    return psp_given_int(visit, path, out) && *out > 0;
}

/* The francs of West Africa have no hundredths: they are dropped. */
static bool read_sum(struct psp_visit *visit, struct paystack_wish *out)
{
    if (!paystack_read_amount(visit, "amount", &out->amount)) {
        paystack_refuse(visit, PAYSTACK_INVALID_AMOUNT);
        return false;
    }
    if (str_equal(out->currency, STR("XOF"))) out->amount -= out->amount % HUNDRED;
    for (size_t i = 0; i < COUNT_OF(currencies); i++) {
        if (!str_equal(out->currency, str_of(currencies[i].currency))) continue;
        if (out->amount >= currencies[i].least) return true;
        paystack_refuse(visit, PAYSTACK_AMOUNT_TOO_SMALL);
        return false;
    }
    paystack_refuse(visit, PAYSTACK_CURRENCY);
    return false;
}

static bool is_reference(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!is_letter && byte != '-' && byte != '.' && byte != '=') return false;
    }
    return text.length > 0;
}

static bool read_reference(struct psp_visit *visit, struct paystack_wish *out)
{
    out->reference = psp_given(visit, "reference");
    if (out->reference.length == 0) {
        out->reference = psp_id(visit->psp, "T", 15);
        return true;
    }
    bool is_taken = psp_shelf_find(&paystack_of(visit)->charges, out->reference) != NULL;
    if (!is_reference(out->reference)) paystack_refuse(visit, PAYSTACK_INVALID_REFERENCE);
    else if (is_taken) paystack_refuse(visit, PAYSTACK_DUPLICATE);
    return is_reference(out->reference) && !is_taken;
}

static bool read_email(struct psp_visit *visit, struct paystack_wish *out)
{
    out->email = psp_given(visit, "email");
    if (out->email.length == 0) paystack_refuse(visit, PAYSTACK_MISSING_EMAIL);
    else if (!str_contains(out->email, STR("@"))) paystack_refuse(visit, PAYSTACK_INVALID_EMAIL);
    return out->email.length > 0 && str_contains(out->email, STR("@"));
}

bool paystack_read_wish(struct psp_visit *visit, struct paystack_wish *out)
{
    const struct json *metadata = given_find(visit->given, "metadata");
    str currency = psp_given(visit, "currency");
    *out = (struct paystack_wish){
        .currency = currency.length > 0 ? currency : STR("NGN"),
        .metadata = metadata ? json_canonical(visit->arena, metadata, NULL, NULL) : STR("null"),
        .callback_url = psp_given(visit, "callback_url"),
    };
    if (!read_email(visit, out) || !read_sum(visit, out) || !read_reference(visit, out)) return false;
    psp_visit_note(visit, out->reference, out->amount);
    return true;
}
