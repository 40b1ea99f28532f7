/* SPDX-License-Identifier: Apache-2.0 */
/* main: the table of commands. It finds the one that was asked for and runs it; the work is elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "florin_version.h"
#include "world/memory.h"

enum { EXIT_USAGE = 2, COMMAND_NAME_BYTES = 64 };

static const struct subcommand commands[] = {
    { "serve", "runs the gateway", command_serve, command_serve_help },
    { "demo", "tells a story on real processes: two orders, a kill, the recovery", command_demo, NULL },
    { "review", "lists the operations that need a person, and takes his word", command_review, command_review_help },
    { "keys", "keys of callers: makes, lists and revokes them", command_keys, command_keys_help },
    { "vault", "keys of stored cards: makes, unlocks and changes them", command_vault, command_vault_help },
    { "reconcile", "compares every receipt with the bank", command_reconcile, command_reconcile_help },
    { "verify", "holds everything in the store against itself", command_verify, command_verify_help },
    { "backup", "copies the store, also while a gateway serves", command_backup, command_backup_help },
    { "restore", "puts a backup in place of the store", command_restore, command_restore_help },
    { "migrate", "moves a store from a file to PostgreSQL", command_migrate, command_migrate_help },
    { "route", "tries rules that say which processor takes a payment", command_route, command_route_help },
    { "risk", "reads rules of the fraud checks, and says what is wrong", command_risk, command_risk_help },
    { "bench", "measures what this machine can carry", command_bench, command_bench_help },
#ifdef FLORIN_TEST_BUILD
    { "simulate", "tries to break the gateway, a seed at a time (test builds only)", command_simulate, command_simulate_help },
#endif
#define BANK(id, summary) { "sim " #id, summary, command_sim_##id, command_sim_##id##_help },
#define PSP(id, port, key, client, secret, hours, summary) BANK(id, summary)
#include "command/simulators.list"
#undef BANK
#undef PSP
    { "sim all", "runs all of these at once", command_sim_all, command_sim_all_help },
};

static void print_commands(FILE *out)
{
    fprintf(out, "Usage: florin COMMAND [--flag value ...]\n\nCommands:\n");
    for (size_t i = 0; i < COUNT_OF(commands); i++) fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n`florin COMMAND --help` tells its flags; `florin --version` tells which florin this is.\n");
}

/* How many of the words name that command: 0 when they name another. */
static int words_naming(const struct subcommand *command, int count, char **words)
{
    char spelled[COMMAND_NAME_BYTES];
    if (count >= 1 && strcmp(words[0], command->name) == 0) return 1;
    if (count < 2) return 0;
    int length = snprintf(spelled, sizeof spelled, "%s %s", words[0], words[1]);
    bool fits = length > 0 && (size_t)length < sizeof spelled;
    return fits && strcmp(spelled, command->name) == 0 ? 2 : 0;
}

static bool asks_for_help(int count, char **words)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) return true;
    }
    return false;
}

/* Whatever runs may see cards: libraries wipe what they free, and no core file is ever written. */
static bool guard_memory(void)
{
    struct error error;
    if (memory_wipe_libraries(&error) && memory_forbid_dumps(&error)) return true;
    fprintf(stderr, "florin: %s\n", error.text);
    return false;
}

static int run(const struct subcommand *command, int count, char **words)
{
    if (!asks_for_help(count, words)) return guard_memory() ? command->run(count, words) : EXIT_FAILURE;
    printf("florin %s: %s\n\n", command->name, command->summary);
    if (command->help) command->help();
    return EXIT_SUCCESS;
}

int main(int count, char **words)
{
    if (count >= 2 && strcmp(words[1], "--version") == 0) {
        printf("florin %s (%s)\n", FLORIN_VERSION, FLORIN_REVISION);
        return 0;
    }
    if (count >= 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0)) {
        print_commands(stdout);
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        int taken = words_naming(&commands[i], count - 1, words + 1);
        if (taken > 0) return run(&commands[i], count - 1 - taken, words + 1 + taken);
    }
    if (count >= 2) fprintf(stderr, "florin: there is no command \"%s\"\n\n", words[1]);
    print_commands(stderr);
    return EXIT_USAGE;
}
