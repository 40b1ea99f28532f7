/* SPDX-License-Identifier: Apache-2.0 */
/* psp_callers: reads credentials, keeps a ring of tokens. */
#include "sim/psp_callers.h"

#include "base/hash.h"

/* base64 as in RFC 7617 is base64url with other letters and padding. */
static bool decode_base64(struct arena *arena, str text, str *out)
{
    while (text.length > 0 && text.bytes[text.length - 1] == '=') text.length--;
    char *url = arena_take(arena, text.length + 1);
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        url[i] = (char)(byte == '+' ? '-' : byte == '/' ? '_' : byte);
    }
    return base64url_decode(arena, (str){ url, text.length }, out);
}

struct psp_credentials psp_credentials_read(struct arena *arena, const struct http_request *request)
{
    struct psp_credentials read = { 0 };
    str pair, rest;
    str scheme = str_cut(str_trim(http_header(request, STR("Authorization"))), ' ', &rest);
    if (str_equal_ignoring_case(scheme, STR("Bearer"))) {
        return (struct psp_credentials){ .scheme = PSP_BEARER, .secret = str_trim(rest) };
    }
    if (!str_equal_ignoring_case(scheme, STR("Basic")) || !decode_base64(arena, str_trim(rest), &pair)) return read;
    read.scheme = PSP_BASIC;
    read.name = str_cut(pair, ':', &read.secret);
    return read;
}

void psp_draw_text(struct desk_chance *chance, char *to, size_t length)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < length; i++) to[i] = letters[desk_chance_below(chance, sizeof letters - 1)];
    to[length] = '\0';
}

str psp_token_issue(struct psp_tokens *tokens, struct desk_chance *chance, micros good_until)
{
    struct psp_token *token = &tokens->kept[tokens->count++ % PSP_TOKENS_KEPT];
    psp_draw_text(chance, token->text, PSP_TOKEN_BYTES);
    token->good_until = good_until;
    return str_of(token->text);
}

bool psp_token_is_good(const struct psp_tokens *tokens, str token, micros now)
{
    for (size_t i = 0; i < PSP_TOKENS_KEPT; i++) {
        const struct psp_token *kept = &tokens->kept[i];
        if (now < kept->good_until && str_equal_secret(str_of(kept->text), token)) return true;
    }
    return false;
}

void psp_tokens_revoke(struct psp_tokens *tokens)
{
    for (size_t i = 0; i < PSP_TOKENS_KEPT; i++) tokens->kept[i].good_until = 0;
}
