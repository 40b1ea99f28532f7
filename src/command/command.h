/* SPDX-License-Identifier: Apache-2.0 */
/* command: the subcommands of florin. Each file holds one; main.c holds the table. */
#ifndef FLORIN_COMMAND_COMMAND_H
#define FLORIN_COMMAND_COMMAND_H

#include "base/error.h"
#include "base/str.h"

struct subcommand {
    const char *name;    /* "serve", "sim bank" */
    const char *summary; /* one line for --help */
    /* Runs it with the words that follow its name; the exit status of the process. */
    int (*run)(int count, char **words);
    /* Prints what `florin NAME --help` says below the summary: usage and the settings' table. May be NULL. */
    void (*help)(void);
};

int command_serve(int count, char **words);
int command_sim_all(int count, char **words);
int command_demo(int count, char **words);
int command_reconcile(int count, char **words);
int command_review(int count, char **words);
int command_keys(int count, char **words);
int command_vault(int count, char **words);
int command_verify(int count, char **words);
int command_backup(int count, char **words);
int command_restore(int count, char **words);
int command_migrate(int count, char **words);
int command_route(int count, char **words);
int command_risk(int count, char **words);
int command_bench(int count, char **words);
#ifdef FLORIN_TEST_BUILD
int command_simulate(int count, char **words); /* tests/simulation */
void command_simulate_help(void);
#endif
void command_serve_help(void);
void command_sim_all_help(void);
void command_reconcile_help(void);
void command_review_help(void);
void command_keys_help(void);
void command_vault_help(void);
void command_verify_help(void);
void command_backup_help(void);
void command_restore_help(void);
void command_migrate_help(void);
void command_route_help(void);
void command_risk_help(void);
void command_bench_help(void);

/* command_sim_NAME and command_sim_NAME_help of each simulator. */
#define BANK(id, ...)                              \
    int command_sim_##id(int count, char **words); \
    void command_sim_##id##_help(void);
#define PSP(id, ...) BANK(id, )
#include "command/simulators.list"
#undef BANK
#undef PSP

#endif
