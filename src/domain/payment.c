/* SPDX-License-Identifier: Apache-2.0 */
/* payment: the rules of the state machine, as a table of moves and one decision for each command. */
#include "domain/payment.h"

enum guard {
    ALWAYS,
    SOME_LEFT,    /* captured money remains after this refund */
    NOTHING_LEFT, /* all captured money is back */
};

struct move {
    enum payment_state from;
    enum event_kind event;
    enum guard guard;
    enum payment_state to;
};

/* Every arrow of the picture in payment.h, and the happenings that leave the state where it is. */
/* clang-format off */
static const struct move moves[] = {
    /* from                event                    guard         to                  */
    { PAYMENT_NEW,         EVENT_AUTHORIZE_STARTED, ALWAYS,       PAYMENT_PENDING    },
    { PAYMENT_PENDING,     EVENT_AUTHORIZED,        ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_PENDING,     EVENT_SOLD,              ALWAYS,       PAYMENT_CAPTURED   },
    { PAYMENT_PENDING,     EVENT_ACTION_REQUIRED,   ALWAYS,       PAYMENT_REQUIRES_ACTION },
    { PAYMENT_PENDING,     EVENT_FELL_OVER,         ALWAYS,       PAYMENT_PENDING    }, /* never once the payer was sent away */
    { PAYMENT_PENDING,     EVENT_DECLINED,          ALWAYS,       PAYMENT_DECLINED   },
    { PAYMENT_PENDING,     EVENT_AUTHORIZE_FAILED,  ALWAYS,       PAYMENT_FAILED     },
    { PAYMENT_REQUIRES_ACTION, EVENT_AUTHORIZED,    ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_REQUIRES_ACTION, EVENT_SOLD,          ALWAYS,       PAYMENT_CAPTURED   },
    { PAYMENT_REQUIRES_ACTION, EVENT_ACTION_REQUIRED, ALWAYS,     PAYMENT_REQUIRES_ACTION }, /* another one */
    { PAYMENT_REQUIRES_ACTION, EVENT_DECLINED,      ALWAYS,       PAYMENT_DECLINED   },
    { PAYMENT_REQUIRES_ACTION, EVENT_AUTHORIZE_FAILED, ALWAYS,    PAYMENT_FAILED     },
    { PAYMENT_AUTHORIZED,  EVENT_CAPTURE_STARTED,   ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_AUTHORIZED,  EVENT_CAPTURED,          ALWAYS,       PAYMENT_CAPTURED   },
    { PAYMENT_AUTHORIZED,  EVENT_CAPTURE_FAILED,    ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_AUTHORIZED,  EVENT_VOID_STARTED,      ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_AUTHORIZED,  EVENT_VOIDED,            ALWAYS,       PAYMENT_VOIDED     },
    { PAYMENT_AUTHORIZED,  EVENT_VOID_FAILED,       ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_AUTHORIZED,  EVENT_EXPIRED,           ALWAYS,       PAYMENT_EXPIRED    },
    { PAYMENT_AUTHORIZED,  EVENT_REVIEW_APPROVED,   ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_AUTHORIZED,  EVENT_REVIEW_DECLINED,   ALWAYS,       PAYMENT_AUTHORIZED },
    { PAYMENT_EXPIRED,     EVENT_VOID_STARTED,      ALWAYS,       PAYMENT_EXPIRED    },
    { PAYMENT_EXPIRED,     EVENT_VOIDED,            ALWAYS,       PAYMENT_EXPIRED    },
    { PAYMENT_EXPIRED,     EVENT_VOID_FAILED,       ALWAYS,       PAYMENT_EXPIRED    },
    { PAYMENT_CAPTURED,    EVENT_REFUND_STARTED,    ALWAYS,       PAYMENT_CAPTURED   },
    { PAYMENT_CAPTURED,    EVENT_REFUNDED,          SOME_LEFT,    PAYMENT_CAPTURED   },
    { PAYMENT_CAPTURED,    EVENT_REFUNDED,          NOTHING_LEFT, PAYMENT_REFUNDED   },
    { PAYMENT_CAPTURED,    EVENT_REFUND_FAILED,     ALWAYS,       PAYMENT_CAPTURED   },
    { PAYMENT_CAPTURED,    EVENT_DISPUTE_CHANGED,   ALWAYS,       PAYMENT_CAPTURED   },
    { PAYMENT_REFUNDED,    EVENT_DISPUTE_CHANGED,   ALWAYS,       PAYMENT_REFUNDED   },
};

