/* SPDX-License-Identifier: Apache-2.0 */
/* folder: the end of a folder of files that a test has made. */
#ifndef FLORIN_TESTS_SIMULATION_FOLDER_H
#define FLORIN_TESTS_SIMULATION_FOLDER_H

#include "base/base.h"

/* Removes it with its files; it may hold no other folder. False: something of it is still there. */
bool folder_remove(const char *folder) MUST_CHECK;

#endif
