/* SPDX-License-Identifier: Apache-2.0 */
/* vault: `florin vault` makes the master key of stored cards, or the shares of it, and speaks with the vault of the gateway that is
 * running. No key is ever a word of a command line: shares come by standard input. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "command/command.h"
#include "command/door.h"
#include "command/house.h"
#include "vault/key_file.h"
#include "vault/share.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, LINE_BYTES = 256 };

/* clang-format off */
static const struct setting settings[] = { HOUSE_STORE_SETTING, HOUSE_LOCAL_PATH_SETTING, HOUSE_MASTER_KEY_SETTING };
/* clang-format on */

static int fail(int status, const char *sentence)
{
    fprintf(stderr, "florin vault: %s\n", sentence);
    return status;
}

/* ---- making keys ---- */

static bool make_secret(struct hash *out, struct error *error)
{
    struct loop *loop = loop_open(error);
    if (!loop) return false;
    world_random(loop_world(loop), out->bytes, sizeof out->bytes);
    loop_close(loop);
    return true;
}

static int init(void)
{
    struct error error;
    struct hash master;
    char path[STORE_PATH_BYTES + 8], id[MASTER_ID_BYTES];
    house_master_key_path(path);
    bool made = make_secret(&master, &error) && key_file_write(path, &master, &error);
    master_id_of(&master, id);
    secret_wipe(&master, sizeof master);
    if (!made) return fail(EXIT_REFUSED, error.text);
    printf("The master key %s lies in %s, for its owner only.\n"
           "Keep a copy away from the store and its backups: without it no stored card can be read.\n",
           id, path);
    return 0;
}

static int share(void)
{
    struct error error;
    struct hash half;
    char text[SHARE_TEXT_BYTES];
    if (!make_secret(&half, &error)) return fail(EXIT_REFUSED, error.text);
    share_write(&half, text);
    printf("%s\n", text);
    secret_wipe(&half, sizeof half);
    secret_wipe(text, sizeof text);
    return 0;
}

/* ---- speaking with the gateway ---- */

static const char *why_closed(const char *path)
{
    return path[0] ? "no gateway is running on this store: start it, the vault is its own"
                   : "the path of the store is too long: the operator's door beside it would need more than the 107 bytes of a socket's address";
}

static int ask_gateway(str method, const char *target, str body)
{
    struct arena arena = { 0 };
    struct error error;
    char path[108];
    int status = 0;
    str answer = STR_NONE;
    house_control_path(path);
    bool heard = door_is_open(path) ? door_ask(path, &arena, method, target, body, &status, &answer, &error)
                                    : error_set(&error, "%s", why_closed(path));
    if (heard) printf("%.*s\n", STR_FORMAT(answer));
    else fail(EXIT_REFUSED, error.text);
    arena_close(&arena);
    return heard && status < 300 ? 0 : EXIT_REFUSED;
}

/* Typed without being shown. */
static bool read_line(char line[LINE_BYTES])
{
    struct termios shown, hidden;
    bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, "Share: ");
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* no copy in a buffer */
    bool read = fgets(line, LINE_BYTES, stdin) != NULL;
    if (is_terminal) tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    if (is_terminal) fprintf(stderr, "\n");
    line[strcspn(line, "\r\n")] = 0;
    return read;
}

static int bring_share(const char *target, const char *key)
{
    struct arena arena = { 0 };
    struct hash half;
    char line[LINE_BYTES] = "";
    bool is_share = read_line(line) && share_read(str_of(line), &half);
    struct text body = text_open(&arena, LINE_BYTES * 2);
    json_open_object(&body);
    if (key) json_put_str(&body, "key", str_of(key));
    json_put_str(&body, "share", str_trim(str_of(line)));
    json_close_object(&body);
    secret_wipe(line, sizeof line);
    secret_wipe(&half, sizeof half);
    int status = is_share ? ask_gateway(STR("POST"), target, text_str(&body)) : fail(EXIT_REFUSED, "that is no share, or it was mistyped");
    arena_close(&arena);
    return status;
}

/* ---- words ---- */

/* Takes that word out of the list. */
static bool take_word(int *count, char **words, const char *word)
{
    for (int i = 0; i < *count; i++) {
        if (strcmp(words[i], word) != 0) continue;
        memmove(&words[i], &words[i + 1], (size_t)(*count - i - 1) * sizeof *words);
        (*count)--;
        return true;
    }
    return false;
}

static int rotate(bool of_data_key, bool by_share)
{
    if (of_data_key && by_share) return fail(EXIT_USAGE, "a new data key needs no share");
    if (by_share) return bring_share("/vault/rotate", "master");
    return ask_gateway(STR("POST"), "/vault/rotate", of_data_key ? STR("{\"key\":\"data\"}") : STR("{\"key\":\"master\"}"));
}

int command_vault(int count, char **words)
{
    struct error error;
    const char *verb = count >= 1 ? words[0] : "";
    int left = count >= 1 ? count - 1 : 0;
    bool of_data_key = strcmp(verb, "rotate") == 0 && take_word(&left, words + 1, "--data-key");
    bool by_share = strcmp(verb, "rotate") == 0 && take_word(&left, words + 1, "--share");
    if (!settings_read_part(settings, COUNT_OF(settings), left, words + 1, &error)) return fail(EXIT_USAGE, error.text);
    if (strcmp(verb, "init") == 0) return init();
    if (strcmp(verb, "share") == 0) return share();
    if (strcmp(verb, "status") == 0) return ask_gateway(STR("GET"), "/vault", STR_NONE);
    if (strcmp(verb, "unlock") == 0) return bring_share("/vault/unlock", NULL);
    if (strcmp(verb, "rotate") == 0) return rotate(of_data_key, by_share);
    return fail(EXIT_USAGE, "say `init`, `share`, `status`, `unlock` or `rotate`");
}

void command_vault_help(void)
{
    printf("Usage: florin vault init                  makes the master key, in a file for its owner only\n"
           "       florin vault share                 prints a new share of a master key, for one custodian of two\n"
           "       florin vault status                how the running gateway's vault is\n"
           "       florin vault unlock                brings one custodian's share, by standard input\n"
           "       florin vault rotate                a new master key, in place of the one in the file\n"
           "       florin vault rotate --share        the same by shares: once for each of the two custodians\n"
           "       florin vault rotate --data-key     a new data key: the stored cards come over to it by and by\n\n");
    settings_help(settings, COUNT_OF(settings));
}
