/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_log: the write-ahead log before anybody trusts it. */
#ifndef FLORIN_STORE_SQLITE_LOG_H
#define FLORIN_STORE_SQLITE_LOG_H

#include "base/error.h"

/* Writes the log of that database once more, byte for byte, and syncs it. A sync that failed in the life before may have left
 * bytes that are read from the system's cache and are not on the disk, and no later sync writes those ("Can Applications Recover
 * from fsync Failures?", Rebello et al., USENIX ATC 2020): commits that are appended behind them would be lost with the
 * power. Same bytes in the same place: whatever interrupts it makes nothing worse. False, with the reason, when the log
 * cannot be read or written; true when there is none. Before the first connection, by whoever holds the store's lock. */
bool sqlite_log_write_again(const char *database, struct error *error) MUST_CHECK;

#endif
