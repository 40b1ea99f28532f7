/* SPDX-License-Identifier: Apache-2.0 */
/* psp_notices: the news that a simulator sends to its merchant, with a real signature, again and again until it is taken. Tests can
 * hold, release, send again, alter and drop them below /sim/notices. */
#ifndef FLORIN_SIM_PSP_NOTICES_H
#define FLORIN_SIM_PSP_NOTICES_H

#include "base/text.h"
#include "sim/psp_agenda.h"
#include "world/http_client.h"

enum {
    PSP_TARGETS_MAX = 8, /* addresses that are told; a test uses one or two */
    PSP_NOTICE_TRIES_MAX = 10,
};

struct psp_notice;
struct psp_notices;

/* Somebody who is told. */
struct psp_target {
    str url;
    str secret;
    str id;     /* of the simulator's own object; STR_NONE: from the settings */
    bool is_off; /* it was deleted */
    /* Does this target want news of that type? NULL: all. */
    bool (*wants)(const struct psp_target *target, str type);
    const void *context;
};

/* Signs: adds headers with psp_notice_header. The signature is over `body`, at the moment `now`. */
typedef void psp_sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now);

/* How often and when. */
struct psp_notice_pace {
    int64_t delay_ms; /* between what happened and the first try */
    int64_t retry_ms; /* the first pause; four times as long each time after it */
};

struct psp_notices {
    struct desk *desk;
    struct psp_agenda *agenda;
    struct arena *arena; /* for what is kept */
    psp_sign *sign;
    struct psp_notice_pace pace;
    struct psp_target targets[PSP_TARGETS_MAX];
    size_t target_count;
    struct psp_notice *first, *last;
    uint32_t count;
    bool are_held;
    bool are_over;
};

void psp_notices_open(struct psp_notices *notices, struct desk *desk, struct psp_agenda *agenda, struct arena *arena, psp_sign *sign);

/* One more who is told from now on; NULL when there are too many. Texts live as long as the simulator. */
struct psp_target *psp_notices_add_target(struct psp_notices *notices, str url, str secret);

/* Tells every target that wants to know; without one it is kept only to be looked at. All texts are copied. */
void psp_notices_tell(struct psp_notices *notices, str event_id, str type, str object_id, str body);

/* A header of the call that is being made, for psp_sign; the value is copied. */
void psp_notice_header(struct psp_notice *notice, const char *name, str value);
struct arena *psp_notice_arena(struct psp_notice *notice);

/* Nothing is sent after this, and calls on their way are let be. Their memory goes with psp_notices_close, once the loop is closed. */
void psp_notices_end(struct psp_notices *notices);
void psp_notices_close(struct psp_notices *notices);

/* /sim/notices: GET lists, POST changes. */
void psp_notices_show(struct psp_notices *notices, struct desk_control *control);
void psp_notices_change(struct psp_notices *notices, struct desk_control *control);

/* --- Between psp_notices.c and psp_notices_control.c --- */

enum psp_notice_state {
    PSP_NOTICE_HELD,    /* until a test releases it */
    PSP_NOTICE_WAITING, /* for its moment */
    PSP_NOTICE_SENDING,
    PSP_NOTICE_TAKEN,   /* 2xx */
    PSP_NOTICE_GIVEN_UP,
    PSP_NOTICE_DROPPED, /* by a test */
    PSP_NOTICE_UNTOLD,  /* there is nobody to tell */
};

struct psp_notice {
    struct psp_notice *next;
    struct psp_notices *notices;
    const struct psp_target *target; /* NULL: nobody */
    uint32_t number;                 /* 1, 2, ... in the order in which they came up */
    str event_id, type, object_id;
    str body;
    str sent_instead; /* other bytes than those that are signed; STR_NONE: the body */
    enum psp_notice_state state;
    int64_t tries;
    int64_t last_status; /* 0: no answer */
    micros made_at, due_at;
    struct arena arena; /* of the call */
    struct http_call call;
};

struct psp_notice *psp_notices_numbered(const struct psp_notices *notices, int64_t number);

/* Sends it now, whatever its state; not when it is being sent. */
void psp_notice_send(struct psp_notice *notice);

/* Makes one more of the same, to be sent by itself. */
struct psp_notice *psp_notice_double(struct psp_notice *notice);

#endif
