/* SPDX-License-Identifier: Apache-2.0 */
/* rule_words: files of rules, a rule a line: NAME: CONDITION VALUE VALUE, CONDITION VALUE -> what follows. "#" begins a comment,
 * quotes hold a word with blanks or commas. What the conditions are, and what follows, is for whoever reads them. */
#ifndef FLORIN_COMMAND_RULE_WORDS_H
#define FLORIN_COMMAND_RULE_WORDS_H

#include "base/arena.h"
#include "base/error.h"
#include "domain/card.h"

enum {
    RULE_WORDS_MAX = 256,     /* of a line */
    RULE_NAME_CHARS_MAX = 40, /* as long as a label of a metric may well be */
};

struct rule_word {
    str text;
    bool is_quoted;
    bool ends_part; /* a comma follows */
};

/* One line being read. */
struct rule_line {
    const char *file;
    int number;
    struct rule_word words[RULE_WORDS_MAX];
    size_t count;
    size_t at; /* the next one to be read */
    struct arena *arena;
    struct error *error;
};

/* Says what would be right there, behind the file and the number of the line; always false. */
bool rule_refuse(const struct rule_line *line, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* NULL: there is none any more. */
const struct rule_word *rule_next_word(struct rule_line *line);
bool rule_is_arrow(const struct rule_word *word);
/* Does a value follow that word, which is a question or a value itself? */
bool rule_has_value(const struct rule_line *line, const struct rule_word *question);

/* The name that the line begins with, copied; `shape` is how a rule of this file looks. */
bool rule_read_name(struct rule_line *line, const char *shape, str *out) MUST_CHECK;

/* Both ends of "10..20", "10..", "..20" and "10": amounts in minor units, and the first digits of cards, filled up to CARD_BIN_DIGITS. */
bool rule_read_amounts(str text, int64_t *least, int64_t *most) MUST_CHECK;
bool rule_read_bins(str text, int64_t *least, int64_t *most) MUST_CHECK;

/* Hands over each line that is not empty. False: one of them was refused. */
bool rule_read_text(const char *name, str text, struct arena *arena, bool (*read)(struct rule_line *line, void *into), void *into,
                    struct error *error) MUST_CHECK;
size_t rule_count_lines(str text);

/* A whole file, at most a megabyte. */
bool rule_load_text(const char *path, struct arena *arena, str *out, struct error *error) MUST_CHECK;

#endif
