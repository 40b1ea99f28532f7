/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_reports: the report of transactions, which shows nothing younger than some hours, and the balances. */
#include "base/moment.h"
#include "sim/paypal.h"

enum { PAGE_ROWS = 100, PAGE_ROWS_MAX = 500, PAGES_MAX = 1000000, ROWS_MAX = 10000, CURRENCIES_MAX = 32 };

static const micros window_most = 31LL * 24 * 3600 * MICROS_PER_SECOND;

struct query {
    micros from, until;
    int64_t page, page_rows;
    str transaction_id;
};

/* A row, whatever it is about. */
struct row {
    str id, reference, invoice_id, custom_id;
    const char *reference_type, *code, *status;
    micros created, updated;
    int64_t minor, fee;
    const char *currency;
};

/* --- What was asked --- */

static bool read_number(const struct psp_visit *visit, const char *name, int64_t most, int64_t *out)
{
    return psp_given(visit, name).bytes == NULL || (psp_given_int(visit, name, out) && *out >= 1 && *out <= most);
}

static const char *read_query(const struct psp_visit *visit, struct query *out)
{
    str from = psp_given(visit, "start_date"), until = psp_given(visit, "end_date");
    *out = (struct query){ .page = 1, .page_rows = PAGE_ROWS, .transaction_id = psp_given(visit, "transaction_id") };
    if (from.bytes == NULL || until.bytes == NULL) return "MISSING_REQUIRED_PARAMETER";
    if (!moment_parse(from, &out->from) || !moment_parse(until, &out->until)) return "INVALID_PARAMETER_SYNTAX";
    if (out->until < out->from || out->until - out->from > window_most) return "INVALID_PARAMETER_VALUE";
    if (!read_number(visit, "page_size", PAGE_ROWS_MAX, &out->page_rows)) return "INVALID_PARAMETER_VALUE";
    return read_number(visit, "page", PAGES_MAX, &out->page) ? NULL : "INVALID_PARAMETER_VALUE";
}

/* --- Rows --- */

static const char *status_of(const char *status)
{
    str word = str_of(status);
    if (str_equal(word, STR("PENDING"))) return "P";
    if (str_equal(word, STR("DECLINED")) || str_equal(word, STR("FAILED")) || str_equal(word, STR("CANCELLED"))) return "D";
    return "S";
}

static struct row row_of_capture(const struct paypal_capture *capture)
{
    return (struct row){
        .id = capture->item.id, .reference = capture->order->item.id, .reference_type = "ODR", .code = "T0006",
        .status = status_of(capture->status), .created = capture->created, .updated = capture->updated,
        .minor = capture->amount.minor, .fee = -paypal_fee(&capture->amount), .currency = capture->amount.currency,
        .invoice_id = capture->invoice_id, .custom_id = capture->order->custom_id,
    };
}

static struct row row_of_refund(const struct paypal_refund *refund)
{
    return (struct row){
        .id = refund->item.id, .reference = refund->capture->item.id, .reference_type = "TXN", .code = "T1107",
        .status = status_of(refund->status), .created = refund->created, .updated = refund->updated,
        .minor = -refund->amount.minor, .currency = refund->amount.currency, .invoice_id = refund->invoice_id,
        .custom_id = refund->custom_id.bytes ? refund->custom_id : refund->capture->order->custom_id,
    };
}

static uint32_t count_rows(const struct paypal *paypal)
{
    return psp_shelf_count(&paypal->captures) + psp_shelf_count(&paypal->refunds);
}

static struct row row_at(const struct paypal *paypal, uint32_t number)
{
    uint32_t captures = psp_shelf_count(&paypal->captures);
    return number <= captures ? row_of_capture(psp_shelf_at(&paypal->captures, number))
                              : row_of_refund(psp_shelf_at(&paypal->refunds, number - captures));
}

static bool is_wanted(const struct paypal *paypal, const struct query *query, const struct row *row)
{
    bool is_late_enough = row->created + paypal->report_lag <= psp_now(paypal->psp);
    bool is_it = query->transaction_id.bytes == NULL || str_equal(query->transaction_id, row->id);
    return is_late_enough && is_it && row->created >= query->from && row->created <= query->until;
}

