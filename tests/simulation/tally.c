/* SPDX-License-Identifier: Apache-2.0 */
/* tally: a table of names in shared memory, and what must stand in it. */
#include "simulation/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct tally *tally_open(void)
{
    void *memory = mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    INSIST(memory != MAP_FAILED);
    return memory;
}

void tally_close(struct tally *tally) { (void)munmap(tally, sizeof *tally); }

/* ---- marks ---- */

static uint32_t hash_name(const char *group, const char *what)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *group; group++) hash = (hash ^ (uint8_t)*group) * 16777619u;
    for (; *what; what++) hash = (hash ^ (uint8_t)*what) * 16777619u;
    return hash;
}

static bool is_named(const struct mark *mark, const char *group, const char *what)
{
    size_t length = strlen(group);
    return strncmp(mark->name, group, length) == 0 && mark->name[length] == '.' && strcmp(mark->name + length + 1, what) == 0;
}

void tally_mark(struct tally *tally, const char *group, const char *what, int64_t times)
{
    uint32_t at = hash_name(group, what);
    for (size_t tries = 0; tries < MARKS_MAX; tries++, at++) {
        struct mark *mark = &tally->marks[at % MARKS_MAX];
        if (!mark->name[0]) snprintf(mark->name, sizeof mark->name, "%s.%s", group, what);
        if (!is_named(mark, group, what)) continue;
        mark->count += times;
        return;
    }
    INSIST(!"room for every mark");
}

static void split_name(const char *name, char group[MARK_BYTES], const char **what)
{
    snprintf(group, MARK_BYTES, "%.*s", MARK_BYTES - 1, name);
    char *dot = strchr(group, '.');
    INSIST(dot);
    *dot = 0;
    *what = name + (dot - group) + 1;
}

int64_t tally_count(const struct tally *tally, const char *name)
{
    for (size_t i = 0; i < MARKS_MAX; i++) {
        if (strcmp(tally->marks[i].name, name) == 0) return tally->marks[i].count;
    }
    return 0;
}

void tally_add(struct tally *sum, const struct tally *run)
{
    for (size_t i = 0; i < MARKS_MAX; i++) {
        char group[MARK_BYTES];
        const char *what;
        if (!run->marks[i].name[0]) continue;
        split_name(run->marks[i].name, group, &what);
        tally_mark(sum, group, what, run->marks[i].count);
    }
    sum->trace += run->trace;
    sum->simulated += run->simulated;
}

/* ---- what must have happened ---- */

