/* SPDX-License-Identifier: Apache-2.0 */
/* processor: how each company speaks. A processor file translates calls into bytes and answers into outcomes; it never
 * talks: no sockets, no store, no clock, no retries. */
#ifndef FLORIN_PROCESSOR_PROCESSOR_H
#define FLORIN_PROCESSOR_PROCESSOR_H

#include "base/certificate.h"
#include "base/text.h"
#include "domain/attempt.h"
#include "domain/dispute.h"
#include "domain/ids.h"

/* What is wanted of a processor. Card data is not here: the bytes have holes where it goes (holes.h). */
struct processor_call {
    money amount;
    str authorization_ref; /* capture, void, and the look-up of an authorization */
    str capture_ref;       /* refund, and the look-up of a capture */
    str refund_ref;        /* the look-up of a refund */
    str dispute_ref;       /* the look-up of a dispute */
    str reference;         /* names this operation there: 64 hex digits, the same over every try and exchange */
    int exchange;          /* of an operation that takes more than one: 1 is the first ... */
    str previous_ref;      /* ... and this is what the one before brought (OUTCOME_NEXT) */
    bool on_page;          /* the payer pays there, with whatever it takes: there is no card */
    bool has_cvv;
    str payment_id;        /* ours */
    str customer_email, customer_name, description; /* as the merchant gave them; empty: he did not */
    str return_url;        /* where the payer comes back to; empty: he cannot be sent anywhere, and what needs him is declined */
    bool steps_up;         /* he has to prove who he is, whatever the card's bank thinks; only where the capability says so */
};

/* The bytes of one exchange. Texts live in the arena that was given. */
struct processor_request {
    str method;
    str path; /* below the processor's base address */
    str body; /* STR_NONE: none */
};

/* What came back. */
struct processor_answer {
    int status;
    str body;
    bool replayed; /* the processor marked it as the answer to an earlier try */
};

/* Turns a call into bytes: the same call gives the same bytes. */
typedef void processor_ask(struct arena *arena, const struct processor_call *call, struct processor_request *out);

/* Turns an answer into an outcome; what it does not recognize is OUTCOME_UNKNOWN. */
typedef void processor_read(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                            struct outcome *out);

/* What a look-up says of an object. */
struct processor_found {
    enum { FOUND_NOTHING_SURE, FOUND_IT, FOUND_ABSENT } kind;
    money amount;
    struct processor_id parent; /* the hold of a capture, the capture of a refund; empty where there is none */
};
typedef void processor_read_found(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                                  struct processor_found *out);

/* What a look-up says of a dispute. The text lives in the arena. */
struct processor_dispute {
    enum { DISPUTE_NOTHING_SURE, DISPUTE_FOUND, DISPUTE_ABSENT } kind;
    enum dispute_stage stage;
    enum dispute_state state;
    money amount;
    str reason;    /* the processor's word */
    micros due_at; /* until when evidence is taken; 0: not told */
};
typedef void processor_read_dispute(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                                    struct processor_dispute *out);

/* A pair that is left out is the statement "cannot". */
struct processor_operation {
    processor_ask *ask;
    processor_read *read;
};

/* Asks what became of an operation by its reference, whatever had been heard of it: OUTCOME_DONE with all that its own answer would have
 * told, OUTCOME_ABSENT, OUTCOME_OPEN and so on. Changes nothing there. */
struct processor_inquiry {
    processor_ask *ask;
    processor_read *read;
    bool by_id; /* of an authorization: it needs the id that it has there, and not our reference */
};
struct processor_look_up {
    processor_ask *ask;
    processor_read_found *read;
};

/* Who we are there. Read from a file that only we may read; never in frozen bytes, history or log. NULL: not given. */
struct processor_keys {
    const char *secret_key;
    const char *client_id;
    const char *encryption_key;
    const char *webhook_secret;
};

/* News that came by themselves (a webhook), with what shows whose they are. */
enum { PROCESSOR_NOTICE_HEADERS_MAX = 5 };
struct processor_notice {
    str headers[PROCESSOR_NOTICE_HEADERS_MAX]; /* those that the record names, in its order; STR_NONE: it is not there, or more than once */
    str body;                                  /* every byte as it came */
    const struct processor_keys *keys;
    const struct certificate *certificate; /* of whom the record has sign, found good; NULL where it does not */
    bool live; /* we take real money */
    micros now;
};

