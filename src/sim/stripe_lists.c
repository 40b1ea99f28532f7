/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_lists: lists, newest first and cut into pages by the id of the last object, and search by metadata. */
#include <string.h>

#include "sim/stripe.h"

typedef void put_object(struct text *text, struct psp_visit *visit, const void *object);
typedef bool fits_object(struct psp_visit *visit, const void *object);

enum { LIMIT_USUAL = 10, LIMIT_MOST = 100 };

/* What can be listed, and by what it can be chosen. */
struct listed {
    struct psp_shelf *shelf;
    put_object *put;
    fits_object *fits; /* NULL: all */
};

/* --- Which are wanted --- */

static bool is_in_time(struct psp_visit *visit, int64_t created)
{
    int64_t bound;
    if (psp_given_int(visit, "created.gt", &bound) && created <= bound) return false;
    if (psp_given_int(visit, "created.gte", &bound) && created < bound) return false;
    if (psp_given_int(visit, "created.lt", &bound) && created >= bound) return false;
    if (psp_given_int(visit, "created.lte", &bound) && created > bound) return false;
    return !psp_given_int(visit, "created", &bound) || created == bound;
}

static bool is_wanted(struct psp_visit *visit, const struct listed *listed, const struct stripe_object *object)
{
    return is_in_time(visit, object->created) && (listed->fits == NULL || listed->fits(visit, object));
}

/* A parameter that is absent fits everything. */
static bool fits_id(struct psp_visit *visit, const char *name, const void *object)
{
    str wanted = psp_given(visit, name);
    return wanted.length == 0 || (object && str_equal(((const struct stripe_object *)object)->item.id, wanted));
}

static bool fits_intent(struct psp_visit *visit, const void *object)
{
    return fits_id(visit, "customer", ((const struct stripe_intent *)object)->customer);
}

static bool fits_charge(struct psp_visit *visit, const void *object)
{
    const struct stripe_charge *charge = object;
    return fits_id(visit, "payment_intent", charge->intent) && fits_id(visit, "customer", charge->intent->customer);
}

static bool fits_refund(struct psp_visit *visit, const void *object)
{
    const struct stripe_charge *charge = ((const struct stripe_refund *)object)->charge;
    return fits_id(visit, "payment_intent", charge->intent) && fits_id(visit, "charge", charge);
}

static bool fits_dispute(struct psp_visit *visit, const void *object)
{
    const struct stripe_charge *charge = ((const struct stripe_dispute *)object)->charge;
    return fits_id(visit, "payment_intent", charge->intent) && fits_id(visit, "charge", charge);
}

static bool fits_customer(struct psp_visit *visit, const void *object)
{
    const struct stripe_customer *customer = object;
    str email = psp_given(visit, "email");
    return !customer->is_deleted && (email.length == 0 || str_equal(email, customer->email));
}

static bool fits_method(struct psp_visit *visit, const void *object)
{
    const struct stripe_method *method = object;
    if (visit->ids[0].length > 0) return method->customer && str_equal(method->customer->object.item.id, visit->ids[0]);
    return method->customer && fits_id(visit, "customer", method->customer);
}

static bool fits_setup(struct psp_visit *visit, const void *object)
{
    const struct stripe_setup *setup = object;
    return fits_id(visit, "customer", setup->customer) && fits_id(visit, "payment_method", setup->method);
}

/* One type, or one of several. */
static bool fits_event(struct psp_visit *visit, const void *object)
{
    const struct stripe_event *event = object;
    str type = psp_given(visit, "type");
    const struct json *types = given_find(visit->given, "types");
    for (struct json_item item = json_first(types); item.value; item = json_next(item)) {
        if (str_equal(json_string(item.value), event->type)) return true;
    }
    return types == NULL && (type.length == 0 || str_equal(type, event->type));
}

static bool fits_endpoint(struct psp_visit *visit, const void *object)
{
    (void)visit;
    return !((const struct stripe_endpoint *)object)->is_deleted;
}

/* --- Pages --- */

static bool read_limit(struct psp_visit *visit, int64_t *limit)
{
    *limit = LIMIT_USUAL;
    if (given_find(visit->given, "limit") == NULL) return true;
    if (psp_given_int(visit, "limit", limit) && *limit >= 1 && *limit <= LIMIT_MOST) return true;
    stripe_invalid(visit, "parameter_invalid_integer", STR("limit"), "limit is 1 to 100.");
    return false;
}