/* What an event needs and does to the open operation. */
static const struct effect {
    const char *word;
    enum operation_kind opens, closes;
} effects[EVENT_KIND_COUNT] = {
    [EVENT_NONE]              = { "",                   OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_AUTHORIZE_STARTED] = { "authorize_started",  OPERATION_AUTHORIZE, OPERATION_NONE      },
    [EVENT_CAPTURE_STARTED]   = { "capture_started",    OPERATION_CAPTURE,   OPERATION_NONE      },
    [EVENT_VOID_STARTED]      = { "void_started",       OPERATION_VOID,      OPERATION_NONE      },
    [EVENT_REFUND_STARTED]    = { "refund_started",     OPERATION_REFUND,    OPERATION_NONE      },
    [EVENT_AUTHORIZED]        = { "authorized",         OPERATION_NONE,      OPERATION_AUTHORIZE },
    [EVENT_CAPTURED]          = { "captured",           OPERATION_NONE,      OPERATION_CAPTURE   },
    [EVENT_VOIDED]            = { "voided",             OPERATION_NONE,      OPERATION_VOID      },
    [EVENT_REFUNDED]          = { "refunded",           OPERATION_NONE,      OPERATION_REFUND    },
    [EVENT_SOLD]              = { "sold",               OPERATION_NONE,      OPERATION_AUTHORIZE },
    [EVENT_ACTION_REQUIRED]   = { "action_required",    OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_DECLINED]          = { "declined",           OPERATION_NONE,      OPERATION_AUTHORIZE },
    [EVENT_FELL_OVER]         = { "fell_over",          OPERATION_AUTHORIZE, OPERATION_AUTHORIZE },
    [EVENT_AUTHORIZE_FAILED]  = { "authorize_failed",   OPERATION_NONE,      OPERATION_AUTHORIZE },
    [EVENT_CAPTURE_FAILED]    = { "capture_failed",     OPERATION_NONE,      OPERATION_CAPTURE   },
    [EVENT_VOID_FAILED]       = { "void_failed",        OPERATION_NONE,      OPERATION_VOID      },
    [EVENT_REFUND_FAILED]     = { "refund_failed",      OPERATION_NONE,      OPERATION_REFUND    },
    [EVENT_EXPIRED]           = { "expired",            OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_OPERATION_DOUBTED] = { "operation_doubted",  OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_OPERATION_REVIEW]  = { "operation_review",   OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_OPERATION_RESUMED] = { "operation_resumed",  OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_REVIEW_APPROVED]   = { "review_approved",    OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_REVIEW_DECLINED]   = { "review_declined",    OPERATION_NONE,      OPERATION_NONE      },
    [EVENT_DISPUTE_CHANGED]   = { "dispute_changed",    OPERATION_NONE,      OPERATION_NONE      },
};

static const char *const state_words[PAYMENT_STATE_COUNT] = {
    "new", "pending", "requires_action", "authorized", "captured", "refunded", "voided", "declined", "failed", "expired",
};
static const char *const operation_words[OPERATION_KIND_COUNT] = { "", "authorize", "capture", "void", "refund" };
static const char *const progress_words[OPERATION_STATE_COUNT] = {
    "running", "unknown", "review", "waiting", "done", "declined", "failed",
};
static const char *const risk_words[RISK_DECISION_COUNT] = { "", "allow", "step_up", "review", "deny" };
static const char *const review_words[REVIEW_COUNT] = { "", "open", "approved", "declined", "closed" };
/* clang-format on */

str payment_state_word(enum payment_state state) { return str_of(state_words[state]); }
str operation_kind_word(enum operation_kind kind) { return str_of(operation_words[kind]); }
str operation_state_word(enum operation_state state) { return str_of(progress_words[state]); }
str risk_decision_word(enum risk_decision decision) { return str_of(risk_words[decision]); }
str review_word(enum review review) { return str_of(review_words[review]); }
str event_kind_word(enum event_kind kind) { return str_of(effects[kind].word); }

