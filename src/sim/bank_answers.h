/* SPDX-License-Identifier: Apache-2.0 */
/* bank_answers: what the simulated bank says, byte for byte. */
#ifndef FLORIN_SIM_BANK_ANSWERS_H
#define FLORIN_SIM_BANK_ANSWERS_H

#include "sim/bank_book.h"
#include "world/http.h"

/* What an answer tells about an effect: the truth, until a fault or a drift changes a member. */
struct bank_told {
    enum bank_kind kind;
    struct bank_id id;
    struct bank_id parent; /* the hold's id, for a refund the capture's; of no meaning for a hold */
    int64_t cents;
    int64_t at_ns;
    int64_t expires_ns; /* of a hold */
    const char *currency;
};

struct bank_told bank_told_of(const struct bank_book *book, const struct bank_effect *effect);

/* The 200 of a POST: times with up to nine fractional digits. The same effect always gives the same bytes. */
void bank_answer_post(struct arena *arena, const struct bank_told *told, struct http_answer *answer);

/* The 200 of a GET: times rounded to microseconds. */
void bank_answer_get(struct arena *arena, const struct bank_told *told, struct http_answer *answer);

/* The JSON error of one of the bank's rules. */
void bank_answer_refusal(struct arena *arena, enum bank_refusal refusal, struct http_answer *answer);

/* Any other JSON error. */
void bank_answer_error(struct arena *arena, int status, const char *code, const char *message, struct http_answer *answer);

/* Plain text with a newline behind it, as Go's http.Error writes it. */
void bank_answer_plain(struct arena *arena, int status, const char *sentence, struct http_answer *answer);

/* RFC 3339 in UTC, as many fractional digits as are not zero. */
enum { BANK_TIME_BYTES = 40 };
str bank_time_format(char buffer[BANK_TIME_BYTES], int64_t ns);

#endif
