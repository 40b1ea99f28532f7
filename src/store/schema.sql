-- SPDX-License-Identifier: Apache-2.0
-- The schema, written once for SQLite and PostgreSQL. Ids and times (microseconds, UTC) are made by us; no triggers, no
-- sequences. merchant_id leads every key, so that the same schema shards by merchant. Plain tables: a row of SQLite's WITHOUT
-- ROWID spills over at 1,002 bytes, and these are as long (docs/decisions/0023-plain-tables.md).

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row a gateway on a server: who it is, and a sign that it lives. Of the house and not of a merchant: whoever shards by merchant
-- keeps it whole in one place, as he does meta.
CREATE TABLE node (
    node   TEXT   NOT NULL PRIMARY KEY,
    epoch  BIGINT NOT NULL, -- raised when the node starts, and when another one takes its work over
    beats  BIGINT NOT NULL, -- moves each second while it lives
    life   TEXT   NOT NULL, -- the name of its connections, which nobody had before; empty: its work was taken over
    holder TEXT   NOT NULL  -- words for people
);

-- One row a payment: its state, and everything that the receipt tells.
CREATE TABLE payment (
    merchant_id            TEXT   NOT NULL,
    payment_id             TEXT   NOT NULL,
    sequence               BIGINT NOT NULL, -- of the newest event
    head_hash              TEXT   NOT NULL, -- of the newest event
    state                  TEXT   NOT NULL,
    amount_minor           BIGINT NOT NULL,
    currency               TEXT   NOT NULL,
    authorized_minor       BIGINT NOT NULL,
    captured_minor         BIGINT NOT NULL,
    refunded_minor         BIGINT NOT NULL,
    captures_itself        BIGINT NOT NULL,
    order_id               TEXT   NOT NULL,
    customer_id            TEXT   NOT NULL,
    description            TEXT,
    metadata               TEXT   NOT NULL,
    processor              TEXT   NOT NULL,
    authorization_ref      TEXT,
    capture_ref            TEXT,
    void_ref               TEXT,
    refund_ref             TEXT,
    card_brand             TEXT   NOT NULL,
    card_last4             TEXT   NOT NULL,
    decline                TEXT   NOT NULL,
    stray_holds            BIGINT NOT NULL, -- holds that lost tries may have left at the processor
    rival_possible         BIGINT NOT NULL, -- an operation on the hold was ended by a person's word
    operation_id           TEXT,            -- the open operation
    operation_kind         TEXT   NOT NULL,
    operation_state        TEXT   NOT NULL,
    operation_amount_minor BIGINT NOT NULL,
    operation_since        BIGINT NOT NULL,
    operation_next_try_at  BIGINT NOT NULL,
    created_at             BIGINT NOT NULL,
    authorized_at          BIGINT NOT NULL,
    captured_at            BIGINT NOT NULL,
    voided_at              BIGINT NOT NULL,
    refunded_at            BIGINT NOT NULL,
    expires_at             BIGINT NOT NULL,
    changed_at             BIGINT NOT NULL,
    risk                   TEXT   NOT NULL DEFAULT '', -- what the fraud checks said; empty: there were none
    risk_rule              TEXT   NOT NULL DEFAULT '', -- which of them
    risk_review            TEXT   NOT NULL DEFAULT '', -- empty: it needs none
    PRIMARY KEY (merchant_id, payment_id)
);

-- Each leaves out what nobody looks for by it, and so serves only a question that says so, too: PostgreSQL, as long as it knows nothing
-- of a young table, would else find a payment by its id in any of them, and read all of the merchant's rows there.
CREATE INDEX payment_by_order ON payment (merchant_id, order_id, payment_id) WHERE order_id <> '';
CREATE INDEX payment_by_customer ON payment (merchant_id, customer_id, payment_id) WHERE customer_id <> '';
CREATE INDEX payment_by_state ON payment (merchant_id, state, payment_id) WHERE state <> '';
CREATE INDEX payment_by_expiry ON payment (merchant_id, expires_at) WHERE state = 'authorized';
CREATE INDEX payment_by_review ON payment (merchant_id, payment_id) WHERE risk_review = 'open';

