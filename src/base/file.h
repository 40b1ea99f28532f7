/* SPDX-License-Identifier: Apache-2.0 */
/* file: what it takes that a file, and its name, are still there after a power loss. */
#ifndef FLORIN_BASE_FILE_H
#define FLORIN_BASE_FILE_H

#include "base/str.h"

/* Makes durable which names stand in the folder of that path: after a file was made, renamed or removed. Sets errno. */
bool file_sync_folder(const char *path) MUST_CHECK;

/* Puts a file with that text in place of the old one, whole or not at all, durable, for its owner only. By way of PATH.new. Sets errno. */
bool file_replace(const char *path, str text) MUST_CHECK;

#endif
