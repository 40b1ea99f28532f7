/* SPDX-License-Identifier: Apache-2.0 */
/* reading_card: the four members of a card. */
#include "api/reading_card.h"

static enum problem_code read_number(struct reading *reading, const struct json *value, void *into)
{
    struct card *card = into;
    (void)reading;
    if (json_kind_of(value) != JSON_STRING) return PROBLEM_PARAM_INVALID;
    return card_number_read(json_string(value), &card->number) ? PROBLEM_NONE : PROBLEM_CARD_NUMBER_INVALID;
}

enum problem_code reading_cvv(const struct json *value, struct card *card)
{
    if (json_kind_of(value) != JSON_STRING) return PROBLEM_PARAM_INVALID;
    bool is_fine = card_cvv_is(json_string(value)) && str_copy_to(json_string(value), card->cvv, sizeof card->cvv);
    return is_fine ? PROBLEM_NONE : PROBLEM_CARD_CVV_INVALID;
}

static enum problem_code read_cvv(struct reading *reading, const struct json *value, void *into)
{
    (void)reading;
    return reading_cvv(value, into);
}

static enum problem_code read_month(struct reading *reading, const struct json *value, void *into)
{
    struct card *card = into;
    const int64_t any_year = 2000;
    int64_t month;
    (void)reading;
    if (json_kind_of(value) != JSON_NUMBER) return PROBLEM_PARAM_INVALID;
    if (!json_int64(value, &month) || !card_expiry_is(month, any_year)) return PROBLEM_CARD_EXPIRY_INVALID;
    card->expiry_month = (int)month;
    return PROBLEM_NONE;
}

static enum problem_code read_year(struct reading *reading, const struct json *value, void *into)
{
    struct card *card = into;
    const int64_t any_month = 1;
    int64_t year;
    (void)reading;
    if (json_kind_of(value) != JSON_NUMBER) return PROBLEM_PARAM_INVALID;
    if (!json_int64(value, &year) || !card_expiry_is(any_month, year)) return PROBLEM_CARD_EXPIRY_INVALID;
    card->expiry_year = (int)year;
    return PROBLEM_NONE;
}

static const struct member card_members[] = {
    { "number", true, read_number },
    { "cvv", false, read_cvv },
    { "expiry_month", true, read_month },
    { "expiry_year", true, read_year },
};

enum problem_code reading_card(struct reading *reading, const struct json *value, struct card *card)
{
    if (json_kind_of(value) != JSON_OBJECT) return PROBLEM_PARAM_INVALID;
    reading->at = STR("/card");
    reading_members(reading, value, card_members, COUNT_OF(card_members), card);
    reading->at = STR("");
    return PROBLEM_NONE;
}
