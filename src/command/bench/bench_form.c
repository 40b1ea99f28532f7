/* SPDX-License-Identifier: Apache-2.0 */
/* bench_form: cuts the text of a request at its blanks when it is prepared; filling it is copying. */
#include "command/bench/bench_form.h"

#include <stdio.h>
#include <string.h>

#include "sim/bank_cards.h"

static const char blanks[] = "#*@%$";

static size_t filled_length(str body)
{
    size_t length = body.length;
    for (size_t i = 0; i < body.length; i++) {
        INSIST(body.bytes[i] != '%' && body.bytes[i] != '*' && "the length of a body is told before it is filled");
        if (body.bytes[i] == '#') length += BENCH_NUMBER_DIGITS - 1;
        if (body.bytes[i] == '@') length += BANK_CARD_DIGITS - 1;
        if (body.bytes[i] == '$') length += BENCH_TOKEN_CHARS - 1;
    }
    return length;
}

static size_t write_request(struct bench_form *form, const char *method, const char *path, const char *key, str body)
{
    char key_header[64] = "", length_header[96] = "";
    if (key) (void)snprintf(key_header, sizeof key_header, "Idempotency-Key: %s-*\r\n", key);
    if (body.bytes) {
        (void)snprintf(length_header, sizeof length_header, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                       filled_length(body));
    }
    int length = snprintf(form->text, sizeof form->text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s\r\n%.*s", method, path, key_header,
                          length_header, STR_FORMAT(body));
    INSIST(length > 0 && (size_t)length < sizeof form->text);
    return (size_t)length;
}

void bench_form_prepare(struct bench_form *form, const char *method, const char *path, const char *key, str body)
{
    str rest = { form->text, write_request(form, method, path, key, body) };
    form->count = 0;
    while (rest.length > 0) {
        size_t length = strcspn(rest.bytes, blanks);
        INSIST(form->count < BENCH_PIECES_MAX);
        form->pieces[form->count++] = (struct bench_piece){ { rest.bytes, length }, rest.bytes[length] };
        rest = str_from(rest, length + 1);
    }
}

static char *put(char *at, str text)
{
    memcpy(at, text.bytes, text.length);
    return at + text.length;
}

static char *put_number(char *at, uint32_t number)
{
    for (size_t i = BENCH_NUMBER_DIGITS; i > 0; i--, number /= 10) at[i - 1] = (char)('0' + number % 10);
    return at + BENCH_NUMBER_DIGITS;
}

/* splitmix64 */
uint64_t bench_form_shuffle(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

static char *put_shuffled(char *at, uint32_t number)
{
    uint64_t rest = bench_form_shuffle(number);
    for (size_t i = BENCH_LETTERS; i > 0; i--, rest >>= 4) at[i - 1] = (char)('a' + (rest & 15)); /* digits could look like a card */
    return at + BENCH_LETTERS;
}

void bench_form_letters(uint32_t number, char out[BENCH_LETTERS + 1]) { *put_shuffled(out, number) = '\0'; }

size_t bench_form_fill(const struct bench_form *form, const struct bench_filling *filling, char buffer[BENCH_REQUEST_BYTES])
{
    char *at = buffer;
    for (size_t i = 0; i < form->count; i++) {
        at = put(at, form->pieces[i].text);
        if (form->pieces[i].blank == '#') at = put_number(at, filling->number);
        if (form->pieces[i].blank == '*') at = put_shuffled(at, filling->number);
        if (form->pieces[i].blank == '@') at = put(at, filling->card);
        if (form->pieces[i].blank == '%') at = put(at, filling->payment);
        if (form->pieces[i].blank == '$') at = put(at, filling->token);
    }
    return (size_t)(at - buffer);
}
