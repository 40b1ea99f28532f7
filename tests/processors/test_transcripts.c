/* SPDX-License-Identifier: Apache-2.0 */
/* Every file in the folder of each processor is a case: what we want of it, the exact bytes that we ask, what it answers, and what
 * we make of that. The names of a case's lines:
 *
 *     call           authorize, capture, void, refund, or inquire_ or look_up_ and one of them
 *     amount, authorization, capture, refund         what the call is about
 *     exchange, previous, reference, without_cvv     more of it; the first exchange, when nothing is said
 *     payment, email, name, return_url, steps_up     who pays, where he comes back to, and whether he has to prove himself
 *     asks, asked_body                               the bytes; <card_number> and so on are holes, <raw_card_number> without quotes, and
 *                                                    <encrypted> and </encrypted> stand around a span
 *     answers, answered_body                         status, "replayed" when it was marked so; without a body there is none
 *     means, id, expires_at, action, decline, word, flags    the outcome; what is left out must be empty, flags may be anything
 *     means, found_amount, parent                    the same of a look-up
 *
 * What a processor's record says that it can do, has to be in its folder twice at least: well done, and otherwise. */
#include "base/base_testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/moment.h"
#include "base/text.h"
#include "domain/route.h"
#include "processor/holes.h"
#include "processor/processor.h"
#include "processor/span.h"

enum { CASES_MAX = 2048, PATH_BYTES = 1024 };

/* ---- reading a case ---- */

/* What the cases of one processor have shown of one of its pairs. */
struct shown {
    bool well, otherwise;
};

enum way { WAY_OPERATION, WAY_INQUIRY, WAY_LOOK_UP, WAYS };

struct folder {
    const struct processor *processor;
    char name[256];
    struct shown shown[WAYS][OPERATION_KIND_COUNT];
};

struct transcript {
    char path[PATH_BYTES];
    char name[256];
    struct folder *folder;
    struct arena arena;
    str text;
    size_t lines_used;
};

static str read_whole(struct arena *arena, const char *path)
{
    char *bytes = arena_take(arena, 65536);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, bytes, 65535) : -1;
    if (length <= 0) fail_msg("%s cannot be read", path);
    close(file);
    return (str){ bytes, (size_t)length };
}

static bool is_line(str line) { return line.length > 0 && line.bytes[0] != '#'; }

static size_t count_lines(str text)
{
    size_t count = 0;
    while (text.length > 0) count += is_line(str_cut(text, '\n', &text));
    return count;
}

/* The value of that line; STR_NONE without one. */
static str value_of(struct transcript *transcript, const char *name)
{
    str rest = transcript->text;
    while (rest.length > 0) {
        str value, line = str_cut(rest, '\n', &rest);
        if (!is_line(line) || !str_equal(str_cut(line, ' ', &value), str_of(name))) continue;
        transcript->lines_used++;
        return str_trim(value);
    }
    return STR_NONE;
}

static bool has_word(str line, str wanted)
{
    while (line.length > 0) {
        if (str_equal(str_cut(line, ' ', &line), wanted)) return true;
    }
    return false;
}

/* "5000 USD"; "5000" alone has no currency. */
static money money_in(str text)
{
    str code;
    money amount = { 0 };
    assert_true(str_to_int64(str_cut(text, ' ', &code), INT64_MAX, &amount.minor));
    if (code.length > 0) assert_true(currency_named(code, &amount.currency));
    return amount;
}

/* ---- what is asked ---- */

static struct processor_call call_of(struct transcript *transcript)
{
    str amount = value_of(transcript, "amount"), exchange = value_of(transcript, "exchange");
    int64_t number = 1;
    if (exchange.bytes) assert_true(str_to_int64(exchange, 9, &number));
    return (struct processor_call){
        .amount = amount.bytes ? money_in(amount) : (money){ 0 },
        .authorization_ref = value_of(transcript, "authorization"),
        .capture_ref = value_of(transcript, "capture"),
        .refund_ref = value_of(transcript, "refund"),
        .exchange = (int)number,
        .previous_ref = value_of(transcript, "previous"),
        .reference = value_of(transcript, "reference"),
        .payment_id = value_of(transcript, "payment"),
        .customer_email = value_of(transcript, "email"),
        .customer_name = value_of(transcript, "name"),
        .return_url = value_of(transcript, "return_url"),
        .on_page = value_of(transcript, "on_page").bytes != NULL,
        .steps_up = value_of(transcript, "steps_up").length > 0,
        .has_cvv = value_of(transcript, "without_cvv").bytes == NULL,
    };
}

