/* SPDX-License-Identifier: Apache-2.0 */
/* house: everything of a gateway but its doors: store, secrets, vault, flows, on one loop. Commands that move or judge
 * payments open it; `serve` puts an API before it. */
#ifndef FLORIN_COMMAND_HOUSE_H
#define FLORIN_COMMAND_HOUSE_H

#include "base/error.h"
#include "command/account.h"
#include "command/settings.h"
#include "flow/flows.h"
#include "store/store.h"
#include "vault/safe.h"
#include "world/loop.h"

/* The processors that may be used, in the order of processors.list. */
enum {
#define PROCESSOR(name, ...) ACCOUNT_##name,
#include "processor/processors.list"
#undef PROCESSOR
    ACCOUNT_COUNT,
};

/* The settings that every such command takes; HOUSE_SETTINGS and account_settings.list are their tables. */
struct house_settings {
    const char *store;
    int64_t store_connections;
    const char *node;
    const char *local_path;
    const char *witness_file;
    const char *key_file;
    const char *runtime_dir;
    const char *envelope_key_file;
    const char *master_key_file;
    struct account_choice accounts[ACCOUNT_COUNT];
    bool live;
    const char *notice_certificate_origins, *notice_certificate_ca_file;
    const char *public_url;
    int64_t answer_within_ms;
    int64_t retry_base_ms;
    int64_t request_kept_days;
    int64_t flows_max;
    int64_t storage_least_mb;
};

extern struct house_settings house_chosen;

#define HOUSE_STORE_SETTING                                                                                            \
    { "store", SETTING_TEXT, "sqlite:florin.db", 0, 0, &house_chosen.store,                                            \
      "Where payments are kept: sqlite:PATH, or postgres://USER@HOST/DATABASE with whatever libpq takes there." }
#define HOUSE_WITNESS_SETTING                                                                                          \
    { "witness_file", SETTING_TEXT, NULL, 0, 0, &house_chosen.witness_file,                                            \
      "File that says how far the store had come; best on another disk; default: the store's path with .witness." }
#define HOUSE_LOCAL_PATH_SETTING                                                                                       \
    { "local_path", SETTING_TEXT, "florin", 0, 0, &house_chosen.local_path,                                            \
      "What the names of this gateway's own files begin with when the store is no file: .key and .control." }
#define HOUSE_MASTER_KEY_SETTING                                                                                       \
    { "master_key_file", SETTING_TEXT, NULL, 0, 0, &house_chosen.master_key_file,                                      \
      "File with the key of stored cards, made by `florin vault init`; default: as key_file, with .master, where that is there." }
#define HOUSE_NODE_SETTING                                                                                             \
    { "node", SETTING_TEXT, NULL, 0, 0, &house_chosen.node,                                                            \
      "Name of this gateway among those on one PostgreSQL database, the same at each start; default: the machine's name." }
#define HOUSE_SETTINGS                                                                                                 \
    HOUSE_STORE_SETTING,                                                                                               \
    { "store_connections", SETTING_NUMBER, "4", 1, STORE_CONNECTIONS_MAX, &house_chosen.store_connections,             \
      "Connections that write to PostgreSQL at once; a file has one." },                                               \
    HOUSE_NODE_SETTING,                                                                                                \
    HOUSE_LOCAL_PATH_SETTING,                                                                                          \
    HOUSE_WITNESS_SETTING,                                                                                             \
    { "key_file", SETTING_TEXT, NULL, 0, 0, &house_chosen.key_file,                                                    \
      "File with this gateway's own secret, made at the first start; default: the store's path, or local_path, with .key." },          \
    { "runtime_dir", SETTING_TEXT, NULL, 0, 0, &house_chosen.runtime_dir,                                              \
      "Folder on tmpfs for the keys of cards in doubt; default: the service's runtime folder, else /dev/shm." },       \
    { "envelope_key_file", SETTING_TEXT, NULL, 0, 0, &house_chosen.envelope_key_file,                                  \
      "File on tmpfs with 64 hex digits: nodes that have the same can open each other's cards in doubt; default: none can." }, \
    HOUSE_MASTER_KEY_SETTING,                                                                                          \
    { "live", SETTING_SWITCH, "off", 0, 0, &house_chosen.live,                                                         \
      "Real money: live keys only; else test keys only." },                                                            \
    { "notice_certificate_origins", SETTING_TEXT, NULL, 0, 0, &house_chosen.notice_certificate_origins,                \
      "For tests, not with live: where certificates that sign notices may come from (`http://127.0.0.1:8789`), parted by blanks; " \
      "default: the processor's own." },                                                                               \
    { "notice_certificate_ca_file", SETTING_TEXT, NULL, 0, 0, &house_chosen.notice_certificate_ca_file,                \
      "For tests, not with live: PEM file with the only authorities that may vouch for such a certificate." },         \
    { "public_url", SETTING_TEXT, "http://127.0.0.1:8080", 0, 0, &house_chosen.public_url,                             \
      "Where the world reaches this gateway, without a slash at the end: payers who were sent away come back there." }, \
    { "answer_within_ms", SETTING_NUMBER, "10000", 100, 120000, &house_chosen.answer_within_ms,                        \
      "A merchant hears 202 after this, while the work goes on." },                                                    \
    { "retry_base_ms", SETTING_NUMBER, "1000", 1, 60000, &house_chosen.retry_base_ms,                                  \
      "First back-off before a repeated call; doubled each time up to a minute, with full jitter." },                  \
    { "request_kept_days", SETTING_NUMBER, "30", 1, 3650, &house_chosen.request_kept_days,                             \
      "How long an idempotency key is remembered." },                                                                  \
    { "flows_max", SETTING_NUMBER, "16384", 16, 200000, &house_chosen.flows_max,                                       \
      "Operations that may be running at once; above it 503." },                                                       \
    { "storage_least_mb", SETTING_NUMBER, "64", 0, 1048576, &house_chosen.storage_least_mb,                            \
      "With less free room than this on the store's disk no new payment is begun." }

