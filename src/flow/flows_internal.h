/* SPDX-License-Identifier: Apache-2.0 */
/* flows_internal: what the files of this folder share: the running operation, and the tables that find it. */
#ifndef FLORIN_FLOW_FLOWS_INTERNAL_H
#define FLORIN_FLOW_FLOWS_INTERNAL_H

#include "flow/flow.h"
#include "flow/flows.h"
#include "base/metric.h"
#include "flow/certificates.h"
#include "flow/pace.h"
#include "flow/session.h"
#include "world/http_client.h"

enum { FLOW_BUCKETS = 16384 };

/* One processor that payments go to: how it speaks, where it is, how hard it may be pressed. */
struct line {
    struct processor_settings settings;
    struct pace pace;
    struct session session;
    struct certificates certificates;
};

/* The steps of operation.c's table. */
enum operation_step {
    PREPARE,
    RECORD_ATTEMPT,
    ASK_RISK,
    READ_RISK,
    CALL_PROCESSOR,
    READ_ANSWER,
    RECORD_EXCHANGE,
    RECORD_ACTION,
    WAIT_FOR_PAYER,
    RECORD_FALL_OVER,
    RECORD_OUTCOME,
    SETTLED,
    RECORD_DOUBT,
    WAIT,
    JOIN,
    SEAL_AGAIN,
    RECORD_RESUMED,
    RELOAD,
    RECORD_SETTLEMENT,
    DECLINE_WORK,
    REPLY,
};

/* What entered the table. */
enum operation_entry {
    ENTRY_REQUEST, /* a merchant asked */
    ENTRY_RELOAD,  /* an open operation, after a restart */
    ENTRY_LOOK,    /* a payer may have done what he had to; everything else is left alone */
    ENTRY_EXPIRE,  /* the clock */
    ENTRY_SETTLE,  /* a person */
};

/* How a payment would be taken if the fraud checks said that. */
struct way {
    struct route_decision route;
    enum route_bar bar;
    struct line *line;
    enum ending_kind trouble; /* ENDING_DONE: the line takes it */
};

enum { RISK_BIN_DIGITS = 6 }; /* with the last four these may be told of any card (PCI DSS 3.4.1) */

/* The fraud checks of a new payment. */
struct risk_check {
    bool is_on;
    struct risk_rule *rules; /* of which one may decide: they fit but for their limits */
    size_t rule_count;
    str subjects[RISK_SUBJECT_COUNT]; /* by which it is counted; STR_NONE: not by that */
    bool is_counted;
    str card_fingerprint; /* STR_NONE: nobody asks, or it cannot be had */
    const struct risk_rule *decided_by; /* in the transaction; NULL: none, by which it may be tried */
    char bin[RISK_BIN_DIGITS + 1]; /* for the company that is asked; empty: there is none, or it is not known any more */
    bool is_asked;                 /* it has answered, or could not ... */
    bool is_down;                  /* ... and what was declared for that stands here: */
    struct risk_answer answer;
    bool answer_decides;           /* in the transaction: it is stricter than the rules */
    const struct way *ways[RISK_DECISION_COUNT]; /* NULL: as if there were no checks */
};

/* One payment being worked on: an operation and what follows from it. */
struct operation_flow {
    struct flow flow; /* first: the engine's */
    struct flows *flows;
    struct line *line;

    /* what was asked */
    enum operation_entry entry;
    struct request_name name; /* name.key empty: nobody asked by a key */
    struct command command;
    micros running_time; /* as of command.now */
    enum operation_kind asked;
    struct payment_wish wish; /* authorize; wish.card is not used after PREPARE */
    struct card_face card_face;
    struct payer_record payer; /* of the payment; empty texts: nothing is known of him */
    str card_sealed;
    int64_t card_slot;
    struct operation_id card_owner; /* whom the card was sealed for */
    struct payment_id payment_id;
    struct operation_id fresh_id; /* for the next operation that begins */
    struct route_decision route;  /* authorize; its line is the first of the order, else the nearest one */
    enum route_bar route_bar;     /* why nobody can take it; ROUTE_CLEAR: somebody does */
    bool route_is_used;           /* by the transaction, so it is to be counted */
    struct risk_check risk;       /* authorize */
    struct route_onward onward;   /* an authorization: who is asked when this processor certainly has nothing of it */
    bool falls_over;              /* to that one */
    bool refuses_new;             /* a new payment cannot be begun now ... */
    enum ending_kind refuses_with; /* ... for this reason; what was begun before is answered all the same */
    struct settle_wish settle;