static const struct {
    str written;
    enum hole hole;
    enum hole_encoding encoding;
} hole_names[] = {
    { STR_CONSTANT("<card_number>"), HOLE_CARD_NUMBER, HOLE_JSON_STRING },
    { STR_CONSTANT("<cvv>"), HOLE_CARD_CVV, HOLE_JSON_STRING },
    { STR_CONSTANT("<expiry_month>"), HOLE_EXPIRY_MONTH, HOLE_RAW },
    { STR_CONSTANT("<expiry_year>"), HOLE_EXPIRY_YEAR, HOLE_RAW },
    { STR_CONSTANT("<raw_card_number>"), HOLE_CARD_NUMBER, HOLE_RAW },
    { STR_CONSTANT("<raw_cvv>"), HOLE_CARD_CVV, HOLE_RAW },
    { STR_CONSTANT("<two_digit_month>"), HOLE_EXPIRY_MONTH, HOLE_JSON_TWO_DIGITS },
    { STR_CONSTANT("<two_digit_year>"), HOLE_EXPIRY_YEAR, HOLE_JSON_TWO_DIGITS },
    { STR_CONSTANT("<expiry_year_month>"), HOLE_EXPIRY_YEAR, HOLE_JSON_YEAR_MONTH },
};

/* A span's mark; gives its length as written here, 0: there is none. */
static size_t put_mark(struct text *text, str written)
{
    static const str opens = STR_CONSTANT("<encrypted>"), closes = STR_CONSTANT("</encrypted>");
    if (str_starts_with(written, opens)) {
        span_open(text);
        return opens.length;
    }
    if (!str_starts_with(written, closes)) return 0;
    span_close(text);
    return closes.length;
}

/* The frozen bytes: holes are written in words here, and as marks there. */
static str frozen(struct arena *arena, str written)
{
    struct text text = text_open(arena, 256);
    while (written.length > 0) {
        size_t mark = put_mark(&text, written), step = mark > 0 ? mark : 1;
        for (size_t i = 0; i < COUNT_OF(hole_names); i++) {
            if (!str_starts_with(written, hole_names[i].written)) continue;
            hole_put(&text, hole_names[i].hole, hole_names[i].encoding);
            step = hole_names[i].written.length;
        }
        if (step == 1) text_put_char(&text, written.bytes[0]);
        written = str_from(written, step);
    }
    return text_str(&text);
}

static void check_bytes(struct transcript *transcript, processor_ask *ask, const struct processor_call *call)
{
    str body, asks = value_of(transcript, "asks"), method = str_cut(asks, ' ', &body), path = body;
    str wanted = value_of(transcript, "asked_body");
    for (int i = 0; i < 2; i++) { /* the same call, the same bytes: also with other memory */
        struct arena other = { 0 };
        struct processor_request request;
        ask(&other, call, &request);
        assert_str(request.method, method);
        assert_str(request.path, path);
        assert_str(request.body, frozen(&transcript->arena, wanted));
        assert_int_equal(request.body.bytes == NULL, wanted.bytes == NULL);
        arena_close(&other);
    }
}

/* ---- what is answered ---- */

static struct processor_answer answer_of(struct transcript *transcript)
{
    int64_t status = 0;
    str marks, answers = value_of(transcript, "answers"), body = value_of(transcript, "answered_body");
    assert_true(str_to_int64(str_cut(answers, ' ', &marks), 999, &status));
    if (body.bytes) body = exact_copy(body);
    return (struct processor_answer){ .status = (int)status, .body = body, .replayed = has_word(marks, STR("replayed")) };
}