/* What they are about, as far as somebody who may be lying tells: a hint at what is to be looked at. Texts live in the arena. */
enum news_subject {
    NEWS_OF_NOTHING, /* a type that nothing follows from */
    NEWS_OF_PAYMENT, /* of its hold, capture, void or refund */
    NEWS_OF_DISPUTE, /* about it */
};
struct processor_news {
    str event_id; /* tells it from all others; empty: the processor gives none */
    str type;     /* the processor's word */
    enum news_subject subject;
    str reference;        /* our own, of an operation (struct processor_call); empty: not told */
    str processor_ref;    /* the processor's id of an operation, as we keep it; empty: not told */
    str dispute_ref;      /* NEWS_OF_DISPUTE: the processor's id of it */
    money amount;         /* of the operation that is named, not of a dispute; 0 and no currency: not told */
    bool is_of_another_mode;    /* live, where we are testing, or the other way round */
    bool is_of_another_account;
};

/* Is it the processor's own? Over the bytes as they came, in constant time, by one scheme only. */
typedef bool processor_prove(struct arena *arena, const struct processor_notice *notice);
/* Reads one that is. False: it is not what the processor writes. */
typedef bool processor_hear(struct arena *arena, const struct processor_notice *notice, struct processor_news *out);

/* Where the certificate comes from that notices are signed with. Lists are parted by blanks. */
struct processor_certificates {
    size_t header;                         /* the one of the headers with its address */
    const char *path;                      /* what its path begins with; a plain name follows */
    const char *live_origins, *test_origins; /* "https://a.example": the only places that it may be fetched from */
    const char *names;                     /* it bears one of these */
};

struct processor_notices {
    const char *headers[PROCESSOR_NOTICE_HEADERS_MAX]; /* that its proof needs, up to the first NULL */
    const struct processor_certificates *certificates; /* NULL: what proves it is known already */
    processor_prove *prove;
    processor_hear *hear;
};

/* How a request says who sends it. */
enum processor_credential {
    CREDENTIAL_NONE,
    CREDENTIAL_BEARER, /* "Authorization: Bearer" and the secret key (RFC 6750) */
    CREDENTIAL_CLIENT, /* the same with an access token, fetched by client id and secret key (RFC 6749, 4.4) */
};

/* A header that every request carries. */
struct processor_header {
    const char *name, *value;
};

enum { PROCESSOR_HEADERS_MAX = 3 };

struct processor {
    const char *name;
    const char *live_url, *test_url; /* base addresses of the company itself; NULL: the setting has one */
    const char *live_key_prefix, *test_key_prefix; /* what its secret keys begin with; NULL: they do not tell */
    const char *content_type;    /* of all bodies */
    struct processor_header headers[PROCESSOR_HEADERS_MAX]; /* up to the first without a name */
    enum processor_credential credential;
    const char *token_path;      /* where access tokens are fetched, for CREDENTIAL_CLIENT */
    size_t encryption_key_bytes; /* of the key that its spans are encrypted with (span.h); 0: it has none */
    const char *key_header;      /* carries the idempotency key; NULL: it has none */
    const char *replayed_header; /* marks a replay, value "true"; NULL: none */
    micros key_window;           /* how long it remembers a key */
    size_t body_bytes_padded;    /* bodies are filled up to this with spaces when sent; 0: not */
    struct capability can;
    enum protection protection[OPERATION_KIND_COUNT];
    struct processor_operation operations[OPERATION_KIND_COUNT];
    struct processor_inquiry inquiries[OPERATION_KIND_COUNT]; /* must be there where the protection inquires, or an answer is OUTCOME_OPEN */
    struct processor_look_up look_ups[OPERATION_KIND_COUNT];
    const struct processor_notices *notices; /* NULL: it sends none */
    struct processor_dispute_look_up {
        processor_ask *ask;
        processor_read_dispute *read;
    } dispute; /* must be there where notices tell of disputes */
};

/* NULL when there is none of that name. */
const struct processor *processor_named(str name);

/* All of them, and how many. */
const struct processor *const *processor_all(size_t *count);

#endif
