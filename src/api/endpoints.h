/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints: the table of everything that can be asked, and its handlers. */
#ifndef FLORIN_API_ENDPOINTS_H
#define FLORIN_API_ENDPOINTS_H

#include "api/problem.h"
#include "domain/api_key.h"

struct api_call;

/* Two listeners, two sets of endpoints. */
enum door {
    DOOR_MERCHANTS,
    DOOR_OPERATOR, /* the socket in the file system */
};

enum body_kind {
    BODY_NONE,
    BODY_JSON,          /* an object */
    BODY_JSON_OR_EMPTY, /* an absent or empty one is {} */
    BODY_RAW,           /* any bytes, up to NOTICE_BYTES_MAX of them */
};

enum { NOTICE_BYTES_MAX = 1024 * 1024 /* reliability: far above any notice of a processor */ };

enum { PATH_PARAMS_MAX = 2 };

/* What stands for the {names} in a path, in their order; STR_NONE where there is none. */
struct path_params {
    str values[PATH_PARAMS_MAX];
};

struct endpoint {
    enum door door;
    enum scope scope; /* that its caller needs (gate.h); SCOPE_NONE: anybody may */
    const char *method;
    const char *path; /* up to PATH_PARAMS_MAX segments may be a {name} */
    void (*handle)(struct api_call *call);
    bool needs_key;   /* moves money: an Idempotency-Key is required */
    enum body_kind body;
    bool begins;      /* something that was not there before: refused first when more comes than can be served (shedding.h) */
    int load_max;     /* per cent of requests_max; with more than that unanswered it is refused. 0: never */
    bool answers_json;
};

/* All of them, and how many. */
const struct endpoint *endpoint_all(size_t *count);

/* Finds who answers that method (HEAD is GET) and path at that door. PROBLEM_NOT_FOUND, or PROBLEM_METHOD_NOT_ALLOWED and
 * the methods that are. The params are not decoded. */
enum problem_code endpoint_find(struct arena *arena, enum door door, str method, str path, const struct endpoint **found,
                                struct path_params *params, str *allow) MUST_CHECK;

/* payments.c, changes.c */
void payments_authorize(struct api_call *call);
void payments_capture(struct api_call *call);
void payments_void(struct api_call *call);
void payments_refund(struct api_call *call);
void payments_review(struct api_call *call);

/* tokens.c */
void tokens_make(struct api_call *call);
void get_token(struct api_call *call);
void tokens_delete(struct api_call *call);

/* list.c, queries.c */
void list_payments(struct api_call *call);
void get_payment(struct api_call *call);
void get_order(struct api_call *call);
void take_payer_back(struct api_call *call);
void list_events(struct api_call *call);

/* notices.c */
void take_notice(struct api_call *call);

/* processors.c */
void list_processors(struct api_call *call);

/* health.c, pages.c */
void get_healthz(struct api_call *call);
void get_readyz(struct api_call *call);
void get_metrics(struct api_call *call);
void get_openapi(struct api_call *call);
void get_docs(struct api_call *call);
void get_problem(struct api_call *call);

/* control.c */
void list_reviews(struct api_call *call);
void settle_operation(struct api_call *call);

/* keys_control.c */
void list_keys(struct api_call *call);
void make_key(struct api_call *call);
void revoke_key(struct api_call *call);

/* vault_control.c */
void get_vault(struct api_call *call);
void unlock_vault(struct api_call *call);
void rotate_vault(struct api_call *call);

#endif
