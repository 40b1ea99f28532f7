/* SPDX-License-Identifier: Apache-2.0 */
/* fake_bank: what a test orders from the simulated bank, and reads in its book. */
#include "world/fake_world_internal.h"

#include "base/json.h"

static const struct json *ask_bank(struct fake_world *fake, struct control *control, const char *method, const char *path, const char *query,
                                   str body)
{
    return control_ask(sim_bank_desk(fake->bank), control, method, path, query, body);
}

void fake_bank_fault(struct fake_world *fake, const char *members)
{
    struct control control;
    struct arena arena = { 0 };
    (void)ask_bank(fake, &control, "POST", "/sim/faults", NULL, arena_format(&arena, "{%s}", members));
    arena_close(&control.kept);
    arena_close(&arena);
}

void fake_bank_drift(struct fake_world *fake, const char *kind, const char *id_name, const char *id)
{
    struct control control;
    struct arena arena = { 0 };
    (void)ask_bank(fake, &control, "POST", "/sim/drift", NULL, arena_format(&arena, "{\"kind\": \"%s\", \"%s\": \"%s\"}", kind, id_name, id));
    arena_close(&control.kept);
    arena_close(&arena);
}

void fake_bank_forget_keys(struct fake_world *fake) { fake_bank_fault(fake, "\"fault\": \"forget_keys\""); }

void fake_bank_heal(struct fake_world *fake)
{
    struct control control;
    (void)ask_bank(fake, &control, "DELETE", "/sim/faults", NULL, STR_NONE);
    arena_close(&control.kept);
}

void fake_bank_fail_never(struct fake_world *fake)
{
    struct control control;
    (void)ask_bank(fake, &control, "POST", "/sim/settings", NULL, STR("{\"failure_rate\": 0}"));
    arena_close(&control.kept);
}

size_t fake_bank_effect(struct fake_world *fake, str key, struct processor_id *out)
{
    static const char *const kinds[] = { "authorizations", "captures", "voids", "refunds" };
    struct control control;
    struct arena arena = { 0 };
    const struct json *report = ask_bank(fake, &control, "GET", "/sim/book", arena_format(&arena, "key=%.*s", STR_FORMAT(key)).bytes, STR_NONE);
    size_t count = 0;
    *out = (struct processor_id){ "" };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct json *effects = json_find(report, kinds[i]);
        str id = json_string(json_find(json_first(effects).value, "id"));
        if (id.length > 0) INSIST(str_copy_to(id, out->text, sizeof out->text));
        count += json_length(effects);
    }
    arena_close(&control.kept);
    arena_close(&arena);
    return count;
}

int64_t fake_bank_count(struct fake_world *fake, const char *what)
{
    struct control control;
    int64_t count = -1;
    const struct json *summary = ask_bank(fake, &control, "GET", "/sim/book", "summary=1", STR_NONE);
    INSIST(json_is_true(json_find(summary, "balanced")));
    INSIST(json_int64(json_find(json_find(summary, what), "count"), &count));
    arena_close(&control.kept);
    return count;
}

int64_t fake_bank_counter(struct fake_world *fake, const char *what)
{
    struct control control;
    int64_t count = -1;
    const struct json *summary = ask_bank(fake, &control, "GET", "/sim/book", "summary=1", STR_NONE);
    INSIST(json_int64(json_find(json_find(summary, "counters"), what), &count));
    arena_close(&control.kept);
    return count;
}

const struct json *fake_bank_book(struct fake_world *fake, struct arena *arena)
{
    struct control control;
    const struct json *book = ask_bank(fake, &control, "GET", "/sim/book", NULL, STR_NONE);
    *arena = control.kept;
    return book;
}

void fake_bank_hold(struct fake_world *fake, size_t index, struct processor_id *out)
{
    struct control control;
    const struct json *holds = json_find(ask_bank(fake, &control, "GET", "/sim/book", NULL, STR_NONE), "authorizations");
    struct json_item item = json_first(holds);
    for (; index > 0; index--) item = json_next(item);
    INSIST(str_copy_to(json_string(json_find(item.value, "id")), out->text, sizeof out->text));
    arena_close(&control.kept);
}

int64_t fake_bank_requests(struct fake_world *fake) { return fake->requests; }
