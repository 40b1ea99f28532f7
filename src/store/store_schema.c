/* SPDX-License-Identifier: Apache-2.0 */
/* store_schema: the tables, their version, and the name that tells this store from others. */
#include <stdio.h>

#include "store/migration_internal.h"

extern const char florin_schema_sql[];

/* Raised with each change of schema.sql, with a script that brings a store of the version before along. A change that only adds (a
 * table, a column with a default) leaves SCHEMA_OLDEST, the version of the oldest florin that may work with it: two versions of the
 * binary can then run beside each other (docs/decisions/0026-two-versions.md). */
enum { SCHEMA_VERSION = 8, SCHEMA_OLDEST = 3, SCHEMA_FIRST = 2 };

static const char *const expansions[SCHEMA_VERSION + 1] = {
    [3] = "CREATE TABLE node (node TEXT NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, beats BIGINT NOT NULL, life TEXT NOT NULL, "
          "holder TEXT NOT NULL);"
          "ALTER TABLE operation ADD COLUMN node TEXT NOT NULL DEFAULT '';"
          "ALTER TABLE operation ADD COLUMN node_epoch BIGINT NOT NULL DEFAULT 0;"
          "DELETE FROM meta WHERE name = 'gateway' OR name LIKE 'commits._%'",
    [4] = "CREATE TABLE payer (merchant_id TEXT NOT NULL, payment_id TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, "
          "return_url TEXT NOT NULL, action_url TEXT NOT NULL, look_at BIGINT NOT NULL, PRIMARY KEY (merchant_id, payment_id));"
          "CREATE INDEX payer_by_look ON payer (merchant_id, look_at) WHERE look_at > 0",
    [5] = "CREATE TABLE token (merchant_id TEXT NOT NULL, token_id TEXT NOT NULL, key_id TEXT NOT NULL, card_sealed TEXT, "
          "brand TEXT NOT NULL, last4 TEXT NOT NULL, expiry_month BIGINT NOT NULL, expiry_year BIGINT NOT NULL, fingerprint "
          "TEXT NOT NULL, single_use BIGINT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT "
          "NOT NULL, used_by TEXT, deleted_at BIGINT NOT NULL, cvv_sealed TEXT, cvv_slot BIGINT NOT NULL, cvv_until BIGINT NOT "
          "NULL, PRIMARY KEY (merchant_id, token_id)); CREATE INDEX token_by_key ON token (merchant_id, key_id, token_id) "
          "WHERE card_sealed IS NOT NULL; CREATE INDEX token_by_expiry ON token (merchant_id, expires_at) WHERE card_sealed IS "
          "NOT NULL AND expires_at > 0; CREATE INDEX token_by_cvv ON token (merchant_id, cvv_until) WHERE cvv_sealed IS NOT "
          "NULL; CREATE TABLE vault_key (merchant_id TEXT NOT NULL, key_id TEXT NOT NULL, state TEXT NOT NULL, master_id TEXT "
          "NOT NULL, sealed TEXT, created_at BIGINT NOT NULL, PRIMARY KEY (merchant_id, key_id))",
    [6] = "CREATE TABLE api_key (merchant_id TEXT NOT NULL, key_id TEXT NOT NULL, name TEXT NOT NULL, is_publishable BIGINT NOT NULL, "
          "scopes TEXT NOT NULL, hash TEXT NOT NULL, created_at BIGINT NOT NULL, revoked_at BIGINT NOT NULL, "
          "PRIMARY KEY (merchant_id, key_id))",
    [7] = "ALTER TABLE payment ADD COLUMN risk TEXT NOT NULL DEFAULT ''; ALTER TABLE payment ADD COLUMN risk_rule TEXT NOT NULL DEFAULT ''; "
          "ALTER TABLE payment ADD COLUMN risk_review TEXT NOT NULL DEFAULT '';"
          "CREATE INDEX payment_by_review ON payment (merchant_id, payment_id) WHERE risk_review = 'open';"
          "CREATE TABLE risk_try (merchant_id TEXT NOT NULL, payment_id TEXT NOT NULL, at BIGINT NOT NULL, failed BIGINT NOT NULL, "
          "card TEXT, bin TEXT, email TEXT, customer TEXT, ip TEXT, PRIMARY KEY (merchant_id, payment_id));"
          "CREATE INDEX risk_try_by_card ON risk_try (merchant_id, card, failed, at) WHERE card IS NOT NULL;"
          "CREATE INDEX risk_try_by_bin ON risk_try (merchant_id, bin, failed, at) WHERE bin IS NOT NULL;"
          "CREATE INDEX risk_try_by_email ON risk_try (merchant_id, email, failed, at) WHERE email IS NOT NULL;"
          "CREATE INDEX risk_try_by_customer ON risk_try (merchant_id, customer, failed, at) WHERE customer IS NOT NULL;"
          "CREATE INDEX risk_try_by_ip ON risk_try (merchant_id, ip, failed, at) WHERE ip IS NOT NULL",
    [8] = "CREATE INDEX operation_by_key ON operation (merchant_id, processor_key) WHERE processor <> 'bank'; CREATE INDEX operation_by_ref "
          "ON operation (merchant_id, processor_ref) WHERE processor <> 'bank' AND processor_ref IS NOT NULL; CREATE TABLE notice "
          "(merchant_id TEXT NOT NULL, processor TEXT NOT NULL, account TEXT NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL, "
          "body_hash TEXT NOT NULL, result TEXT NOT NULL, reason TEXT NOT NULL, payment_id TEXT, came_at BIGINT NOT NULL, "
          "PRIMARY KEY (merchant_id, processor, account, event_id)); CREATE INDEX notice_by_age ON notice (merchant_id, came_at); "
          "CREATE TABLE dispute (merchant_id TEXT NOT NULL, payment_id TEXT NOT NULL, dispute_id TEXT NOT NULL, state TEXT NOT NULL, "
          "stage TEXT NOT NULL, amount_minor BIGINT NOT NULL, currency TEXT NOT NULL, reason TEXT NOT NULL, due_at BIGINT NOT NULL, "
          "opened_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, look_at BIGINT NOT NULL, PRIMARY KEY (merchant_id, payment_id, "
          "dispute_id)); CREATE INDEX dispute_by_look ON dispute (merchant_id, look_at) WHERE look_at > 0",
};

