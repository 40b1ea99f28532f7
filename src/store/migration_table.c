/* SPDX-License-Identifier: Apache-2.0 */
/* migration_table: a table with its statements, made from what the catalog of the old store says. So a table or a column that is added
 * to schema.sql migrates by itself. What begins with merchant_id is the merchants' and moves; what does not is the house's own, here as
 * there, and stays. */
#include <string.h>

#include "base/text.h"
#include "store/migration_internal.h"

/* ---- the catalog ---- */

static void read_column(struct sql *sql, struct arena *arena, struct migration_table *table)
{
    struct migration_column *column = &table->columns[table->column_count++];
    str name = sql_text(sql, 0, arena), ending = STR("_minor");
    column->name = name.bytes;
    column->is_number = str_equal(sql_text(sql, 1, arena), STR("BIGINT"));
    column->is_money = name.length > ending.length && str_equal(str_from(name, name.length - ending.length), ending);
    bool is_next_of_key = sql_int(sql, 2) == (int64_t)table->column_count && table->key_count + 1 == table->column_count;
    if (is_next_of_key) table->key_count++;
}

/* A copy in the order of keys needs one. */
static bool has_key(const struct migration_table *table, struct error *error)
{
    bool has = table->key_count > 0 && table->key_count <= MIGRATION_KEY_MAX;
    return has || error_set(error, "the table %s does not begin with its primary key", table->name);
}

static bool load_columns(struct store *store, struct arena *arena, struct migration_table *table, struct error *error)
{
    sql_ask(store->sql, "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid",
            (struct sql_value[]){ TEXT(str_of(table->name)) }, 1);
    while (table->column_count < SQL_VALUES_MAX && sql_next(store->sql)) read_column(store->sql, arena, table);
    bool is_wider = sql_next(store->sql);
    sql_end(store->sql);
    if (is_wider) return error_set(error, "the table %s has more than %d columns", table->name, SQL_VALUES_MAX);
    return store_was_read(store, error) && has_key(table, error);
}

/* ---- statements ---- */

/* "merchant_id, payment_id" of the first so many columns; each with `behind` behind it. */
static void put_names(struct text *text, const struct migration_table *table, size_t count, const char *behind)
{
    for (size_t i = 0; i < count; i++) text_put_format(text, "%s%s%s", i ? ", " : "", table->columns[i].name, behind);
}

static void put_places(struct text *text, size_t count)
{
    for (size_t i = 1; i <= count; i++) text_put_format(text, "%s$%zu", i > 1 ? ", " : "", i);
}

static const char *end(struct text *text)
{
    text_put_char(text, 0);
    return text->bytes;
}

static const char *read_statement(struct arena *arena, const struct migration_table *table)
{
    struct text text = text_open(arena, 1024);
    text_put(&text, STR("SELECT "));
    put_names(&text, table, table->column_count, "");
    text_put_format(&text, " FROM %s WHERE (", table->name);
    put_names(&text, table, table->key_count, "");
    text_put(&text, STR(") > ("));
    put_places(&text, table->key_count);
    text_put(&text, STR(") ORDER BY "));
    put_names(&text, table, table->key_count, "");
    text_put_format(&text, " LIMIT %d", MIGRATION_ROWS);
    return end(&text);
}

static const char *insert_statement(struct arena *arena, const struct migration_table *table)
{
    struct text text = text_open(arena, 1024);
    text_put_format(&text, "INSERT INTO %s (", table->name);
    put_names(&text, table, table->column_count, "");
    text_put(&text, STR(") VALUES ("));
    put_places(&text, table->column_count);
    text_put_char(&text, ')');
    return end(&text);
}

static const char *last_statement(struct arena *arena, const struct migration_table *table)
{
    struct text text = text_open(arena, 256);
    text_put(&text, STR("SELECT "));
    put_names(&text, table, table->key_count, "");
    text_put_format(&text, " FROM %s ORDER BY ", table->name);
    put_names(&text, table, table->key_count, " DESC");
    text_put(&text, STR(" LIMIT 1"));
    return end(&text);
}

static const char *totals_statement(struct arena *arena, const struct migration_table *table)
{
    struct text text = text_open(arena, 1024);
    text_put(&text, STR("SELECT count(*)"));
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (!table->columns[i].is_money) continue;
        text_put_format(&text, ", CAST(coalesce(sum(%s / 1000000), 0) AS BIGINT), CAST(coalesce(sum(%s %% 1000000), 0) AS BIGINT)", name, name);
    }
    text_put_format(&text, " FROM %s", table->name);
    return end(&text);
}

