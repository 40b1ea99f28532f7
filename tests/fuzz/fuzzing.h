/* SPDX-License-Identifier: Apache-2.0 */
/* fuzzing: what the fuzz targets share. A target is one function that takes any bytes and stops the process (INSIST) when
 * a promise is broken; libFuzzer looks for such bytes (tools/fuzz), and make test feeds it those that were kept. */
#ifndef FLORIN_TESTS_FUZZ_FUZZING_H
#define FLORIN_TESTS_FUZZ_FUZZING_H

#include "base/str.h"

/* libFuzzer's name for a target; a build that holds them all calls each by a name of its own. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of one input, taken from the front. Without any left, everything taken is zero or empty. */
struct input {
    const uint8_t *at;
    size_t left;
};

static inline struct input input_of(const uint8_t *data, size_t size) { return (struct input){ data, size }; }

static inline uint8_t input_byte(struct input *input)
{
    if (input->left == 0) return 0;
    input->left--;
    return *input->at++;
}

/* 0 to bound - 1; bound at most 256. */
static inline unsigned input_below(struct input *input, unsigned bound) { return input_byte(input) % bound; }

static inline bool input_flag(struct input *input) { return input_byte(input) & 1; }

static inline int64_t input_int64(struct input *input)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) number = number << 8 | input_byte(input);
    return (int64_t)number;
}

static inline str input_text(struct input *input, size_t length)
{
    if (length > input->left) length = input->left;
    str text = { (const char *)input->at, length };
    input->at += length;
    input->left -= length;
    return text;
}

/* Up to the next such byte, which is taken too, so that a dictionary and a person can write inputs. */
static inline str input_line(struct input *input, char end)
{
    str rest;
    str line = str_cut((str){ (const char *)input->at, input->left }, end, &rest);
    size_t taken = input->left - rest.length;
    input->at += taken;
    input->left = rest.length;
    return line;
}

static inline str input_rest(struct input *input) { return input_text(input, input->left); }

#endif
