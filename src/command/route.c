/* SPDX-License-Identifier: Apache-2.0 */
/* route: `florin route --check FILE` reads a file of rules as the gateway would; `florin route --replay FILE` runs the payments of the
 * store through it and tells what would be otherwise. Changes nothing, and may run beside a gateway. */
#include <stdio.h>

#include "base/json.h"
#include "command/command.h"
#include "command/house.h"
#include "command/route_file.h"
#include "flow/routing.h"

enum { EXIT_BAD_RULES = 1, EXIT_USAGE = 2, PAGE = 500, ROWS_MAX = 4096 };

struct route_settings {
    const char *check;
    const char *replay;
    bool list;
};

static struct route_settings chosen;

/* clang-format off */
static const struct setting settings[] = {
    { "route.check", SETTING_TEXT, NULL, 0, 0, &chosen.check,
      "Reads that file of rules, and says what is wrong with it." },
    { "route.replay", SETTING_TEXT, NULL, 0, 0, &chosen.replay,
      "Runs the payments of the store through that file of rules, and says which of them would go elsewhere." },
    { "route.list", SETTING_SWITCH, "off", 0, 0, &chosen.list,
      "Names each payment that would go elsewhere, too." },
    HOUSE_STORE_SETTING,
#include "command/account_settings.list"
};
/* clang-format on */

static int fail(int status, const char *sentence)
{
    fprintf(stderr, "florin route: %s\n", sentence);
    return status;
}

/* ---- replay ---- */

/* What became of the payments of one row. */
enum fate { STAYS, MOVES, GETS_NOBODY, WAS_NAMED, CANNOT_TELL };

struct row {
    str rule;
    enum fate fate;
    str from, to; /* to: of GETS_NOBODY the reason */
    int64_t payments;
};

struct replay {
    struct work work;
    struct route_file file;
    struct route_candidate candidates[ROUTE_PROCESSORS_MAX];
    size_t candidate_count;
    struct arena names; /* of rows */
    struct row rows[ROWS_MAX];
    size_t row_count;
    int64_t payments;
};

static bool is_same_row(const struct row *a, const struct row *b)
{
    return a->fate == b->fate && str_equal(a->rule, b->rule) && str_equal(a->from, b->from) && str_equal(a->to, b->to);
}

static void count_row(struct replay *replay, const struct row *row)
{
    for (size_t i = 0; i < replay->row_count; i++) {
        if (!is_same_row(&replay->rows[i], row)) continue;
        replay->rows[i].payments++;
        return;
    }
    INSIST(replay->row_count < ROWS_MAX);
    struct row *fresh = &replay->rows[replay->row_count++];
    *fresh = *row;
    fresh->from = arena_copy(&replay->names, row->from);
    fresh->payments = 1;
}

/* What was decided then, by the first event: whether the request had named its processor, and who was asked first. Another one may have it
 * in the end. */
struct past_decision {
    bool was_named;
    str first;
};

static struct past_decision recall(struct store *store, struct arena *arena, const struct payment_record *record)
{
    const struct json *data;
    struct event_record *events;
    size_t count = store_list_events(store, arena, house_merchant(), payment_id_str(&record->id), 0, 1, &events);
    if (count == 0 || json_read(arena, events[0].data, &data) != JSON_FINE) return (struct past_decision){ false, record->processor };
    str rule = json_string(json_find(json_find(data, "route"), "rule")), first = json_string(json_find(data, "processor"));
    return (struct past_decision){ str_equal(rule, STR(ROUTE_BY_REQUEST)), first.length > 0 ? first : record->processor };
}

/* As it was then, all processors well, with a CVV and an address of the payer: these are not kept, or not looked for. */
static struct route_decision decide_again(const struct replay *replay, struct arena *arena, const struct payment_record *record)
{
    struct route_facts facts = {
        .payment_id = payment_id_str(&record->id),
        .amount = record->payment.amount,
        .captures_itself = record->payment.captures_itself,
        .on_page = payment_is_on_page(record),
        .has_cvv = true,
        .has_email = true,
        .brand = str_of(record->card_brand),
        .bin = payment_is_on_page(record) ? ROUTE_BIN_NONE : ROUTE_BIN_UNKNOWN,
        .customer_id = record->customer_id,
        .asked_for = ROUTE_NOBODY,
        .candidates = replay->candidates,
        .candidate_count = replay->candidate_count,
    };
    if (replay->file.rules.ask_metadata) facts.metadata = route_members(arena, record->metadata, &facts.metadata_count);
    return route_decide(&replay->file.rules, &facts);
}

static struct row row_of(const struct replay *replay, const struct route_decision *decision, str from)
{
    struct row row = { .rule = decision->rule, .from = from, .fate = CANNOT_TELL };
    if (decision->cannot_tell) return row;
    bool has_somebody = decision->order_count > 0;
    row.to = has_somebody ? replay->candidates[decision->order[0]].processor : route_bar_word(route_nearest(decision)->bar);
    row.fate = !has_somebody ? GETS_NOBODY : str_equal(row.to, from) ? STAYS : MOVES;
    return row;
}

