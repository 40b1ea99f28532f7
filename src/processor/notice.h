/* SPDX-License-Identifier: Apache-2.0 */
/* notice: what all translators do with news that came by themselves. */
#ifndef FLORIN_PROCESSOR_NOTICE_H
#define FLORIN_PROCESSOR_NOTICE_H

#include "base/json.h"
#include "base/signature.h"
#include "processor/processor.h"

/* The body as JSON; NULL: it is none. */
const struct json *notice_json(struct arena *arena, const struct processor_notice *notice);

/* That text, when it can be a reference of ours; others use the same account. Empty else. */
str notice_reference(str text);

/* Is that the lower-case hex of the HMAC of the pieces under that secret? Never without a secret. */
bool notice_has_code(struct arena *arena, str code, enum signature_hash hash, const char *secret, const str *pieces, size_t count);

#endif
