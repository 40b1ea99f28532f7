/* SPDX-License-Identifier: Apache-2.0 */
/* caller: who may call. Without keys only a program on this machine may: it calls directly, by a loopback name. A proxy
 * before the gateway, or a page whose name was bent to 127.0.0.1 (DNS rebinding), does not look like that. */
#ifndef FLORIN_API_CALLER_H
#define FLORIN_API_CALLER_H

#include "world/http.h"

/* The Host is a loopback name or address, and no header tells of a proxy or of a page of another origin. */
bool caller_is_local(const struct http_request *request);

#endif
