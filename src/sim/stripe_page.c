/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_page: where a payer is asked by his bank (3-D Secure), and the way back. */
#include <string.h>

#include "sim/stripe.h"

/* What a page is about: one of the two. */
struct asked {
    struct stripe_intent *intent;
    struct stripe_setup *setup;
};

static struct asked find_asked(struct psp_visit *visit)
{
    return (struct asked){ psp_shelf_find(&stripe_of(visit)->intents, visit->ids[0]),
                           psp_shelf_find(&stripe_of(visit)->setups, visit->ids[0]) };
}

static const char *status_of(struct asked asked)
{
    return asked.intent ? asked.intent->status : asked.setup ? asked.setup->status : "";
}

static void show(struct psp_visit *visit, int status, struct psp_page page)
{
    psp_answer_page(visit, status, &page);
}

void stripe_show_page(struct psp_visit *visit)
{
    struct asked asked = find_asked(visit);
    if (strcmp(status_of(asked), "requires_action") != 0) {
        show(visit, 404, (struct psp_page){ .title = STR("There is nothing to decide here") });
        return;
    }
    struct psp_page page = { .title = STR("Your bank asks: is this you?"), .lines = { visit->ids[0] } };
    if (asked.intent) {
        page.lines[1] = arena_format(visit->arena, "%lld %.*s (smallest unit)", (long long)asked.intent->amount,
                                     STR_FORMAT(asked.intent->currency));
    }
    show(visit, 200, page);
}

static str way_back(struct psp_visit *visit, str return_url, const char *kind, const struct stripe_object *object, str secret,
                    const char *result)
{
    const char *secret_name = arena_format(visit->arena, "%s_client_secret", kind).bytes;
    str url = psp_url_with(visit->arena, return_url, kind, object->item.id);
    url = psp_url_with(visit->arena, url, secret_name, secret);
    return psp_url_with(visit->arena, url, "redirect_status", str_of(result));
}

/* Without an address to go back to the page only says thanks. */
static void lead_back(struct psp_visit *visit, struct asked asked)
{
    const char *status = status_of(asked);
    const char *result = strcmp(status, "succeeded") == 0 || strcmp(status, "requires_capture") == 0 ? "succeeded" : "failed";
    str return_url = asked.intent ? asked.intent->return_url : asked.setup->return_url;
    if (return_url.bytes == NULL) {
        show(visit, 200, (struct psp_page){ .title = STR("Thank you") });
    } else if (asked.intent) {
        psp_answer_redirect(visit, way_back(visit, return_url, "payment_intent", &asked.intent->object, asked.intent->client_secret,
                                            result));
    } else {
        psp_answer_redirect(visit, way_back(visit, return_url, "setup_intent", &asked.setup->object, asked.setup->client_secret,
                                            result));
    }
}

void stripe_take_word(struct psp_visit *visit)
{
    struct asked asked = find_asked(visit);
    bool approves = str_equal(psp_given(visit, "choice"), STR("approve"));
    if (strcmp(status_of(asked), "requires_action") != 0) {
        stripe_show_page(visit);
        return;
    }
    if (asked.intent) stripe_intent_answered(stripe_of(visit), visit, asked.intent, approves);
    else stripe_setup_answered(stripe_of(visit), visit, asked.setup, approves);
    lead_back(visit, asked);
}
