/* SPDX-License-Identifier: Apache-2.0 */
/* script: what a seed makes happen: the settings of a run and a list of actions, each with all of its own chance. An action
 * says nothing about others ("repeat the 12th request that there is"), so that any of them can be left out and the rest
 * still makes a story: that is how a failing run is made short. */
#ifndef FLORIN_TESTS_SIMULATION_SCRIPT_H
#define FLORIN_TESTS_SIMULATION_SCRIPT_H

#include "base/text.h"

enum { ACTIONS_MAX = 1024 };

enum act {
    /* merchants */
    ACT_PAY,     /* a: amount, b: card, c: bit 0 captures itself */
    ACT_CHANGE,  /* a: which payment, b: capture, void or refund, c: 0 the whole, else an amount that may not fit */
    ACT_REPEAT,  /* a: which request, b: how many times at once */
    ACT_RIVALS,  /* a: which payment, b: which pair of capture, void, refund */
    ACT_ALTER,   /* a: which request: its key with another body */
    ACT_LOOK,    /* a: which payment, b: receipt, history, order, list */
    ACT_NONSENSE, /* a: which of the table */
    ACT_VANISH,  /* a: which of the requests under way: its client goes away */
    ACT_SETTLE,  /* a person looks at the bank's book and settles what waits for him */
    /* the bank and the way there */
    ACT_FAULT,   /* a: kind, b: path and times, c: latency */
    ACT_FORGET,  /* the bank forgets all keys */
    ACT_HEAL_BANK,
    ACT_NETWORK, /* a: enum fake_network */
    /* the gateway */
    ACT_KILL,    /* now; a: what had left arrives, b: how long it is down */
    ACT_KILL_AT, /* a: at the nth passing of any crash point from now on, b: how long, c: bit 0 power loss */
    ACT_POWER,   /* the machine, now; a, b: as KILL */
    ACT_CUT,     /* a: at the nth change of the disk from now on, c: bit 0 power loss, else a kill */
    ACT_STOP,    /* in good order, then again; b: how long it is down */
    ACT_DISK_ERROR, /* a: method, b: the nth use, c: bit 0 sticky */
    ACT_DISK_ROOM, /* a: kilobytes that are left */
    ACT_HEAL_DISK,
    ACT_CLOCK,   /* a: seconds by which the wall clock jumps, b: bit 0 back */
    ACT_WAIT,    /* a: milliseconds */
    ACT_COUNT,
};

struct action {
    enum act what;
    micros pause; /* before it */
    uint32_t a, b, c;
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

/* The kind of the fault that an ACT_FAULT orders, and where. */
const char *fault_kind(uint32_t a);
const char *fault_path(uint32_t a, uint32_t b);

/* One line for a person, without its end. */
void action_put(struct text *text, const struct action *action);

#endif