    /* what is known: as of the last commit, and as a running transaction would have it */
    struct payment_record record, moved;
    struct operation_record operation, moved_operation;
    bool has_moved;                /* the transaction is to make the second the first */
    struct operation_record *ended; /* the operation that the last outcome ended */
    bool ends_operation;           /* there was one */
    bool goes_on;                  /* another one follows it */
    struct operation_record *refunds; /* of the payment, as the last transaction that looked saw them */
    size_t refund_count;
    struct dispute_record *disputes; /* the same */
    size_t dispute_count;
    struct payment_id running_payment; /* that our key's first request is working on ... */
    struct operation_id running_operation; /* ... and the operation that keeps its answer */
    bool runs_elsewhere; /* another node drives that operation */
    bool asked_twice;

    /* the exchange */
    struct http_call call;
    struct arena sent_arena; /* may hold a card: closed when the call is done */
    struct arena call_arena;
    struct outcome outcome;
    struct verdict verdict;
    micros pause;    /* before the next try */
    bool probes;     /* the breaker is open, and this call, or the one that follows it, is its probe */
    micros pause_ends; /* monotonic, while it pauses; 0: it does not */
    bool has_hint;     /* something says that there is news, which have not been asked for yet */
    bool is_early;     /* the call asks for them, before a killed request is certainly over: what it does not find may still come */
    bool inquired_late; /* what was going to be done after the pause: an inquiry */
    int busy_tries;  /* for the back-off */
    bool inquires;   /* the next call asks what became of the tries before it */
    int absent;      /* inquiries in a row that found nothing */
    bool acknowledged; /* the processor has said that it has it */
    bool drives_after; /* of one that looks: meanwhile somebody came to drive what is open, and found it looking. The loop's own */
    int64_t spent_slot; /* of a card that is not needed any more */
    struct session_waiter session_waiter;
    bool has_no_token; /* one was needed and could not be had */
    bool deadline_over; /* of a waiter, while nothing had left yet */

    /* the answer */
    struct reply reply;
    bool has_reply;
    struct waiter *waiters;
    micros began_at; /* monotonic */

    struct operation_flow *next_by_request, *next_by_payment;
    bool in_request_table, in_payment_table;
};

struct flows {
    struct flows_options options;
    struct line lines[PROCESSORS_MAX]; /* those that are set up, the default first; then the others that this binary knows */
    size_t line_count;
    micros opened_at; /* monotonic */
    size_t running;
    size_t disputes; /* that are being looked at */
    size_t calls;
    size_t waiters;
    bool stopping;
    bool recovered;
    bool storage_low;
    struct operation_flow *by_request[FLOW_BUCKETS];
    struct operation_flow *by_payment[FLOW_BUCKETS];
    struct world_timer sweep_timer, room_timer;
    const struct route_rules *routes; /* NULL: none */
    const struct risk_rules *risk_rules; /* NULL: none */
    enum risk_decision risk_when_down;
    const struct risk_provider *risk_provider; /* NULL: nobody is asked */
    struct line risk_line;
    struct recovery *recovery;
    struct nodes *nodes; /* NULL: it is alone */
};

/* ---- waiting.c: who is found where, and who waits ---- */

struct operation_flow *find_by_request(struct flows *flows, const struct request_name *name);
struct operation_flow *find_by_payment(struct flows *flows, str payment_id);
void enter_by_request(struct operation_flow *flow);
void enter_by_payment(struct operation_flow *flow);
void leave_by_request(struct operation_flow *flow);
void leave_by_payment(struct operation_flow *flow);

