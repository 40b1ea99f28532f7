/* SPDX-License-Identifier: Apache-2.0 */
/* settings: a table of settings, each a flag, an environment variable and a line of a file. Flag beats environment beats file. */
#ifndef FLORIN_COMMAND_SETTINGS_H
#define FLORIN_COMMAND_SETTINGS_H

#include "base/error.h"
#include "base/str.h"

enum setting_kind {
    SETTING_TEXT,
    SETTING_NUMBER, /* whole, between least and most; goes to an int64_t */
    SETTING_SHARE,  /* 0 to 1 with up to six decimals, kept as millionths in an int64_t */
    SETTING_RANGE,  /* "100:2000", or one number for both; goes to two int64_t */
    SETTING_SWITCH, /* a flag without a value, or on|off; goes to a bool */
};

/* One setting. Its name "failure_rate" is --failure-rate, FLORIN_FAILURE_RATE, and `failure_rate = ...` in a file.
 * A name with a section, "sim_bank.listen", is --listen, FLORIN_SIM_BANK_LISTEN and `sim_bank.listen = ...`, so that one
 * environment and one file can serve several commands. */
struct setting {
    const char *name;
    enum setting_kind kind;
    const char *otherwise; /* the default, as it would be written; NULL: none, the target stays as it is */
    int64_t least, most;
    void *target; /* const char **, int64_t *, int64_t[2] or bool * */
    const char *sentence; /* what it does, one sentence; stands in --help and florin.conf */
};

/* Fills all targets from words, environment and the file (named by --config or FLORIN_CONFIG; lines `name = value`, # begins a
 * comment, unknown names are refused with their line, sections that have no setting here are left alone).
 * False with an error that names the setting and what would be right.
 * Texts live as long as the process. An unknown flag or a left-over word is an error. */
bool settings_read(const struct setting *settings, size_t count, int word_count, char **words, struct error *error) MUST_CHECK;

/* As settings_read, for a command that takes some of the settings of another: what else stands in the file is let be. */
bool settings_read_part(const struct setting *settings, size_t count, int word_count, char **words, struct error *error) MUST_CHECK;

/* Prints the table for --help: flag, environment variable, default, sentence. */
void settings_help(const struct setting *settings, size_t count);

/* Prints the table as a configuration file, every line commented out with its default. */
void settings_print_file(const struct setting *settings, size_t count);

#endif
