/* SPDX-License-Identifier: Apache-2.0 */
/* door: a command speaks with the gateway that is running, by the operator's door: the socket beside its store. */
#ifndef FLORIN_COMMAND_DOOR_H
#define FLORIN_COMMAND_DOOR_H

#include "base/arena.h"
#include "base/error.h"

/* Does a gateway listen there? The path is house_control_path's. */
bool door_is_open(const char *path);

/* One request with a JSON body (STR_NONE: without), and the answer, which lives in the arena. False: there was none. */
bool door_ask(const char *path, struct arena *arena, str method, const char *target, str body, int *status, str *answer,
              struct error *error) MUST_CHECK;

#endif
