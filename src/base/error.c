/* SPDX-License-Identifier: Apache-2.0 */
/* error: writes the sentence that says what broke. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *error, const char *format, ...)
{
    if (error == NULL) return false;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    return false;
}
