/* SPDX-License-Identifier: Apache-2.0 */
/* form: percent signs. */
#include "processor/form.h"

#include <string.h>

static bool stands_for_itself(char byte)
{
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_letter || (byte >= '0' && byte <= '9') || (byte != 0 && strchr("-._~", byte) != NULL);
}

void form_put_encoded(struct text *text, str value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (stands_for_itself(value.bytes[i])) text_put_char(text, value.bytes[i]);
        else text_put_format(text, "%%%02X", (unsigned)(unsigned char)value.bytes[i]);
    }
}

static void put_name(struct text *form, const char *name)
{
    if (form->length > 0) text_put_char(form, '&');
    text_put(form, str_of(name));
    text_put_char(form, '=');
}

void form_put(struct text *form, const char *name, str value)
{
    put_name(form, name);
    form_put_encoded(form, value);
}

void form_put_int(struct text *form, const char *name, int64_t value)
{
    put_name(form, name);
    text_put_int(form, value);
}

void form_put_hole(struct text *form, const char *name, enum hole hole)
{
    put_name(form, name);
    hole_put(form, hole, HOLE_RAW);
}