static void make_statements(struct arena *arena, struct migration_table *table)
{
    table->read = read_statement(arena, table);
    table->insert = insert_statement(arena, table);
    table->empty = arena_format(arena, "TRUNCATE TABLE %s", table->name).bytes;
    table->last = last_statement(arena, table);
    table->totals = totals_statement(arena, table);
}

/* ---- all of them ---- */

static bool load_names(struct store *store, struct arena *arena, struct migration_table *tables, size_t *count, struct error *error)
{
    sql_ask(store->sql,
            "SELECT t.name FROM sqlite_schema t, pragma_table_info(t.name) c "
            "WHERE t.type = 'table' AND c.cid = 0 AND c.name = 'merchant_id' ORDER BY t.rowid",
            NULL, 0);
    for (*count = 0; *count < MIGRATION_TABLES_MAX && sql_next(store->sql); (*count)++) {
        tables[*count] = (struct migration_table){ .name = sql_text(store->sql, 0, arena).bytes };
    }
    bool are_more = sql_next(store->sql);
    sql_end(store->sql);
    if (are_more) return error_set(error, "the store has more than %d tables of merchants", MIGRATION_TABLES_MAX);
    return store_was_read(store, error);
}

bool tables_load(struct store *store, struct arena *arena, struct migration_table *tables, size_t *count, struct error *error)
{
    if (!load_names(store, arena, tables, count, error)) return false;
    for (size_t i = 0; i < *count; i++) {
        struct migration_totals totals;
        if (!load_columns(store, arena, &tables[i], error)) return false;
        make_statements(arena, &tables[i]);
        if (!table_load_totals(store, &tables[i], &totals)) return store_unreadable(store, error);
        tables[i].rows = totals.rows;
    }
    return true;
}

/* ---- rows ---- */

static struct sql_value value_at(struct sql *sql, int at, const struct migration_column *column, struct arena *arena)
{
    if (sql_is_null(sql, at)) return sql_of_text(STR_NONE);
    return column->is_number ? sql_of_int(sql_int(sql, at)) : sql_of_text(sql_text(sql, at, arena));
}

static void read_row(struct store *store, const struct migration_table *table, size_t count, struct arena *arena, struct sql_value *row)
{
    for (size_t i = 0; i < count; i++) row[i] = value_at(store->sql, (int)i, &table->columns[i], arena);
}

bool table_load_page(struct store *store, const struct migration_table *table, const struct sql_value *key, struct migration_page *out)
{
    arena_reset(&out->arena);
    out->rows = 0;
    out->values = arena_take(&out->arena, MIGRATION_ROWS * table->column_count * sizeof *out->values);
    sql_ask(store->sql, table->read, key, table->key_count);
    while (sql_next(store->sql)) {
        read_row(store, table, table->column_count, &out->arena, out->values + out->rows++ * table->column_count);
    }
    return sql_trouble_of(store->sql) == SQL_FINE;
}

void table_first_key(const struct migration_table *table, struct sql_value *key)
{
    for (size_t i = 0; i < table->key_count; i++) key[i] = table->columns[i].is_number ? sql_of_int(INT64_MIN) : sql_of_text(STR(""));
}

bool table_last_key(struct store *store, const struct migration_table *table, struct arena *arena, struct sql_value *key)
{
    table_first_key(table, key);
    sql_ask(store->sql, table->last, NULL, 0);
    if (sql_next(store->sql)) read_row(store, table, table->key_count, arena, key);
    sql_end(store->sql);
    return sql_trouble_of(store->sql) == SQL_FINE;
}

void table_save_page(struct store *store, const struct migration_table *table, const struct migration_page *page)
{
    for (size_t row = 0; row < page->rows; row++) {
        sql_save(store->sql, table->insert, page_row(table, page, row), table->column_count, 1);
    }
}

bool table_load_totals(struct store *store, const struct migration_table *table, struct migration_totals *out)
{
    int at = 1;
    *out = (struct migration_totals){ 0 };
    sql_ask(store->sql, table->totals, NULL, 0);
    if (sql_next(store->sql)) out->rows = sql_int(store->sql, 0);
    for (size_t i = 0; i < table->column_count && sql_trouble_of(store->sql) == SQL_FINE; i++) {
        if (!table->columns[i].is_money) continue;
        out->millions[out->count] = sql_int(store->sql, at++);
        out->rest[out->count++] = sql_int(store->sql, at++);
    }
    sql_end(store->sql);
    return sql_trouble_of(store->sql) == SQL_FINE;
}
