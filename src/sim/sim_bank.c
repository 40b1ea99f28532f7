/* SPDX-License-Identifier: Apache-2.0 */
/* sim_bank: opens and closes the simulated bank, and keeps its moments apart. */
#include "sim/sim_bank.h"

#include <stdlib.h>

#include "sim/bank_state.h"

enum { NS_PER_MICRO = 1000 };

static struct desk_options desk_options_of(const struct sim_bank_options *options)
{
    return (struct desk_options){
        .world = options->world,
        .failure_millionths = options->failure_millionths,
        .latency_ms = { options->latency_ms[0], options->latency_ms[1] },
        .seed = options->seed,
        .log_requests = options->log_requests,
        .hang_up = options->hang_up,
        .answer_twice = options->answer_twice,
        .idle = options->idle,
        .context = options->context,
    };
}

struct sim_bank *sim_bank_open(const struct sim_bank_options *options)
{
    struct sim_bank *bank = memory_take(sizeof *bank);
    struct desk_options desk_options = desk_options_of(options);
    desk_open(&bank->desk, &bank_trade, &desk_options);
    bank->book = bank_book_open(options->cards, options->auth_expiry_hours);
    bank->keys = bank_keys_open(world_now(options->world));
    return bank;
}

void sim_bank_close(struct sim_bank *bank)
{
    INSIST(bank->desk.pending == 0);
    bank_book_close(bank->book);
    bank_keys_close(bank->keys);
    free(bank);
}

struct sim_bank *bank_of(struct desk *desk)
{
    return CONTAINER_OF(desk, struct sim_bank, desk);
}

struct sim_bank *sim_bank_of(struct desk *desk)
{
    return bank_of(desk);
}

struct desk *sim_bank_desk(struct sim_bank *bank)
{
    return &bank->desk;
}

/* The clock has microseconds; chance adds the nanoseconds, so that rounding them shows. */
int64_t bank_moment_ns(struct sim_bank *bank)
{
    int64_t fraction = (int64_t)desk_chance_below(&bank->desk.chance, NS_PER_MICRO);
    int64_t moment = desk_now(&bank->desk) * NS_PER_MICRO + fraction;
    if (moment <= bank->last_ns) moment = bank->last_ns + 1;
    bank->last_ns = moment;
    return moment;
}

void sim_bank_handle(void *context, struct http_exchange *exchange)
{
    struct sim_bank *bank = context;
    desk_handle(&bank->desk, exchange);
}

void sim_bank_refuse(void *context, enum http_fault fault, struct arena *arena, struct http_answer *answer)
{
    (void)context;
    (void)fault;
    bank_answer_plain(arena, answer->status, http_reason(answer->status), answer);
}

size_t sim_bank_pending(const struct sim_bank *bank)
{
    return desk_pending(&bank->desk);
}

void sim_bank_let_go(struct sim_bank *bank, bool all)
{
    desk_let_go(&bank->desk, all);
}
