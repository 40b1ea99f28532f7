/* SPDX-License-Identifier: Apache-2.0 */
/* store_node: signs of life of several gateways on one server, and the taking over of what a dead one had open. Who is dead is for
 * the caller to say. */
#include "store/store_internal.h"

static void read_sign(struct sql *sql, struct node_sign *sign)
{
    *sign = (struct node_sign){ .life.epoch = sql_int(sql, 1), .beats = sql_int(sql, 2) };
    sql_text_to(sql, 0, sign->life.node, sizeof sign->life.node);
}

size_t store_beat(struct store *store, struct node_sign out[NODES_MAX])
{
    size_t count = 0;
    struct node_life life = store_life(store);
    struct sql_value values[] = { TEXT(store_node(store)), INT(life.epoch) };
    sql_save(store->sql, "UPDATE node SET beats = beats + 1 WHERE node = $1 AND epoch = $2", values, 2, 1);
    sql_ask(store->sql, "SELECT node, epoch, beats FROM node WHERE node <> $1 AND life <> '' ORDER BY node LIMIT $2",
            (struct sql_value[]){ TEXT(store_node(store)), INT(NODES_MAX) }, 2);
    while (sql_next(store->sql)) read_sign(store->sql, &out[count++]);
    return count;
}

/* The name of that life, if it has given this sign and none since. */
static bool find_life(struct store *store, const struct node_sign *sign, char out[STORE_ID_BYTES])
{
    struct sql_value values[] = { TEXT(str_of(sign->life.node)), INT(sign->life.epoch), INT(sign->beats) };
    sql_ask(store->sql, "SELECT life FROM node WHERE node = $1 AND epoch = $2 AND beats = $3 AND life <> ''", values, 3);
    bool found = sql_next(store->sql);
    if (found) sql_text_to(store->sql, 0, out, STORE_ID_BYTES);
    sql_end(store->sql);
    return found;
}

/* Whoever stopped in the midst of a transaction has locks, and keeps them as long as his machine answers for him. */
static void end_connections(struct store *store, const char *life)
{
    sql_ask(store->sql, sql_dialect_of(store->sql)->end_connections_named, (struct sql_value[]){ TEXT(str_of(life)) }, 1);
    sql_end(store->sql);
}

/* A beat that comes between the look and this is a collision: the look is repeated, and sees it. */
bool store_take_over(struct store *store, struct arena *arena, str merchant, const struct node_sign *dead, struct operation_record **out,
                     size_t *count)
{
    char life[STORE_ID_BYTES];
    *count = 0;
    if (!find_life(store, dead, life)) return false;
    end_connections(store, life);
    struct sql_value values[] = { TEXT(str_of(dead->life.node)), INT(dead->life.epoch) };
    sql_save(store->sql, "UPDATE node SET epoch = epoch + 1, life = '' WHERE node = $1 AND epoch = $2", values, 2, 1);
    lease_fence(store, dead->life.node);
    *count = operations_take(store, arena, merchant, str_of(dead->life.node), out);
    return true;
}
