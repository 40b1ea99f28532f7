/* SPDX-License-Identifier: Apache-2.0 */
/* ip_address: reading, writing and comparing; libc knows the spellings. */
#include "domain/ip_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_BYTES = 12, MAPPED_BITS = 96, ALL_BITS = 128, CLIENT_BITS = 64 };

static const uint8_t mapped[MAPPED_BYTES] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_mapped(const struct ip_address *address) { return memcmp(address->bytes, mapped, MAPPED_BYTES) == 0; }

bool ip_address_read(str text, struct ip_address *out)
{
    char copy[IP_TEXT_BYTES];
    bool has_zero = str_contains(text, STR("\0"));
    if (has_zero || !str_copy_to(text, copy, sizeof copy)) return false;
    if (inet_pton(AF_INET6, copy, out->bytes) == 1) return true;
    memcpy(out->bytes, mapped, MAPPED_BYTES);
    return inet_pton(AF_INET, copy, out->bytes + MAPPED_BYTES) == 1;
}

str ip_address_format(const struct ip_address *address, char buffer[IP_TEXT_BYTES])
{
    bool is_short = is_mapped(address);
    const uint8_t *bytes = is_short ? address->bytes + MAPPED_BYTES : address->bytes;
    const char *text = inet_ntop(is_short ? AF_INET : AF_INET6, bytes, buffer, IP_TEXT_BYTES);
    INSIST(text);
    return str_of(text);
}

static struct ip_address first_of(const struct ip_address *address, int bits)
{
    struct ip_address first = { { 0 } };
    memcpy(first.bytes, address->bytes, (size_t)bits / 8);
    if (bits % 8) first.bytes[bits / 8] = (uint8_t)(address->bytes[bits / 8] & (0xff00u >> (bits % 8)));
    return first;
}

bool ip_network_read(str text, struct ip_network *out)
{
    str length;
    int64_t bits;
    str address = str_cut(text, '/', &length);
    if (!ip_address_read(address, &out->first)) return false;
    int most = is_mapped(&out->first) ? ALL_BITS - MAPPED_BITS : ALL_BITS;
    bool is_single = address.length == text.length;
    if (is_single) bits = most;
    else if (!str_to_int64(length, most, &bits)) return false;
    out->bits = (int)bits + ALL_BITS - most;
    struct ip_address first = first_of(&out->first, out->bits);
    return memcmp(first.bytes, out->first.bytes, IP_BYTES) == 0;
}

bool ip_network_holds(const struct ip_network *network, const struct ip_address *address)
{
    struct ip_address first = first_of(address, network->bits);
    return memcmp(first.bytes, network->first.bytes, IP_BYTES) == 0;
}

struct ip_network ip_client(const struct ip_address *address)
{
    int bits = is_mapped(address) ? ALL_BITS : CLIENT_BITS;
    return (struct ip_network){ first_of(address, bits), bits };
}