static str outcome_word(enum outcome_kind kind)
{
    static const char *const words[OUTCOME_KIND_COUNT] = {
        [OUTCOME_UNKNOWN] = "unknown", [OUTCOME_NOT_SENT] = "not_sent", [OUTCOME_DONE] = "done",     [OUTCOME_DECLINED] = "declined",
        [OUTCOME_REFUSED] = "refused", [OUTCOME_EXPIRED] = "expired",   [OUTCOME_ALREADY] = "already", [OUTCOME_BUSY] = "busy",
        [OUTCOME_DENIED] = "denied",   [OUTCOME_MISMATCHED] = "mismatched", [OUTCOME_NEXT] = "next", [OUTCOME_OPEN] = "open",
        [OUTCOME_ABSENT] = "absent",     [OUTCOME_SOLD] = "sold",       [OUTCOME_ACTION] = "action",
    };
    return str_of(words[kind]);
}

static void check_flags(str flags, const struct outcome *outcome)
{
    if (!flags.bytes) return;
    assert_int_equal(outcome->replayed, has_word(flags, STR("replayed")));
    assert_int_equal(outcome->may_have_happened, has_word(flags, STR("may_have_happened")));
    assert_int_equal(outcome->shows_illness, has_word(flags, STR("shows_illness")));
    assert_int_equal(outcome->hides_illness, has_word(flags, STR("hides_illness")));
}

/* True: it came to what was wanted, or may yet. */
static bool check_outcome(struct transcript *transcript, processor_read *read, const struct processor_call *call,
                          const struct processor_answer *answer)
{
    struct outcome outcome;
    memset(&outcome, 0x5a, sizeof outcome); /* what is not set shows */
    read(&transcript->arena, call, answer, &outcome);
    bool is_done = outcome.kind == OUTCOME_DONE, is_action = outcome.kind == OUTCOME_ACTION;
    bool has_id = is_done || is_action || outcome.kind == OUTCOME_NEXT || outcome.kind == OUTCOME_SOLD;
    str expires = value_of(transcript, "expires_at"), word = value_of(transcript, "word");
    micros expires_at = 0;
    if (expires.bytes) assert_true(moment_parse(expires, &expires_at));
    assert_str(outcome_word(outcome.kind), value_of(transcript, "means"));
    assert_str(has_id ? str_of(outcome.id.text) : STR(""), value_of(transcript, "id"));
    assert_int_equal(is_done ? outcome.expires_at : 0, expires_at);
    assert_str(is_action ? outcome.action_url : STR(""), value_of(transcript, "action"));
    assert_str(decline_word(category_decline(outcome.category)), value_of(transcript, "decline"));
    if (word.bytes) assert_str(str_of(outcome.word), word);
    check_flags(value_of(transcript, "flags"), &outcome);
    return is_done || outcome.kind == OUTCOME_SOLD || outcome.kind == OUTCOME_OPEN;
}

static bool check_found(struct transcript *transcript, processor_read_found *read, const struct processor_call *call,
                        const struct processor_answer *answer)
{
    static const char *const words[] = { [FOUND_NOTHING_SURE] = "nothing_sure", [FOUND_IT] = "found", [FOUND_ABSENT] = "absent" };
    struct processor_found found;
    memset(&found, 0x5a, sizeof found);
    read(&transcript->arena, call, answer, &found);
    str amount = value_of(transcript, "found_amount"), parent = value_of(transcript, "parent");
    assert_str(str_of(words[found.kind]), value_of(transcript, "means"));
    if (found.kind != FOUND_IT) return false;
    assert_true(money_equal(found.amount, money_in(amount)));
    assert_str(str_of(found.parent.text), parent);
    return true;
}

/* ---- one case ---- */

/* "inquire_refund" is "refund", after that beginning. */
static bool begins_with(str *called, str beginning)
{
    bool begins = str_starts_with(*called, beginning);
    if (begins) *called = str_from(*called, beginning.length);
    return begins;
}

static enum way way_of(str *called)
{
    if (begins_with(called, STR("look_up_"))) return WAY_LOOK_UP;
    return begins_with(called, STR("inquire_")) ? WAY_INQUIRY : WAY_OPERATION;
}

