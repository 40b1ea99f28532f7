/* SPDX-License-Identifier: Apache-2.0 */
/* sim_bank: opens and closes the simulated bank, keeps its clock, and sends each request to the bank or to its control. */
#include "sim/sim_bank.h"

#include <stdlib.h>

#include "sim/bank_state.h"

enum { NS_PER_MICRO = 1000 };

struct sim_bank *sim_bank_open(const struct sim_bank_options *options)
{
    struct sim_bank *bank = memory_take(sizeof *bank);
    bank->options = *options;
    bank->book = bank_book_open(options->cards, options->auth_expiry_hours);
    bank->keys = bank_keys_open(world_now(options->world));
    bank->chance = desk_chance_from(options->seed);
    return bank;
}

void sim_bank_close(struct sim_bank *bank)
{
    INSIST(bank->pending == 0);
    bank_book_close(bank->book);
    bank_keys_close(bank->keys);
    free(bank);
}

micros bank_now(const struct sim_bank *bank)
{
    return world_now(bank->options.world) + bank->advanced;
}

/* The clock has microseconds; chance adds the nanoseconds, so that rounding them shows. */
int64_t bank_moment_ns(struct sim_bank *bank)
{
    int64_t moment = bank_now(bank) * NS_PER_MICRO + (int64_t)desk_chance_below(&bank->chance, NS_PER_MICRO);
    if (moment <= bank->last_ns) moment = bank->last_ns + 1;
    bank->last_ns = moment;
    return moment;
}

void sim_bank_handle(void *context, struct http_exchange *exchange)
{
    struct sim_bank *bank = context;
    if (str_starts_with(exchange->request.path, STR("/sim/"))) bank_control_handle(bank, exchange);
    else bank_visit_begin(bank, exchange);
}

void sim_bank_refuse(void *context, enum http_fault fault, struct arena *arena, struct http_answer *answer)
{
    (void)context;
    (void)fault;
    bank_answer_plain(arena, answer->status, http_reason(answer->status), answer);
}

size_t sim_bank_pending(const struct sim_bank *bank)
{
    return bank->pending;
}

void sim_bank_let_go(struct sim_bank *bank, bool all)
{
    struct bank_visit *next;
    for (struct bank_visit *visit = bank->visits; visit; visit = next) {
        next = visit->next;
        if (!all && !visit->will_be_let_go) continue;
        world_timer_stop(bank->options.world, &visit->timer);
        bank_delivery_hang_up(visit);
    }
}
