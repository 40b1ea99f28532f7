/* SPDX-License-Identifier: Apache-2.0 */
/* answer: nothing that a stranger says is taken for more than it is. */
#include "processor/answer.h"

#include <stdio.h>

enum { ANSWER_MEMBERS_MAX = 2000 /* a payment with everything that hangs on it has some hundreds */ };

const struct json *answer_json(struct arena *arena, const struct processor_answer *answer)
{
    const struct json *root = NULL;
    return json_read_up_to(arena, answer->body, ANSWER_MEMBERS_MAX, &root) == JSON_FINE ? root : NULL;
}

/* Whole characters only: half of one could not be stored. */
void outcome_keep_word(struct outcome *out, str word)
{
    size_t kept = 0;
    while (kept < word.length) {
        size_t bytes = str_character_bytes(str_from(word, kept));
        if (bytes == 0 || kept + bytes >= sizeof out->word) break;
        kept += bytes;
    }
    snprintf(out->word, sizeof out->word, "%.*s", (int)kept, str_printable(word));
}

bool answer_id(const struct json *value, str prefix, struct processor_id *out)
{
    str id = json_string(value);
    *out = (struct processor_id){ "" };
    return str_starts_with(id, prefix) && str_copy_to(id, out->text, sizeof out->text);
}

bool answer_says(const struct json *body, const char *name, str wanted) { return str_equal(json_string(json_find(body, name)), wanted); }

currency answer_currency(str code)
{
    currency said;
    return currency_named(code, &said) ? said : (currency){ "" };
}

void outcome_conclude(bool has_id, bool fits, struct outcome *out)
{
    if (has_id && fits) {
        out->kind = OUTCOME_DONE;
    } else if (has_id) {
        outcome_keep_word(out, STR("answer_mismatched"));
        out->kind = OUTCOME_MISMATCHED;
    } else {
        outcome_keep_word(out, STR("not_understood"));
    }
}