static void replay_one(struct replay *replay, struct store *store, const struct payment_record *record)
{
    struct arena arena = { 0 };
    struct past_decision past = recall(store, &arena, record);
    struct row row = { .rule = STR(ROUTE_BY_REQUEST), .fate = WAS_NAMED, .from = past.first };
    if (!past.was_named) {
        struct route_decision decision = decide_again(replay, &arena, record);
        row = row_of(replay, &decision, past.first);
    }
    if (chosen.list && (row.fate == MOVES || row.fate == GETS_NOBODY)) {
        printf("%s  %.*s: %.*s -> %.*s\n", record->id.text, STR_FORMAT(row.rule), STR_FORMAT(row.from), STR_FORMAT(row.to));
    }
    count_row(replay, &row);
    replay->payments++;
    arena_close(&arena);
}

static void replay_all(struct work *work, void *store)
{
    struct replay *replay = CONTAINER_OF(work, struct replay, work);
    struct payment_id last = { "" };
    struct payment_record *page;
    size_t count;
    do {
        struct arena arena = { 0 };
        count = store_list_payments_after(store, &arena, house_merchant(), payment_id_str(&last), PAGE, &page);
        for (size_t i = 0; i < count; i++) replay_one(replay, store, &page[i]);
        if (count > 0) last = page[count - 1].id;
        arena_close(&arena);
    } while (count == PAGE);
}

/* ---- telling it ---- */

static void print_row(const struct row *row)
{
    printf("%-*.*s %9lld  ", ROUTE_NAME_CHARS_MAX / 2, STR_FORMAT(row->rule), (long long)row->payments);
    switch (row->fate) {
    case STAYS: printf("stay with %.*s\n", STR_FORMAT(row->from)); break;
    case MOVES: printf("%.*s -> %.*s\n", STR_FORMAT(row->from), STR_FORMAT(row->to)); break;
    case GETS_NOBODY: printf("%.*s -> refused: %.*s\n", STR_FORMAT(row->from), STR_FORMAT(row->to)); break;
    case WAS_NAMED: printf("stay with %.*s, which their requests named\n", STR_FORMAT(row->from)); break;
    case CANNOT_TELL: printf("cannot be told: first digits of cards are not kept\n"); break;
    }
}

static void print_replay(const struct replay *replay)
{
    int64_t by_fate[CANNOT_TELL + 1] = { 0 };
    if (replay->payments > 0) printf("%-*s %9s\n", ROUTE_NAME_CHARS_MAX / 2, "rule", "payments");
    for (size_t i = 0; i < replay->row_count; i++) {
        print_row(&replay->rows[i]);
        by_fate[replay->rows[i].fate] += replay->rows[i].payments;
    }
    printf("%lld of %lld payments would go elsewhere, %lld would be refused, of %lld it cannot be told.\n", (long long)by_fate[MOVES],
           (long long)replay->payments, (long long)by_fate[GETS_NOBODY], (long long)by_fate[CANNOT_TELL]);
}

static void list_candidates(struct replay *replay)
{
    size_t count;
    const struct processor *const *all = processor_all(&count);
    for (size_t i = 0; i < count; i++) {
        replay->candidates[i] = route_candidate_of(all[i], account_is_used(all[i], &house_chosen.accounts[i]));
    }
    replay->candidate_count = count;
}

static int run_replay(struct replay *replay, struct error *error)
{
    replay->work.run = replay_all;
    list_candidates(replay);
    if (!house_ask_store(&replay->work, error)) return fail(EXIT_BAD_RULES, error->text);
    print_replay(replay);
    return 0;
}

/* ---- the command ---- */

static void print_check(const char *path, const struct route_rules *rules)
{
    printf("%s: %zu rule%s, no complaint\n", path, rules->count, rules->count == 1 ? "" : "s");
    for (size_t i = 0; i < rules->count; i++) {
        printf("  %.*s ->", STR_FORMAT(rules->rules[i].name));
        for (size_t at = 0; at < rules->rules[i].target_count; at++) {
            const struct route_target *target = &rules->rules[i].targets[at];
            printf("%s %.*s", at == 0 ? "" : ",", STR_FORMAT(target->processor));
            if (target->share > 0) printf(" %d.%02d%%", target->share / 100, target->share % 100);
        }
        printf("\n");
    }
}

int command_route(int count, char **words)
{
    static struct replay replay;
    struct error error;
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, &error)) return fail(EXIT_USAGE, error.text);
    if (!chosen.check == !chosen.replay) return fail(EXIT_USAGE, "say --check FILE or --replay FILE");
    if (!route_file_read(chosen.check ? chosen.check : chosen.replay, &replay.file, &error)) return fail(EXIT_BAD_RULES, error.text);
    int status = 0;
    if (chosen.check) print_check(chosen.check, &replay.file.rules);
    else status = run_replay(&replay, &error);
    arena_close(&replay.names);
    route_file_close(&replay.file);
    return status;
}

void command_route_help(void)
{
    printf("Usage: florin route --check FILE\n"
           "       florin route --replay FILE [--list]     with the store and the processors of the gateway: give it the same --config\n\n");
    settings_help(settings, COUNT_OF(settings));
}