static int index_of(const char *const *words, int count, str word)
{
    for (int i = 0; i < count; i++) {
        if (str_equal(word, str_of(words[i]))) return i;
    }
    return -1;
}

bool payment_state_named(str word, enum payment_state *out)
{
    int found = index_of(state_words, PAYMENT_STATE_COUNT, word);
    if (found >= 0) *out = (enum payment_state)found;
    return found >= 0;
}

bool operation_kind_named(str word, enum operation_kind *out)
{
    int found = index_of(operation_words, OPERATION_KIND_COUNT, word);
    if (found >= 0) *out = (enum operation_kind)found;
    return found >= 0;
}

bool operation_state_named(str word, enum operation_state *out)
{
    int found = index_of(progress_words, OPERATION_STATE_COUNT, word);
    if (found >= 0) *out = (enum operation_state)found;
    return found >= 0;
}

bool risk_decision_named(str word, enum risk_decision *out)
{
    int found = index_of(risk_words, RISK_DECISION_COUNT, word);
    if (found >= 0) *out = (enum risk_decision)found;
    return found >= 0;
}

bool review_named(str word, enum review *out)
{
    int found = index_of(review_words, REVIEW_COUNT, word);
    if (found >= 0) *out = (enum review)found;
    return found >= 0;
}

bool event_kind_named(str word, enum event_kind *out)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        if (!str_equal(word, str_of(effects[i].word))) continue;
        *out = (enum event_kind)i;
        return true;
    }
    return false;
}

/* ---- deciding ---- */

static struct decision refuse(enum refusal refusal) { return (struct decision){ .refusal = refusal }; }

static struct decision happen(enum event_kind kind, int64_t amount_minor, micros now)
{
    return (struct decision){ .event = { .kind = kind, .amount_minor = amount_minor, .at = now } };
}

static bool is_past_its_hold(const struct payment *payment, micros now)
{
    return payment->expires_at != 0 && now >= payment->expires_at + PAYMENT_EXPIRY_GRACE;
}

static bool takes_currency(const struct capability *can, currency c)
{
    str rest = str_of(can->currencies);
    if (!can->currencies) return true;
    while (rest.length > 0) {
        if (str_equal(str_cut(rest, ' ', &rest), currency_str(&c))) return true;
    }
    return false;
}

str page_word(enum payment_page page)
{
    static const char *const words[] = { [PAGE_NONE] = "none", [PAGE_HOLDS] = "holds", [PAGE_SELLS] = "sells" };
    return str_of(words[page]);
}

bool capability_sells(const struct capability *can, bool on_page) { return on_page ? can->page == PAGE_SELLS : can->only_sells; }

enum refusal capability_refusal(const struct capability *can, const struct command *authorize)
{
    if (authorize->on_page && can->page == PAGE_NONE) return REFUSED_PAGE_NOT_SUPPORTED;
    if (!takes_currency(can, authorize->amount.currency)) return REFUSED_CURRENCY_NOT_SUPPORTED;
    if (can->needs_cvv && !authorize->has_cvv && !authorize->on_page) return REFUSED_CVV_REQUIRED;
    if (can->needs_email && !authorize->has_email) return REFUSED_EMAIL_REQUIRED;
    bool needs_hold = !authorize->captures_itself || authorize->risk == RISK_REVIEW;
    if (needs_hold && capability_sells(can, authorize->on_page)) return REFUSED_HOLD_NOT_SUPPORTED;
    bool can_step_up = authorize->on_page || (can->steps_up && authorize->has_return_url); /* on a page he has to prove it anyway */
    return authorize->risk == RISK_STEP_UP && !can_step_up ? REFUSED_STEP_UP_NOT_POSSIBLE : REFUSED_NOT;
}

static struct decision decide_authorize(const struct payment *payment, const struct command *command)
{
    INSIST(payment->state == PAYMENT_NEW && money_is_payable(command->amount));
    enum refusal by_record = capability_refusal(&command->can, command);
    if (by_record != REFUSED_NOT) return refuse(by_record);
    if (command->risk == RISK_DENY) return refuse(REFUSED_BY_RISK);
    if (command->card_expired) return refuse(REFUSED_CARD_EXPIRED);