bool tables_exist(struct sql *sql)
{
    sql_ask(sql, sql_dialect_of(sql)->has_tables, NULL, 0);
    bool exist = sql_next(sql);
    sql_end(sql);
    return exist;
}

static bool is_free(struct store *store, struct error *error)
{
    const char *has_others = sql_dialect_of(store->sql)->has_others;
    if (has_others) sql_ask(store->sql, has_others, NULL, 0);
    bool taken = sql_next(store->sql);
    sql_end(store->sql);
    if (!store_was_read(store, error)) return false;
    return !taken || error_set(error, "the database holds something else already: take an empty one");
}

enum { VERSIONS_BYTES = 240 };

static void write_versions(int version, char script[VERSIONS_BYTES])
{
    snprintf(script, VERSIONS_BYTES,
             "INSERT INTO meta (name, value) VALUES ('schema_version', '%d'), ('schema_oldest', '%d') "
             "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
             version, version < SCHEMA_OLDEST ? version : SCHEMA_OLDEST);
}

/* What is made for a migration is half filled from its first moment on. */
static bool make_schema(struct store *store, enum store_mode mode, struct error *error)
{
    char versions[VERSIONS_BYTES], first[VERSIONS_BYTES + sizeof MIGRATION_FIRST_ROW];
    bool migrates = mode == STORE_MIGRATES;
    if (migrates && !is_free(store, error)) return false;
    write_versions(SCHEMA_VERSION, versions);
    snprintf(first, sizeof first, "%s%s", versions, migrates ? MIGRATION_FIRST_ROW : "");
    return sql_make_schema(store->sql, florin_schema_sql, first, error);
}

/* What the store says of its schema. */
struct versions {
    int64_t is;     /* 0: it says nothing */
    int64_t oldest; /* of a florin that may work with it */
};

static int64_t load_version(struct store *store, str name)
{
    struct arena arena = { 0 };
    int64_t version = 0;
    if (!str_to_int64(store_load_meta(store, &arena, name), INT32_MAX, &version)) version = 0;
    arena_close(&arena);
    return version;
}

static struct versions load_versions(struct store *store)
{
    struct versions versions = { load_version(store, STR("schema_version")), load_version(store, STR("schema_oldest")) };
    if (versions.oldest == 0) versions.oldest = versions.is;
    return versions;
}

/* One version on. Where another node was faster, the store has come along without us. */
static bool expand(struct store *store, int64_t from, struct error *error)
{
    char versions[VERSIONS_BYTES];
    write_versions((int)from + 1, versions);
    return sql_make_schema(store->sql, expansions[from + 1], versions, error) || load_versions(store).is > from;
}

static bool bring_along(struct store *store, enum store_mode mode, int64_t from, struct error *error)
{
    if (from < SCHEMA_FIRST) {
        return error_set(error, "the store has schema version %d, from before the first release: this florin cannot bring it along", (int)from);
    }
    if (mode == STORE_READS) {
        return error_set(error, "the store has schema version %d, this florin knows %d: start its gateway, which brings it along", (int)from,
                         SCHEMA_VERSION);
    }
    for (int64_t version = from; version < SCHEMA_VERSION; version++) {
        if (!expand(store, version, error)) return false;
    }
    return true;
}

static bool check_version(struct store *store, enum store_mode mode, struct error *error)
{
    struct versions versions = load_versions(store);
    if (!store_was_read(store, error)) return false;
    if (versions.is == 0) return error_set(error, "this is not a store of florin: it has no schema version");
    if (versions.oldest > SCHEMA_VERSION) {
        return error_set(error, "the store has schema version %d, this florin knows %d: use the newer florin that wrote it", (int)versions.is,
                         SCHEMA_VERSION);
    }
    if (mode != STORE_READS && !migration_allows(store, mode, error)) return false; /* before anything is changed */
    return versions.is >= SCHEMA_VERSION || bring_along(store, mode, versions.is, error);
}

/* So that a witness can tell this store from others, and how far it has come. The database's own chance is good enough for a name. */
static bool number_store(struct store *store, struct error *error)
{
    char script[200];
    struct store_mark mark;
    snprintf(script, sizeof script, "INSERT INTO meta VALUES ('store_id', %s), ('commits', '0') ON CONFLICT DO NOTHING",
             sql_dialect_of(store->sql)->random_name);
    if (!sql_run_script(store->sql, script, error)) return false;
    bool loaded = store_load_mark(store, &mark, error);
    store->commits = mark.commits;
    return loaded;
}

bool schema_prepare(struct store *store, enum store_mode mode, struct error *error)
{
    bool exists = tables_exist(store->sql);
    if (!store_was_read(store, error)) return false;
    if (!exists && mode == STORE_READS) return error_set(error, "this is not a store of florin: it is empty");
    if (!exists && !make_schema(store, mode, error) && !tables_exist(store->sql)) return false; /* another node may have been faster */
    return check_version(store, mode, error) && (mode == STORE_READS || number_store(store, error));
}