static const char *const must[] = {
    /* every step of an operation is passed, and the gateway is killed behind it */
    "passed.operation.prepare", "passed.operation.record_attempt", "passed.operation.call_processor", "passed.operation.read_answer",
    "passed.operation.record_outcome", "passed.operation.settled", "passed.operation.record_doubt", "passed.operation.wait",
    "passed.operation.record_exchange", "passed.operation.record_action", "passed.operation.wait_for_payer",
    "passed.operation.join", "passed.operation.seal_again", "passed.operation.record_resumed", "passed.operation.reload",
    "passed.operation.record_settlement", "passed.operation.reply", "killed.operation.prepare", "killed.operation.record_attempt",
    "killed.operation.call_processor", "killed.operation.read_answer", "killed.operation.record_outcome", "killed.operation.settled",
    "killed.operation.record_doubt", "killed.operation.wait", "killed.operation.reload", "killed.op.commit_called",
    "killed.op.commit_synced", "killed.between_events",
    /* the bank does each thing wrong, and the way there as well */
    "fault.fail", "fault.internal_500", "fault.act_then_hang_up", "fault.hang_up", "fault.hang_up_halfway", "fault.truncate",
    "fault.late", "fault.slow", "fault.twice", "fault.internal_400", "fault.internal_400_done", "fault.garbage", "fault.html_502",
    "fault.empty_200", "fault.not_found_400", "fault.forget_key", "fault.silence", "fault.wrong_currency", "fault.plain_400",
    "fault.wrong_amount", "fault.wrong_id", "fault.ignore_key", "fault.huge", "fault.forget_keys", "network.refused", "network.lost_call",
    "network.lost_answer", "network.swallowed",
    /* so does each company, and moves money all the same; payers come and do not */
    "company_fault.refuse_500", "company_fault.refuse_500_kept", "company_fault.act_then_500", "company_fault.act_then_500_kept",
    "company_fault.act_then_hang_up", "company_fault.hang_up", "company_fault.hang_up_halfway", "company_fault.late", "company_fault.slow",
    "company_fault.silence", "company_fault.act_then_silence", "company_fault.rate_limited", "company_fault.key_in_use",
    "company_fault.wrong_amount", "company_fault.wrong_currency", "company_fault.garbage", "company_fault.act_then_502",
    "company_fault.empty_200", "company_fault.huge", "effect.stripe_authorization", "effect.stripe_capture", "effect.stripe_void",
    "effect.stripe_refund", "effect.stripe_release", "effect.paypal_authorization", "effect.paypal_capture", "effect.paypal_void",
    "effect.paypal_refund", "effect.paystack_capture", "effect.paystack_refund", "effect.flutterwave_authorization",
    "effect.flutterwave_capture", "effect.flutterwave_void", "effect.flutterwave_refund", "payer.sent_away", "payer.approved",
    "asked.page_for_a_payer", "payer.refused", "payer.spoke_twice", "payer.came_back", "payer.sent_on", "payer.closed_the_page",
    /* the machine and its disk */
    "machine.power_lost", "machine.killed", "machine.stopped_in_order", "machine.began_again", "machine.could_not_begin",
    "disk.write_lost", "disk.write_kept_early", "disk.write_torn", "disk.error_write", "disk.error_sync", "disk.error_read", "disk.full",
    "disk.ended_the_process", "disk.power_lost_in_a_change",
    "disk.killed_in_a_change", "clock.ahead", "clock.back",
    /* what merchants hear */
    "told.authorize_201", "told.authorize_202", "told.authorize_402", "told.authorize_503", "told.capture_200", "told.capture_202",
    "told.capture_409", "told.void_200", "told.void_202", "told.void_409", "told.refund_200", "told.refund_202",
    "told.refund_409", "told.replayed", "told.history", "told.lost", "told.key_reused", "told.nonsense_refused", "told.vanished", "told.ship",
    "told.do_not_ship", "told.overloaded", "told.stopping", "told.storage_low",
    /* ends that are rare */
    "end.authorized", "end.captured", "end.voided", "end.refunded", "end.declined", "end.failed", "end.expired", "end.settled_by_a_person",
    "end.stray_hold", "end.requires_action", "end.settled_at_a_company", "sent.again", "sent.with_another_life",
};

size_t tally_must_count(void) { return COUNT_OF(must); }

size_t tally_put_missing(struct text *text, const struct tally *tally)
{
    size_t missing = 0;
    for (size_t i = 0; i < COUNT_OF(must); i++) {
        if (tally_count(tally, must[i]) > 0) continue;
        text_put_format(text, "  %s\n", must[i]);
        missing++;
    }
    return missing;
}

/* ---- for people and programs ---- */

static int compare_marks(const void *a, const void *b) { return strcmp(((const struct mark *)a)->name, ((const struct mark *)b)->name); }

static size_t sorted(const struct tally *tally, struct mark out[MARKS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < MARKS_MAX; i++) {
        if (tally->marks[i].name[0]) out[count++] = tally->marks[i];
    }
    qsort(out, count, sizeof *out, compare_marks);
    return count;
}

void tally_put_json(struct text *text, const struct tally *tally)
{
    struct mark marks[MARKS_MAX];
    char group[MARK_BYTES], open[MARK_BYTES] = "";
    size_t count = sorted(tally, marks);
    for (size_t i = 0; i < count; i++) {
        const char *what;
        split_name(marks[i].name, group, &what);
        if (strcmp(group, open) != 0) {
            if (open[0]) json_close_object(text);
            memcpy(open, group, sizeof open);
            json_name(text, open);
            json_open_object(text);
        }
        json_put_int(text, what, marks[i].count);
    }
    if (open[0]) json_close_object(text);
}

void tally_put_table(struct text *text, const struct tally *tally)
{
    struct mark marks[MARKS_MAX];
    size_t count = sorted(tally, marks);
    for (size_t i = 0; i < count; i++) text_put_format(text, "  %-40s %12lld\n", marks[i].name, (long long)marks[i].count);
}
