/* SPDX-License-Identifier: Apache-2.0 */
/* error: the world broke; a sentence for a person; code goes by what a function returns. */
#ifndef FLORIN_BASE_ERROR_H
#define FLORIN_BASE_ERROR_H

#include "base/base.h"

struct error {
    char text[320];
};

/* Writes the sentence and returns false, so that a caller can `return error_set(error, ...)`. */
bool error_set(struct error *error, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

#endif