-- One row an operation (authorize, capture, void, refund), with the frozen bytes of its exchange with the processor.
-- `body` has holes where a card goes; `card_sealed` can be opened only with the key in slot `card_slot` of the vault.
CREATE TABLE operation (
    merchant_id         TEXT   NOT NULL,
    payment_id          TEXT   NOT NULL,
    operation_id        TEXT   NOT NULL,
    kind                TEXT   NOT NULL,
    state               TEXT   NOT NULL,
    amount_minor        BIGINT NOT NULL,
    processor           TEXT   NOT NULL,
    processor_key       TEXT   NOT NULL,
    method              TEXT   NOT NULL,
    path                TEXT   NOT NULL,
    body                TEXT   NOT NULL,
    card_sealed         TEXT,
    card_slot           BIGINT NOT NULL,
    sends               BIGINT NOT NULL,
    lost                BIGINT NOT NULL,
    already             BIGINT NOT NULL,
    denied              BIGINT NOT NULL,
    mismatched          BIGINT NOT NULL,
    started_at          BIGINT NOT NULL,
    ended_at            BIGINT,
    processor_ref       TEXT,
    reason              TEXT   NOT NULL,
    answer_operation_id TEXT   NOT NULL, -- whose request is answered when this operation ends a chain; empty: nobody asked
    answer_form         TEXT   NOT NULL, -- how that answer is written
    node                TEXT   NOT NULL DEFAULT '', -- who drives it, in which of his lives; empty: a file, where there is one gateway
    node_epoch          BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (merchant_id, payment_id, operation_id)
);

CREATE INDEX operation_open ON operation (merchant_id, operation_id) WHERE ended_at IS NULL;

-- By these a notice finds what it is about. The bank sends none, so that its operations, which are the most, cost nothing here.
CREATE INDEX operation_by_key ON operation (merchant_id, processor_key) WHERE processor <> 'bank';
CREATE INDEX operation_by_ref ON operation (merchant_id, processor_ref) WHERE processor <> 'bank' AND processor_ref IS NOT NULL;

-- One row an operation whose request was answered: what the merchant was told, byte for byte. Written once.
CREATE TABLE answer (
    merchant_id  TEXT   NOT NULL,
    payment_id   TEXT   NOT NULL,
    operation_id TEXT   NOT NULL,
    status       BIGINT NOT NULL,
    body         TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, payment_id, operation_id)
);

-- One row a payment whose merchant told of its payer, or wants him back: who he is, and what he has to do.
CREATE TABLE payer (
    merchant_id TEXT   NOT NULL,
    payment_id  TEXT   NOT NULL,
    email       TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    return_url  TEXT   NOT NULL, -- where the merchant wants him back; empty: nowhere
    action_url  TEXT   NOT NULL, -- where he has to go; empty: nowhere (yet)
    look_at     BIGINT NOT NULL, -- when the processor is asked whether he has; 0: not
    PRIMARY KEY (merchant_id, payment_id)
);

CREATE INDEX payer_by_look ON payer (merchant_id, look_at) WHERE look_at > 0;

-- One row a payment that was counted for the fraud checks: by whom, each as a keyed hash, and how it went. NULL: no rule counts by that, or
-- it was not told. Rows older than all windows go.
CREATE TABLE risk_try (
    merchant_id TEXT   NOT NULL,
    payment_id  TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    failed      BIGINT NOT NULL, -- 1: it was declined
    card        TEXT,
    bin         TEXT,
    email       TEXT,
    customer    TEXT,
    ip          TEXT,
    PRIMARY KEY (merchant_id, payment_id)
);

CREATE INDEX risk_try_by_card ON risk_try (merchant_id, card, failed, at) WHERE card IS NOT NULL;
CREATE INDEX risk_try_by_bin ON risk_try (merchant_id, bin, failed, at) WHERE bin IS NOT NULL;
CREATE INDEX risk_try_by_email ON risk_try (merchant_id, email, failed, at) WHERE email IS NOT NULL;
CREATE INDEX risk_try_by_customer ON risk_try (merchant_id, customer, failed, at) WHERE customer IS NOT NULL;
CREATE INDEX risk_try_by_ip ON risk_try (merchant_id, ip, failed, at) WHERE ip IS NOT NULL;

-- One row a notice that a processor sent, for 30 days: whoever comes under the same name brings the same news.
CREATE TABLE notice (
    merchant_id TEXT   NOT NULL,
    processor   TEXT   NOT NULL,
    account     TEXT   NOT NULL,
    event_id    TEXT   NOT NULL, -- the processor's; where it gives none, the hash of the body
    type        TEXT   NOT NULL, -- the processor's word
    body_hash   TEXT   NOT NULL, -- of the bytes, which are not kept: they tell of payers
    result      TEXT   NOT NULL, -- taken, kept, foreign, quarantined
    reason      TEXT   NOT NULL, -- why it was quarantined
    payment_id  TEXT,            -- that it is about, if it is one of ours
    came_at     BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, processor, account, event_id)
);

CREATE INDEX notice_by_age ON notice (merchant_id, came_at);