    struct decision decision = happen(EVENT_AUTHORIZE_STARTED, command->amount.minor, command->now);
    decision.event.currency = command->amount.currency;
    decision.event.captures_itself = command->captures_itself;
    decision.event.risk = command->risk;
    return decision;
}

/* No review stands between the hold and its money. */
static bool is_approved(const struct payment *payment) { return payment->review == REVIEW_NONE || payment->review == REVIEW_APPROVED; }

static struct decision decide_capture(const struct payment *payment, const struct command *command)
{
    int64_t amount = command->whole ? payment->authorized_minor : command->amount.minor;
    INSIST(command->whole || command->amount.minor > 0);
    if (payment->state == PAYMENT_EXPIRED) return refuse(REFUSED_AUTHORIZATION_EXPIRED);
    if (payment->state != PAYMENT_AUTHORIZED) return refuse(REFUSED_INVALID_STATE);
    if (is_past_its_hold(payment, command->now)) return refuse(REFUSED_AUTHORIZATION_EXPIRED);
    if (!is_approved(payment)) return refuse(REFUSED_NOT_APPROVED);
    if (!command->whole && !money_same_currency(command->amount, payment->amount)) return refuse(REFUSED_CURRENCY_MISMATCH);
    if (amount > payment->authorized_minor) return refuse(REFUSED_AMOUNT_EXCEEDS_AUTHORIZED);
    if (amount < payment->authorized_minor && !command->can.partial_capture) return refuse(REFUSED_PARTIAL_NOT_SUPPORTED);

    return happen(EVENT_CAPTURE_STARTED, amount, command->now);
}

static struct decision decide_void(const struct payment *payment, const struct command *command)
{
    if (payment->state == PAYMENT_EXPIRED) return refuse(REFUSED_AUTHORIZATION_EXPIRED);
    if (payment->state != PAYMENT_AUTHORIZED) return refuse(REFUSED_INVALID_STATE);

    return happen(EVENT_VOID_STARTED, payment->authorized_minor, command->now);
}

static struct decision decide_refund(const struct payment *payment, const struct command *command)
{
    int64_t refundable = payment->captured_minor - payment->refunded_minor;
    int64_t amount = command->whole ? refundable : command->amount.minor;
    INSIST(command->whole || command->amount.minor > 0);
    if (payment->state != PAYMENT_CAPTURED) return refuse(REFUSED_INVALID_STATE);
    if (command->is_disputed) return refuse(REFUSED_DISPUTE_OPEN);
    if (!command->whole && !money_same_currency(command->amount, payment->amount)) return refuse(REFUSED_CURRENCY_MISMATCH);
    if (amount > refundable) return refuse(REFUSED_AMOUNT_EXCEEDS_CAPTURED);
    if (amount < payment->captured_minor && !command->can.partial_refund) return refuse(REFUSED_PARTIAL_NOT_SUPPORTED);
    if (!payment->capture_id_known) return refuse(REFUSED_REFERENCE_UNKNOWN);

    return happen(EVENT_REFUND_STARTED, amount, command->now);
}

static struct decision decide_release(const struct payment *payment, const struct command *command)
{
    bool holds = payment->state == PAYMENT_AUTHORIZED || (payment->state == PAYMENT_EXPIRED && payment->voided_at == 0);
    if (!holds) return refuse(REFUSED_INVALID_STATE);

    return happen(EVENT_VOID_STARTED, payment->authorized_minor, command->now);
}

static struct decision decide_expire(const struct payment *payment, const struct command *command)
{
    if (payment->state != PAYMENT_AUTHORIZED) return refuse(REFUSED_INVALID_STATE);
    if (!is_past_its_hold(payment, command->now)) return refuse(REFUSED_INVALID_STATE);

    return happen(EVENT_EXPIRED, payment->authorized_minor, command->now);
}

