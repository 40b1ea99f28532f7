/* SPDX-License-Identifier: Apache-2.0 */
/* demo: `florin demo` tells one story on real processes: two orders, a kill between the bank's answer and saving it, and
 * the recovery. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "command/child.h"
#include "command/command.h"
#include "world/http_client.h"
#include "world/loop.h"

enum { EXIT_USAGE = 2, PATH_BYTES = 300, POLL_MS = 20, POLLS_MAX = 500, TREE_FILES_MAX = 16 };

struct stage {
    struct loop *loop;
    struct child bank, gateway;
    char folder[PATH_BYTES], store[PATH_BYTES + 40], log[PATH_BYTES + 20], bank_url[100];
    struct arena arena;
    struct http_call call;
    struct http_call doomed; /* its answer dies with the gateway */
    bool doomed_over;
    struct world_timer pause;
    bool failed;
};

/* ---- talking to the two ---- */

static void call_ended(struct http_call *call)
{
    struct stage *stage = CONTAINER_OF(call, struct stage, call);
    loop_stop(stage->loop);
}

static const struct json *ask(struct stage *stage, const struct child *whom, const char *method, const char *path, const char *key,
                              const char *body)
{
    const struct json *answer = NULL;
    stage->call = (struct http_call){
        .method = str_of(method),
        .url = arena_format(&stage->arena, "http://%s%s", whom->address, path).bytes,
        .body = str_of(body),
        .timeout = 30 * MICROS_PER_SECOND,
        .connect_timeout = MICROS_PER_SECOND,
        .arena = &stage->arena,
        .done = call_ended,
    };
    if (body) stage->call.headers[stage->call.header_count++] = (struct http_header){ STR("Content-Type"), STR("application/json") };
    if (key) stage->call.headers[stage->call.header_count++] = (struct http_header){ STR("Idempotency-Key"), str_of(key) };
    world_send(loop_world(stage->loop), &stage->call);
    loop_run(stage->loop);
    if (stage->call.result != HTTP_CALL_ANSWERED) return NULL;
    return json_read(&stage->arena, stage->call.answer_body, &answer) == JSON_FINE ? answer : NULL;
}

static void doomed_ended(struct http_call *call) { CONTAINER_OF(call, struct stage, doomed)->doomed_over = true; }

static void begin_doomed_call(struct stage *stage, const char *path, const char *key)
{
    stage->doomed = (struct http_call){
        .method = STR("POST"),
        .url = arena_format(&stage->arena, "http://%s%s", stage->gateway.address, path).bytes,
        .headers = { { STR("Idempotency-Key"), str_of(key) } },
        .header_count = 1,
        .timeout = 30 * MICROS_PER_SECOND,
        .connect_timeout = MICROS_PER_SECOND,
        .arena = &stage->arena,
        .done = doomed_ended,
    };
    world_send(loop_world(stage->loop), &stage->doomed);
}

static void pause_over(struct world_timer *timer) { loop_stop(CONTAINER_OF(timer, struct stage, pause)->loop); }

static void pause_a_little(struct stage *stage)
{
    stage->pause.fire = pause_over;
    world_timer_start(loop_world(stage->loop), &stage->pause, POLL_MS * MICROS_PER_MS);
    loop_run(stage->loop);
}

/* ---- telling ---- */

static void say(const char *sentence) { printf("\n--- %s\n", sentence); }

static void show(const struct stage *stage)
{
    printf("%d %.*s\n", stage->call.status, STR_FORMAT(stage->call.answer_body));
    fflush(stdout);
}

/* The story must go as it is told; otherwise the demo fails. */
static void expect(struct stage *stage, bool fine, const char *what)
{
    if (fine) return;
    printf("\nNOT AS TOLD: %s\n", what);
    stage->failed = true;
}

static bool state_is(const struct json *receipt, const char *state) { return str_equal(json_string(json_find(receipt, "state")), str_of(state)); }

static const char *change_path(struct stage *stage, str id, const char *change)
{
    return arena_format(&stage->arena, "/v1/payments/%.*s/%s", STR_FORMAT(id), change).bytes;
}

/* ---- the set-up ---- */

static bool start_bank(struct stage *stage, struct error *error)
{
    const char *words[] = { "sim", "bank",   "--listen", "127.0.0.1:0", "--latency-ms", "50:150", "--failure-rate",
                            "0",   "--seed", "7",        "--quiet",     NULL };
    if (!child_start(&stage->bank, words, stage->log, error)) return false;
    snprintf(stage->bank_url, sizeof stage->bank_url, "http://%s", stage->bank.address);
    return true;
}

static bool start_gateway(struct stage *stage, struct error *error)
{
    const char *words[] = { "serve",        "--listen",  "127.0.0.1:0",   "--store", stage->store,
                            "--bank-url",   stage->bank_url, "--bank-resend-after-ms", "1500", "--log-level",
                            "warn",         NULL };
    return child_start(&stage->gateway, words, stage->log, error);
}

