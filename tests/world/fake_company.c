/* SPDX-License-Identifier: Apache-2.0 */
/* fake_company: the payment companies of this world: the very simulators that developers use, on its clock and its chance. */
#include "world/fake_world_internal.h"

#include <stdlib.h>
#include <string.h>

/* Without a setting of its own a simulated Flutterwave takes this one (docs/reference/flutterwave-simulator.md). */
#define ENCRYPTION_KEY "FLWSECK_TEST0123456789ab"

#define BANK(...)
#define PSP(id, ...) extern const struct psp_trade id##_trade;
#include "command/simulators.list"
#undef PSP

#define PSP(id, port, key_text, client_text, secret_text, hours_text, summary)                           \
    { &id##_trade,                                                                                       \
      { .secret_key = key_text, .client_id = client_text, .webhook_secret = secret_text, .encryption_key = ENCRYPTION_KEY }, \
      hours_text },
static const struct {
    const struct psp_trade *trade;
    struct processor_keys keys;
    const char *hold_hours;
} companies[] = {
#include "command/simulators.list"
};
#undef PSP
#undef BANK

/* ---- opening ---- */

static size_t row_of(const char *name)
{
    size_t row = 0;
    while (row < COUNT_OF(companies) && strcmp(companies[row].trade->name, name) != 0) row++;
    INSIST(row < COUNT_OF(companies) && "there is such a simulator");
    return row;
}

static struct psp *open_company(struct fake_world *fake, size_t row)
{
    const struct fake_options *options = &fake->options;
    struct psp_options chosen = {
        .desk = { .world = &fake->town.world,
                  .failure_millionths = options->bank_failure_millionths,
                  .latency_ms = { options->bank_latency_ms[0], options->bank_latency_ms[1] },
                  .seed = options->seed ^ desk_hash(str_of(companies[row].trade->name), 0),
                  .hang_up = network_hang_up,
                  .answer_twice = network_answer },
        .key = companies[row].keys.secret_key,
        .client = companies[row].keys.client_id,
        .encryption_key = companies[row].keys.encryption_key,
        .webhook_secret = companies[row].keys.webhook_secret,
    };
    INSIST(str_to_int64(str_of(companies[row].hold_hours), INT32_MAX, &chosen.hold_hours));
    return psp_open(companies[row].trade, &chosen);
}

void companies_open(struct fake_world *fake)
{
    for (size_t i = 0; i < FAKE_COMPANIES_MAX && fake->options.companies[i]; i++) {
        size_t row = row_of(fake->options.companies[i]);
        fake->houses[fake->house_count++] = (struct house){ .name = companies[row].trade->name, .desk = &open_company(fake, row)->desk };
    }
}

void companies_close(struct fake_world *fake)
{
    for (size_t i = 1; i < fake->house_count; i++) {
        psp_end(psp_of(fake->houses[i].desk));
        psp_close(psp_of(fake->houses[i].desk));
    }
}

struct processor_keys fake_company_keys(const char *name) { return companies[row_of(name)].keys; }

static struct desk *desk_named(const struct fake_world *fake, const char *name)
{
    for (size_t i = 1; i < fake->house_count; i++) {
        if (strcmp(fake->houses[i].name, name) == 0) return fake->houses[i].desk;
    }
    return NULL;
}

struct psp *fake_company(struct fake_world *fake, const char *name)
{
    struct desk *desk = desk_named(fake, name);
    return desk ? psp_of(desk) : NULL;
}

/* ---- orders ---- */

static void order(struct desk *desk, const char *method, const char *path, str body)
{
    struct control control;
    (void)control_ask(desk, &control, method, path, NULL, body);
    arena_close(&control.kept);
}

void fake_company_control(struct fake_world *fake, const char *name, const char *path, const char *members)
{
    struct arena arena = { 0 };
    order(desk_named(fake, name), "POST", path, arena_format(&arena, "{%s}", members));
    arena_close(&arena);
}

void fake_company_fault(struct fake_world *fake, const char *name, const char *members)
{
    fake_company_control(fake, name, "/sim/faults", members);
}

void fake_companies_heal(struct fake_world *fake)
{
    for (size_t i = 1; i < fake->house_count; i++) order(fake->houses[i].desk, "DELETE", "/sim/faults", STR_NONE);
}

void fake_companies_fail_never(struct fake_world *fake)
{
    for (size_t i = 1; i < fake->house_count; i++) order(fake->houses[i].desk, "POST", "/sim/settings", STR("{\"failure_rate\": 0}"));
}

/* ---- payers ---- */

str fake_company_payer_says(struct fake_world *fake, struct arena *arena, const char *url, const char *word)
{
    struct control control;
    struct house *house = network_house(fake, url);
    struct http_request request = { .method = STR("POST"), .has_body = true };
    str rest = str_from(str_of(url), strlen("http://"));
    struct http_header host = { STR("Host"), str_cut(rest, '/', &rest) };
    request.target = arena_format(arena, "/%.*s", STR_FORMAT(rest));
    request.path = str_cut(request.target, '?', &request.query);
    if (request.path.length == request.target.length) request.query = STR_NONE;
    request.headers = &host;
    request.header_count = 1;
    request.body = arena_format(arena, "choice=%s", word);
    control_exchange(house->desk, &control, &request);
    str location = control.location.bytes ? arena_copy(arena, control.location) : STR_NONE;
    arena_close(&control.kept);
    return location;
}
