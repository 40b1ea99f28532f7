/* SPDX-License-Identifier: Apache-2.0 */
/* store: what we remember. Plain blocking code for a store thread: load, decide, save, in that order.
 * `store_save_...` return nothing: the first failure sticks, later calls do nothing, and it shows when the batch commits. */
#ifndef FLORIN_STORE_STORE_H
#define FLORIN_STORE_STORE_H

#include "base/error.h"
#include "base/hash.h"
#include "base/work.h"
#include "domain/api_key.h"
#include "domain/attempt.h"
#include "domain/dispute.h"
#include "domain/ids.h"
#include "domain/risk.h"
#include "domain/token.h"

struct store;

enum { STORE_PATH_BYTES = 1024,
       STORE_URL_BYTES = STORE_PATH_BYTES + 16,
       WITNESS_PATH_BYTES = STORE_PATH_BYTES + 16,
       STORE_ID_BYTES = 33,
       NODE_NAME_BYTES = 64,
       NODES_MAX = 32 };

enum store_mode {
    STORE_WRITES, /* the first writing connection; takes the lock of the file, or the lease of the database, and keeps it */
    STORE_READS,  /* read-only snapshots of what is committed */
    STORE_MIGRATES, /* as STORE_WRITES, for both ends of a migration: one that has moved away, and one that is not whole yet */
};

/* Opens "sqlite:PATH" or "postgres://...". STORE_WRITES makes the file and the schema when absent. Refuses, with a sentence for a
 * person: a store that another process holds (and who), a schema newer than this binary. */
struct store *store_open(str url, enum store_mode mode, struct error *error);

/* STORE_WRITES for one of several gateways on a server, by its name: letters, digits, dot, dash, underscore. A file has one gateway,
 * whatever it is called. */
struct store *store_open_node(str url, str node, struct error *error);

/* A further writing connection to the database of `first`, under the same lease; numbers count from 1. Only on a server. */
enum { STORE_CONNECTIONS_MAX = 16 };
struct store *store_open_beside(const struct store *first, str url, int number, struct error *error);

/* Is this writing connection waiting for its server to come back? From any thread. */
bool store_is_away(const struct store *store);

/* There is nothing of ours yet at that path: no file, or one without tables. */
bool store_is_empty(const char *path);

/* Keeps gateways away from the store of that path, as an open one does; for whoever puts another file in its place. The file is made
 * when absent. */
struct store_hold {
    int lock; /* descriptor of the lock file */
    int file; /* descriptor of the store itself */
};
bool store_hold(const char *path, struct store_hold *out, struct error *error) MUST_CHECK;
void store_release(struct store_hold *hold);

/* Gives back what was opened and leaves the files as after a kill, but for the witness, which is brought up to date. */
void store_close(struct store *store);

/* The orderly end of a store that writes, before store_close and after its readers: the log is moved into the database and
 * emptied. Ends the process on an I/O error, as store_run_batch does. */
void store_finish(struct store *store);

/* The path inside "sqlite:PATH"; STR_NONE for another kind. */
str store_url_path(str url);

/* Is that the address of a database on a server? */
bool store_is_on_server(str url);

/* Says how the address of a store is written; always false. */
bool store_say_urls(struct error *error);

/* Free room on the disk that holds that file; 0 when it cannot be told. Any thread. */
int64_t store_room_bytes(const char *path);

/* A value of the store itself ("created_at", ...). */
str store_load_meta(struct store *store, struct arena *arena, str name);
void store_save_meta(struct store *store, str name, str value);

/* ---- batches ---- */

/* work_batch for the writing connection: one transaction, a savepoint each, one commit. Every result is durable when it
 * returns. A collision runs that work again; a full disk runs the members again in smaller company and then answers
 * WORK_FULL. A server that is away is waited for; a commit of unknown fate is asked for there. On a file that, or any other I/O
 * error, ends the process: recovery decides (exit status 70). */
void store_run_batch(void *store, struct work **works, size_t count);

/* work_batch for a reading connection: one snapshot for all. WORK_FAILED when the store cannot be read now. */
void store_run_questions(void *store, struct work **works, size_t count);

/* Told after each commit: how long it took and how many works it held. For metrics; called on the store's thread. */
void store_on_commit(struct store *store, void (*tell)(micros duration, size_t works));

