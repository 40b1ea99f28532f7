/* SPDX-License-Identifier: Apache-2.0 */
/* risk_file: the file with the rules of the fraud checks:
 *
 *     # name:   what must hold                                         what then
 *     friends:  customer c-1 "c 2"                                  -> allow
 *     stolen:   card 8d5a..., email joe@bad.example @worse.example  -> deny
 *     testing:  20 failures by ip in 1h                             -> deny
 *     large:    amount USD 100000.. EUR 90000..                     -> review
 *
 * A file is taken whole or not at all. docs/how-to/fraud.md is the page for people. */
#ifndef FLORIN_COMMAND_RISK_FILE_H
#define FLORIN_COMMAND_RISK_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "domain/risk.h"

/* Rules as read, with all that they point into. All zero is one without rules. */
struct risk_file {
    struct arena arena;
    struct risk_rules rules;
};

/* Reads the file. False: *error names the line and what would be right there, and nothing is left in *out. */
bool risk_file_read(const char *path, struct risk_file *out, struct error *error) MUST_CHECK;

/* The same with its text; `name` is what errors call it. The text may go afterwards. */
bool risk_file_read_text(const char *name, str text, struct risk_file *out, struct error *error) MUST_CHECK;

void risk_file_close(struct risk_file *file);

#endif