static bool set_up(struct stage *stage, struct error *error)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(stage->folder, sizeof stage->folder, "%s/florin-demo-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(stage->folder)) return error_set(error, "no temporary folder: %s", stage->folder);
    snprintf(stage->store, sizeof stage->store, "sqlite:%s/florin.db", stage->folder);
    snprintf(stage->log, sizeof stage->log, "%s/log", stage->folder);
    stage->loop = loop_open(error);
    return stage->loop && start_bank(stage, error) && start_gateway(stage, error);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static void tidy_up(struct stage *stage)
{
    if (stage->gateway.pid) child_stop(&stage->gateway);
    if (stage->bank.pid) child_stop(&stage->bank);
    if (stage->loop) loop_close(stage->loop);
    if (stage->folder[0]) nftw(stage->folder, remove_one, TREE_FILES_MAX, FTW_DEPTH | FTW_PHYS);
    arena_close(&stage->arena);
}

/* ---- the story ---- */

static str authorize(struct stage *stage, const char *order, const char *key)
{
    const char *body = arena_format(&stage->arena,
                                    "{\"amount\": 5000, \"currency\": \"USD\", \"order_id\": \"%s\", \"customer_id\": \"customer-1\", "
                                    "\"card\": {\"number\": \"4111111111111111\", \"cvv\": \"123\", \"expiry_month\": 12, "
                                    "\"expiry_year\": 2030}}",
                                    order)
                           .bytes;
    const struct json *receipt = ask(stage, &stage->gateway, "POST", "/v1/payments", key, body);
    show(stage);
    expect(stage, stage->call.status == 201 && state_is(receipt, "authorized"), "the authorization");
    return json_string(json_find(receipt, "id"));
}

static const struct json *change(struct stage *stage, str id, const char *what, const char *key, const char *becomes)
{
    const struct json *receipt = ask(stage, &stage->gateway, "POST", change_path(stage, id, what), key, NULL);
    show(stage);
    expect(stage, stage->call.status == 200 && state_is(receipt, becomes), what);
    return receipt;
}

static int64_t captures_at_bank(struct stage *stage)
{
    int64_t count = -1;
    const struct json *book = ask(stage, &stage->bank, "GET", "/sim/book?summary=1", NULL, NULL);
    return json_int64(json_find(json_find(book, "captures"), "count"), &count) ? count : -1;
}

/* The bank is told to answer the next capture late: it has captured, and the gateway does not know. */
static void kill_between_answer_and_saving(struct stage *stage, str id)
{
    ask(stage, &stage->bank, "POST", "/sim/faults", NULL, "{\"path\": \"/api/v1/captures\", \"fault\": \"late\", \"latency_ms\": 400}");
    expect(stage, stage->call.status < 300, "the simulator's fault");
    begin_doomed_call(stage, change_path(stage, id, "capture"), "capture-order-1");
    for (int i = 0; i < POLLS_MAX && captures_at_bank(stage) < 1; i++) pause_a_little(stage);
    child_freeze(&stage->gateway); /* the bank's answer reaches the machine, but no longer the program */
    for (int i = 0; i < 600 / POLL_MS; i++) pause_a_little(stage);
    child_kill(&stage->gateway);
    for (int i = 0; i < POLLS_MAX && !stage->doomed_over; i++) pause_a_little(stage);
    expect(stage, captures_at_bank(stage) == 1, "one capture at the bank");
}

static void first_order(struct stage *stage)
{
    struct error error;
    say("Order 1 is authorized: the bank holds 50.00.");
    str id = authorize(stage, "order-1", "authorize-order-1");
    say("Its capture is sent. The bank captures; kill -9 hits the gateway between the bank's answer and saving it.");
    kill_between_answer_and_saving(stage, id);
    say("The gateway starts again. The shop repeats its request with the same key, and waits for the truth.");
    if (!start_gateway(stage, &error)) {
        expect(stage, false, error.text);
        return;
    }
    change(stage, id, "capture", "capture-order-1", "captured");
    expect(stage, captures_at_bank(stage) == 1, "still one capture at the bank");
    say("Order 1 is refunded.");
    change(stage, id, "refund", "refund-order-1", "refunded");
}

static void second_order(struct stage *stage)
{
    say("Order 2 is authorized, and voided: nothing stays held.");
    str id = authorize(stage, "order-2", "authorize-order-2");
    change(stage, id, "void", "void-order-2", "voided");
}

static void compare_books(struct stage *stage)
{
    int64_t held = -1;
    const struct json *book = ask(stage, &stage->bank, "GET", "/sim/book?summary=1", NULL, NULL);
    say("The bank's own book:");
    show(stage);
    bool known = json_int64(json_find(json_find(book, "open_holds"), "count"), &held);
    expect(stage, known && held == 0 && json_is_true(json_find(book, "balanced")), "a balanced book without open holds");
}

static void tell_story(struct stage *stage)
{
    first_order(stage);
    if (!stage->failed) second_order(stage);
    if (!stage->failed) compare_books(stage);
    if (!stage->failed) say("Captured once, refunded once, voided once; nothing lost, nothing twice.");
}

int command_demo(int count, char **words)
{
    static struct stage stage;
    struct error error;
    if (count > 0) {
        fprintf(stderr, "florin demo: it takes no \"%s\"\n", words[0]);
        return EXIT_USAGE;
    }
    if (!set_up(&stage, &error)) {
        fprintf(stderr, "florin demo: %s\n", error.text);
        stage.failed = true;
    } else {
        tell_story(&stage);
    }
    tidy_up(&stage);
    return stage.failed ? 1 : 0;
}