/* The number of the object that a cursor names; `otherwise` without one. */
static bool read_cursor(struct psp_visit *visit, const struct listed *listed, const char *name, uint32_t otherwise, uint32_t *out)
{
    str id = psp_given(visit, name);
    *out = otherwise;
    if (id.length == 0) return true;
    const struct psp_item *item = psp_shelf_find(listed->shelf, id);
    if (item == NULL) stripe_not_found(visit, "object", name, id);
    else *out = item->number;
    return item != NULL;
}

static void begin_list(struct text *text, struct psp_visit *visit, const char *kind)
{
    json_open_object(text);
    json_put_str(text, "object", str_of(kind));
    json_put_str(text, "url", visit->desk.path);
    json_name(text, "data");
    json_open_list(text);
}

static bool put_page(struct text *text, struct psp_visit *visit, const struct listed *listed, uint32_t before, int64_t limit)
{
    for (uint32_t i = before; i-- > 1;) {
        const struct stripe_object *object = psp_shelf_at(listed->shelf, i);
        if (!is_wanted(visit, listed, object)) continue;
        if (limit-- == 0) return true;
        json_comma(text);
        listed->put(text, visit, object);
    }
    return false;
}

/* The page before a cursor ends just above it: its first object is so many wanted ones further up. */
static uint32_t page_before(struct psp_visit *visit, const struct listed *listed, uint32_t ending, int64_t limit)
{
    uint32_t i = ending + 1;
    for (; i <= psp_shelf_count(listed->shelf) && limit > 0; i++) limit -= is_wanted(visit, listed, psp_shelf_at(listed->shelf, i));
    return i;
}

static bool has_wanted_from(struct psp_visit *visit, const struct listed *listed, uint32_t number)
{
    for (uint32_t i = number; i <= psp_shelf_count(listed->shelf); i++) {
        if (is_wanted(visit, listed, psp_shelf_at(listed->shelf, i))) return true;
    }
    return false;
}

/* Those between the page and `ending` are on it: count them. */
static int64_t wanted_between(struct psp_visit *visit, const struct listed *listed, uint32_t ending, uint32_t before)
{
    int64_t count = 0;
    for (uint32_t i = ending + 1; i < before; i++) count += is_wanted(visit, listed, psp_shelf_at(listed->shelf, i));
    return count;
}