/* Adds a waiter with its deadline. */
void wait_for(struct operation_flow *flow, struct waiter *waiter, bool joined);
/* All waiters of one now wait for the other. */
void move_waiters(struct operation_flow *from, struct operation_flow *to);
/* Answers everybody who waits. */
void answer_waiters(struct operation_flow *flow, const struct reply *reply);
/* Answers those whose deadline has passed, as far as that can be done now. */
void answer_overdue(struct operation_flow *flow);

/* The line that a payment goes by. Its bytes are for that company and no other, so there is no default. */
struct line *line_of(struct flows *flows, str processor);
static inline bool line_is_set_up(const struct line *line) { return line->settings.url != NULL; }

/* ---- operation.c: the table ---- */

extern const struct flow_kind operation_flow_kind;
/* The time, and the id of an operation that may begin: transactions ask nobody for them. */
void prepare_transaction(struct operation_flow *flow);
struct operation_flow *operation_flow_take(struct flows *flows, enum operation_entry entry);
static inline struct operation_flow *operation_of(struct flow *flow) { return (struct operation_flow *)(void *)flow; }

/* ---- record_attempt.c, record_exchange.c, record_action.c, fall_over.c, record_outcome.c, record_doubt.c: what happens in
 * transactions ---- */

struct next record_attempt(struct flow *flow);
struct next record_exchange(struct flow *flow);
struct next record_action(struct flow *flow);
struct next record_fall_over(struct flow *flow);
struct next record_outcome(struct flow *flow);
struct next record_doubt(struct flow *flow);
struct next record_resumed(struct flow *flow);
struct next record_settlement(struct flow *flow);
struct next reload(struct flow *flow);

/* What the processor knows an operation by, and the number of the exchange that its bytes are for: both stand in its key. */
str reference_of(const struct operation_record *operation);
int exchange_of(const struct operation_record *operation);
struct processor_call processor_call_of(const struct operation_flow *flow, const struct payment_record *record,
                                        const struct operation_record *operation);

/* ---- exchange.c: one call of a processor ---- */

struct next call_processor(struct flow *flow);
struct next read_answer(struct flow *flow);
/* The pace has let its call go, and it is not sent after all. */
void give_up_call(struct operation_flow *flow);
/* The card of the flow's operation, which the caller wipes. False: it cannot be had any more. */
bool open_card(const struct operation_flow *flow, struct card *out) MUST_CHECK;
/* Works another flow on that payment, or will it when it has looked? */
bool is_driven(struct flows *flows, const struct payment_id *id);

/* Of one that pauses: the next call asks for the news instead. False: its processor cannot be asked. */
bool ask_early(struct operation_flow *flow);

/* ---- answering.c ---- */

/* What was asked first: the answer to an automatic payment is that of its authorization, whatever ran last. */
enum operation_kind asked_of(const struct operation_flow *flow, const struct payment_record *record);

/* Looks up the record's refunds and disputes, for the answers that follow. In a transaction. */
void load_refunds(struct operation_flow *flow, const struct payment_record *record);
/* Writes the reply for that ending from `record` (NULL: none), in the flow's arena. */
void write_reply(struct operation_flow *flow, enum ending_kind kind, enum refusal refusal, const struct payment_record *record);
/* The same in another arena, for a reply that does not outlive the call. */
void write_reply_in(struct arena *arena, struct operation_flow *flow, enum ending_kind kind, enum refusal refusal,
                    const struct payment_record *record);
/* The form in which the operation's answer is to be written, after a restart found by its name. */
const struct answer_form *form_of(const struct operation_flow *flow);

/* ---- routing.c: which processor takes a new payment ---- */

/* Sets the flow's route, and its line; and finds other ways for what the fraud checks may come to. `bin`: as in struct route_facts. */
void route_payment(struct operation_flow *flow, int64_t bin);
/* In the transaction, once they have spoken. False: nobody can take it that way, and flow->refuses_with says why. */
bool route_after_risk(struct operation_flow *flow) MUST_CHECK;

/* What history tells of it: by which rule, who is next, and who was passed over and why. */
void route_put(struct text *text, const struct operation_flow *flow);

/* For /metrics, once it is durable. */
void route_count(const struct operation_flow *flow);

/* ---- risking.c: may a new payment be tried? ---- */