static void put_row(struct text *text, const struct row *row)
{
    json_comma(text);
    json_open_object(text);
    json_name(text, "transaction_info");
    json_open_object(text);
    json_put_str(text, "transaction_id", row->id);
    json_put_str(text, "paypal_reference_id", row->reference);
    json_put_str(text, "paypal_reference_id_type", str_of(row->reference_type));
    json_put_str(text, "transaction_event_code", str_of(row->code));
    json_put_time(text, "transaction_initiation_date", row->created);
    json_put_time(text, "transaction_updated_date", row->updated);
    paypal_put_money(text, "transaction_amount", row->minor, row->currency);
    if (row->fee != 0) paypal_put_money(text, "fee_amount", row->fee, row->currency);
    json_put_str(text, "transaction_status", str_of(row->status));
    if (row->invoice_id.bytes) json_put_str(text, "invoice_id", row->invoice_id);
    if (row->custom_id.bytes) json_put_str(text, "custom_field", row->custom_id);
    json_close_object(text);
    json_close_object(text);
}

/* Puts the rows of a page; gives the number of all that are wanted. */
static int64_t put_rows(struct text *text, const struct paypal *paypal, const struct query *query)
{
    int64_t found = 0;
    json_name(text, "transaction_details");
    json_open_list(text);
    for (uint32_t i = 1; i <= count_rows(paypal); i++) {
        struct row row = row_at(paypal, i);
        if (!is_wanted(paypal, query, &row)) continue;
        if (found / query->page_rows == query->page - 1) put_row(text, &row);
        found++;
    }
    json_close_list(text);
    return found;
}

static int64_t count_wanted(const struct paypal *paypal, const struct query *query)
{
    int64_t found = 0;
    for (uint32_t i = 1; i <= count_rows(paypal); i++) {
        struct row row = row_at(paypal, i);
        found += is_wanted(paypal, query, &row);
    }
    return found;
}

/* Without rows there is no list of them. */
static void answer_report(struct psp_visit *visit, const struct query *query)
{
    struct paypal *paypal = paypal_of(visit);
    int64_t found = count_wanted(paypal, query);
    struct text text = text_open(visit->arena, 4096);
    json_open_object(&text);
    if (found > (query->page - 1) * query->page_rows) (void)put_rows(&text, paypal, query);
    json_put_str(&text, "account_number", STR("XZXSPECPDZHZU"));
    json_put_time(&text, "start_date", query->from);
    json_put_time(&text, "end_date", query->until);
    json_put_time(&text, "last_refreshed_datetime", psp_now(visit->psp) - paypal->report_lag);
    json_put_int(&text, "page", query->page);
    json_put_int(&text, "total_items", found);
    json_put_int(&text, "total_pages", (found + query->page_rows - 1) / query->page_rows);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

void paypal_list_transactions(struct psp_visit *visit)
{
    struct query query;
    const char *issue = read_query(visit, &query);
    if (issue == NULL && count_wanted(paypal_of(visit), &query) > ROWS_MAX) issue = "RESULTSET_TOO_LARGE";
    if (issue != NULL) paypal_refuse(visit, issue, NULL);
    else answer_report(visit, &query);
}

/* --- Balances --- */

struct balance {
    const char *currency;
    int64_t minor;
};

static void add_to(struct balance *balances, size_t *count, const struct row *row)
{
    size_t i = 0;
    while (i < *count && !str_equal(str_of(balances[i].currency), str_of(row->currency))) i++;
    INSIST(i < CURRENCIES_MAX);
    if (i == *count) balances[(*count)++] = (struct balance){ row->currency, 0 };
    balances[i].minor += row->minor + row->fee;
}

static size_t add_up(const struct paypal *paypal, struct balance *balances)
{
    size_t count = 0;
    for (uint32_t i = 1; i <= count_rows(paypal); i++) {
        struct row row = row_at(paypal, i);
        if (paypal_is(row.status, "S")) add_to(balances, &count, &row);
    }
    return count;
}

static void put_balance(struct text *text, const struct balance *balance)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "currency", str_of(balance->currency));
    paypal_put_money(text, "total_balance", balance->minor, balance->currency);
    paypal_put_money(text, "available_balance", balance->minor, balance->currency);
    json_close_object(text);
}

void paypal_list_balances(struct psp_visit *visit)
{
    struct balance balances[CURRENCIES_MAX];
    size_t count = add_up(paypal_of(visit), balances);
    struct text text = text_open(visit->arena, 512);
    json_open_object(&text);
    json_name(&text, "balances");
    json_open_list(&text);
    for (size_t i = 0; i < count; i++) put_balance(&text, &balances[i]);
    json_close_list(&text);
    json_put_time(&text, "as_of_time", psp_now(visit->psp));
    json_put_time(&text, "last_refresh_time", psp_now(visit->psp));
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}
