/* SPDX-License-Identifier: Apache-2.0 */
/* psp_shelf: the objects of one kind that a simulator keeps, payments or cards or refunds, found by their names. Never forgets. */
#ifndef FLORIN_SIM_PSP_SHELF_H
#define FLORIN_SIM_PSP_SHELF_H

#include "sim/desk_table.h"

/* A shelf of items of one size. Each item begins with a struct psp_item; all zero but for pool.item_bytes is an empty shelf. */
struct psp_shelf {
    struct desk_pool pool;
    struct desk_index names;
};

struct psp_item {
    str id;
    uint32_t number; /* 1, 2, ... in the order in which they were made */
    struct psp_alias *aliases;
};

/* A zeroed new item. The text of the id must live as long as the shelf. */
void *psp_shelf_add(struct psp_shelf *shelf, str id);

/* Lets an item be found by a further name: a merchant's reference. The name must live as long as the shelf. */
void psp_shelf_name(struct psp_shelf *shelf, void *item, str name);

/* By id or further name; NULL when there is none. Of two with one name the first. */
void *psp_shelf_find(const struct psp_shelf *shelf, str name);

/* 1 to count. */
void *psp_shelf_at(const struct psp_shelf *shelf, uint32_t number);
uint32_t psp_shelf_count(const struct psp_shelf *shelf);

void psp_shelf_close(struct psp_shelf *shelf);

#endif