-- One row a dispute that a payer has begun, as the processor told when it was asked last.
CREATE TABLE dispute (
    merchant_id  TEXT   NOT NULL,
    payment_id   TEXT   NOT NULL,
    dispute_id   TEXT   NOT NULL, -- the processor's
    state        TEXT   NOT NULL, -- needs_response, under_review, won, lost; empty: it was told of, and the processor not asked yet
    stage        TEXT   NOT NULL, -- inquiry, chargeback, pre_arbitration, arbitration
    amount_minor BIGINT NOT NULL,
    currency     TEXT   NOT NULL,
    reason       TEXT   NOT NULL, -- the processor's word
    due_at       BIGINT NOT NULL, -- until when evidence is taken; 0: not told
    opened_at    BIGINT NOT NULL, -- by our clock, as all that follow
    changed_at   BIGINT NOT NULL,
    look_at      BIGINT NOT NULL, -- when the processor is asked; 0: not
    PRIMARY KEY (merchant_id, payment_id, dispute_id)
);

CREATE INDEX dispute_by_look ON dispute (merchant_id, look_at) WHERE look_at > 0;

-- One row an idempotency key: what was asked, and the operation that answers it, or the answer of a refusal.
CREATE TABLE request (
    merchant_id  TEXT   NOT NULL,
    scope        TEXT   NOT NULL,
    request_key  TEXT   NOT NULL,
    fingerprint  TEXT   NOT NULL,
    payment_id   TEXT,
    operation_id TEXT,
    status       BIGINT NOT NULL,
    body         TEXT,
    created_at   BIGINT NOT NULL, -- in running time of the gateway (meta ran_us): a clock that jumps makes no key old
    PRIMARY KEY (merchant_id, scope, request_key)
);

CREATE INDEX request_by_age ON request (merchant_id, created_at);

-- One row a stored card. `card_sealed` can be opened only with the data key `key_id`; it is empty once the token was deleted or its time
-- is over. `cvv_sealed` can be opened only with the key in slot `cvv_slot` of the vault, for some minutes.
CREATE TABLE token (
    merchant_id  TEXT   NOT NULL,
    token_id     TEXT   NOT NULL,
    key_id       TEXT   NOT NULL,
    card_sealed  TEXT,
    brand        TEXT   NOT NULL,
    last4        TEXT   NOT NULL,
    expiry_month BIGINT NOT NULL,
    expiry_year  BIGINT NOT NULL,
    fingerprint  TEXT   NOT NULL,
    single_use   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL, -- 0: never
    used_at      BIGINT NOT NULL, -- of a single-use one; 0: it is fresh
    used_by      TEXT,            -- the payment
    deleted_at   BIGINT NOT NULL, -- 0: it is there
    cvv_sealed   TEXT,
    cvv_slot     BIGINT NOT NULL,
    cvv_until    BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, token_id)
);

CREATE INDEX token_by_key ON token (merchant_id, key_id, token_id) WHERE card_sealed IS NOT NULL;
CREATE INDEX token_by_expiry ON token (merchant_id, expires_at) WHERE card_sealed IS NOT NULL AND expires_at > 0;
CREATE INDEX token_by_cvv ON token (merchant_id, cvv_until) WHERE cvv_sealed IS NOT NULL;

-- The keys of stored cards and of their fingerprints, a few rows a merchant, each sealed under the master key, which is not here.
CREATE TABLE vault_key (
    merchant_id TEXT   NOT NULL,
    key_id      TEXT   NOT NULL,
    state       TEXT   NOT NULL, -- active, retiring, destroyed
    master_id   TEXT   NOT NULL, -- tells which master key it is, and nothing about it
    sealed      TEXT,            -- empty: destroyed
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, key_id)
);

-- The keys of callers: a hash each, a few rows a merchant. A revoked one stays, for it stands in logs.
CREATE TABLE api_key (
    merchant_id    TEXT   NOT NULL,
    key_id         TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    is_publishable BIGINT NOT NULL,
    scopes         TEXT   NOT NULL,
    hash           TEXT   NOT NULL, -- SHA-256 of its text, in hex
    created_at     BIGINT NOT NULL,
    revoked_at     BIGINT NOT NULL, -- 0: it holds
    PRIMARY KEY (merchant_id, key_id)
);

-- The history: one row a change, in a chain of hashes, never changed or deleted. Its key is the guard against two decisions
-- from one state.
CREATE TABLE event (
    merchant_id TEXT   NOT NULL,
    payment_id  TEXT   NOT NULL,
    sequence    BIGINT NOT NULL,
    type        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    data        TEXT   NOT NULL,
    hash        TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, payment_id, sequence)
);
