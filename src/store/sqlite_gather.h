/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_gather: a file system for SQLite that writes the log in few pieces. SQLite gives away each page of a commit in two writes, a
 * head of 24 bytes and the page; they lie one behind the other, and the kernel has some work with each. */
#ifndef FLORIN_STORE_SQLITE_GATHER_H
#define FLORIN_STORE_SQLITE_GATHER_H

#define SQLITE_GATHER_NAME "florin-gather"

/* Makes that name known to SQLite: the default file system, but writes to a write-ahead log are kept until one does not continue
 * the one before, 128 KiB are full, or anything else is asked of that file (a sync, a read, its size). What a sync promises
 * stays true: the bytes were written before it. A write that fails is told by what made it necessary, with the code that it
 * had. Once for a process; the default is looked up at each opening.
 *
 * It is for a file with one writing connection, which after any error takes back all of its transaction: what was kept and could
 * not be written is gone, and what is kept beyond a rollback must not meet another's frames. */
void sqlite_gather_register(void);

#endif
