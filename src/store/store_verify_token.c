/* SPDX-License-Identifier: Apache-2.0 */
/* store_verify_token: stored cards against their keys and their payments. Whether they open, only the vault can tell. */
#include "store/verifying.h"

enum { PAGE_TOKENS = 2000 };

/* A row of the question below. */
enum column { TOKEN_ID,
              KEY_ID,
              CARD_CHARS,
              CARD_IS_THERE,
              IS_DELETED,
              SINGLE_USE,
              USED_AT,
              USED_BY,
              KEY_STATE,
              PAYMENT_IS_THERE };

static bool is_at(struct verifier *verifier, enum column column) { return sql_int(verifier->store->sql, column) != 0; }

static void check_card(struct verifier *verifier, str id)
{
    struct sql *sql = verifier->store->sql;
    str key = sql_text(sql, KEY_ID, &verifier->arena), state = sql_text(sql, KEY_STATE, &verifier->arena);
    if (is_at(verifier, IS_DELETED)) {
        verifier_found(verifier, VERIFY_TOKEN, "token %.*s: it was deleted and still has its card", STR_FORMAT(id));
    } else if (sql_int(sql, CARD_CHARS) != TOKEN_SEALED_CHARS) {
        verifier_found(verifier, VERIFY_TOKEN, "token %.*s: what it holds is no sealed card", STR_FORMAT(id));
    } else if (!state.bytes || str_equal(state, STR("destroyed"))) {
        verifier_found(verifier, VERIFY_TOKEN, "token %.*s: its key %.*s is not there", STR_FORMAT(id), STR_FORMAT(key));
    }
}

static void check_token(struct verifier *verifier, str id)
{
    bool was_used = is_at(verifier, USED_AT);
    str payment = sql_text(verifier->store->sql, USED_BY, &verifier->arena);
    if (is_at(verifier, CARD_IS_THERE)) check_card(verifier, id);
    if (was_used != (payment.bytes != NULL) || (was_used && !is_at(verifier, SINGLE_USE))) {
        verifier_found(verifier, VERIFY_TOKEN, "token %.*s: whether it was used is not clear", STR_FORMAT(id));
    } else if (was_used && !is_at(verifier, PAYMENT_IS_THERE)) {
        verifier_found(verifier, VERIFY_TOKEN, "token %.*s: its payment %.*s is not there", STR_FORMAT(id), STR_FORMAT(payment));
    }
}

static size_t check_behind(struct verifier *verifier, str *after)
{
    struct sql *sql = verifier->store->sql;
    size_t count = 0;
    sql_ask(sql,
            "SELECT t.token_id, t.key_id, length(t.card_sealed), CASE WHEN t.card_sealed IS NULL THEN 0 ELSE 1 END, t.deleted_at, "
            "t.single_use, t.used_at, t.used_by, k.state, CASE WHEN p.payment_id IS NULL THEN 0 ELSE 1 END FROM token t "
            "LEFT JOIN vault_key k ON k.merchant_id = t.merchant_id AND k.key_id = t.key_id "
            "LEFT JOIN payment p ON p.merchant_id = t.merchant_id AND p.payment_id = t.used_by "
            "WHERE t.merchant_id = $1 AND t.token_id > $2 ORDER BY t.token_id LIMIT $3",
            (struct sql_value[]){ TEXT(verifier->merchant), TEXT(*after), INT(PAGE_TOKENS) }, 3);
    for (; sql_next(sql); count++) {
        *after = sql_text(sql, TOKEN_ID, &verifier->arena);
        check_token(verifier, *after);
    }
    return count;
}

void verify_tokens(struct verifier *verifier)
{
    struct arena kept = { 0 };
    str after = STR("");
    size_t count = PAGE_TOKENS;
    while (count == PAGE_TOKENS && sql_trouble_of(verifier->store->sql) == SQL_FINE) {
        count = check_behind(verifier, &after);
        verifier->report->tokens += (int64_t)count;
        struct arena next = { 0 };
        after = arena_copy(&next, after);
        arena_close(&kept);
        kept = next;
        arena_reset(&verifier->arena);
    }
    arena_close(&kept);
}