/* ---- the witness: a file that says how far the store had come (docs/decisions/0018-witness.md) ---- */

/* A place in the life of one store. */
struct store_mark {
    char store_id[STORE_ID_BYTES]; /* empty: a store that has never been opened for writing since there are witnesses */
    int64_t commits;               /* the number of its newest durable commit; only those that change something are counted */
    micros at;                     /* when a witness was written; 0 elsewhere */
};

enum witness_finding {
    WITNESS_FITS,       /* the store has all that its witness knows of */
    WITNESS_ABSENT,     /* there is none */
    WITNESS_AHEAD,      /* the store has lost commits */
    WITNESS_FOREIGN,    /* it speaks of another store */
    WITNESS_UNREADABLE, /* it is damaged, or cannot be read */
};

struct witness_comparison {
    enum witness_finding finding;
    struct store_mark store, witness;
};

/* Where the witness is: the chosen path, or beside the store when NULL. False: too long. */
bool store_witness_path(const char *store_path, const char *chosen, char out[WITNESS_PATH_BYTES]) MUST_CHECK;

/* Where the store stands; false, with a sentence, when it cannot be read. Between transactions. */
bool store_load_mark(struct store *store, struct store_mark *out, struct error *error) MUST_CHECK;

/* Compares, also beside a gateway that writes both. Every finding from WITNESS_AHEAD on comes with a sentence. False: the store
 * cannot be read. Between transactions. */
bool store_compare_witness(struct store *store, const char *path, struct witness_comparison *out, struct error *error) MUST_CHECK;

/* Writes the witness, whole and durable. For marks that are durable only. */
bool store_write_witness(const char *path, const struct store_mark *mark, struct error *error) MUST_CHECK;

/* From now on, until store_close, a thread keeps the witness of this writing store: a second behind at most. `compared` has told
 * that it fits or is absent; an absent one is written at once, and false says that it cannot be. */
bool store_keep_witness(struct store *store, const char *path, const struct witness_comparison *compared, struct error *error) MUST_CHECK;

/* ---- payments ---- */

/* A payment with everything that its receipt tells. Texts live in the arena that it was loaded into. */
struct payment_record {
    struct payment_id id;
    struct payment payment;
    struct operation_id open_operation; /* empty: none */
    micros next_try_at;                 /* of the open operation; 0: not known */
    str order_id;
    str customer_id;
    str description; /* STR_NONE: none */
    str metadata;    /* a JSON object */
    str processor; /* that has it, or is asked for it */
    struct processor_id authorization_ref, capture_ref, void_ref, refund_ref;
    char card_brand[16]; /* empty: the payer pays on a page of the processor */
    char card_last4[5];
    int64_t stray_holds;
    bool rival_possible;
    char risk_rule[RISK_RULE_BYTES]; /* that decided; empty: there were no fraud checks */
    char head_hash[HASH_HEX_BYTES + 1]; /* of the newest event */
    struct dispute_record *disputes; /* for who tells of it (store_load_disputes); else none */
    size_t dispute_count;
    str action_url; /* where its payer has to go, for who tells of it; STR_NONE: nowhere, or nobody looked (store_load_action) */
};

/* Its payer pays on a page of the processor: no card of his is known here. */
static inline bool payment_is_on_page(const struct payment_record *record) { return record->card_brand[0] == 0; }

bool store_load_payment(struct store *store, struct arena *arena, str merchant, str payment_id, struct payment_record *out) MUST_CHECK;
void store_save_new_payment(struct store *store, str merchant, const struct payment_record *record);
/* A collision when something has happened to it that the record does not know of. */
void store_save_payment(struct store *store, str merchant, const struct payment_record *record);

/* For a row that must be there. False: it could not be read, and this transaction will not commit, whatever the caller makes of
 * it. That it is missing from a store that can be read is our own mistake. */
bool store_must_have(const struct store *store, bool loaded) MUST_CHECK;

/* Newest first. Empty texts do not filter. `before` is the last id of the page before; empty for the first page. */
struct payment_filter {
    str order_id;
    str customer_id;
    str state;
    str review; /* "open" */
    str before;
    int64_t limit;
};
size_t store_list_payments(struct store *store, struct arena *arena, str merchant, const struct payment_filter *filter,
                           struct payment_record **out);