/* Whoever says it. */
static struct decision decide_review(const struct payment *payment, const struct command *command)
{
    if (payment->review != REVIEW_OPEN || payment->state != PAYMENT_AUTHORIZED) return refuse(REFUSED_NO_OPEN_REVIEW);
    if (command->kind == COMMAND_DECLINE) return happen(EVENT_REVIEW_DECLINED, 0, command->now);
    if (is_past_its_hold(payment, command->now)) return refuse(REFUSED_AUTHORIZATION_EXPIRED);

    return happen(EVENT_REVIEW_APPROVED, 0, command->now);
}

static struct decision decide_end_review(const struct payment *payment, const struct command *command)
{
    micros ends = payment_review_ends(payment);
    if (ends == 0 || command->now < ends) return refuse(REFUSED_INVALID_STATE);

    return happen(EVENT_REVIEW_DECLINED, 0, command->now);
}

static struct decision (*const deciders[COMMAND_KIND_COUNT])(const struct payment *, const struct command *) = {
    [COMMAND_AUTHORIZE] = decide_authorize, [COMMAND_CAPTURE] = decide_capture, [COMMAND_VOID] = decide_void,
    [COMMAND_REFUND] = decide_refund,       [COMMAND_RELEASE] = decide_release, [COMMAND_EXPIRE] = decide_expire,
    [COMMAND_APPROVE] = decide_review,      [COMMAND_DECLINE] = decide_review,  [COMMAND_END_REVIEW] = decide_end_review,
};

struct decision payment_decide(const struct payment *payment, const struct command *command)
{
    if (payment->operation.kind != OPERATION_NONE) return refuse(REFUSED_OPERATION_IN_PROGRESS);
    return deciders[command->kind](payment, command);
}

enum event_kind operation_done_event(enum operation_kind kind)
{
    static const enum event_kind done[OPERATION_KIND_COUNT] = {
        [OPERATION_AUTHORIZE] = EVENT_AUTHORIZED,
        [OPERATION_CAPTURE] = EVENT_CAPTURED,
        [OPERATION_VOID] = EVENT_VOIDED,
        [OPERATION_REFUND] = EVENT_REFUNDED,
    };
    return done[kind];
}

enum event_kind operation_failed_event(enum operation_kind kind)
{
    static const enum event_kind failed[OPERATION_KIND_COUNT] = {
        [OPERATION_AUTHORIZE] = EVENT_AUTHORIZE_FAILED,
        [OPERATION_CAPTURE] = EVENT_CAPTURE_FAILED,
        [OPERATION_VOID] = EVENT_VOID_FAILED,
        [OPERATION_REFUND] = EVENT_REFUND_FAILED,
    };
    return failed[kind];
}

/* ---- applying ---- */

static bool leaves_nothing(const struct payment *payment, const struct event *event)
{
    return payment->refunded_minor + event->amount_minor >= payment->captured_minor;
}

static const struct move *find_move(const struct payment *payment, const struct event *event)
{
    enum guard left = leaves_nothing(payment, event) ? NOTHING_LEFT : SOME_LEFT;
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        if (moves[i].from != payment->state || moves[i].event != event->kind) continue;
        if (moves[i].guard == ALWAYS || moves[i].guard == left) return &moves[i];
    }
    return NULL;
}

static bool amount_is_possible(const struct payment *payment, const struct event *event)
{
    switch (event->kind) {
    case EVENT_AUTHORIZED:
    case EVENT_SOLD:
    case EVENT_AUTHORIZE_STARTED: return event->amount_minor >= 1 && event->amount_minor <= MONEY_MINOR_MAX;
    case EVENT_FELL_OVER: return event->amount_minor == payment->amount.minor;
    case EVENT_CAPTURE_STARTED:
    case EVENT_CAPTURED: return event->amount_minor >= 1 && event->amount_minor <= payment->authorized_minor - payment->captured_minor;
    case EVENT_REFUND_STARTED:
    case EVENT_REFUNDED: return event->amount_minor >= 1 && event->amount_minor <= payment->captured_minor - payment->refunded_minor;
    default: return true;
    }
}

