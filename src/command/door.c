/* SPDX-License-Identifier: Apache-2.0 */
/* door: one request on a loop of its own. */
#include "command/door.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "world/http_client.h"
#include "world/loop.h"

#define ANSWER_TIMEOUT (INT64_C(60) * MICROS_PER_SECOND)

bool door_is_open(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool fits = str_copy_to(str_of(path), address.sun_path, sizeof address.sun_path) && path[0];
    bool connected = probe >= 0 && fits && connect(probe, (struct sockaddr *)&address, sizeof address) == 0;
    if (probe >= 0) close(probe);
    return connected;
}

struct visit {
    struct loop *loop;
    struct http_call call;
};

static void called(struct http_call *call) { loop_stop(CONTAINER_OF(call, struct visit, call)->loop); }

bool door_ask(const char *path, struct arena *arena, str method, const char *target, str body, int *status, str *answer, struct error *error)
{
    struct visit visit = { .loop = loop_open(error) };
    if (!visit.loop) return false;
    visit.call = (struct http_call){
        .method = method,
        .url = arena_format(arena, "http://localhost%s", target).bytes,
        .headers = { { STR("Content-Type"), STR("application/json") } },
        .header_count = body.bytes ? 1 : 0,
        .body = body,
        .timeout = ANSWER_TIMEOUT,
        .connect_timeout = ANSWER_TIMEOUT,
        .unix_socket = path,
        .arena = arena,
        .done = called,
    };
    world_send(loop_world(visit.loop), &visit.call);
    loop_run(visit.loop);
    loop_close(visit.loop);
    *status = visit.call.status;
    *answer = visit.call.answer_body;
    return visit.call.result == HTTP_CALL_ANSWERED || error_set(error, "no answer from the gateway");
}
