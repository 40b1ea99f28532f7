/* SPDX-License-Identifier: Apache-2.0 */
/* bank_reading: JSON the lenient way, on yyjson; which member goes where is a table. */
#include "sim/bank_reading.h"

#include <yyjson.h>

enum { OF_HOLD = 1 << BANK_HOLD, OF_CAPTURE = 1 << BANK_CAPTURE, OF_VOID = 1 << BANK_VOID, OF_REFUND = 1 << BANK_REFUND };

struct member {
    const char *name;
    unsigned kinds; /* of requests that have it */
    bool is_text;
    size_t offset;
};

static const struct member members[] = {
    /* name               in requests for                     text?  goes to                                         */
    { "card_number",      OF_HOLD,                            true,  offsetof(struct bank_request, card_number)      },
    { "cvv",              OF_HOLD,                            true,  offsetof(struct bank_request, cvv)              },
    { "expiry_month",     OF_HOLD,                            false, offsetof(struct bank_request, expiry_month)     },
    { "expiry_year",      OF_HOLD,                            false, offsetof(struct bank_request, expiry_year)      },
    { "authorization_id", OF_CAPTURE | OF_VOID,               true,  offsetof(struct bank_request, authorization_id) },
    { "capture_id",       OF_REFUND,                          true,  offsetof(struct bank_request, capture_id)       },
    { "amount",           OF_HOLD | OF_CAPTURE | OF_REFUND,   false, offsetof(struct bank_request, cents)            },
};

static const struct member *find_member(enum bank_kind kind, str name)
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        bool has_it = (members[i].kinds & (1u << kind)) != 0;
        if (has_it && str_equal_ignoring_case(str_of(members[i].name), name)) return &members[i];
    }
    return NULL;
}

/* Digits only, in 64 bits: 1e2 and 1.0 are wrong, -0 is 0. */
static bool read_whole_number(str text, int64_t *out)
{
    bool is_negative = str_starts_with(text, STR("-"));
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t size = 0;
    for (size_t i = is_negative ? 1 : 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        uint64_t digit = (uint64_t)(text.bytes[i] - '0');
        if (size > (limit - digit) / 10) return false;
        size = size * 10 + digit;
    }
    *out = is_negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

static bool read_member(const struct member *member, yyjson_val *value, struct bank_request *out)
{
    void *target = (char *)out + member->offset;
    if (yyjson_is_null(value)) return true;
    if (member->is_text) {
        if (!yyjson_is_str(value)) return false;
        *(str *)target = (str){ yyjson_get_str(value), yyjson_get_len(value) };
        return true;
    }
    if (!yyjson_is_raw(value)) return false;
    return read_whole_number((str){ yyjson_get_raw(value), yyjson_get_len(value) }, target);
}

static bool read_members(enum bank_kind kind, yyjson_val *object, struct bank_request *out)
{
    yyjson_obj_iter members_left = yyjson_obj_iter_with(object);
    for (yyjson_val *name; (name = yyjson_obj_iter_next(&members_left)) != NULL;) {
        const struct member *member = find_member(kind, (str){ yyjson_get_str(name), yyjson_get_len(name) });
        if (member && !read_member(member, yyjson_obj_iter_get_val(name), out)) return false;
    }
    return true;
}

/* Everything that yyjson takes comes from the arena, so there is nothing to free and the card is wiped with the request. */
static yyjson_doc *read_first_value(struct arena *arena, str body)
{
    const yyjson_read_flag flags = YYJSON_READ_STOP_WHEN_DONE | YYJSON_READ_NUMBER_AS_RAW | YYJSON_READ_ALLOW_INVALID_UNICODE;
    size_t room = yyjson_read_max_memory_usage(body.length, flags);
    yyjson_alc memory;
    if (!yyjson_alc_pool_init(&memory, arena_take(arena, room), room)) return NULL;
    return yyjson_read_opts((char *)(uintptr_t)body.bytes, body.length, flags, &memory, NULL);
}

bool bank_request_read(struct arena *arena, enum bank_kind kind, str body, struct bank_request *out)
{
    *out = (struct bank_request){ .card_number = STR("") };
    if (body.length == 0) return false;
    yyjson_doc *document = read_first_value(arena, body);
    yyjson_val *root = document ? yyjson_doc_get_root(document) : NULL;
    if (yyjson_is_null(root)) return true; /* Go leaves the struct as it is */
    return yyjson_is_obj(root) && read_members(kind, root, out);
}
