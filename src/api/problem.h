/* SPDX-License-Identifier: Apache-2.0 */
/* problem: everything that can be wrong, and how it is told (RFC 9457). */
#ifndef FLORIN_API_PROBLEM_H
#define FLORIN_API_PROBLEM_H

#include "base/text.h"

enum problem_code {
    PROBLEM_NONE,
    PROBLEM_MALFORMED_REQUEST,
    PROBLEM_CARD_DATA_IN_URL,
    PROBLEM_IDEMPOTENCY_KEY_MISSING,
    PROBLEM_IDEMPOTENCY_KEY_INVALID,
    PROBLEM_JSON_INVALID,
    PROBLEM_JSON_TOO_DEEP,
    PROBLEM_JSON_TOO_LARGE,
    PROBLEM_JSON_DUPLICATE_NAME,
    PROBLEM_JSON_INVALID_TEXT,
    PROBLEM_PARAM_UNKNOWN,
    PROBLEM_PARAM_MISSING,
    PROBLEM_PARAM_INVALID,
    PROBLEM_AMOUNT_INVALID,
    PROBLEM_AMOUNT_TOO_LARGE,
    PROBLEM_CURRENCY_INVALID,
    PROBLEM_CARD_NUMBER_INVALID,
    PROBLEM_CARD_CVV_INVALID,
    PROBLEM_CARD_EXPIRY_INVALID,
    PROBLEM_CARD_DATA_NOT_ALLOWED,
    PROBLEM_METADATA_TOO_LARGE,
    PROBLEM_CURSOR_INVALID,
    PROBLEM_SHARE_INVALID,
    PROBLEM_PROCESSOR_REF_INVALID,
    PROBLEM_AUTHENTICATION_REQUIRED,
    PROBLEM_API_KEY_INVALID,
    PROBLEM_PERMISSION_DENIED,
    PROBLEM_SIGNATURE_INVALID,
    PROBLEM_CARD_DECLINED,
    PROBLEM_CARDS_OFF,
    PROBLEM_NOT_FOUND,
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_NOT_ACCEPTABLE,
    PROBLEM_REQUEST_TIMEOUT,
    PROBLEM_OPERATION_IN_PROGRESS,
    PROBLEM_IDEMPOTENCY_IN_PROGRESS,
    PROBLEM_INVALID_STATE,
    PROBLEM_AUTHORIZATION_EXPIRED,
    PROBLEM_NOT_APPROVED,
    PROBLEM_NO_OPEN_REVIEW,
    PROBLEM_DISPUTE_OPEN,
    PROBLEM_NOT_IN_REVIEW,
    PROBLEM_VAULT_BUSY,
    PROBLEM_VAULT_OPEN,
    PROBLEM_LENGTH_REQUIRED,
    PROBLEM_CONTENT_TOO_LARGE,
    PROBLEM_URI_TOO_LONG,
    PROBLEM_UNSUPPORTED_MEDIA_TYPE,
    PROBLEM_EXPECTATION_FAILED,
    PROBLEM_AMOUNT_EXCEEDS_AUTHORIZED,
    PROBLEM_AMOUNT_EXCEEDS_CAPTURED,
    PROBLEM_CURRENCY_MISMATCH,
    PROBLEM_CURRENCY_NOT_SUPPORTED,
    PROBLEM_PARTIAL_NOT_SUPPORTED,
    PROBLEM_CVV_REQUIRED,
    PROBLEM_EMAIL_REQUIRED,
    PROBLEM_HOLD_NOT_SUPPORTED,
    PROBLEM_PAYMENT_METHOD_NOT_SUPPORTED,
    PROBLEM_PROCESSOR_REFERENCE_UNKNOWN,
    PROBLEM_PROCESSOR_REFUSED,
    PROBLEM_PROCESSOR_REF_NEEDED,
    PROBLEM_PROCESSOR_NOT_SET_UP,
    PROBLEM_TOKEN_UNKNOWN,
    PROBLEM_TOKEN_DELETED,
    PROBLEM_TOKEN_USED,
    PROBLEM_TOKEN_EXPIRED,
    PROBLEM_TOKEN_UNREADABLE,
    PROBLEM_VAULT_KEY_WRONG,
    PROBLEM_VAULT_KEY_NOT_HERE,
    PROBLEM_IDEMPOTENCY_KEY_REUSED,
    PROBLEM_HEADERS_TOO_LARGE,
    PROBLEM_NOT_IMPLEMENTED,
    PROBLEM_NOT_READY,
    PROBLEM_SHUTTING_DOWN,
    PROBLEM_OVERLOADED,
    PROBLEM_STORAGE_LOW,
    PROBLEM_STORAGE_UNAVAILABLE,
    PROBLEM_PROCESSOR_UNAVAILABLE,
    PROBLEM_VAULT_SEALED,
    PROBLEM_HTTP_VERSION_NOT_SUPPORTED,
    PROBLEM_CODE_COUNT,
};

/* One row of the table. Words, once told, stay; titles and details may become better. */
struct problem_kind {
    const char *word;
    int status;
    bool retryable;    /* trying again may work */
    int retry_after_s; /* 0: nothing is said about when */
    const char *title;
    const char *detail;
};
const struct problem_kind *problem_kind_of(enum problem_code code);

/* PROBLEM_NONE for an unknown word. */
enum problem_code problem_named(str word);

/* Where in a body or query it is wrong: a JSON Pointer (RFC 6901). */
struct problem_error {
    str pointer;
    enum problem_code code;
};

/* One problem as it is told. Empty texts are left out. */
struct problem {
    enum problem_code code;
    str request_id;
    const struct problem_error *errors;
    size_t error_count;
    str decline_code;
    str payment_id;
    str state;
};
void problem_put(struct text *text, const struct problem *problem);

/* The members that are the same each time: type, title, status, detail, code, retryable. */
void problem_put_kind(struct text *text, enum problem_code code);

#endif
