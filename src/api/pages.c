/* SPDX-License-Identifier: Apache-2.0 */
/* pages: the API's description, for programs and for people. Embedded at build. */
#include "api/call.h"

/* src/api/openapi.json; the page and the policy that lets a browser use its style are made from it by tools/docs_page. */
extern const char florin_openapi_json[];
extern const size_t florin_openapi_json_length;
extern const char florin_docs_html[];
extern const size_t florin_docs_html_length;
extern const char florin_docs_policy[];
extern const size_t florin_docs_policy_length;

void get_openapi(struct api_call *call)
{
    call_answer_json(call, 200, (str){ florin_openapi_json, florin_openapi_json_length });
}

void get_docs(struct api_call *call)
{
    struct http_answer answer = {
        .status = 200,
        .content_type = STR("text/html; charset=utf-8"),
        .body = { florin_docs_html, florin_docs_html_length },
    };
    str policy = { florin_docs_policy, florin_docs_policy_length };
    http_answer_header(&answer, STR("Content-Security-Policy"), str_trim(policy));
    http_answer_header(&answer, STR("Referrer-Policy"), STR("no-referrer"));
    call_answer(call, &answer);
}

/* Where the `type` of a problem leads to. */
void get_problem(struct api_call *call)
{
    enum problem_code code = problem_named(call->param);
    if (code == PROBLEM_NONE) {
        call_refuse(call, PROBLEM_NOT_FOUND);
        return;
    }
    struct text body = text_open(call->arena, 512);
    json_open_object(&body);
    problem_put_kind(&body, code);
    json_close_object(&body);
    call_answer_json(call, 200, text_str(&body));
}
