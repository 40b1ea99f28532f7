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

static bool gives_sign(struct store *store, const struct node_sign *sign)
{
    struct sql_value values[] = { TEXT(str_of(sign->life.node)), INT(sign->life.epoch), INT(sign->beats) };
    sql_ask(store->sql, "SELECT 1 FROM node WHERE node = $1 AND epoch = $2 AND beats = $3 AND life <> ''", values, 3);
    bool does = sql_next(store->sql);
    sql_end(store->sql);
    return does;
}

/* A beat that comes between the look and this is a collision: the look is repeated, and sees it. */
bool store_take_over(struct store *store, struct arena *arena, str merchant, const struct node_sign *dead, struct operation_record **out,
                     size_t *count)
{
    *count = 0;
    if (!gives_sign(store, dead)) return false;
    struct sql_value values[] = { TEXT(str_of(dead->life.node)), INT(dead->life.epoch) };
    sql_save(store->sql, "UPDATE node SET epoch = epoch + 1, life = '' WHERE node = $1 AND epoch = $2", values, 2, 1);
    lease_fence(store, dead->life.node);
    *count = operations_take(store, arena, merchant, str_of(dead->life.node), out);
    return true;
}
