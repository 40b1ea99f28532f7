/* SPDX-License-Identifier: Apache-2.0 */
/* certificates: who signs is believed because of where the certificate comes from, whom it leads to, and what it is called: all three. */
#include "flow/certificates.h"

#define KEPT (INT64_C(24) * 3600 * MICROS_PER_SECOND)
#define TIMEOUT (INT64_C(10) * MICROS_PER_SECOND)
#define MINUTE (INT64_C(60) * MICROS_PER_SECOND)

enum { FETCHES_AT_ONCE = 4, FETCHES_A_MINUTE = 12 }; /* anybody can make us fetch by naming another address there */

void certificates_close(struct certificates *certificates)
{
    for (size_t i = 0; i < CERTIFICATES_KEPT; i++) certificate_close(certificates->kept[i].certificate);
}

/* That host, that folder, and a plain name in it: nobody chooses what else we ask there, nor names one certificate in many ways. */
static bool is_there(str url, str origin, str path)
{
    if (origin.length == 0 || !str_starts_with(url, origin)) return false;
    url = str_from(url, origin.length);
    return str_starts_with(url, path) && str_is_name(str_from(url, path.length));
}

bool certificate_may_come_from(const struct processor_settings *settings, bool live, str url)
{
    const struct processor_certificates *own = settings->processor->notices->certificates;
    str rest = str_of(settings->certificate_origins ? settings->certificate_origins : live ? own->live_origins
                                                                                           : own->test_origins);
    if (url.length >= CERTIFICATE_URL_BYTES) return false;
    while (rest.length > 0) {
        if (is_there(url, str_cut(rest, ' ', &rest), str_of(own->path))) return true;
    }
    return false;
}

const struct certificate *certificates_find(const struct certificates *certificates, str url, micros now)
{
    for (size_t i = 0; i < CERTIFICATES_KEPT; i++) {
        const struct kept_certificate *kept = &certificates->kept[i];
        if (kept->certificate && str_equal(str_of(kept->url), url) && now < kept->until) return kept->certificate;
    }
    return NULL;
}

bool certificates_may_fetch(struct certificates *certificates, micros now)
{
    if (now - certificates->minute_began >= MINUTE) {
        certificates->minute_began = now;
        certificates->fetches = 0;
    }
    return certificates->fetching < FETCHES_AT_ONCE && certificates->fetches++ < FETCHES_A_MINUTE;
}

struct http_call certificate_call(const struct processor_settings *settings, str url, struct arena *arena)
{
    return (struct http_call){
        .method = STR("GET"),
        .url = arena_copy(arena, url).bytes,
        .timeout = TIMEOUT,
        .connect_timeout = settings->connect_timeout,
        .ca_file = settings->ca_file,
        .arena = arena,
    };
}

/* Anchors of our own vouch for whomever they vouch for. */
static struct certificate_trust trust_of(const struct processor_settings *settings, micros now)
{
    const char *ca_file = settings->certificate_ca_file;
    return (struct certificate_trust){ .ca_file = ca_file, .names = ca_file ? NULL : settings->processor->notices->certificates->names, .now = now };
}

bool certificates_keep(struct certificates *certificates, const struct processor_settings *settings, str url, str pem, micros now,
                       micros kept_from, struct error *error)
{
    struct certificate_trust trust = trust_of(settings, now);
    struct certificate *fresh = certificate_read(pem, &trust, error);
    if (!fresh) return false;
    struct kept_certificate *place = &certificates->kept[certificates->oldest];
    certificates->oldest = (certificates->oldest + 1) % CERTIFICATES_KEPT;
    certificate_close(place->certificate);
    *place = (struct kept_certificate){ .certificate = fresh, .until = kept_from + KEPT };
    bool fits = str_copy_to(url, place->url, sizeof place->url);
    INSIST(fits);
    return true;
}
