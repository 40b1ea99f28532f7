/* SPDX-License-Identifier: Apache-2.0 */
/* settings_names: how the name of a setting is spelled on the command line, in the environment and for its default. */
#ifndef FLORIN_COMMAND_SETTINGS_NAMES_H
#define FLORIN_COMMAND_SETTINGS_NAMES_H

#include "command/settings.h"

enum { SETTING_SPELLED_BYTES = 80 }; /* the longest name with its prefix, with room */

struct setting_spelled {
    char text[SETTING_SPELLED_BYTES];
};

/* "sim_bank" of "sim_bank.listen"; empty for a name without a section. */
str setting_section(str name);

struct setting_spelled setting_flag(const struct setting *setting);     /* "--failure-rate" */
struct setting_spelled setting_variable(const struct setting *setting); /* "FLORIN_FAILURE_RATE" */

#endif
