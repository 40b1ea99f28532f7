/* SPDX-License-Identifier: Apache-2.0 */
/* return: a payer comes back from where he was sent. That proves nothing: the processor is asked, and he goes on to his merchant, who
 * asks us. He may come twice, late, or never. */
#include "api/queries.h"
#include "api/values.h"

static void look_for_payer(struct api_call *call, struct store *store)
{
    struct payer_record payer;
    bool found = store_load_payer(store, call->arena, call->api->options.merchant, call->param, &payer) && payer.return_url.length > 0;
    call->found_wrong = found ? PROBLEM_NONE : PROBLEM_NOT_FOUND;
    call->found_body = payer.return_url;
}

static str address_of(struct api_call *call)
{
    str url = call->found_body;
    const char *joint = str_contains(url, STR("?")) ? "&" : "?";
    return arena_format(call->arena, "%.*s%spayment_id=%.*s", STR_FORMAT(url), joint, STR_FORMAT(call->param));
}

static void send_on(struct work *work)
{
    struct api_call *call = call_of_work(work);
    if (work->result != WORK_DONE || call->found_wrong != PROBLEM_NONE) {
        call_refuse(call, work->result != WORK_DONE ? PROBLEM_STORAGE_UNAVAILABLE : call->found_wrong);
        return;
    }
    flows_look_again(call->api->options.flows, call->param);
    struct http_answer answer = { .status = 303 };
    http_answer_header(&answer, STR("Location"), address_of(call));
    http_answer_header(&answer, STR("Referrer-Policy"), STR("no-referrer"));
    call_answer(call, &answer);
}

/* Processors add parameters of their own, which are not looked at. */
void take_payer_back(struct api_call *call)
{
    if (id_is(call->param, STR("pay_"))) call_ask_then(call, look_for_payer, send_on);
    else call_refuse(call, PROBLEM_NOT_FOUND);
}