/* All payments with id greater than `after`, in id order: for walks over everything. */
size_t store_list_payments_after(struct store *store, struct arena *arena, str merchant, str after, int64_t limit,
                                 struct payment_record **out);

/* Authorized payments without an open operation whose hold ended before `before`. */
size_t store_list_expired(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct payment_id **out);

/* Payments whose open review the clock may have to end: held, without an open operation, and the hold ends before `before`. */
size_t store_list_open_reviews(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct payment_id **out);

/* ---- tries: what the fraud checks count ---- */

/* One payment that was begun or turned away, and by what it may be counted. */
struct try_record {
    str payment_id;
    micros at;
    bool failed;
    str subjects[RISK_SUBJECT_COUNT]; /* keyed hashes; STR_NONE: it is not counted by that */
};
void store_save_new_try(struct store *store, str merchant, const struct try_record *record);
/* It was declined. Nothing, where it was not counted. */
void store_save_failed_try(struct store *store, str merchant, str payment_id);

/* How many of that kind there were since `after` of that subject, counted up to `most`. A transaction sees what was committed before its
 * first look, and what it has saved itself. */
int64_t store_count_tries(struct store *store, str merchant, enum risk_counted counted, enum risk_subject by, str subject, micros after,
                          int64_t most);

/* Forgets up to `limit` tries of payments whose ids are less than that. */
void store_drop_tries(struct store *store, str merchant, str before, int64_t limit);

/* ---- payers ---- */

/* Who pays, as his merchant told, and what he has to do. All texts empty where nothing is known. */
struct payer_record {
    str email, name;
    str return_url; /* where the merchant wants him back */
    str action_url; /* where he has to go */
    micros look_at; /* when the processor is asked whether he has; 0: not */
};

/* Everything empty, and false, when nothing is known of him. */
bool store_load_payer(struct store *store, struct arena *arena, str merchant, str payment_id, struct payer_record *out);
/* The record of a payment that waits for its payer says where he has to go; any other is left alone. */
void store_load_action(struct store *store, struct arena *arena, str merchant, struct payment_record *record);
void store_save_new_payer(struct store *store, str merchant, str payment_id, const struct payer_record *record);
/* What he has to do; look_at 0: nothing more. */
void store_save_action(struct store *store, str merchant, str payment_id, str action_url, micros look_at);

/* There may be news of that payment: its processor is asked at that moment, if not before. */
void store_hasten_look(struct store *store, str merchant, str payment_id, micros look_at);
/* Whoever works on it knows of the look that was due by then. */
void store_drop_look(struct store *store, str merchant, str payment_id, micros due);

/* Payments whose processor is to be asked now. */
size_t store_list_looks(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct payment_id **out);

/* ---- operations ---- */

/* One operation with the frozen bytes of its exchange. */
struct operation_record {
    struct operation_id id;
    struct payment_id payment_id;
    enum operation_kind kind;
    enum operation_state state;
    int64_t amount_minor;
    str processor;
    str processor_key; /* what the processor knows these bytes by */
    str method;
    str path;
    str body;        /* with holes */
    str card_sealed; /* STR_NONE: no card is needed, or it was shredded */
    int64_t card_slot;
    int64_t sends, lost, already, denied, mismatched; /* as in struct attempt_past */
    micros started_at;
    micros ended_at; /* 0: open */
    struct processor_id processor_ref;
    str reason;
    struct operation_id answer_operation_id; /* whose request its end answers; empty: nobody asked */
    str answer_form;
    str node; /* who drives it, and in which of his lives; empty and 0: a file, where there is one gateway */
    int64_t node_epoch;
};

bool store_load_operation(struct store *store, struct arena *arena, str merchant, str payment_id, str operation_id,
                          struct operation_record *out) MUST_CHECK;
void store_save_new_operation(struct store *store, str merchant, const struct operation_record *record);
/* The same operation, with the bytes and the key of its next exchange. A collision when somebody else drives it than the record says. */
void store_save_exchange(struct store *store, str merchant, const struct operation_record *record);
/* Its request has had its answer, though it goes on. */
void store_save_answered(struct store *store, str merchant, const struct operation_record *record);
/* A collision when somebody else drives it than the record says. */
void store_save_operation(struct store *store, str merchant, const struct operation_record *record);

