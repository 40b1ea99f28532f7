/* SPDX-License-Identifier: Apache-2.0 */
/* Which stored card a payment may use, and what it learns first when it may not. */
#include "base/base_testing.h"

#include "domain/token.h"

enum { NOW = 1000, BEFORE = 900, LATER = 1100, NEVER = 0, ONCE = true, OFTEN = false };

static const struct {
    bool single_use;
    micros expires_at, used_at, deleted_at;
    enum refusal refusal;
} rows[] = {
    /* use    expires  used    deleted  becomes */
    { OFTEN,  NEVER,   NEVER,  NEVER,   REFUSED_NOT           },
    { ONCE,   NEVER,   NEVER,  NEVER,   REFUSED_NOT           },
    { ONCE,   LATER,   NEVER,  NEVER,   REFUSED_NOT           },
    { OFTEN,  LATER,   BEFORE, NEVER,   REFUSED_NOT           },
    { ONCE,   LATER,   BEFORE, NEVER,   REFUSED_TOKEN_USED    },
    { ONCE,   LATER,   LATER,  NEVER,   REFUSED_TOKEN_USED    }, /* a clock that was turned back */
    { OFTEN,  NOW,     NEVER,  NEVER,   REFUSED_TOKEN_EXPIRED },
    { OFTEN,  NOW + 1, NEVER,  NEVER,   REFUSED_NOT           },
    { ONCE,   BEFORE,  NEVER,  NEVER,   REFUSED_TOKEN_EXPIRED },
    { ONCE,   BEFORE,  BEFORE, NEVER,   REFUSED_TOKEN_USED    },
    { OFTEN,  NEVER,   NEVER,  BEFORE,  REFUSED_TOKEN_DELETED },
    { ONCE,   BEFORE,  BEFORE, BEFORE,  REFUSED_TOKEN_DELETED },
};

static void a_token_is_decided_about(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct token token = { .single_use = rows[i].single_use, .created_at = BEFORE, .expires_at = rows[i].expires_at,
                               .used_at = rows[i].used_at, .deleted_at = rows[i].deleted_at };
        assert_row(token_decide(&token, NOW) == rows[i].refusal, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_token_is_decided_about) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
