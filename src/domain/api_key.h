/* SPDX-License-Identifier: Apache-2.0 */
/* api_key: who may call, and what for. A key is shown once, when it is made; what is kept is a hash of it. */
#ifndef FLORIN_DOMAIN_API_KEY_H
#define FLORIN_DOMAIN_API_KEY_H

#include "base/hash.h"
#include "domain/ids.h"

/* What a key is good for; a set of them is their sum. */
enum scope {
    SCOPE_NONE = 0,
    SCOPE_TOKENIZE = 1, /* stores cards, and nothing else with them */
    SCOPE_READ = 2,     /* looks at payments, orders, tokens */
    SCOPE_PAY = 4,      /* authorizes, captures, voids, deletes tokens */
    SCOPE_REFUND = 8,
    SCOPE_ADMIN = 16,   /* everything else that is a merchant's */
};

#define SCOPES_USUAL (SCOPE_TOKENIZE | SCOPE_READ | SCOPE_PAY | SCOPE_REFUND)

/* "sk_test_" or "pk_live_", and 256 random bits in hex. */
enum { API_KEY_SECRET_BYTES = 32,
       API_KEY_TEXT_BYTES = 8 + 2 * API_KEY_SECRET_BYTES + 1,
       API_KEY_NAME_BYTES = 65,
       SCOPES_TEXT_BYTES = 40 };

struct api_key {
    char id[ID_TEXT_BYTES];        /* "key_...", not secret */
    char name[API_KEY_NAME_BYTES]; /* for people */
    bool is_publishable;           /* may stand in a page: it can only tokenize */
    unsigned scopes;
    struct hash hash;              /* SHA-256 of its text; that cannot be guessed, so no slow hash is needed */
    micros created_at, revoked_at; /* revoked_at 0: it holds */
};

/* Writes the text of a new key and keeps its hash in `key`, whose is_publishable says which kind it is. */
void api_key_make(struct api_key *key, bool is_live, const uint8_t secret[API_KEY_SECRET_BYTES], char text[API_KEY_TEXT_BYTES]);

/* Looks like a key of a gateway for test or for real money. */
bool api_key_is_of(str text, bool is_live);

/* The key of a list that a caller showed, revoked ones left out; NULL: none. Every key is compared in full, in constant time. */
const struct api_key *api_key_find(const struct api_key *keys, size_t count, str text);

/* "tokenize,read,pay" in that order, and back. Nothing, a word twice or one that is none of these: false. */
str scopes_text(unsigned scopes, char buffer[SCOPES_TEXT_BYTES]);
bool scopes_read(str text, unsigned *out) MUST_CHECK;

#endif