/* The answer to the merchant, under the operation that his request began. A second one is a collision. */
void store_save_answer(struct store *store, str merchant, str payment_id, str operation_id, int64_t status, str body);

/* Open operations in id order, from behind `after`. */
size_t store_list_open_operations(struct store *store, struct arena *arena, str merchant, str after, int64_t limit,
                                  struct operation_record **out);
/* Those that this node drives, in whichever of its lives. */
size_t store_list_driven_operations(struct store *store, struct arena *arena, str merchant, str node, str after, int64_t limit,
                                    struct operation_record **out);

/* An open operation by its own id, for a person who settles it. */
bool store_find_open_operation(struct store *store, struct arena *arena, str merchant, str operation_id,
                               struct operation_record *out) MUST_CHECK;

/* Open operations by kind and state, when the oldest of those in doubt (unknown or in review) began, and how many payments wait for the
 * review that the fraud checks want. For metrics. */
struct open_count {
    int64_t count[OPERATION_KIND_COUNT][OPERATION_STATE_COUNT];
    int64_t reviews;
    micros oldest_doubt; /* 0: none */
};
void store_count_open(struct store *store, str merchant, struct open_count *out);

/* The refunds of a payment, oldest first. */
size_t store_list_refunds(struct store *store, struct arena *arena, str merchant, str payment_id, struct operation_record **out);

/* ---- notices: news that processors send ---- */

/* One that has been proven to be a processor's. */
struct notice_record {
    str processor, account, event_id;
    str type;
    str body_hash; /* hex SHA-256 */
    str result;    /* a word */
    str reason;
    str payment_id; /* STR_NONE: of none of ours */
    micros came_at;
};

/* Did one of that name come before? */
bool store_has_notice(struct store *store, str merchant, const struct notice_record *notice) MUST_CHECK;
/* A collision when one of that name has come meanwhile. */
void store_save_new_notice(struct store *store, str merchant, const struct notice_record *record);
/* Forgets up to `limit` that came before that moment. */
void store_drop_notices(struct store *store, str merchant, micros before, int64_t limit);

/* What a notice is about: the operation that a processor other than the bank knows by that reference of ours, in any of its exchanges, or
 * that id of its own. Empty texts find nothing. */
bool store_find_operation_by_reference(struct store *store, struct arena *arena, str merchant, str reference,
                                       struct operation_record *out) MUST_CHECK;
bool store_find_operation_by_ref(struct store *store, struct arena *arena, str merchant, str processor_ref,
                                 struct operation_record *out) MUST_CHECK;

/* ---- disputes ---- */

/* A dispute about a payment, as its processor told when it was asked last. */
struct dispute_record {
    str id; /* the processor's */
    struct payment_id payment_id;
    bool is_known; /* the processor has been asked; without that nothing below but look_at */
    enum dispute_stage stage;
    enum dispute_state state;
    money amount;
    str reason;      /* the processor's word */
    micros due_at;   /* until when evidence is taken; 0: not told */
    micros opened_at, changed_at;
    micros look_at;  /* when the processor is to be asked; 0: not */
};

bool store_load_dispute(struct store *store, struct arena *arena, str merchant, str payment_id, str dispute_id,
                        struct dispute_record *out) MUST_CHECK;
/* There are news of it, if it was known of before or not: the processor is to be asked at look_at. */
void store_save_dispute_news(struct store *store, str merchant, str payment_id, str dispute_id, micros look_at);
/* All of the record, if it still was to be asked about at `look_before`: a collision otherwise, for then there are further news. */
void store_save_dispute(struct store *store, str merchant, const struct dispute_record *record, micros look_before);
/* The processor knows of none. */
void store_drop_dispute(struct store *store, str merchant, const struct dispute_record *record);

/* The known ones of a payment, into its record. */
void store_load_disputes(struct store *store, struct arena *arena, str merchant, struct payment_record *record);
bool store_has_blocking_dispute(struct store *store, struct arena *arena, str merchant, const struct payment_id *payment_id);

/* Those whose processor is to be asked now; the records have only names and look_at. */
size_t store_list_dispute_looks(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit,
                                struct dispute_record **out);

