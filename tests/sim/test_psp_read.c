/* SPDX-License-Identifier: Apache-2.0 */
/* Forms, queries and JSON as one tree, and what is in it that nobody knows. */
#include "sim/psp_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void forms_become_trees(void **state)
{
    static const struct {
        const char *form;
        const char *json; /* NULL: no form */
    } rows[] = {
        { "",                                 "{}"                                         },
        { "a=1&b=two",                        "{\"a\":\"1\",\"b\":\"two\"}"                },
        { "a=1&a=2",                          "{\"a\":\"2\"}"                              },
        { "a[b]=1&a[c]=2",                    "{\"a\":{\"b\":\"1\",\"c\":\"2\"}}"          },
        { "a%5Bb%5D=1",                       "{\"a\":{\"b\":\"1\"}}"                      },
        { "a[]=x&a[]=y",                      "{\"a\":[\"x\",\"y\"]}"                      },
        { "a[0]=x&a[1][b]=y",                 "{\"a\":[\"x\",{\"b\":\"y\"}]}"              },
        { "a[0][b]=1&a[0][c]=2&a[1][b]=3",    "{\"a\":[{\"b\":\"1\",\"c\":\"2\"},{\"b\":\"3\"}]}" },
        { "a=",                               "{\"a\":\"\"}"                               },
        { "a",                                "{\"a\":\"\"}"                               },
        { "a=b+c%20d%2Be&&f=%C3%A9",          "{\"a\":\"b c d+e\",\"f\":\"\xc3\xa9\"}"     },
        { "a[b][c][d][e][f][g][h][i]=1",      "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":\"1\"}}}}}}}}}" },
        { "a[b][c][d][e][f][g][h][i][j]=1",   NULL                                         },
        { "a=1&a[b]=2",                       NULL                                         },
        { "a[b]=2&a=1",                       NULL                                         },
        { "a[b=1",                            NULL                                         },
        { "a]=1[",                            "{\"a]\":\"1[\"}"                            },
        { "[a]=1",                            NULL                                         },
        { "=1",                               NULL                                         },
        { "a=%zz",                            NULL                                         },
        { "a=%ff",                            NULL                                         },
        { "a[b]x=1",                          NULL                                         },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        const struct json *given = NULL;
        bool is_read = form_read(&arena, str_of(rows[i].form), &given);
        if (is_read != (rows[i].json != NULL)) fail_msg("%s", rows[i].form);
        const struct json *expected = NULL;
        if (is_read) {
            assert_true(body_read(&arena, str_of(rows[i].json), &expected));
            str came = json_canonical(&arena, given, NULL, NULL), wanted = json_canonical(&arena, expected, NULL, NULL);
            if (!str_equal(came, wanted)) fail_msg("%s is %.*s", rows[i].form, STR_FORMAT(came));
        }
        arena_close(&arena);
    }
}

static void values_are_found_by_their_path(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const struct json *given;
    int64_t number;
    const char *body = "{\"a\":{\"b\":[{\"c\":\"x\"},{\"c\":-5}],\"d\":true},\"e\":\"12\",\"f\":1.5,\"g\":null}";
    assert_true(body_read(&arena, str_of(body), &given));
    assert_true(str_equal(given_text(given, "a.b.0.c"), STR("x")));
    assert_true(given_int(given, "a.b.1.c", &number) && number == -5);
    assert_true(given_int(given, "e", &number) && number == 12);
    assert_true(str_equal(given_text(given, "f"), STR("1.5")));
    assert_true(given_is_true(given, "a.d"));
    assert_false(given_int(given, "f", &number) || given_int(given, "a", &number) || given_int(given, "z", &number));
    assert_null(given_text(given, "g").bytes);
    assert_null(given_text(given, "a.b.2.c").bytes);
    assert_null(given_find(given, "a.z.c"));
    assert_null(given_text(NULL, "a").bytes);
    arena_close(&arena);
}

static void what_nobody_knows_is_named(void **state)
{
    static const char takes[] = "amount card.number items.price metadata.*";
    static const struct {
        const char *form;
        const char *unknown; /* NULL: all is known */
    } rows[] = {
        { "",                                   NULL              },
        { "amount=1&card[number]=2",            NULL              },
        { "metadata[a]=1&metadata[b][c]=2",     NULL              },
        { "metadata=",                          NULL              },
        { "items[0][price]=1&items[1][price]=", NULL              },
        { "colour=1",                           "colour"          },
        { "amount=1&card[colour]=2",            "card.colour"     },
        { "card=1",                             "card"            },
        { "amount[x]=1",                        "amount.x"        },
        { "items[0][name]=1",                   "items.name"      },
        { "metadatas[a]=1",                     "metadatas.a"     },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        const struct json *given;
        assert_true(form_read(&arena, str_of(rows[i].form), &given));
        str unknown = given_unknown(&arena, given, takes);
        if (!str_equal(unknown, str_of(rows[i].unknown))) fail_msg("%s: %.*s", rows[i].form, STR_FORMAT(unknown));
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_become_trees),
        cmocka_unit_test(values_are_found_by_their_path),
        cmocka_unit_test(what_nobody_knows_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