/* Secrets, each for one purpose, derived from the key file. */
struct house_secrets {
    struct hash processor_keys;
    struct hash fingerprints;
    struct hash cursors;
    struct hash risks;
};

/* All processors that are used, the bank first, with the keys that they need. */
struct house_accounts {
    struct account_keys keys[ACCOUNT_COUNT];
    struct processor_settings settings[ACCOUNT_COUNT];
    size_t count;
};

struct house {
    struct loop *loop;
    struct store *store;  /* the writing connection, or the first of them */
    struct store *beside[STORE_CONNECTIONS_MAX]; /* further ones; NULL from the first that there is not */
    struct store *reader; /* the reading one */
    struct vault *vault;
    struct safe *safe; /* stored cards */
    char master_key_path[STORE_PATH_BYTES + 8];
    struct flows *flows;
    struct house_accounts accounts;
    struct house_secrets secrets;
    micros ran_before; /* running time up to the last sweep of the last start */
    bool store_is_suspect; /* it was not opened, since it and its witness do not fit */
};

/* Reads the keys, and checks what can be checked now rather than at the first payment. */
bool house_open_accounts(struct house_accounts *out, struct error *error) MUST_CHECK;
void house_forget_accounts(struct house_accounts *accounts);

/* Opens all of it as house_chosen says. False: *error tells why, and house_close gives back what was opened. */
bool house_open(struct house *house, struct error *error) MUST_CHECK;
void house_close(struct house *house);

/* Runs that question on the chosen store, which may be another gateway's just now, and on nothing else of the house. */
bool house_ask_store(struct work *question, struct error *error) MUST_CHECK;

/* The one merchant of this gateway. */
str house_merchant(void);

/* Is a connection that writes waiting for its server? From any thread. */
bool house_store_is_away(const struct house *house);

/* Is the chosen store a file? */
bool house_store_is_file(void);

/* How the chosen store may be shown: the address of a database may hold a password. */
const char *house_store_words(void);

/* The path of the chosen store, and that of its witness. False: not a path that can be used. */
bool house_paths(char store[STORE_PATH_BYTES], char witness[WITNESS_PATH_BYTES], struct error *error) MUST_CHECK;

/* The name of this gateway among those on one database. */
const char *house_node(void);

/* How the file with the keys of that store's sealed cards is named: its cards are those of one store's payments, by the file that it
 * was born in, or by what a database calls itself. False: it could not be asked; by any other name the cards would be lost. */
enum { HOUSE_VAULT_NAME_BYTES = 17 };
bool house_vault_name(struct store *store, char out[HOUSE_VAULT_NAME_BYTES], struct error *error) MUST_CHECK;

/* Where the master key of stored cards lies, if it lies in a file. */
void house_master_key_path(char path[STORE_PATH_BYTES + 8]);

/* Where the operator's door of that store is: a socket beside the file, or beside this gateway's own files. */
void house_control_path(char path[108]);

#endif
