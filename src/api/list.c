/* SPDX-License-Identifier: Apache-2.0 */
/* list: GET /v1/payments, page by page, newest first. New payments come before the pages that were read. */
#include "api/cursor.h"
#include "api/queries.h"
#include "api/receipt.h"
#include "api/values.h"

enum { PAGE_USUAL = 20 };

struct list_wish {
    struct payment_filter filter;
    str cursor;
};

/* ---- the query ---- */

static enum problem_code read_order_id(str value, void *into)
{
    struct list_wish *wish = into;
    wish->filter.order_id = value;
    return value_check_text(value, 1, NAME_CHARS_MAX);
}

static enum problem_code read_customer_id(str value, void *into)
{
    struct list_wish *wish = into;
    wish->filter.customer_id = value;
    return value_check_text(value, 1, NAME_CHARS_MAX);
}

static enum problem_code read_state(str value, void *into)
{
    struct list_wish *wish = into;
    enum payment_state state;
    wish->filter.state = value;
    return payment_state_named(value, &state) && state != PAYMENT_NEW ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_review(str value, void *into)
{
    struct list_wish *wish = into;
    wish->filter.review = value;
    return str_equal(value, review_word(REVIEW_OPEN)) ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_limit(str value, void *into)
{
    struct list_wish *wish = into;
    return query_number(value, 1, PAGE_MAX, &wish->filter.limit);
}

/* It can be checked only when all filters are known. */
static enum problem_code read_cursor(str value, void *into)
{
    struct list_wish *wish = into;
    wish->cursor = value;
    return str_is_empty(value) ? PROBLEM_CURSOR_INVALID : PROBLEM_NONE;
}

static const struct query_param params[] = {
    { "order_id", read_order_id },
    { "customer_id", read_customer_id },
    { "state", read_state },
    { "review", read_review },
    { "limit", read_limit },
    { "cursor", read_cursor },
};

/* ---- the page ---- */

static void look_for_page(struct api_call *call, struct store *store)
{
    const struct api_options *options = &call->api->options;
    struct payment_filter *filter = &((struct list_wish *)call->with)->filter;
    struct payment_filter one_more = *filter;
    struct payment_record *records;
    one_more.limit++; /* tells that there is a next page */
    size_t count = store_list_payments(store, call->arena, options->merchant, &one_more, &records);
    bool has_more = count > (size_t)filter->limit;
    if (has_more) count--;

    struct text body = text_open(call->arena, (count + 1) * RECEIPT_BYTES);
    json_open_object(&body);
    json_name(&body, "data");
    json_open_list(&body);
    query_put_receipts(call, store, &body, records, count);
    json_close_list(&body);
    str last_id = has_more ? payment_id_str(&records[count - 1].id) : STR_NONE;
    json_put_str(&body, "next_cursor", has_more ? cursor_write(call->arena, &options->cursor_secret, filter, last_id) : STR_NONE);
    json_close_object(&body);
    call->found_body = text_str(&body);
}

static void refuse_cursor(struct api_call *call)
{
    struct reading reading = reading_open(call->arena);
    reading_note(&reading, STR("cursor"), PROBLEM_CURSOR_INVALID);
    call_refuse_errors(call, &reading);
}

void list_payments(struct api_call *call)
{
    const struct hash *secret = &call->api->options.cursor_secret;
    struct list_wish *wish = arena_take(call->arena, sizeof *wish);
    wish->filter.limit = PAGE_USUAL;
    call->with = wish;
    if (!query_is_fine(call, params, COUNT_OF(params), wish)) return;
    bool is_first = wish->cursor.bytes == NULL;
    if (is_first || cursor_read(call->arena, secret, &wish->filter, wish->cursor, &wish->filter.before)) call_ask(call, look_for_page);
    else refuse_cursor(call);
}
