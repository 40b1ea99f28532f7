/* SPDX-License-Identifier: Apache-2.0 */
/* review: `florin review list` shows the operations that need a person; `florin review settle` takes his word. With a
 * gateway running, the word goes through the operator's door; without one, this process opens the store itself. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/moment.h"
#include "command/command.h"
#include "command/door.h"
#include "command/house.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, PAGE = 500 };

/* clang-format off */
static const struct setting settings[] = {
    HOUSE_SETTINGS,
#include "command/account_settings.list"
};
/* clang-format on */

static int fail(int status, const char *sentence)
{
    fprintf(stderr, "florin review: %s\n", sentence);
    return status;
}

/* ---- list ---- */

static void print_one(struct store *store, struct arena *arena, const struct operation_record *operation)
{
    char since[MOMENT_TEXT_BYTES];
    struct payment_record payment;
    str at = moment_format(operation->started_at, since);
    if (!store_load_payment(store, arena, house_merchant(), payment_id_str(&operation->payment_id), &payment)) return;
    printf("%s  %-9.*s %lld %s  %s  order %.*s  since %.*s  %.*s\n", operation->id.text, STR_FORMAT(operation_kind_word(operation->kind)),
           (long long)operation->amount_minor, payment.payment.amount.currency.code, operation->payment_id.text, STR_FORMAT(payment.order_id),
           STR_FORMAT(at), STR_FORMAT(operation->reason));
}

struct listing {
    struct work work;
    size_t shown;
};

static void print_all(struct work *work, void *store)
{
    struct listing *listing = CONTAINER_OF(work, struct listing, work);
    struct operation_id last = { "" };
    struct operation_record *page;
    size_t count;
    do {
        struct arena arena = { 0 };
        count = store_list_open_operations(store, &arena, house_merchant(), operation_id_str(&last), PAGE, &page);
        for (size_t i = 0; i < count; i++) {
            last = page[i].id;
            if (page[i].state != OPERATION_REVIEW) continue;
            print_one(store, &arena, &page[i]);
            listing->shown++;
        }
        arena_close(&arena);
    } while (count == PAGE);
}

static int list(void)
{
    struct error error;
    struct listing listing = { .work = { .run = print_all } };
    if (!house_ask_store(&listing.work, &error)) return fail(EXIT_REFUSED, error.text);
    if (listing.shown == 0) printf("Nothing needs a person.\n");
    return 0;
}

/* ---- settle ---- */

struct word {
    struct loop *loop;
    const char *operation_id;
    bool happened;
    const char *processor_ref; /* NULL: not known */
    const char *by;
    struct waiter waiter;
    struct arena arena;
    int status; /* of the answer */
    str body;
};

static const char *person(void)
{
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_name : "unknown";
}

static int tell_answer(struct word *word)
{
    if (word->status == 0) return fail(EXIT_REFUSED, "no answer from the gateway");
    printf("%.*s\n", STR_FORMAT(word->body));
    return word->status < 300 ? 0 : EXIT_REFUSED;
}

static str body_of(struct word *word)
{
    struct text body = text_open(&word->arena, 256);
    json_open_object(&body);
    json_put_bool(&body, "happened", word->happened);
    json_put_str(&body, "processor_ref", word->processor_ref ? str_of(word->processor_ref) : STR_NONE);
    json_put_str(&body, "by", str_of(word->by));
    json_close_object(&body);
    return text_str(&body);
}

static int settle_at_gateway(struct word *word, const char *path)
{
    struct error error;
    str target = arena_format(&word->arena, "/operations/%s/settle", word->operation_id);
    if (!door_ask(path, &word->arena, STR("POST"), target.bytes, body_of(word), &word->status, &word->body, &error)) {
        return fail(EXIT_REFUSED, error.text);
    }
    return tell_answer(word);
}

static void settled(struct waiter *waiter, const struct reply *reply)
{
    struct word *word = CONTAINER_OF(waiter, struct word, waiter);
    word->status = reply->status;
    word->body = arena_copy(&word->arena, reply->body);
    loop_stop(word->loop);
}

static int settle_here(struct word *word)
{
    struct house house;
    struct error error;
    bool opened = house_open(&house, &error);
    if (opened) {
        struct settle_wish wish = {
            .operation_id = str_of(word->operation_id),
            .happened = word->happened,
            .processor_ref = word->processor_ref ? str_of(word->processor_ref) : STR_NONE,
            .by = str_of(word->by),
            .form = &api_core_form,
            .request_id = STR("florin-review"),
        };
        word->loop = house.loop;
        word->waiter.answered = settled;
        flows_stop_taking(house.flows); /* what follows from it is taken up by the next start */
        flows_settle(house.flows, &wish, &word->waiter);
        loop_run(house.loop);
    }
    house_close(&house);
    return opened ? tell_answer(word) : fail(EXIT_REFUSED, error.text);
}

static int settle(struct word *word)
{
    char path[108];
    house_control_path(path);
    int status = door_is_open(path) ? settle_at_gateway(word, path) : settle_here(word);
    arena_close(&word->arena);
    return status;
}

/* ---- words ---- */

/* Takes the words that belong to settle out of the list; the rest are settings. False: they make no sense. */
static bool take_words(int *count, char **words, struct word *word)
{
    int kept = 0;
    bool said = false;
    for (int i = 0; i < *count; i++) {
        bool happened = strcmp(words[i], "--happened") == 0, denied = strcmp(words[i], "--did-not-happen") == 0;
        if (happened || denied) {
            if (said) return false;
            said = true;
            word->happened = happened;
            if (happened && i + 1 < *count && words[i + 1][0] != '-') word->processor_ref = words[++i];
        } else if (kept == 0 && !word->operation_id && words[i][0] != '-') {
            word->operation_id = words[i];
        } else {
            words[kept++] = words[i];
        }
    }
    *count = kept;
    return said && word->operation_id;
}

static bool read_settings(int count, char **words)
{
    struct error error;
    if (settings_read_part(settings, COUNT_OF(settings), count, words, &error)) return true;
    fail(EXIT_USAGE, error.text);
    return false;
}

int command_review(int count, char **words)
{
    struct word word = { .by = person() };
    if (count >= 1 && strcmp(words[0], "list") == 0) {
        return read_settings(count - 1, words + 1) ? list() : EXIT_USAGE;
    }
    int left = count - 1;
    if (count < 1 || strcmp(words[0], "settle") != 0 || !take_words(&left, words + 1, &word)) {
        return fail(EXIT_USAGE, "say `list`, or `settle OPERATION --happened [ID]`, or `settle OPERATION --did-not-happen`");
    }
    return read_settings(left, words + 1) ? settle(&word) : EXIT_USAGE;
}

void command_review_help(void)
{
    printf("Usage: florin review list\n"
           "       florin review settle OPERATION --happened [ID]     ID is the processor's own id of it\n"
           "       florin review settle OPERATION --did-not-happen\n\n");
    settings_help(settings, COUNT_OF(settings));
}
