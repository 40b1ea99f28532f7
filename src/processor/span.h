/* SPDX-License-Identifier: Apache-2.0 */
/* span: a part of frozen bytes that a processor wants encrypted: with 3DES in ECB mode and PKCS #7 padding, in base64. What is frozen is the
 * plain part between two marks, with holes where the card goes; it is encrypted at the moment of sending, once they are filled. So
 * neither a card nor anything that depends on the key is ever frozen. */
#ifndef FLORIN_PROCESSOR_SPAN_H
#define FLORIN_PROCESSOR_SPAN_H

#include "base/text.h"

enum { SPAN_KEY_BYTES = 24 };

/* Marks are made of control bytes, which no escaped text from outside can contain. */
void span_open(struct text *text);
void span_close(struct text *text);

/* The bytes with all spans encrypted; without one they need no key and stay as they are. The result lives in the arena. */
str spans_encrypt(struct arena *arena, str bytes, const char *key);

#endif