static void play(struct folder *folder, struct transcript *transcript)
{
    const struct processor *processor = folder->processor;
    str called = value_of(transcript, "call");
    enum way way = way_of(&called);
    enum operation_kind kind = OPERATION_NONE;
    assert_true(operation_kind_named(called, &kind));
    struct processor_call call = call_of(transcript);
    struct processor_answer answer = answer_of(transcript);
    processor_ask *const asks[] = { processor->operations[kind].ask, processor->inquiries[kind].ask, processor->look_ups[kind].ask };
    processor_read *read = way == WAY_INQUIRY ? processor->inquiries[kind].read : processor->operations[kind].read;
    check_bytes(transcript, asks[way], &call);
    bool ends_well = way == WAY_LOOK_UP ? check_found(transcript, processor->look_ups[kind].read, &call, &answer)
                                        : check_outcome(transcript, read, &call, &answer);
    if (ends_well) folder->shown[way][kind].well = true;
    else folder->shown[way][kind].otherwise = true;
    if (answer.body.bytes) exact_free(answer.body);
    assert_int_equal(transcript->lines_used, count_lines(transcript->text)); /* a line with a wrong name would check nothing */
}

static void transcript_test(void **state)
{
    struct transcript *transcript = *state;
    transcript->text = read_whole(&transcript->arena, transcript->path);
    play(transcript->folder, transcript);
    arena_close(&transcript->arena);
}

static void check_shown(const struct folder *folder, enum way way, enum operation_kind kind, bool can)
{
    static const char *const beginnings[WAYS] = { "", "inquire_", "look_up_" };
    struct shown shown = folder->shown[way][kind];
    const char *lacks = !shown.well ? "goes well" : "goes otherwise";
    if (can && !(shown.well && shown.otherwise)) {
        fail_msg("no case of %s shows a %s%s that %s", folder->processor->name, beginnings[way], operation_kind_word(kind).bytes, lacks);
    }
}

/* Behind its cases. */
static void folder_test(void **state)
{
    const struct folder *folder = *state;
    const struct processor *processor = folder->processor;
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        check_shown(folder, WAY_OPERATION, (enum operation_kind)kind, processor->operations[kind].ask != NULL);
        check_shown(folder, WAY_INQUIRY, (enum operation_kind)kind, processor->inquiries[kind].ask != NULL);
        check_shown(folder, WAY_LOOK_UP, (enum operation_kind)kind, processor->look_ups[kind].ask != NULL);
    }
}

/* ---- all of them ---- */

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int is_case(const struct dirent *entry) { return strstr(entry->d_name, ".txt") != NULL; }

static struct transcript transcripts[CASES_MAX];
static struct CMUnitTest tests[CASES_MAX];
static size_t test_count;

static void add_case(struct folder *of, const char *folder, const char *name)
{
    struct transcript *transcript = &transcripts[test_count];
    INSIST(test_count < CASES_MAX);
    transcript->folder = of;
    snprintf(transcript->path, PATH_BYTES, "%.700s/%.300s", folder, name);
    snprintf(transcript->name, sizeof transcript->name, "%s: %.200s", of->processor->name, name);
    tests[test_count++] = (struct CMUnitTest){ .name = transcript->name, .test_func = transcript_test, .initial_state = transcript };
}

static void add_cases(struct folder *of)
{
    char folder[PATH_BYTES];
    struct dirent **entries;
    path_beside(__FILE__, of->processor->name, folder, sizeof folder);
    int count = scandir(folder, &entries, is_case, by_name);
    for (int i = 0; i < count; i++) {
        add_case(of, folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    INSIST(test_count < CASES_MAX);
    snprintf(of->name, sizeof of->name, "%s: all that it can do", of->processor->name);
    tests[test_count++] = (struct CMUnitTest){ .name = of->name, .test_func = folder_test, .initial_state = of };
}

int main(void)
{
    static struct folder folders[ROUTE_PROCESSORS_MAX];
    size_t count;
    const struct processor *const *processors = processor_all(&count);
    for (size_t i = 0; i < count; i++) {
        folders[i].processor = processors[i];
        add_cases(&folders[i]);
    }
    return _cmocka_run_group_tests("transcripts", tests, test_count, NULL, NULL);
}