static void list(struct psp_visit *visit, struct listed listed)
{
    int64_t limit;
    uint32_t before, ending;
    if (!read_limit(visit, &limit)) return;
    if (!read_cursor(visit, &listed, "starting_after", psp_shelf_count(listed.shelf) + 1, &before)) return;
    if (!read_cursor(visit, &listed, "ending_before", 0, &ending)) return;
    struct text text = text_open(visit->arena, 8192);
    begin_list(&text, visit, "list");
    bool has_more;
    if (ending > 0) {
        before = page_before(visit, &listed, ending, limit);
        has_more = has_wanted_from(visit, &listed, before);
        (void)put_page(&text, visit, &listed, before, wanted_between(visit, &listed, ending, before));
    } else {
        has_more = put_page(&text, visit, &listed, before, limit);
    }
    json_close_list(&text);
    json_put_bool(&text, "has_more", has_more);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

#define LIST(name, shelf_name, put, fits)                                                                \
    void stripe_list_##name(struct psp_visit *visit)                                                     \
    {                                                                                                    \
        list(visit, (struct listed){ &stripe_of(visit)->shelf_name, put, fits });                        \
    }

LIST(intents, intents, stripe_put_intent, fits_intent)
LIST(charges, charges, stripe_put_charge, fits_charge)
LIST(refunds, refunds, stripe_put_refund, fits_refund)
LIST(disputes, disputes, stripe_put_dispute, fits_dispute)
LIST(customers, customers, stripe_put_customer, fits_customer)
LIST(methods, methods, stripe_put_method, fits_method)
LIST(setups, setups, stripe_put_setup, fits_setup)
LIST(events, events, stripe_put_event, fits_event)
LIST(endpoints, endpoints, stripe_put_endpoint, fits_endpoint)

void stripe_list_customers_methods(struct psp_visit *visit)
{
    if (psp_shelf_find(&stripe_of(visit)->customers, visit->ids[0]) == NULL) stripe_not_found(visit, "customer", "id", visit->ids[0]);
    else stripe_list_methods(visit);
}

/* --- Search: metadata['name']:'value', status:'x', currency:'x', customer:'x', joined by AND --- */

struct term {
    str field; /* "metadata", "status" */
    str name;  /* of metadata */
    str value;
};

static str skip_blanks(str text)
{
    while (text.length > 0 && text.bytes[0] == ' ') text = str_from(text, 1);
    return text;
}

/* A text in either kind of quotes. */
static bool read_quoted(str *query, str *out)
{
    char quote = query->length > 0 ? query->bytes[0] : '\0';
    if (quote != '\'' && quote != '"') return false;
    str rest, inside = str_from(*query, 1);
    *out = str_cut(inside, quote, &rest);
    if (out->length == inside.length) return false;
    *query = rest;
    return true;
}

static bool take(str *query, str expected)
{
    if (!str_starts_with(*query, expected)) return false;
    *query = str_from(*query, expected.length);
    return true;
}

static bool read_term(str *query, struct term *term)
{
    size_t length = 0;
    while (length < query->length && ((query->bytes[length] >= 'a' && query->bytes[length] <= 'z') || query->bytes[length] == '_')) length++;
    *term = (struct term){ .field = { query->bytes, length } };
    *query = str_from(*query, length);
    if (str_equal(term->field, STR("metadata")) && !(take(query, STR("[")) && read_quoted(query, &term->name) && take(query, STR("]")))) {
        return false;
    }
    return length > 0 && take(query, STR(":")) && read_quoted(query, &term->value);
}

enum { TERMS_MAX = 10 };

struct query {
    struct term terms[TERMS_MAX];
    size_t count;
};

static bool read_query(str text, struct query *query)
{
    query->count = 0;
    for (text = skip_blanks(text); query->count < TERMS_MAX;) {
        if (!read_term(&text, &query->terms[query->count++])) return false;
        text = skip_blanks(text);
        if (text.length == 0) return true;
        if (!take(&text, STR("AND "))) return false;
        text = skip_blanks(text);
    }
    return false;
}

/* What an object says of a field, read from its JSON: all fields that can be searched are texts there. */
static bool fits_term(const struct json *object, const struct term *term, struct arena *arena)
{
    const char *path = str_equal(term->field, STR("metadata"))
                           ? NULL
                           : arena_copy(arena, term->field).bytes;
    const struct json *value = path ? json_find(object, path)
                                    : json_find(json_find(object, "metadata"), arena_copy(arena, term->name).bytes);
    return value && str_equal(json_string(value), term->value);
}

static bool fits_query(struct psp_visit *visit, const struct query *query, put_object *put, const void *object)
{
    struct text text = text_open(visit->arena, 2048);
    const struct json *read;
    put(&text, NULL, object);
    if (!body_read(visit->arena, text_str(&text), &read)) return false;
    for (size_t i = 0; i < query->count; i++) {
        if (!fits_term(read, &query->terms[i], visit->arena)) return false;
    }
    return true;
}

static bool is_old_enough(struct psp_visit *visit, const struct stripe_object *object)
{
    micros age = psp_now(visit->psp) - object->created * MICROS_PER_SECOND;
    return stripe_of(visit)->search_lag == 0 || age >= stripe_of(visit)->search_lag;
}

static int64_t put_found(struct text *text, struct psp_visit *visit, struct listed listed, const struct query *query, uint32_t before,
                         int64_t limit)
{
    for (uint32_t i = before; i-- > 1;) {
        const struct stripe_object *object = psp_shelf_at(listed.shelf, i);
        if (!is_old_enough(visit, object) || !fits_query(visit, query, listed.put, object)) continue;
        if (limit-- == 0) return i;
        json_comma(text);
        listed.put(text, visit, object);
    }
    return 0;
}

/* The next page is named by the number of its first object. */
static void search(struct psp_visit *visit, struct listed listed)
{
    int64_t limit, before = psp_shelf_count(listed.shelf) + 1;
    struct query query;
    if (!read_limit(visit, &limit)) return;
    if (!read_query(psp_given(visit, "query"), &query)) {
        stripe_invalid(visit, NULL, STR("query"), "We were unable to parse your search query.");
        return;
    }
    if (psp_given_int(visit, "page", &before) && before++ >= psp_shelf_count(listed.shelf) + 1) before = 1;
    struct text text = text_open(visit->arena, 8192);
    begin_list(&text, visit, "search_result");
    int64_t next = put_found(&text, visit, listed, &query, (uint32_t)before, limit);
    json_close_list(&text);
    json_put_bool(&text, "has_more", next > 0);
    json_put_str(&text, "next_page", next > 0 ? arena_format(visit->arena, "%lld", (long long)next) : STR_NONE);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

#define SEARCH(name, put)                                                                                \
    void stripe_search_##name(struct psp_visit *visit)                                                   \
    {                                                                                                    \
        search(visit, (struct listed){ &stripe_of(visit)->name, put, NULL });                            \
    }

SEARCH(intents, stripe_put_intent)
SEARCH(charges, stripe_put_charge)
SEARCH(customers, stripe_put_customer)