/* ---- nodes: several gateways on one server (docs/decisions/0025-nodes.md) ---- */

/* Who writes by this store, in which of its lives. Without a name and 0: a file. */
struct node_life {
    char node[NODE_NAME_BYTES];
    int64_t epoch;
};
struct node_life store_life(const struct store *store);

/* That life drives the operation from now on: the row, and the record, which keeps a pointer to the name. */
void store_give_operation(struct store *store, str merchant, struct operation_record *record, const struct node_life *driver);

/* Another node as its row tells. */
struct node_sign {
    struct node_life life;
    int64_t beats;
};

/* Moves our own beats, and tells the signs of the others that live; at most NODES_MAX. A collision when we were taken over. */
size_t store_beat(struct store *store, struct node_sign out[NODES_MAX]);

/* Takes over what that node has open, if its row still gives just this sign: its connections end, and from then on none of its commits
 * comes through. *out: the operations that are ours now. False: it has moved; nothing was changed. */
bool store_take_over(struct store *store, struct arena *arena, str merchant, const struct node_sign *dead,
                     struct operation_record **out, size_t *count) MUST_CHECK;

/* What our own former lives have open is this life's. */
void store_take_up(struct store *store, str merchant);

/* ---- requests: idempotency keys ---- */

struct request_record {
    str scope;       /* "core": keys of the simple API live apart */
    str key;
    str fingerprint; /* hex */
    str payment_id;  /* STR_NONE: refused before there was one */
    str operation_id; /* STR_NONE: the answer stands here */
    int64_t status;  /* of the answer, here or on the operation; 0: not answered yet */
    str body;
    micros created_at; /* in the gateway's running time, meta "ran_us", not by the clock */
};

/* With the answer, wherever it is kept. */
bool store_load_request(struct store *store, struct arena *arena, str merchant, str scope, str key, struct request_record *out) MUST_CHECK;
void store_save_request(struct store *store, str merchant, const struct request_record *record);

/* Drops up to `limit` answered requests from before that time; the number dropped. */
int64_t store_drop_requests(struct store *store, str merchant, micros before, int64_t limit);

/* ---- keys of callers (domain/api_key.h) ---- */

/* All that were ever made, revoked ones too, oldest first. */
size_t store_list_api_keys(struct store *store, struct arena *arena, str merchant, struct api_key **out);
void store_save_new_api_key(struct store *store, str merchant, const struct api_key *key);
/* Once revoked it stays so. False: there is none of that id that holds. */
bool store_revoke_api_key(struct store *store, str merchant, str key_id, micros now) MUST_CHECK;

/* ---- tokens: stored cards, sealed by the vault (docs/decisions/0028-stored-cards.md) ---- */

enum { VAULT_KEY_ID_BYTES = 24, MASTER_ID_BYTES = 17, TOKEN_SEALED_CHARS = 80 };

struct token_record {
    str id;
    str key_id;      /* of the data key that seals it */
    str card_sealed; /* STR_NONE: erased */
    str brand, last4, fingerprint;
    int64_t expiry_month, expiry_year;
    struct token token;
    str used_by;     /* the payment that a single-use token was used for; STR_NONE: none */
    str cvv_sealed;  /* as an operation's card_sealed; STR_NONE: there is none, or not any more */
    int64_t cvv_slot;
    micros cvv_until;
};

bool store_load_token(struct store *store, struct arena *arena, str merchant, str token_id, struct token_record *out) MUST_CHECK;
void store_save_new_token(struct store *store, str merchant, const struct token_record *record);
/* A payment has begun with it: a single-use one is used up, and no other payment has its CVV. A collision when a single-use token was
 * used or deleted meanwhile. */
void store_save_token_use(struct store *store, str merchant, const struct token_record *record, str payment_id, micros now);
/* Nothing of the card is left in its row. */
void store_save_token_deletion(struct store *store, str merchant, str token_id, micros now);
/* Sealed anew under another data key, unless it was erased or sealed anew meanwhile. */
void store_save_token_seal(struct store *store, str merchant, const struct token_record *record, str key_id_before);

/* Erases the cards of up to `limit` tokens that have expired, and CVVs whose time is over. */
void store_erase_expired_tokens(struct store *store, str merchant, micros now, int64_t limit);

