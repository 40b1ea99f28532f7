/* SPDX-License-Identifier: Apache-2.0 */
/* script: what a seed makes happen: the settings of a run and a list of actions, each with all of its own chance. An action
 * says nothing about others ("repeat the 12th request that there is"), so that any of them can be left out and the rest
 * still makes a story: that is how a failing run is made short. */
#ifndef FLORIN_TESTS_SIMULATION_SCRIPT_H
#define FLORIN_TESTS_SIMULATION_SCRIPT_H

#include "base/text.h"
#include "simulation/companies.h"

enum { ACTIONS_MAX = 1024 };

enum act {
    /* merchants */
    ACT_PAY,      /* minor, card, company, flag: captures itself, times: 1 when the payer can be sent somewhere */
    ACT_CHANGE,   /* which payment, row: capture, void or refund; minor: a part of it, 0 the whole */
    ACT_REPEAT,   /* which request, times at once */
    ACT_RIVALS,   /* which payment, row: a pair of capture, void, refund */
    ACT_ALTER,    /* which request: its key with another body */
    ACT_LOOK,     /* which payment, row: receipt, history, order, lists */
    ACT_NONSENSE, /* row */
    ACT_VANISH,   /* which of the requests under way: its client goes away */
    ACT_SETTLE,   /* a person looks at the books of bank and companies and settles what waits for him */
    ACT_PAYER,    /* which of the payers who were sent somewhere; row: enum payers_word, times: so often he comes back to us */
    /* the bank, the companies and the way there */
    ACT_FAULT,    /* company, row: its kind, place, times, ms: its latency */
    ACT_FORGET,   /* the bank forgets all keys */
    ACT_HEAL_BANK, /* and the companies */
    ACT_NETWORK,  /* row: enum fake_network, company: the way to it; COMPANY_ANY: to all */
    /* the gateway */
    ACT_KILL,     /* now; flag: what had left arrives, ms: how long it is down */
    ACT_KILL_AT,  /* at the nth passing of any crash point from now on; flag: by a power loss */
    ACT_POWER,    /* the machine, now; as ACT_KILL */
    ACT_CUT,      /* at the nth change of the disk from now on; flag: by a power loss, else a kill */
    ACT_STOP,     /* in good order, then again; ms: how long it is down */
    ACT_DISK_ERROR, /* row: enum disk_method, the nth use from now on; flag: and all after it */
    ACT_DISK_ROOM, /* nth: so many kilobytes are left */
    ACT_HEAL_DISK,
    ACT_CLOCK,    /* ms: the wall clock jumps; flag: back */
    ACT_WAIT,     /* ms */
    ACT_COUNT,
};

/* What a payer says at the page that he was sent to. */
enum payers_word { PAYER_APPROVES, PAYER_REFUSES, PAYER_SAYS_NOTHING, PAYERS_WORDS };

/* Cards that a script draws: ordinary ones, behind them the card of each company that asks its payer, and at last none: he pays on a page
 * of the company's. */
enum { ORDINARY_CARDS = 40, NO_CARD = ORDINARY_CARDS + COMPANY_COUNT };

struct action {
    enum act what;
    micros pause;   /* before it */
    uint32_t which; /* counted around among those that there are then */
    uint32_t row;
    uint32_t card;
    enum company company;
    uint32_t times, nth;
    int64_t minor, ms;
    const char *place; /* a path at the bank or the company */
    bool flag;
};

/* What is drawn once for a run: many are off in most runs, so that what is on has room (swarm testing, Groce 2012). */
struct script_settings {
    int64_t bank_latency_ms[2];
    int64_t bank_failure_millionths;
    int64_t bank_auth_expiry_hours;
    int64_t commit_latency_ms;
    int64_t answer_within_ms;
    int64_t resend_after_ms;
    int64_t retry_base_ms;
    int64_t flows_max;
    /* Beside the bank. What nothing but an inquiry protects needs a quiet time that is longer than any request can run there. */
    bool takes_part[COMPANY_COUNT];
    int64_t company_quiet_ms;
    int64_t stripe_search_lag_ms;
    /* The rules send what names no processor to one of these, in this order; none: there are no rules. */
    enum company order[COMPANY_COUNT];
    size_t order_count;
};

struct script {
    uint64_t seed;
    struct script_settings settings;
    struct action actions[ACTIONS_MAX];
    size_t count;
};

void script_write(uint64_t seed, struct script *out);

/* "pay" and so on. */
const char *act_word(enum act what);

/* The kind of the fault that an ACT_FAULT orders. */
const char *fault_kind(enum company company, uint32_t row);

/* One line for a person, without its end. */
void action_put(struct text *text, const struct action *action);

#endif