/* Events of doubt move the open operation and nothing else. */
static bool doubt_is_possible(const struct payment *payment, enum event_kind kind, bool *is_doubt)
{
    const struct open_operation *operation = &payment->operation;
    *is_doubt = kind == EVENT_OPERATION_DOUBTED || kind == EVENT_OPERATION_REVIEW || kind == EVENT_OPERATION_RESUMED;
    if (!*is_doubt || operation->kind == OPERATION_NONE) return false;
    if (kind == EVENT_OPERATION_DOUBTED) return operation->state == OPERATION_RUNNING || operation->state == OPERATION_WAITING;
    if (kind == EVENT_OPERATION_REVIEW) return operation->state != OPERATION_REVIEW;
    return operation->state == OPERATION_REVIEW || operation->state == OPERATION_WAITING;
}

static bool operation_allows(const struct payment *payment, enum event_kind kind)
{
    const struct effect *effect = &effects[kind];
    enum operation_kind open = payment->operation.kind;
    if (kind == EVENT_EXPIRED) return open == OPERATION_NONE || open == OPERATION_CAPTURE;
    if (kind == EVENT_ACTION_REQUIRED) return open == OPERATION_AUTHORIZE;
    if (kind == EVENT_DISPUTE_CHANGED) return true;
    return open == effect->closes; /* what opens one and closes none finds none open */
}

static bool review_allows(const struct payment *payment, enum event_kind kind)
{
    if (kind == EVENT_REVIEW_APPROVED || kind == EVENT_REVIEW_DECLINED) return payment->review == REVIEW_OPEN;
    return kind != EVENT_CAPTURE_STARTED || is_approved(payment);
}

bool payment_can(const struct payment *payment, const struct event *event)
{
    bool is_doubt;
    bool possible = doubt_is_possible(payment, event->kind, &is_doubt);
    if (is_doubt) return possible;
    return find_move(payment, event) && operation_allows(payment, event->kind) && review_allows(payment, event->kind) &&
           amount_is_possible(payment, event);
}

static void apply_to_amounts(struct payment *payment, const struct event *event)
{
    switch (event->kind) {
    case EVENT_AUTHORIZE_STARTED:
        payment->amount = money_of(event->amount_minor, event->currency);
        payment->captures_itself = event->captures_itself;
        break;
    case EVENT_AUTHORIZED:
        payment->authorized_minor = event->amount_minor;
        payment->expires_at = event->expires_at;
        break;
    case EVENT_SOLD:
        payment->authorized_minor = payment->captured_minor = event->amount_minor;
        payment->capture_id_known = event->id_known;
        break;
    case EVENT_CAPTURED:
        payment->captured_minor += event->amount_minor;
        payment->capture_id_known = event->id_known;
        break;
    case EVENT_REFUNDED: payment->refunded_minor += event->amount_minor; break;
    case EVENT_DECLINED: payment->decline = event->decline; break;
    default: break;
    }
}

static void apply_to_times(struct payment *payment, const struct event *event, micros at)
{
    switch (event->kind) {
    case EVENT_AUTHORIZE_STARTED: payment->created_at = at; break;
    case EVENT_AUTHORIZED: payment->authorized_at = at; break;
    case EVENT_SOLD: payment->authorized_at = payment->captured_at = at; break;
    case EVENT_CAPTURED: payment->captured_at = at; break;
    case EVENT_VOIDED: payment->voided_at = at; break;
    case EVENT_REFUNDED: payment->refunded_at = at; break;
    default: break;
    }
}

static void apply_to_operation(struct payment *payment, const struct event *event, micros at)
{
    const struct effect *effect = &effects[event->kind];
    if (event->kind == EVENT_DISPUTE_CHANGED) return;
    if (event->kind == EVENT_OPERATION_DOUBTED) payment->operation.state = OPERATION_UNKNOWN;
    else if (event->kind == EVENT_OPERATION_REVIEW) payment->operation.state = OPERATION_REVIEW;
    else if (event->kind == EVENT_OPERATION_RESUMED) payment->operation.state = OPERATION_RUNNING;
    else if (event->kind == EVENT_ACTION_REQUIRED) payment->operation.state = OPERATION_WAITING;
    else if (effect->opens == OPERATION_NONE) payment->operation = (struct open_operation){ 0 };
    else payment->operation = (struct open_operation){ effect->opens, OPERATION_RUNNING, event->amount_minor, at };
}

