/* SPDX-License-Identifier: Apache-2.0 */
/* form: bodies of application/x-www-form-urlencoded, as HTML's URL standard writes them. Names are ours and stand as they are. */
#ifndef FLORIN_PROCESSOR_FORM_H
#define FLORIN_PROCESSOR_FORM_H

#include "base/text.h"
#include "processor/holes.h"

/* Each begins with "&" but for the first of a text. */
void form_put(struct text *form, const char *name, str value);
void form_put_int(struct text *form, const char *name, int64_t value);
void form_put_hole(struct text *form, const char *name, enum hole hole);

/* A value in a path or query: all but letters, digits and -._~ as %XX (RFC 3986, 2.1). */
void form_put_encoded(struct text *text, str value);

#endif