/* Cards that are sealed under that data key, in id order, from behind `after`; and how many there are. */
size_t store_list_sealed_tokens(struct store *store, struct arena *arena, str merchant, str key_id, str after, int64_t limit,
                                struct token_record **out);
int64_t store_count_sealed_tokens(struct store *store, str merchant, str key_id);

/* ---- the keys of stored cards, each sealed under the master key ---- */

struct vault_key_record {
    str key_id;    /* "card-1", "fingerprint-1" */
    str state;     /* "active", "retiring", "destroyed" */
    str master_id; /* which master key seals it */
    str sealed;    /* STR_NONE: destroyed */
    micros created_at;
};

/* In the order of their making. */
size_t store_list_vault_keys(struct store *store, struct arena *arena, str merchant, struct vault_key_record **out);
void store_save_new_vault_key(struct store *store, str merchant, const struct vault_key_record *record);
/* A collision when another master key seals it than `master_before`. */
void store_save_vault_key(struct store *store, str merchant, const struct vault_key_record *record, str master_before);
/* In a transaction: what it overwrites and removes leaves the log, too, so that the file shows nothing of it to anybody. Done right behind the
 * commit, before its works are told; when somebody reads just then, behind the first later one at which nobody does. A server's log is its own
 * affair. */
void store_scrub_log(struct store *store);

/* May new cards be sealed under that key? */
bool store_vault_key_is_active(struct store *store, str merchant, str key_id) MUST_CHECK;

/* ---- history ---- */

struct event_record {
    int64_t sequence;
    str type;
    micros at;
    str data; /* a JSON object */
    str hash; /* hex SHA-256 over the hash before it and this row, event_hash */
};

/* Writes the history row of an event that has just been applied to the record, and moves its head_hash. */
void store_save_event(struct store *store, str merchant, struct payment_record *record, enum event_kind kind, str data);

size_t store_list_events(struct store *store, struct arena *arena, str merchant, str payment_id, int64_t after, int64_t limit,
                         struct event_record **out);

/* The chain's rule: SHA-256 of the seven texts joined by line feeds: previous hash (64 zeros before the first), merchant,
 * payment, sequence, type, time in microseconds, data. */
struct hash event_hash(str previous, str merchant, str payment_id, int64_t sequence, str type, micros at, str data);

/* ---- verification ---- */

enum verify_kind {
    VERIFY_FILE,      /* pages and indexes, by the database's own check */
    VERIFY_CHAIN,     /* the sequence, times and hashes of a history, up to the head that the payment knows */
    VERIFY_PATH,      /* an event that the rules do not allow where it stands */
    VERIFY_PAYMENT,   /* a payment says something else than its history */
    VERIFY_MONEY,     /* more captured than authorized, more refunded than captured, captured and voided */
    VERIFY_OPERATION, /* an operation says something else than the history, is not there, or lacks its answer */
    VERIFY_REQUEST,   /* an idempotency key leads nowhere */
    VERIFY_TOKEN,     /* a stored card has no key, is no sealed card, or was used for a payment that is not there */
    VERIFY_KIND_COUNT,
};

enum { VERIFY_WORDS_BYTES = 320 };

struct verify_report {
    int64_t payments, events, operations, requests, tokens; /* how many were looked at */
    struct verify_finding {
        int64_t count;
        char first[VERIFY_WORDS_BYTES]; /* which record, and what is wrong with it */
    } findings[VERIFY_KIND_COUNT];
};

str verify_kind_word(enum verify_kind kind);
int64_t verify_report_findings(const struct verify_report *report); /* of all kinds */

/* Walks over everything of that merchant, page by page, and holds it against itself: every row must follow from its history by
 * the rules. True: all was looked at, and *out tells what was found. False: it could not be read to its end; *error says why.
 * Changes nothing; may run on a connection of any mode, between transactions, also beside a gateway that writes. */
bool store_verify(struct store *store, str merchant, struct verify_report *out, struct error *error) MUST_CHECK;

/* ---- copying ---- */

/* Copies the whole store, as it stands at one moment, into an empty file, and syncs that. *out: which moment. After a failure the
 * file is no copy. Between transactions, also beside a gateway that writes. */
bool store_copy(struct store *store, const char *path, struct store_mark *out, struct error *error) MUST_CHECK;

#endif
