/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: one process writes and the next one is told who; what is not ours, or newer than we are, is refused in words. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/shelf.h"

static void refused(const char *url, enum store_mode mode, const char *part_of_the_sentence)
{
    struct error error = { "" };
    struct store *store = store_open(str_of(url), mode, &error);
    if (store) fail_msg("%s was opened", url);
    if (!str_contains(str_of(error.text), str_of(part_of_the_sentence))) fail_msg("%s: %s", url, error.text);
}

/* ---- one process writes ---- */

static void a_second_writer_is_refused_and_told_who_holds_it(void **state)
{
    struct shelf *shelf = *state;
    char holder[64];
    snprintf(holder, sizeof holder, "process %ld on ", (long)getpid());
    refused(shelf->url, STORE_WRITES, "is held by another process");
    refused(shelf->url, STORE_WRITES, holder);

    /* Another process learns the same. */
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct error error = { "" };
        bool opened = store_open(str_of(shelf->url), STORE_WRITES, &error) != NULL;
        _exit(!opened && str_contains(str_of(error.text), str_of(holder)) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_lock_goes_with_its_holder(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    store_close(shelf->store);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) { /* dies without closing anything */
        struct store *held = store_open(str_of(shelf->url), STORE_WRITES, &error);
        (void)!write(ready[1], held ? "y" : "n", 1);
        pause();
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    refused(shelf->url, STORE_WRITES, "is held by another process");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    close(ready[1]);
    shelf->store = NULL;
    shelf_reopen(shelf);
}

static void readers_need_no_lock(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct store *readers[3];
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        readers[i] = store_open(str_of(shelf->url), STORE_READS, &error);
        assert_non_null(readers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(readers); i++) store_close(readers[i]);
}

/* ---- what is not ours ---- */

static void write_file(const char *path, const char *bytes, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, length), (ssize_t)length);
    close(file);
}

static void close_store(struct shelf *shelf)
{
    store_close(shelf->store);
    shelf->store = NULL;
}

static void another_schema_is_refused(void **state)
{
    struct shelf *shelf = *state;
    close_store(shelf);
    shelf_tamper(shelf, "UPDATE meta SET value = '99'");
    refused(shelf->url, STORE_WRITES, "schema version 99, this florin knows 8: use the newer florin");
    refused(shelf->url, STORE_READS, "schema version 99");
    shelf_tamper(shelf, "DELETE FROM meta WHERE name = 'schema_oldest'"); /* no word of it: as old as it is */
    refused(shelf->url, STORE_WRITES, "schema version 99");
    shelf_tamper(shelf, "UPDATE meta SET value = '1' WHERE name = 'schema_version'");
    refused(shelf->url, STORE_WRITES, "schema version 1, from before the first release");
    shelf_tamper(shelf, "UPDATE meta SET value = '999999999999' WHERE name = 'schema_version'");
    refused(shelf->url, STORE_WRITES, "schema version");
    shelf_tamper(shelf, "UPDATE meta SET value = 'soon' WHERE name = 'schema_version'");
    refused(shelf->url, STORE_WRITES, "not a store of florin");
    shelf_tamper(shelf, "DELETE FROM meta");
    refused(shelf->url, STORE_WRITES, "not a store of florin");
    shelf_tamper(shelf, "INSERT INTO meta VALUES ('schema_version', '8')");
    shelf_reopen(shelf);
}

static void other_files_are_refused_and_left_alone(void **state)
{
    struct shelf *shelf = *state;
    char path[120], url[140];
    struct stat after;
    snprintf(path, sizeof path, "%s/letter.txt", shelf->folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    write_file(path, "Dear Sir or Madam, this letter is no database.\n", 47);
    refused(url, STORE_READS, "");
    refused(url, STORE_WRITES, "");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, 47);

    snprintf(path, sizeof path, "%s/empty.db", shelf->folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    write_file(path, "", 0);
    refused(url, STORE_READS, "it is empty");
}

static void what_cannot_be_opened_is_told(void **state)
{
    struct shelf *shelf = *state;
    char url[2000];
    static const char *const urls[] = { "", "sqlite:", "sqlite", "mysql://localhost/florin", "/tmp/a.db", "SQLITE:/tmp/a.db" };
    for (size_t i = 0; i < COUNT_OF(urls); i++) refused(urls[i], STORE_WRITES, "a store is written sqlite:PATH");
    snprintf(url, sizeof url, "sqlite:%s/no/such/folder/a.db", shelf->folder);
    refused(url, STORE_WRITES, "cannot be opened");
    refused(url, STORE_READS, "");
    snprintf(url, sizeof url, "sqlite:%s", shelf->folder);
    refused(url, STORE_READS, "");
    snprintf(url, sizeof url, "sqlite:/%01500d", 1); /* longer than a path may be */
    refused(url, STORE_WRITES, "");
    assert_str(store_url_path(STR("sqlite:a b/c.db")), STR("a b/c.db"));
    assert_null(store_url_path(STR("postgres://x")).bytes);
}

/* ---- how it is kept ---- */

static void the_file_is_for_its_owner_only(void **state)
{
    struct shelf *shelf = *state;
    static const char *const endings[] = { ".lock", ".reserve" };
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        char path[120];
        struct stat about;
        snprintf(path, sizeof path, "%s%s", shelf->path, endings[i]);
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_mode & 0077, 0);
    }
}

static void room_is_told_in_bytes(void **state)
{
    struct shelf *shelf = *state;
    assert_true(store_room_bytes(shelf->path) > 1024 * 1024);
    assert_int_equal(store_room_bytes("/no/such/place"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_second_writer_is_refused_and_told_who_holds_it),
        shelf_test(the_lock_goes_with_its_holder),
        shelf_test(readers_need_no_lock),
        shelf_test(another_schema_is_refused),
        shelf_test(other_files_are_refused_and_left_alone),
        shelf_test(what_cannot_be_opened_is_told),
        shelf_test(the_file_is_for_its_owner_only),
        shelf_test(room_is_told_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