/* What is said of a hold can only make it harder to take. */
static void apply_to_hold(struct payment *payment, enum risk_decision risk)
{
    if (risk > payment->risk) payment->risk = risk;
    if (risk == RISK_REVIEW) payment->review = REVIEW_OPEN;
    if (risk != RISK_DENY) return;
    payment->review = REVIEW_DECLINED;
    payment->decline = DECLINE_FRAUD_SUSPECTED;
}

static void apply_to_review(struct payment *payment, const struct event *event)
{
    switch (event->kind) {
    case EVENT_AUTHORIZE_STARTED:
        payment->risk = event->risk;
        payment->review = event->risk == RISK_REVIEW ? REVIEW_OPEN : REVIEW_NONE;
        break;
    case EVENT_AUTHORIZED: apply_to_hold(payment, event->risk); break;
    case EVENT_REVIEW_APPROVED: payment->review = REVIEW_APPROVED; break;
    case EVENT_REVIEW_DECLINED: payment->review = REVIEW_DECLINED; break;
    case EVENT_SOLD:
    case EVENT_VOIDED:
    case EVENT_EXPIRED:
    case EVENT_DECLINED:
    case EVENT_AUTHORIZE_FAILED:
        if (payment->review == REVIEW_OPEN) payment->review = REVIEW_CLOSED;
        break;
    default: break;
    }
}

void payment_apply(struct payment *payment, const struct event *event)
{
    INSIST(payment_can(payment, event));
    const struct move *move = find_move(payment, event);
    micros at = event->at > payment->changed_at ? event->at : payment->changed_at;

    if (move) payment->state = move->to;
    apply_to_amounts(payment, event);
    apply_to_times(payment, event, at);
    apply_to_operation(payment, event, at);
    apply_to_review(payment, event);
    payment->changed_at = at;
    payment->sequence++;
}

/* ---- what follows, and what may be shipped ---- */

bool payment_follow_up(const struct payment *payment, const struct event *last, enum command_kind *command)
{
    bool is_denied = last->kind == EVENT_AUTHORIZED && payment->review == REVIEW_DECLINED;
    bool may_be_taken = last->kind == EVENT_REVIEW_APPROVED || (last->kind == EVENT_AUTHORIZED && is_approved(payment));
    if (may_be_taken && payment->captures_itself) {
        /* A processor whose clock or settings differ can give a hold that is over already. */
        *command = is_past_its_hold(payment, last->at) ? COMMAND_RELEASE : COMMAND_CAPTURE;
        return true;
    }
    bool is_over = last->kind == EVENT_EXPIRED || last->kind == EVENT_REVIEW_DECLINED || is_denied;
    if (is_over || (last->kind == EVENT_CAPTURE_FAILED && payment->captures_itself)) {
        *command = COMMAND_RELEASE;
        return true;
    }
    return false;
}

micros payment_review_ends(const struct payment *payment)
{
    micros tenth = (payment->expires_at - payment->authorized_at) / 10;
    bool is_open = payment->review == REVIEW_OPEN && payment->state == PAYMENT_AUTHORIZED;
    if (!is_open || payment->expires_at == 0) return 0;
    return payment->expires_at - (tenth < PAYMENT_REVIEW_SPARE ? tenth : PAYMENT_REVIEW_SPARE);
}

static str word_of_review(enum review review) { return review == REVIEW_OPEN ? STR("under_review") : STR("review_declined"); }

bool payment_may_ship(const struct payment *payment, micros now, str *reason)
{
    bool is_busy = payment->operation.kind != OPERATION_NONE, is_held = payment->state == PAYMENT_AUTHORIZED;
    bool ends_soon = is_held && now >= payment->expires_at - PAYMENT_EXPIRY_GRACE;
    bool is_barred = is_held && !is_approved(payment);
    *reason = is_busy     ? STR("operation_in_progress")
              : is_barred ? word_of_review(payment->review)
              : ends_soon ? STR("authorization_expiring")
                          : payment_state_word(payment->state);
    if (is_busy || is_barred || ends_soon) return false;
    return payment->state == PAYMENT_AUTHORIZED || payment->state == PAYMENT_CAPTURED;
}