/* Finds the rules that may decide; the card is seen and kept nowhere. NULL: there is none. */
void risk_prepare(struct operation_flow *flow, const struct card_number *number);
/* In the transaction, once they have spoken: is the company to be asked, before anything is recorded? */
bool risk_wants_answer(const struct operation_flow *flow);
/* On the loop: is it to be asked again, since a processor holds the money? */
bool risk_asks_again(const struct operation_flow *flow);
/* May these rules come to that? */
bool risk_may_say(const struct operation_flow *flow, enum risk_decision decision);
/* In the transaction: counts, and sets command.risk. */
void risk_judge(struct operation_flow *flow);
/* The same: which rule it was, on the payment; and the try, to be counted from now on. */
void risk_keep(struct operation_flow *flow);
void risk_save_try(struct operation_flow *flow, bool failed);
/* In the transaction, before that event: the company decides, if it is stricter than what was said before. */
void risk_keep_hold(struct operation_flow *flow, const struct event *event);
/* What was said of a hold; RISK_UNASKED: nobody was asked. */
enum risk_decision risk_of_hold(const struct operation_flow *flow);
/* What history tells of it; nothing where nobody checked. */
void risk_put(struct text *text, const struct operation_flow *flow, const struct event *event);
/* For /metrics, once it is durable. */
void risk_tally(const struct operation_flow *flow);

/* ---- asking.c: a company that judges payments ---- */

struct next ask_about_risk(struct flow *flow);
struct next read_about_risk(struct flow *flow);
/* The order that was decided when the payment was begun, by the data of its first event. */
void route_recall(struct operation_flow *flow, str first_data);

/* Looks who is asked when the processor of the open authorization certainly has nothing of it. Nobody once its payer was sent away: a page
 * that can be paid may be open. */
void route_look_onward(struct operation_flow *flow);

/* What history tells of that: who was passed over, and who is next, by which operation. */
void route_put_onward(struct text *text, const struct operation_flow *flow);

/* ---- fall_over.c ---- */

/* The authorization has ended at its processor, by what the flow's verdict says. Is it to go on at the next one? Then its card is sealed
 * for that, and the line is that one's. */
bool falls_over(struct operation_flow *flow);

/* ---- nodes.c: the lease of this node, and the others ---- */

/* For a node that has a name: takes part from now on. `begun` is called once it has its lease. */
void nodes_begin(struct flows *flows, void (*begun)(struct flows *flows));
void nodes_close(struct flows *flows);
bool nodes_are_busy(const struct flows *flows);
size_t nodes_count(const struct flows *flows);
/* May this node drive operations now? Cheap, and true of one that is alone. */
bool lease_holds(const struct flows *flows);
/* Does this node, in this life, drive that operation? */
bool is_driven_here(const struct flows *flows, const struct operation_record *operation);

/* ---- dispute.c ---- */

/* Asks the processor how that dispute stands, if it is due. */
void look_at_dispute(struct flows *flows, const struct payment_id *payment_id, str dispute_id);

/* ---- recovery.c, room.c ---- */

/* Enters an open operation that nobody here works on yet into the table by the side door. */
void take_up_operation(struct flows *flows, const struct operation_record *operation);
/* Drives what is open on that payment, if anything is and nobody does yet. */
void drive_on(struct flows *flows, const struct payment_id *id);
/* Asks the processor about a payment that waits for its payer or is in doubt. Whoever works on it here does so as soon as he can. */
void look_again(struct flows *flows, const struct payment_id *id);

void recovery_close(struct flows *flows);
bool recovery_is_busy(const struct flows *flows);
void room_watch(struct flows *flows);

/* ---- measures.c ---- */

void measure_call(const struct http_call *call, bool first);
void measure_ended(const struct operation_flow *flow);
void measure_doubt(enum verdict_kind kind);
void measure_takeover(size_t operations);
void measure_route(str rule, str processor);
void measure_risk(str rule, str decision);
void measure_risk_call(bool is_answered);
void measure_fall_over(str from, str to);
void measure_dispute(enum dispute_state state);
void measure_notice(size_t result); /* of notice.c's words */

#endif
