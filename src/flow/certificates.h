/* SPDX-License-Identifier: Apache-2.0 */
/* certificates: those that a processor signs its notices with, fetched from where they may come from, and kept for a day. */
#ifndef FLORIN_FLOW_CERTIFICATES_H
#define FLORIN_FLOW_CERTIFICATES_H

#include "flow/flows.h"
#include "world/http_client.h"

enum { CERTIFICATES_KEPT = 4, CERTIFICATE_URL_BYTES = 512 }; /* there are two while a processor changes them */

struct certificates {
    struct kept_certificate {
        char url[CERTIFICATE_URL_BYTES];
        struct certificate *certificate; /* NULL: none */
        micros until;                    /* monotonic */
    } kept[CERTIFICATES_KEPT];
    size_t oldest;
    size_t fetching; /* calls in the air */
    size_t fetches;  /* in this minute */
    micros minute_began;
};

void certificates_close(struct certificates *certificates);

/* May it be fetched from there? */
bool certificate_may_come_from(const struct processor_settings *settings, bool live, str url);

/* NULL: it has to be fetched. */
const struct certificate *certificates_find(const struct certificates *certificates, str url, micros now);

/* May one more be fetched now? It is counted. */
bool certificates_may_fetch(struct certificates *certificates, micros now);

/* The call that fetches it. Texts live in the arena. */
struct http_call certificate_call(const struct processor_settings *settings, str url, struct arena *arena);

/* Reads what was fetched and keeps it. False, and why: it is not to be trusted. `now` is the wall clock's, `kept_from` monotonic. */
bool certificates_keep(struct certificates *certificates, const struct processor_settings *settings, str url, str pem, micros now,
                       micros kept_from, struct error *error) MUST_CHECK;

#endif
