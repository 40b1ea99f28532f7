/* SPDX-License-Identifier: Apache-2.0 */
/* bank_control: what only the bank has below /sim/: its book, and the lies that GET can be made to tell. */
#include "base/json.h"
#include "sim/bank_state.h"

/* --- The book --- */

static void show_book(struct desk_control *control)
{
    const struct sim_bank *bank = bank_of(control->desk);
    str key = desk_control_parameter(control, STR("key"));
    str summary = desk_control_parameter(control, STR("summary"));
    if (key.bytes != NULL) desk_control_reply(control, 200, bank_report_key(bank, control->arena, key));
    else if (str_equal(summary, STR("1"))) desk_control_reply(control, 200, bank_report_summary(bank, control->arena));
    else desk_control_reply(control, 200, bank_report_book(bank, control->arena));
}

/* --- Drift --- */

static enum bank_drift drift_named(str name)
{
    static const char *const names[] = {
        [BANK_DRIFT_NONE] = "none",
        [BANK_DRIFT_FORGET] = "forget",
        [BANK_DRIFT_AMOUNT] = "amount",
        [BANK_DRIFT_CURRENCY] = "currency",
        [BANK_DRIFT_PARENT] = "parent",
    };
    size_t i = 0;
    while (i < COUNT_OF(names) && !str_equal(str_of(names[i]), name)) i++;
    return (enum bank_drift)i;
}

static uint32_t find_named_effect(const struct desk_control *control)
{
    static const char *const names[BANK_KINDS] = { "authorization_id", "capture_id", "void_id", "refund_id" };
    for (enum bank_kind kind = 0; kind < BANK_KINDS; kind++) {
        struct bank_id id;
        const struct json *value = json_find(control->body, names[kind]);
        if (value == NULL || !bank_id_read(json_string(value), bank_kind_prefix(kind), &id)) continue;
        return bank_book_find(bank_of(control->desk)->book, kind, &id);
    }
    return 0;
}

static void plant_drift(struct desk_control *control)
{
    enum bank_drift drift = drift_named(json_string(json_find(control->body, "kind")));
    uint32_t number = find_named_effect(control);
    if (drift > BANK_DRIFT_PARENT) {
        desk_control_refuse(control, "kind is none, forget, amount, currency or parent");
    } else if (number == 0) {
        desk_control_refuse(control, "there is no such effect");
    } else {
        bank_book_effect(bank_of(control->desk)->book, number)->drift = (uint8_t)drift;
        desk_control_reply(control, 200, STR("{}\n"));
    }
}

const struct desk_control_route bank_controls[BANK_CONTROLS] = {
    { "GET", "/sim/book", show_book },
    { "POST", "/sim/drift", plant_drift },
};
