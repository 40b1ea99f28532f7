/* SPDX-License-Identifier: Apache-2.0 */
/* answer: what all translators do with an answer: read its JSON, keep its ids and words, and say what a success is worth. */
#ifndef FLORIN_PROCESSOR_ANSWER_H
#define FLORIN_PROCESSOR_ANSWER_H

#include "base/json.h"
#include "processor/processor.h"

/* The whole body as JSON; NULL when it is none. Answers of strangers: deep or wide ones are none either. */
const struct json *answer_json(struct arena *arena, const struct processor_answer *answer);

/* The processor's own word, for history and log; cut when it is longer than the outcome has room for. */
void outcome_keep_word(struct outcome *out, str word);

/* An id that begins as it should. False, and none, else. */
bool answer_id(const struct json *value, str prefix, struct processor_id *out) MUST_CHECK;

/* Is that member this text? */
bool answer_says(const struct json *body, const char *name, str wanted);

/* A currency that is none of ours is empty: it equals nothing, and shows as drift. */
currency answer_currency(str code);

/* A success that says what it should is done; one that speaks of something else is a mismatch; the rest is not understood and
 * stays unknown. */
void outcome_conclude(bool has_id, bool fits, struct outcome *out);

#endif
