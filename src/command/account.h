/* SPDX-License-Identifier: Apache-2.0 */
/* account: where a processor is, and who we are there: its settings, and the file with its keys. */
#ifndef FLORIN_COMMAND_ACCOUNT_H
#define FLORIN_COMMAND_ACCOUNT_H

#include "command/settings.h"
#include "flow/flows.h"

/* What was set of one processor. */
struct account_choice {
    const char *url;       /* NULL: its own */
    const char *keys_file; /* NULL: none */
    const char *ca_file;
    int64_t timeout_ms, connect_timeout_ms, resend_after_ms;
};

/* The settings of one processor, NAME_url and so on. `company` is what people call it. */
#define ACCOUNT_ADDRESS_SETTINGS(name, company, address, choice)                                                       \
    { name "_url", SETTING_TEXT, address, 0, 0, &(choice).url,                                                         \
      "Base address of " company "; without one its own." },                                                           \
    { name "_keys_file", SETTING_TEXT, NULL, 0, 0, &(choice).keys_file,                                                \
      "File with our keys for " company ", for its owner only: a line `secret_key = ...`, and what else it needs." },  \
    { name "_ca_file", SETTING_TEXT, NULL, 0, 0, &(choice).ca_file,                                                    \
      "PEM file with the only authorities that may vouch for " company " over https; default: those that the system trusts." }
#define ACCOUNT_TIME_SETTINGS(name, company, timeout, quiet, choice)                                                   \
    { name "_timeout_ms", SETTING_NUMBER, timeout, 100, 600000, &(choice).timeout_ms,                                  \
      "How long an answer of " company " is waited for; longer than any takes." },                                     \
    { name "_connect_timeout_ms", SETTING_NUMBER, "3000", 50, 60000, &(choice).connect_timeout_ms,                     \
      "How long a connection to " company " may take." },                                                              \
    { name "_resend_after_ms", SETTING_NUMBER, quiet, 0, 600000, &(choice).resend_after_ms,                            \
      "Quiet time after a lost answer of " company " or a restart: a request that was cut off may still be running there." }

enum { ACCOUNT_FILE_BYTES = 4096 };

/* The keys of one account, as read; for its owner to wipe. */
struct account_keys {
    char text[ACCOUNT_FILE_BYTES];
    struct processor_keys keys; /* pointers into the text */
};

/* Reads lines `name = value`; empty ones, and those that begin with #, are passed over. Refuses a file that others may read, a name
 * that is none, and a file without a secret key. */
bool account_keys_read(const char *path, struct account_keys *out, struct error *error) MUST_CHECK;

/* Is that processor used? One that wants keys is by having been given them. */
bool account_is_used(const struct processor *processor, const struct account_choice *choice);

/* Where and who. `live`: the keys of a test account are refused; else those of a live one. `keys` is kept by the caller. */
bool account_open(const struct processor *processor, const struct account_choice *choice, bool live, struct account_keys *keys,
                  struct processor_settings *out, struct error *error) MUST_CHECK;

#endif
