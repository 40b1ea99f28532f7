/* SPDX-License-Identifier: Apache-2.0 */
/* ip_address: where a client is on the internet, as far as rules ask: IPv4 and IPv6 addresses and networks of them. */
#ifndef FLORIN_DOMAIN_IP_ADDRESS_H
#define FLORIN_DOMAIN_IP_ADDRESS_H

#include "base/str.h"

enum { IP_BYTES = 16, IP_TEXT_BYTES = 46 /* INET6_ADDRSTRLEN */ };

/* IPv4 as IPv6 maps it (RFC 4291, 2.5.5.2), so that "192.0.2.1" and "::ffff:192.0.2.1" are one. */
struct ip_address {
    uint8_t bytes[IP_BYTES];
};

/* Dotted IPv4 or IPv6 in any of its spellings; no zone, no port. */
bool ip_address_read(str text, struct ip_address *out) MUST_CHECK;

/* In its one spelling (RFC 5952), IPv4 dotted. */
str ip_address_format(const struct ip_address *address, char buffer[IP_TEXT_BYTES]);

/* All addresses that begin with the same bits. */
struct ip_network {
    struct ip_address first;
    int bits;
};

/* "203.0.113.0/24", "2001:db8::/32", or one address. False also when bits behind the network are set. */
bool ip_network_read(str text, struct ip_network *out) MUST_CHECK;

bool ip_network_holds(const struct ip_network *network, const struct ip_address *address);

/* Whom one client can be: his IPv4 address, or the /64 that his IPv6 address lies in, all of which is his as a rule. */
struct ip_network ip_client(const struct ip_address *address);

#endif
