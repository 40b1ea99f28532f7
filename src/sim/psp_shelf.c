/* SPDX-License-Identifier: Apache-2.0 */
/* psp_shelf: a pool, an index by id, and a list of further names for those that have some. */
#include "sim/psp_shelf.h"

#include <stdlib.h>

/* A further name of an item. */
struct psp_alias {
    str name;
    struct psp_alias *older;
};

void *psp_shelf_at(const struct psp_shelf *shelf, uint32_t number)
{
    return desk_pool_at(&shelf->pool, number);
}

uint32_t psp_shelf_count(const struct psp_shelf *shelf)
{
    return shelf->pool.count;
}

void *psp_shelf_add(struct psp_shelf *shelf, str id)
{
    uint32_t number;
    struct psp_item *item = desk_pool_take(&shelf->pool, &number);
    item->id = id;
    item->number = number;
    desk_index_add(&shelf->names, desk_hash(id, 0), number);
    return item;
}

void psp_shelf_name(struct psp_shelf *shelf, void *named, str name)
{
    struct psp_item *item = named;
    struct psp_alias *alias = memory_take(sizeof *alias);
    alias->name = name;
    alias->older = item->aliases;
    item->aliases = alias;
    desk_index_add(&shelf->names, desk_hash(name, 0), item->number);
}

static bool has_name(const struct psp_item *item, str name)
{
    if (str_equal(item->id, name)) return true;
    const struct psp_alias *alias = item->aliases;
    while (alias && !str_equal(alias->name, name)) alias = alias->older;
    return alias != NULL;
}

void *psp_shelf_find(const struct psp_shelf *shelf, str name)
{
    size_t at = 0;
    uint32_t number;
    uint32_t hash = desk_hash(name, 0);
    while ((number = desk_index_next(&shelf->names, hash, &at)) != 0) {
        struct psp_item *item = psp_shelf_at(shelf, number);
        if (has_name(item, name)) return item;
    }
    return NULL;
}

static void forget_names(struct psp_item *item)
{
    while (item->aliases) {
        struct psp_alias *older = item->aliases->older;
        free(item->aliases);
        item->aliases = older;
    }
}

void psp_shelf_close(struct psp_shelf *shelf)
{
    for (uint32_t i = 1; i <= shelf->pool.count; i++) forget_names(psp_shelf_at(shelf, i));
    desk_pool_close(&shelf->pool);
    desk_index_close(&shelf->names);
}
